import ChaosDocuments

/// What a node trains, whoever computes the gradients. The runtime knows no more of it than this: a state of contiguous
/// bytes, which it replicates, and sums of gradients of contiguous numbers, which it reduces and applies.
///
/// **State.** Parameters, optimizer state and step count, as one run of `stateBytes` bytes of which the first 64 are a
/// `StateHeader`. All numbers are little-endian. The size is known before training begins and never changes. The state
/// with step count t is what t updates have made of the first one; it is the same on all replicas, to the bit.
///
/// **Replicas.** `apply` must be a function of state and sum alone, with the same result on every machine: only + − × ÷
/// and √ of IEEE 754, in one order, without fused multiply-add. The gradient need not be reproducible, for it is reduced
/// once and the same sum goes to everyone.
///
/// **Replacing a state.** A joiner says of which step the state will be, writes it in pieces in any order, and ends.
/// Until then there is no state: nothing can be read, computed or applied. A piece may be written again.
///
/// A replica is a value. A copy is a snapshot, and costs memory only when one of the two changes. Every call that throws
/// leaves the replica as it was.
public protocol Replica: Sendable {
    /// What replicas must have in common beside the state, on one line: engine, sizes, settings, training data. Its
    /// SHA-256 stands in the state, so that nodes that were set up differently cannot train together unnoticed.
    var configuration: String { get }
    /// The size of the state in bytes, 64 … 2^53.
    var stateBytes: Int { get }
    /// What the state consists of, in the order in which it lies and without a gap: first the header, named `chaos.header`.
    var tensors: [Tensor] { get }
    /// How many numbers the gradient has, 1 … 2^40.
    var gradientCount: Int { get }
    /// How many of them, at the end, are no gradients but changes of buffers.
    var bufferCount: Int { get }
    /// How many training samples there are; they are named 0 ..< `samples`.
    var samples: Int { get }
    /// The step count of the state; of the one awaited while a state is being replaced.
    var step: Int { get }
    /// How many of the last steps, one after another, have left the parameters as they were, because a number of their
    /// gradient was not finite. Only replicas that allow for it have any.
    var skippedInARow: Int { get }
    /// What is missing of a state that is being replaced; nil when there is a whole state.
    var missing: RangeSet<Int>? { get }

    /// Copies the bytes of the state from `offset` on.
    /// - Throws: if the range is not within the state, or the state not whole.
    func readState(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(InvalidInput)

    /// Gives up the state for another one, of the given step count, 0 … 2^62, that will be written.
    mutating func beginState(ofStep step: Int) throws(InvalidInput)

    /// Writes a piece of the state that was begun.
    /// - Throws: if no state was begun, or the range is not within it.
    mutating func writeState(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(InvalidInput)

    /// Takes what has been written for the state.
    /// - Throws: if something is missing, or it is no state of this configuration and the step that was named; then it
    ///   can be written anew.
    mutating func endState() throws(InvalidInput)

    /// Makes one update, and so the state of the next step. If a number of the sum is not finite, one that allows for it
    /// leaves the parameters as they are and counts the step.
    /// - Parameters:
    ///   - sum: of the gradients of all samples of the step.
    ///   - samples: how many samples `sum` is of, 1 … 2^20.
    /// - Throws: if the length of `sum` is wrong, a number in it is not finite, or the result would not be: the training
    ///   has diverged, and since replicas are alike it has on all of them.
    mutating func apply(_ sum: Gradient, samples: Int) throws(InvalidInput)

    /// What a file of the state says beside what the tensors are, by keys that begin with `chaos.`; nothing as a rule.
    var metadata: [String: String] { get }

    /// Loss and accuracy on rows that are not trained on; nil if there are none.
    func evaluate() throws(InvalidInput) -> TrainingReport?
}

extension Replica {
    public var skippedInARow: Int { 0 }
    public var bufferCount: Int { 0 }

    public var metadata: [String: String] { [:] }

    public func evaluate() throws(InvalidInput) -> TrainingReport? { nil }

    /// What stands before the state in a file that every reader of the safetensors format opens. The same for all states of
    /// the replica.
    public var fileHeader: SafetensorsHeader {
        SafetensorsHeader(
            tensors,
            metadata: metadata.merging(["format": "pt", "chaos.configuration": configuration]) { own, _ in own })
    }

    /// The bytes of a range of the state.
    public func readState(_ range: Range<Int>) throws(InvalidInput) -> [UInt8] {
        try requireWithinState(range)
        var bytes = [UInt8](repeating: 0, count: range.count)
        try bytes.withUnsafeMutableBufferPointer { (buffer) throws(InvalidInput) in
            try readState(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
        }
        return bytes
    }

    /// Replaces the state by a whole one. If that fails, the old state is gone nevertheless.
    public mutating func replaceState(by bytes: UnsafeRawBufferPointer, step: Int) throws(InvalidInput) {
        try beginState(ofStep: step)
        try writeState(bytes, at: 0)
        try endState()
    }

    public mutating func replaceState(by bytes: [UInt8], step: Int) throws(InvalidInput) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(InvalidInput) in
            try replaceState(by: UnsafeRawBufferPointer(bytes), step: step)
        }
    }

    /// The SHA-256 of the state, as 64 hexadecimal digits: what replicas compare. Cost: one pass, in pieces of 1 MiB.
    public func stateDigest() throws(InvalidInput) -> String {
        var digest = ContentDigest()
        for start in stride(from: 0, to: stateBytes, by: 1 << 20) {
            let piece = try readState(start..<min(start + 1 << 20, stateBytes))
            piece.withUnsafeBytes { digest.update($0) }
        }
        return digest.hexadecimal
    }
}

/// The checks that every replica makes.
extension Replica {
    func requireWithinState(_ range: Range<Int>) throws(InvalidInput) {
        guard range.lowerBound < 0 || range.upperBound > stateBytes else { return }
        throw InvalidInput("state", "bytes \(range)", allowed: "bytes within 0..<\(stateBytes)")
    }

    /// The range of `count` bytes from `offset` on, if it is within the state.
    func stateRange(at offset: Int, count: Int) throws(InvalidInput) -> Range<Int> {
        guard offset >= 0, offset <= stateBytes - count else {
            throw InvalidInput(
                "state", "\(count) bytes at offset \(offset)", allowed: "bytes within 0..<\(stateBytes)")
        }
        return offset..<offset + count
    }

    func requireWholeState() throws(InvalidInput) {
        guard let missing else { return }
        let found = missing.ranges.first.map { "bytes \($0) are missing" } ?? "written, and not ended"
        throw InvalidInput("state", found, allowed: "a whole state")
    }

    func requireStep(_ step: Int) throws(InvalidInput) {
        guard !(0...StateHeader.mostSteps).contains(step) else { return }
        throw InvalidInput("state", "step count \(step)", allowed: "0 … 2^62")
    }

    func requireLength(of gradient: Gradient) throws(InvalidInput) {
        guard gradient.values.count != gradientCount else { return }
        throw InvalidInput("gradient", "\(gradient.values.count) numbers", allowed: "\(gradientCount) numbers")
    }

    func requireBatch(of samples: Int) throws(InvalidInput) {
        guard !(1...SampleSchedule.mostPerStep).contains(samples) else { return }
        throw InvalidInput("gradient", "a sum over \(samples) samples", allowed: "1 … \(SampleSchedule.mostPerStep)")
    }
}
