import ChaosModel

/// Enumeration of every assignment of K shards, for tests: it knows nothing of capacities, thresholds or greed, only
/// the definition of the makespan. Of equal makespans the first in lexicographic order of the counts, larger first.
///
/// Cost: one evaluation for each of the C(K + n - 1, n - 1) assignments; it refuses more than `mostAssignments`.
public struct BruteForce: FixedSizeSolver {
    public let name = "brute"

    public static let mostAssignments = 2_000_000

    public init() {}

    public func solve(_ problem: FixedSizeProblem) throws -> FixedSizeResult {
        let n = problem.instance.neighbors.count
        guard let assignments = Self.assignments(of: problem.shards, to: n), assignments <= Self.mostAssignments else {
            throw ProblemTooLarge(
                solver: name, what: "\(problem.shards) shards over \(n) neighbors",
                most: "\(Self.mostAssignments) assignments", advice: "use greedy or threshold")
        }
        let most = problem.order.leafOfNeighbor.map { problem.quickLaws[Int($0)].most }
        var best: ShardAssignment?
        var counts = [Int](repeating: 0, count: n)
        // The shards not yet given to the neighbours before i; the last neighbour takes what is left.
        var left = [Int](repeating: 0, count: n + 1)
        left[0] = problem.shards
        var i = 0
        counts[0] = min(most[0], left[0]) + 1
        while i >= 0 {
            guard counts[i] > 0 else {
                i -= 1
                continue
            }
            counts[i] -= 1
            left[i + 1] = left[i] - counts[i]
            if i + 1 < n {
                i += 1
                counts[i] = min(most[i], left[i]) + 1
            } else if left[n] == 0 {
                let makespan = problem.makespan(of: counts)
                if best.map({ makespan < $0.makespan }) ?? true {
                    best = ShardAssignment(shardSize: problem.shardSize, counts: counts, makespan: makespan)
                }
            }
        }
        guard let best else {
            return .infeasible(
                Shortage(shardSize: problem.shardSize, needed: problem.shards, attainable: problem.attainableShards))
        }
        return best.makespan <= ExactTime(nanoseconds: ModelRange.longestMakespan) ? .optimal(best) : .beyondRange
    }

    /// C(K + n - 1, n - 1), or nil when it is large.
    private static func assignments(of shards: Int, to neighbors: Int) -> Int? {
        var value = 1
        for k in 1..<max(neighbors, 1) {
            let (product, overflow) = value.multipliedReportingOverflow(by: shards &+ k)
            guard !overflow else { return nil }
            value = product / k
            if value > 1 << 40 { return nil }
        }
        return value
    }
}
