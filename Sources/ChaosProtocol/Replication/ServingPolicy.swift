/// Whom a member serves with the state, and how much. Every institution decides that for its own nodes.
public struct ServingPolicy: Hashable, Sendable {
    public enum Audience: Hashable, Sendable {
        case everyone
        case only(Set<NodeID>)

        public func contains(_ node: NodeID) -> Bool {
            switch self {
            case .everyone: true
            case .only(let nodes): nodes.contains(node)
            }
        }
    }

    public var audience: Audience
    /// The most bytes that one admission of a learner is served, 0 … 2^53; nil: no limit.
    public var mostBytes: Int?
    /// The most bandwidth that is offered, 1 … 2^50 bit/s; nil: whatever the link has. The shell keeps to it in sending.
    public var bandwidth: Int?
    /// What a shard costs a real node, in ns: a message each way, digests at both ends, and the journal. Less than half of
    /// what it was on two cores that four nodes shared (Benchmarks/README.md). Without it the smallest shards would make the
    /// best plan, however many there are.
    public static let usualOverhead = 100_000

    /// What each shard costs here beside its transmission, 0 … 2^50 ns.
    public var overhead: Int
    /// Snapshots of different steps held at once, 1 or more; each takes the memory of a state.
    public var mostSnapshots: Int

    public init(
        audience: Audience = .everyone, mostBytes: Int? = nil, bandwidth: Int? = nil, overhead: Int = 0,
        mostSnapshots: Int = 2
    ) {
        self.audience = audience
        self.mostBytes = mostBytes
        self.bandwidth = bandwidth
        self.overhead = overhead
        self.mostSnapshots = mostSnapshots
    }

    /// Whether every figure is in its range.
    public var isInRange: Bool {
        let quantities = 0...MessageLimits.greatestQuantity
        return (mostBytes.map { (0...MessageLimits.stateBytes).contains($0) } ?? true)
            && (bandwidth.map { (1...MessageLimits.greatestQuantity).contains($0) } ?? true)
            && quantities.contains(overhead) && mostSnapshots >= 1
    }
}
