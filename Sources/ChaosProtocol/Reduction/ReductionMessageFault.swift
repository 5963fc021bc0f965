extension ReductionMessage {
    /// The first thing that is wrong, or nil. Cost: O(size).
    public var fault: MessageFault? {
        guard (1...MessageLimits.greatestNumber).contains(view) else { return .number(view) }
        guard (0...MessageLimits.greatestNumber).contains(step) else { return .number(step) }
        switch self {
        case .gone: return nil
        case .ready(_, _, let contributions), .readyFor(_, _, _, let contributions), .begin(_, _, let contributions):
            return contributions.fault
        case .total(_, _, let chunk, let samples):
            return Self.fault(ofChunks: [chunk])
                ?? ((1...MessageLimits.greatestQuantity).contains(samples) ? nil : .samples(samples))
        case .partial(_, _, let chunk, let times):
            let isInRange =
                times.least >= 0 && times.least <= times.greatest
                && times.greatest <= MessageLimits.greatestQuantity
            return Self.fault(ofChunks: [chunk]) ?? (isInRange ? nil : .computeTimes(times))
        case .missing(_, _, .partial(let chunks)), .missing(_, _, .total(let chunks)):
            return Self.fault(ofChunks: chunks)
        }
    }

    /// The step, or the number of steps, that the message is about.
    private var step: Int {
        switch self {
        case .ready(_, let step, _), .readyFor(_, _, let step, _), .begin(_, let step, _), .partial(_, let step, _, _),
            .total(_, let step, _, _),
            .missing(_, let step, _), .gone(_, let step):
            step
        }
    }

    private static func fault(ofChunks chunks: [Int]) -> MessageFault? {
        guard chunks.count <= MessageLimits.chunks else { return .size(chunks.count) }
        var least = 0
        for chunk in chunks {
            guard (least..<MessageLimits.chunks).contains(chunk) else { return .chunk(chunk) }
            least = chunk + 1
        }
        return nil
    }
}
