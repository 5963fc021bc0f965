/// How a joiner gets the state (`Receiver`, `Server`).
///
/// `shard` travels with a payload: the bytes of the shard.
public enum ReplicationMessage: Hashable, Sendable {
    /// A joiner: would you serve me?
    case ask
    case offer(Offer)
    case refusal(Refusal)
    /// The snapshot is there that was taken for the learner admitted by this view: the state before this step, with which a
    /// view began, the one that admitted the learner or a later one.
    case snapshot(admitted: Int, begun: Int, step: Int)
    /// Send the digests of these shards of the snapshot.
    case pullDigests(step: Int, shardSize: Int, first: Int, count: Int)
    case digests(step: Int, shardSize: Int, first: Int, [Digest])
    /// Send this shard of the snapshot.
    case pull(step: Int, shardSize: Int, shard: Int)
    case shard(step: Int, shardSize: Int, shard: Int)
    /// There is no such snapshot here.
    case gone(step: Int)
}

/// The terms on which a neighbour serves, in the words of an instance (Documentation/MODEL.md, section 2).
public struct Offer: Hashable, Sendable {
    /// 1 … 2^53.
    public let stateBytes: Int
    /// Of the direction to the joiner, 1 … 2^50 bit/s; nil: unmeasured, so that the joiner's own measurement counts.
    public let bandwidth: Int?
    /// From request to first byte, 0 … 2^50 ns; nil: unmeasured.
    public let latency: Int?
    /// Until it can serve, 0 … 2^50 ns.
    public let ready: Int
    /// Of each shard, 0 … 2^50 ns.
    public let overhead: Int
    /// The most bytes it serves, 0 … 2^53; nil: no limit.
    public let limit: Int?

    public init(stateBytes: Int, bandwidth: Int?, latency: Int?, ready: Int, overhead: Int, limit: Int?) {
        self.stateBytes = stateBytes
        self.bandwidth = bandwidth
        self.latency = latency
        self.ready = ready
        self.overhead = overhead
        self.limit = limit
    }
}

/// Why a neighbour does not serve.
public enum Refusal: String, Hashable, Sendable, CaseIterable {
    /// It does not serve this node.
    case policy
    /// It has no memory for another snapshot.
    case memory
    /// It is no member, so it has no state to give.
    case noState
}
