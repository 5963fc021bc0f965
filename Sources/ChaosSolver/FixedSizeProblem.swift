import ChaosModel

/// An instance with the shard size fixed: the MILP of Documentation/MODEL.md, section 4.4, in the form that the
/// combinatorial solvers use. For each node of the forest it holds the affine law of its completion times.
public struct FixedSizeProblem: Sendable {
    public let instance: Instance
    public let forest: Forest
    /// s in bytes.
    public let shardSize: Int
    /// K(s), the number of shards to assign.
    public let shards: Int
    /// For each node of the forest its completion law. The root has no capacity: of its law only the start is used, the
    /// time from which a search looks.
    let laws: [CompletionLaw]

    /// Cost: O(|N| + |G|).
    /// - Parameters:
    ///   - instance: of which the size is fixed.
    ///   - forest: the instance's own, to share it between sizes; nil: made here.
    ///   - shardSize: any size in 1 … 2^53 bytes, of the chain or not.
    public init(_ instance: Instance, forest: Forest? = nil, shardSize: Int) {
        precondition((1...ModelRange.mostBytes).contains(shardSize))
        let forest = forest ?? Forest(instance)
        let shards = instance.state.shardCount(ofSize: shardSize)
        let starts = forest.starts(of: instance)
        self.instance = instance
        self.forest = forest
        self.shardSize = shardSize
        self.shards = shards
        self.laws = (0..<forest.count).map { v in
            if let i = forest.neighbor(at: v) {
                let neighbor = instance.neighbors[i]
                return CompletionLaw(
                    start: neighbor.start, overhead: neighbor.overhead, bandwidth: neighbor.bandwidth, size: shardSize,
                    most: min(shards, neighbor.limit.map { $0 / shardSize } ?? shards))
            }
            if let g = forest.group(at: v) {
                return CompletionLaw(
                    start: starts[v], overhead: 0, bandwidth: instance.groups[g].bandwidth, size: shardSize,
                    most: shards)
            }
            // The root.
            return CompletionLaw(start: starts[v], overhead: 0, bandwidth: 1, size: shardSize, most: shards)
        }
    }

    /// C_v(n) of a node of the forest. - Precondition: n is at most its limit.
    func completion(of n: Int, at v: Int) -> ExactTime {
        let law = laws[v]
        return CompletionTime.affine(
            n, shardSize, start: law.start, overhead: law.overhead, bandwidth: law.bandwidth)
    }

    /// lim F_s: the number of shards that all neighbours together are willing to serve, at most K(s).
    /// Groups only delay, so they take no part.
    public var attainableShards: Int {
        var sum = 0
        for v in 0..<forest.count where forest.neighbor(at: v) != nil {
            sum = min(shards, sum + laws[v].most)
        }
        return sum
    }

    /// The exact makespan of counts given per neighbour: the latest completion of a neighbour or a group.
    /// Cost: O(|N| + |G|).
    public func makespan(of counts: [Int]) -> ExactTime {
        instance.makespan(of: counts, shardsOf: shardSize, in: forest)
    }
}
