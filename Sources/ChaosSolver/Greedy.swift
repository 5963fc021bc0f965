import ChaosModel
import HeapModule

/// Greedy, the reference (Documentation/MODEL.md, section 4.5): every shard goes to the neighbour that would complete
/// it first. With groups, a node of the forest gives its next shard to the child that would complete it first, and a
/// group completes its m-th shard at the later of C_g(m) and that child's completion. Equal times: the child listed
/// first wins.
///
/// Cost: O(n + K·h·log n) time for K shards and a forest of height h; it refuses more than `mostShards`.
public struct Greedy: FixedSizeSolver {
    public let name = "greedy"

    /// One shard at a time: more shards than this are a matter for `Threshold`.
    public static let mostShards = 50_000_000

    public init() {}

    public func solve(_ problem: FixedSizeProblem) throws -> FixedSizeResult {
        if let shortage = problem.shortage { return .infeasible(shortage) }
        guard problem.shards <= Self.mostShards else {
            throw ProblemTooLarge(
                solver: name, what: "\(problem.shards) shards of \(problem.shardSize) bytes",
                most: "\(Self.mostShards) shards",
                advice: "use threshold, whose cost does not depend on the number of shards")
        }
        var state = State(problem)
        for _ in 0..<problem.shards { state.giveNextShard() }
        let makespan = problem.makespan(of: state.counts)
        guard makespan <= ExactTime(nanoseconds: ModelRange.longestMakespan) else { return .beyondRange }
        return .optimal(
            ShardAssignment(shardSize: problem.shardSize, counts: state.counts, makespan: makespan))
    }

    /// A child and when it would complete one shard more.
    private struct Offer: Comparable {
        let time: ExactTime
        let child: Int32

        static func < (left: Offer, right: Offer) -> Bool {
            left.time < right.time || (left.time == right.time && left.child < right.child)
        }
    }

    private struct State {
        let problem: FixedSizeProblem
        let laws: [CompletionLaw]
        /// For each group and the root, the offers of the children that can still complete one.
        var offers: [Heap<Offer>]
        /// For each node, the shards given to it so far.
        var given: [Int]
        var counts: [Int]

        init(_ problem: FixedSizeProblem) {
            self.problem = problem
            laws = problem.laws()
            let forest = problem.forest
            given = [Int](repeating: 0, count: forest.count)
            counts = [Int](repeating: 0, count: problem.instance.neighbors.count)
            offers = [Heap<Offer>](repeating: Heap(), count: forest.count)
            for v in stride(from: forest.count - 1, through: 1, by: -1) {
                if let offer = nextOffer(of: v) { offers[Int(forest.parent[v])].insert(offer) }
            }
        }

        /// When node v would complete its next shard; nil if the limits below it are used up.
        func nextOffer(of v: Int) -> Offer? {
            let (law, next) = (laws[v], given[v] + 1)
            guard next <= law.most else { return nil }
            if problem.forest.neighbor(at: v) != nil {
                return Offer(time: problem.completion(of: next, law), child: Int32(v))
            }
            guard let first = offers[v].min else { return nil }
            return Offer(time: max(problem.completion(of: next, law), first.time), child: Int32(v))
        }

        mutating func giveNextShard() {
            var v = Forest.root
            while let first = offers[v].min {
                v = Int(first.child)
                if problem.forest.neighbor(at: v) != nil { break }
            }
            counts[problem.forest.neighbor(at: v)!] += 1
            while v != Forest.root {
                given[v] += 1
                let parent = Int(problem.forest.parent[v])
                if let offer = nextOffer(of: v) {
                    offers[parent].replaceMin(with: offer)
                } else {
                    offers[parent].removeMin()
                }
                v = parent
            }
        }
    }
}

/// A problem that a solver declines because of its size. The message is a fault of the instance: what was found, what
/// is allowed, and what to do instead.
public struct ProblemTooLarge: Error, CustomStringConvertible {
    public let solver: String
    public let what: String
    /// What is allowed at most, with its noun.
    public let most: String
    /// What to do instead.
    public let advice: String

    package init(solver: String, what: String, most: String, advice: String) {
        (self.solver, self.what, self.most, self.advice) = (solver, what, most, advice)
    }

    public var description: String { "\(what) are too many for \(solver); allowed: at most \(most); \(advice)" }
}
