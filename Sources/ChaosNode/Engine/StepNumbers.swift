import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import NIOCore

/// The numbers of the step at hand and of the updates, kept as `EngineAction` says: chunks of gradients as they go over
/// the wire.
struct StepNumbers {
    let wire: GradientWire
    /// This node's gradient, as far as it is computed; nil: nothing is.
    private(set) var own: Gradient?
    /// The partial sums of the children, by step and chunk.
    private var kept: [Int: [NodeID: [Int: ByteBuffer]]] = [:]
    private var sums: [Int: ByteBuffer] = [:]
    /// The chunks whose sum is kept as that of an update besides.
    private var totals: Set<Int> = []
    /// For a chunk of a sum that is being made, and the update that was put together last.
    private var (sum, update) = (Gradient(count: 0), Gradient(count: 0))
    /// By step and chunk.
    private var updates: [Int: [Int: ByteBuffer]] = [:]
    private let pool: PayloadPool

    init(_ wire: GradientWire, _ pool: PayloadPool) {
        self.wire = wire
        self.pool = pool
    }

    // MARK: The step at hand

    /// All that is kept of the step at hand is void, and of the one after it.
    mutating func stop() {
        begin(.max, isAdded: false)
    }

    /// Sums are void, and partial sums of earlier steps than this one.
    /// - Parameters:
    ///   - step: that is computed next.
    ///   - isAdded: whether the gradient stays.
    mutating func begin(_ step: Int, isAdded: Bool) {
        if !isAdded { own = nil }
        for (old, children) in kept where old < step {
            for bytes in children.values.flatMap(\.values) { pool.give(bytes) }
            kept[old] = nil
        }
        for (chunk, bytes) in sums where !totals.contains(chunk) { pool.give(bytes) }
        sums = [:]
        totals = []
    }

    /// A part of this node's gradient is there.
    mutating func add(_ part: Gradient) throws(InvalidInput) {
        if own == nil { own = part } else { try own?.add(part) }
    }

    mutating func keep(_ bytes: ByteBuffer, step: Int, chunk: Int, from child: NodeID) {
        kept[step, default: [:]][child, default: [:]][chunk] = bytes
    }

    /// Adds the own gradient and those of the children, in this order.
    mutating func sum(step: Int, chunk: Int, of children: [NodeID], isTotal: Bool) throws(InvalidInput) {
        guard let own else { throw .missing("its own gradient for the sum of chunk \(chunk)") }
        let range = wire.range(ofChunk: chunk)
        let bytes: ByteBuffer
        if children.isEmpty {
            bytes = wire.encode(own, at: range.lowerBound, chunk: chunk, from: pool)
        } else {
            // In the same memory for every chunk: pages that are new cost more than the sum.
            if sum.values.isEmpty { sum = Gradient(count: wire.mostInChunk) }
            try own.withChunk(range) { (bytes) throws(InvalidInput) in try sum.replace(by: bytes, at: 0) }
            for child in children {
                guard let part = kept[step]?[child]?[chunk] else { throw .missing("chunk \(chunk) from \(child)") }
                try wire.add(part, chunk: chunk, to: &sum, at: 0)
            }
            bytes = wire.encode(sum, at: 0, chunk: chunk, from: pool)
        }
        sums[chunk] = bytes
        guard isTotal else { return }
        totals.insert(chunk)
        store(bytes, step: step, chunk: chunk)
    }

    // MARK: Updates

    mutating func store(_ bytes: ByteBuffer, step: Int, chunk: Int) { updates[step, default: [:]][chunk] = bytes }

    mutating func release(step: Int) {
        for bytes in updates.removeValue(forKey: step)?.values ?? [:].values { pool.give(bytes) }
    }

    mutating func forget() {
        updates = [:]
        stop()
    }

    /// The update of a step, put together; in the memory of the one before, if nobody has that any more.
    mutating func update(ofStep step: Int) throws(InvalidInput) -> Gradient {
        if update.values.count != wire.numbers { update = Gradient(count: wire.numbers) }
        for chunk in 0..<wire.chunks {
            guard let bytes = updates[step]?[chunk] else { throw .missing("chunk \(chunk) of update \(step)") }
            try wire.replace(by: bytes, chunk: chunk, in: &update, at: wire.range(ofChunk: chunk).lowerBound)
        }
        return update
    }

    /// The numbers that go with a message; nil: they are void by now, or none go with it.
    func payload(of message: ReductionMessage) -> ByteBuffer? {
        switch message {
        case .partial(_, _, let chunk, _): sums[chunk]
        case .total(_, let step, let chunk, _): updates[step]?[chunk]
        case .ready, .readyFor, .begin, .missing, .gone: nil
        }
    }
}

extension InvalidInput {
    /// The protocol counts on something that the engine does not have.
    static func missing(_ what: String) -> InvalidInput {
        InvalidInput("training", "no \(what)", allowed: "what the protocol counts on")
    }
}
