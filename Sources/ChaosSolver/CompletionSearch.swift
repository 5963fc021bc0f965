import ChaosModel

/// Finds T among the completions in a bracket, in what is left of a tree there: where Σ F_child rises to Q, a neighbour
/// completes a shard or a group's capacity does.
///
/// Cost: O(n) expected for n units and as many completions, if all is flat; with groups whose capacity and children meet
/// within a tick, a pass for each halving of the completions.
struct CompletionSearch {
    private var rest: Contraction
    private var bracket: Bracket
    private var tree: PassTree { rest.tree }
    private var isFlat: Bool { rest.tree.innerCount == 1 }

    init(_ rest: Contraction, _ bracket: Bracket) {
        self.rest = rest
        self.bracket = bracket
    }

    /// - Parameter settled: is told what is settled on the way.
    mutating func leastTime(_ settled: inout SettledShares) -> ExactTime {
        var steps = 0
        while bracket.width > 1 {
            // A selection among few costs less than the passes that would make them fewer; with groups each halving costs a
            // pass. With many equal completion times no bracket has fewer than units.
            let (inside, units) = (completionsInside, tree.laws.count)
            if inside <= (isFlat ? 256 : 16) || (steps >= 12 && inside <= 4 * units + 64) { break }
            narrow(&settled)
            steps += 1
        }
        return leastCompletion()
    }

    private mutating func narrow(_ settled: inout SettledShares) {
        let (tick, visits) = (bracket.next(), tree.everyVisit)
        var counts = PassTree.Counts(of: tree)
        let sum = tree.evaluate(at: PassTime(tick: tick), visits, &counts).sum
        let isLow = bracket.record(tick, sum)
        var places = [Int32](repeating: 0, count: tree.innerCount)
        rest = Contraction(
            of: tree, isLow ? counts : rest.low, isLow ? rest.high : counts,
            ends: (PassTime(tick: bracket.low), PassTime(tick: bracket.high)), visits, places: &places, &settled)
    }

    /// The completions of a unit that can be T: those in the bracket, by n. What a group passes on from below is counted
    /// there: only its own capacity counts here, or a chain of h groups would multiply by h.
    private func inside(_ k: Int, _ low: PassTime) -> Range<Int> {
        let (from, to) = (rest.low.units[k], rest.high.units[k])
        guard from < to, k >= tree.leafCount else { return from..<max(from, to) }
        return min(max(from, tree.count(k, low)), to)..<to
    }

    /// The units of which completions can be T: all but the first inner node.
    private var units: [Int] { Array(0..<tree.leafCount) + Array(tree.leafCount + 1..<tree.laws.count) }

    private var completionsInside: Int {
        let low = PassTime(tick: bracket.low)
        return units.reduce(0) { min(PassTree.most, $0 + min(PassTree.most, inside($1, low).count)) }
    }

    /// Selection by halves; a flat tree needs only ranks, another one an exact pass for each half.
    private func leastCompletion() -> ExactTime {
        let low = PassTime(tick: bracket.low)
        var candidates: [ExactTime] = []
        for k in units {
            let range = inside(k, low)
            if range.isEmpty { continue }
            let law = tree.problem.law(ofUnit: tree.unit(k))
            for n in range { candidates.append(tree.problem.completion(of: n + 1, law)) }
        }
        // Of a few the one of the right rank, without parting them again and again.
        if isFlat, candidates.count <= 64 { return candidates.sorted()[bracket.target - bracket.lowSum - 1] }
        var counts = PassTree.Counts(of: tree)
        let visits = tree.everyVisit
        var least = PassTime(tick: bracket.high).exact
        var rank = bracket.lowSum
        while !candidates.isEmpty {
            let pivot = Self.pivot(of: candidates)
            var earlier: [ExactTime] = []
            var later: [ExactTime] = []
            for time in candidates {
                if time < pivot { earlier.append(time) } else if pivot < time { later.append(time) }
            }
            let upToPivot = rank + candidates.count - later.count
            let reached = isFlat ? upToPivot : tree.evaluate(at: PassTime(pivot), visits, &counts).sum
            if reached >= bracket.target {
                least = pivot
                candidates = earlier
            } else {
                rank = upToPivot
                candidates = later
            }
        }
        return least
    }

    /// The median of up to nine elements spread over the list.
    private static func pivot(of times: [ExactTime]) -> ExactTime {
        let step = max(1, times.count / 9)
        let sample = stride(from: 0, to: times.count, by: step).prefix(9).map { times[$0] }.sorted()
        return sample[sample.count / 2]
    }

    /// Every child gets what it completes strictly before T, and the rest goes, in order, to those that complete shards at
    /// T; then the same inside each group. A group that could do more strictly before T is held back.
    /// - Parameters:
    ///   - share: Q.
    ///   - time: T.
    ///   - settled: is told what each leaf gets, and which groups are held back.
    func divide(_ share: Int, at time: ExactTime, _ settled: inout SettledShares) {
        let (visits, time) = (tree.everyVisit, PassTime(time))
        var reached = PassTree.Counts(of: tree)
        var before = reached
        tree.evaluate(at: time, visits, &reached)
        tree.evaluate(at: time, strictly: true, visits, &before)
        var shares = before.units
        shares[tree.leafCount] = share
        var hits = unitsByParent.filter { reached.units[$0.unit] > before.units[$0.unit] }
        hits.sort { ($0.above, tree.laws[$0.unit].node) < ($1.above, tree.laws[$1.unit].node) }
        var rest = hits[...]
        var next = 0
        for j in 0..<tree.innerCount {
            let children = rest.prefix { $0.above == j }
            rest = rest.dropFirst(children.count)
            guard j >= next else { continue }
            let own = tree.unit(ofInner: j)
            var left = shares[own] - before.sums[j]
            if left < 0 {
                settled.settle(tree.unit(own), shares[own])
                next = Int(tree.end[j])
                continue
            }
            for child in children {
                let atOnce = min(left, reached.units[child.unit] - before.units[child.unit])
                shares[child.unit] += atOnce
                left -= atOnce
            }
            precondition(left == 0, "a share that was reached is given")
        }
        for k in 0..<tree.leafCount { settled.settle(tree.unit(k), shares[k]) }
    }

    /// All units but the first inner node, each with the inner node around it.
    private var unitsByParent: [(above: Int, unit: Int)] {
        var all: [(above: Int, unit: Int)] = []
        for j in 0..<tree.innerCount {
            for k in Int(tree.firstLeaf[j])..<Int(tree.firstLeaf[j + 1]) { all.append((j, k)) }
            if j > 0 { all.append((Int(tree.parent[j]), tree.unit(ofInner: j))) }
        }
        return all
    }
}
