/// A member of the cluster that the joiner can pull shards from, i ∈ N (Documentation/MODEL.md, section 2).
public struct Neighbor: Sendable, Equatable {
    /// The neighbour's name, unique in its instance, not empty.
    public let id: String
    /// b_i, the bandwidth of the link to the joiner in bit/s, 1 … 2^50.
    public let bandwidth: Int
    /// l_i, the time from a request to its first byte in ns, 0 … 2^50.
    public let latency: Int
    /// r_i, the earliest time at which the neighbour can serve, in ns, 0 … 2^50.
    public let ready: Int
    /// o_i, the fixed cost of each shard in ns, 0 … 2^50.
    public let overhead: Int
    /// u_i, the most bytes that the neighbour serves, 0 … 2^53; nil: no limit.
    public let limit: Int?
    /// The index in the instance's `groups` of the shared capacity that the neighbour is below; nil: none.
    public let group: Int?

    public init(
        id: String, bandwidth: Int, latency: Int = 0, ready: Int = 0, overhead: Int = 0, limit: Int? = nil,
        group: Int? = nil
    ) {
        self.id = id
        self.bandwidth = bandwidth
        self.latency = latency
        self.ready = ready
        self.overhead = overhead
        self.limit = limit
        self.group = group
    }

    /// a_i = r_i + l_i in ns: nothing can be complete at or before this time.
    public var start: Int { ready + latency }
}
