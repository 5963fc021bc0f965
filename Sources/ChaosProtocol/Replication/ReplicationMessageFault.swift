extension MessageLimits {
    /// Shards of a state, so that what a receiver keeps of each is bounded.
    public static let shards = 1 << 24
    /// Bytes of a shard.
    public static let shardBytes = 64 << 20
    /// Digests in a message.
    public static let digests = 4096
    /// Bytes of a state, and the most that a neighbour can say it serves (Documentation/MODEL.md, section 2).
    public static let stateBytes = 1 << 53
}

extension ReplicationMessage {
    /// The first thing that is wrong, or nil. Whether shards and sizes fit the state at hand is not looked at here.
    /// Cost: O(1).
    public var fault: MessageFault? {
        switch self {
        case .ask, .refusal: nil
        case .offer(let offer): offer.isInRange ? nil : .offer
        case .snapshot(let admitted, let begun, let step):
            Self.fault(step: step)
                ?? ((1...MessageLimits.greatestNumber).contains(admitted)
                    ? (admitted...MessageLimits.greatestNumber).contains(begun) ? nil : .number(begun)
                    : .number(admitted))
        case .pullDigests(let step, let size, let first, let count):
            Self.fault(step: step) ?? Self.fault(shardSize: size, first: first, count: count)
        case .digests(let step, let size, let first, let digests):
            Self.fault(step: step) ?? Self.fault(shardSize: size, first: first, count: digests.count)
        case .pull(let step, let size, let shard), .shard(let step, let size, let shard):
            Self.fault(step: step) ?? Self.fault(shardSize: size, first: shard, count: 1)
        case .gone(let step): Self.fault(step: step)
        }
    }

    private static func fault(step: Int) -> MessageFault? {
        (0...MessageLimits.greatestNumber).contains(step) ? nil : .number(step)
    }

    private static func fault(shardSize: Int, first: Int, count: Int) -> MessageFault? {
        guard (1...MessageLimits.shardBytes).contains(shardSize) else { return .shardSize(shardSize) }
        guard (1...MessageLimits.digests).contains(count) else { return .size(count) }
        return (0...MessageLimits.shards - count).contains(first) ? nil : .shard(first)
    }
}

extension Offer {
    fileprivate var isInRange: Bool {
        let quantities = 0...MessageLimits.greatestQuantity
        return (1...MessageLimits.stateBytes).contains(stateBytes)
            && (bandwidth.map { (1...MessageLimits.greatestQuantity).contains($0) } ?? true)
            && (latency.map(quantities.contains) ?? true) && quantities.contains(ready)
            && quantities.contains(overhead) && (limit.map { (0...MessageLimits.stateBytes).contains($0) } ?? true)
    }
}
