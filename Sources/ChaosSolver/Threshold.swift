import ChaosModel

/// Threshold, the polynomial algorithm (Documentation/MODEL.md, section 5): it returns the very plan of `Greedy`, ties
/// included, at a cost that does not depend on the number of shards.
///
/// At a node with Q shards to give, T is the least time by which its children can complete Q together. Every child gets
/// what it completes strictly before T; the rest goes, in order, to the children that complete shards at T. Then the
/// same inside each group with its share. A group whose share is not below what its children complete strictly before
/// T is done with that same T: only a group held back by its own capacity needs a search of its own.
///
/// Cost: O(n) expected for a flat instance and O(h·n·log n) for a forest of height h. Nothing recurses.
public struct Threshold: FixedSizeSolver {
    public let name = "threshold"

    public init() {}

    public func solve(_ problem: FixedSizeProblem) -> FixedSizeResult {
        if let shortage = problem.shortage { return .infeasible(shortage) }
        var division = Division(problem)
        guard let makespan = division.search(at: Forest.root, share: problem.shards) else {
            return .beyondRange
        }
        division.divide()
        return .optimal(
            ShardAssignment(shardSize: problem.shardSize, counts: division.counts, makespan: makespan))
    }

    private static let bound = ExactTime(nanoseconds: ModelRange.longestMakespan)

    /// The division of shares from the root down.
    private struct Division {
        private let problem: FixedSizeProblem
        /// For each node, what it completes by the time that was last searched above it, and strictly before that.
        private var reached: [Int]
        private var before: [Int]
        private var share: [Int]

        init(_ problem: FixedSizeProblem) {
            self.problem = problem
            reached = [Int](repeating: 0, count: problem.forest.count)
            before = reached
            share = reached
        }

        var counts: [Int] {
            var counts = [Int](repeating: 0, count: problem.instance.neighbors.count)
            for v in 0..<problem.forest.count {
                if let i = problem.forest.neighbor(at: v) { counts[i] = share[v] }
            }
            return counts
        }

        /// Finds the time for the share of node v and evaluates all nodes below at it.
        mutating func search(at v: Int, share target: Int) -> ExactTime? {
            share[v] = target
            var search = ThresholdSearch(below: v, in: problem, target: target, bound: Threshold.bound)
            guard let time = search.leastTime() else { return nil }
            var pass = CapacityPass(below: v, in: problem.forest)
            pass.evaluate(at: time, in: problem)
            for k in 1..<pass.reached.count {
                reached[v + k] = pass.reached[k]
                before[v + k] = pass.before[k]
            }
            return time
        }

        /// Divides the share of every inner node among its children, parents first.
        mutating func divide() {
            let forest = problem.forest
            for v in 0..<forest.count where v == Forest.root || forest.neighbor(at: v) == nil {
                if share[v] == 0 { continue }
                var strictly = 0
                forEachChild(of: v) { strictly = min(CapacityPass.most, strictly + before[$0]) }
                if share[v] < strictly {
                    // Held back by a capacity: its children could do more by the time of their parent's siblings.
                    guard search(at: v, share: share[v]) != nil else {
                        preconditionFailure("a share that was reached is reached")
                    }
                    strictly = 0
                    forEachChild(of: v) { strictly += before[$0] }
                }
                var rest = share[v] - strictly
                var c = v + 1
                while c < Int(forest.end[v]) {
                    let atOnce = min(rest, reached[c] - before[c])
                    share[c] = before[c] + atOnce
                    rest -= atOnce
                    c = Int(forest.end[c])
                }
            }
        }

        private func forEachChild(of v: Int, _ body: (Int) -> Void) {
            var c = v + 1
            while c < Int(problem.forest.end[v]) {
                body(c)
                c = Int(problem.forest.end[c])
            }
        }
    }
}
