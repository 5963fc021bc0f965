/// A solution of an instance: a shard size, the number of shards of each neighbour, and the makespan.
public struct ShardAssignment: Sendable, Equatable {
    /// s in bytes, a size of the chain.
    public let shardSize: Int
    /// n_i for every neighbour in the order of the instance, 0 included; their sum is K(s).
    public let counts: [Int]
    /// T, the time at which the last shard is complete.
    public let makespan: ExactTime

    public init(shardSize: Int, counts: [Int], makespan: ExactTime) {
        self.shardSize = shardSize
        self.counts = counts
        self.makespan = makespan
    }
}
