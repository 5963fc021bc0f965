import ChaosModel

@testable import ChaosSolver

/// The division of section 5 of the model as it stands there, and slowly: at each node with a share the least time is found
/// by halving all times and looking at every completion in the last tick, with F evaluated anew over all below. It shares
/// with the solver the exact counts of one law, which `CompletionLawTests` holds against big integers, and nothing else.
struct SlowDivision {
    private let problem: FixedSizeProblem
    private let laws: [CompletionLaw]
    /// For each node of the forest.
    private var shares: [Int]

    private init(_ problem: FixedSizeProblem) {
        self.problem = problem
        laws = problem.laws()
        shares = [Int](repeating: 0, count: problem.forest.count)
    }

    static func solve(_ problem: FixedSizeProblem) -> FixedSizeResult {
        if let shortage = problem.shortage { return .infeasible(shortage) }
        var division = SlowDivision(problem)
        division.shares[Forest.root] = problem.shards
        guard let makespan = division.leastTime(Forest.root) else { return .beyondRange }
        for v in 0..<problem.forest.count where problem.forest.neighbor(at: v) == nil && division.shares[v] > 0 {
            guard let time = division.leastTime(v) else { preconditionFailure("less is done no later") }
            division.divide(v, at: time)
        }
        var counts = [Int](repeating: 0, count: problem.instance.neighbors.count)
        for v in 0..<problem.forest.count {
            if let i = problem.forest.neighbor(at: v) { counts[i] = division.shares[v] }
        }
        return .optimal(ShardAssignment(shardSize: problem.shardSize, counts: counts, makespan: makespan))
    }

    private func children(_ v: Int) -> [Int] {
        (v + 1..<Int(problem.forest.end[v])).filter { Int(problem.forest.parent[$0]) == v }
    }

    /// F of all nodes below v, reached by a time or strictly before it; at v the sum of its children.
    private func counts(below v: Int, _ time: ExactTime, strictly: Bool) -> [Int] {
        let end = Int(problem.forest.end[v])
        var sums = [Int](repeating: 0, count: end)
        for u in stride(from: end - 1, to: v, by: -1) {
            let (count, isHit) = laws[u].capacity(by: time)
            let own = strictly && isHit ? count - 1 : count
            if problem.forest.neighbor(at: u) == nil { sums[u] = min(sums[u], own) } else { sums[u] = own }
            sums[Int(problem.forest.parent[u])] += sums[u]
        }
        return sums
    }

    private func leastTime(_ v: Int) -> ExactTime? {
        func time(_ tick: Int128) -> ExactTime {
            ExactTime(nanoseconds: tick >> 20, remainder: UInt64(tick & 0xF_FFFF), denominator: 1 << 20)
        }
        func isReached(_ time: ExactTime) -> Bool { counts(below: v, time, strictly: false)[v] >= shares[v] }
        var (low, high) = (Int128(0), ModelRange.longestMakespan << 20)
        guard isReached(time(high)) else { return nil }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if isReached(time(middle)) { high = middle } else { low = middle }
        }
        var candidates = [time(high)]
        for u in v + 1..<Int(problem.forest.end[v]) {
            let (from, to) = (laws[u].capacity(by: time(low)).count, laws[u].capacity(by: time(high)).count)
            for n in from..<to { candidates.append(problem.completion(of: n + 1, laws[u])) }
        }
        return candidates.sorted().first(where: isReached)
    }

    private mutating func divide(_ v: Int, at time: ExactTime) {
        let reached = counts(below: v, time, strictly: false)
        let before = counts(below: v, time, strictly: true)
        var rest = shares[v] - before[v]
        for child in children(v) {
            let atOnce = min(rest, reached[child] - before[child])
            shares[child] = before[child] + atOnce
            rest -= atOnce
        }
        precondition(rest == 0)
    }
}
