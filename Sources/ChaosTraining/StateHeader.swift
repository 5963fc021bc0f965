import ChaosDocuments

/// The first 64 bytes of every state.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | `CHAOSTS2` in ASCII: a training state, format 2 |
/// | 8 | 8 | the step count |
/// | 16 | 8 | in how many of these steps the parameters were updated |
/// | 24 | 8 | in how many of the last steps, one after another, they were not |
/// | 32 | 32 | the SHA-256 of the trainer's configuration |
///
/// All numbers are unsigned integers, little-endian. What follows is the trainer's own.
public struct StateHeader: Sendable, Equatable {
    public static let length = 64
    /// How the header is named among the tensors of a state.
    static let tensor = Tensor("chaos.header", .uint8, [length], at: 0)
    /// The greatest step count.
    public static let mostSteps = 1 << 62
    private static let magic = Array("CHAOSTS2".utf8)

    /// The step count, 0 … 2^62.
    public private(set) var step: Int
    /// In how many of these steps the parameters were updated; Adam's bias corrections count these.
    public private(set) var updates: Int
    /// In how many of the last steps, one after another, they were not.
    public private(set) var skippedInARow = 0
    /// The SHA-256 of the configuration.
    public let configuration: [UInt8]

    /// The header of the state with this step count, every step of which has updated the parameters.
    public init(configuration: String, step: Int = 0) {
        self.configuration = ContentDigest(of: configuration).bytes
        (self.step, updates) = (step, step)
    }

    /// Counts a step.
    /// - Parameter updating: whether the parameters were updated.
    mutating func countStep(updating: Bool) {
        step += 1
        updates += updating ? 1 : 0
        skippedInARow = updating ? 0 : skippedInARow + 1
    }

    /// Reads a header that should be of the same configuration and of the given step.
    /// - Parameters:
    ///   - bytes: at least 64.
    ///   - step: of which the header must be.
    /// - Throws: what is not so, with its place.
    public func read(_ bytes: UnsafeRawBufferPointer, step: Int) throws(InvalidInput) -> StateHeader {
        guard bytes.starts(with: Self.magic) else {
            throw InvalidInput("state[0..<8]", "\(Array(bytes[..<8]))", allowed: "\(Self.magic), a state of format 2")
        }
        let found = Self.number(in: bytes, at: 8)
        guard found == UInt64(step) else {
            throw InvalidInput("state[8..<16]", "step count \(found)", allowed: "\(step)")
        }
        let updates = Self.number(in: bytes, at: 16)
        guard updates <= found else {
            throw InvalidInput("state[16..<24]", "\(updates) updates", allowed: "0 … \(found), the step count")
        }
        let skipped = Self.number(in: bytes, at: 24)
        guard skipped <= found - updates else {
            throw InvalidInput(
                "state[24..<32]", "\(skipped) steps without an update",
                allowed: "0 … \(found - updates), the steps without an update in all")
        }
        guard bytes[32..<64].elementsEqual(configuration) else {
            throw InvalidInput(
                "state[32..<64]", "a state of another configuration", allowed: "states of this trainer's configuration")
        }
        var header = self
        (header.step, header.updates, header.skippedInARow) = (step, Int(updates), Int(skipped))
        return header
    }

    private static func number(in bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Writes the header to the first 64 bytes.
    /// - Precondition: there are as many.
    public func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.copyBytes(from: Self.magic)
        for (k, count) in [step, updates, skippedInARow].enumerated() {
            bytes.storeBytes(of: UInt64(count).littleEndian, toByteOffset: 8 + 8 * k, as: UInt64.self)
        }
        UnsafeMutableRawBufferPointer(rebasing: bytes[32..<64]).copyBytes(from: configuration)
    }
}
