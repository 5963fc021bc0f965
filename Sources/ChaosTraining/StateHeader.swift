import ChaosDocuments

/// The first 64 bytes of every state.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | `CHAOSTS1` in ASCII: a training state, format 1 |
/// | 8 | 8 | the step count, an unsigned integer |
/// | 16 | 8 | β₁ to the power of the step count, a Float64; 1 where the optimizer has no such number |
/// | 24 | 8 | β₂ to the power of the step count, a Float64; 1 where the optimizer has no such number |
/// | 32 | 32 | the SHA-256 of the trainer's configuration |
///
/// All numbers are little-endian. What follows is the trainer's own.
public struct StateHeader: Sendable, Equatable {
    public static let length = 64
    /// The greatest step count.
    public static let mostSteps = 1 << 62
    private static let magic = Array("CHAOSTS1".utf8)

    /// The step count, 0 … 2^62.
    public var step = 0
    /// β₁ to the power of the step count.
    public var firstPower = 1.0
    /// β₂ to the power of the step count.
    public var secondPower = 1.0
    /// The SHA-256 of the configuration.
    public let configuration: [UInt8]

    /// The header of step 0.
    public init(configuration: String) {
        self.configuration = ContentDigest(of: configuration).bytes
    }

    /// Reads a header that should be of the same configuration and of the given step.
    /// - Parameters:
    ///   - bytes: at least 64.
    ///   - step: of which the header must be.
    /// - Throws: what is not so, with its place.
    public func read(_ bytes: UnsafeRawBufferPointer, step: Int) throws(InvalidInput) -> StateHeader {
        guard bytes.starts(with: Self.magic) else {
            throw InvalidInput("state[0..<8]", "\(Array(bytes[..<8]))", allowed: "\(Self.magic), a state of format 1")
        }
        let found = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard found == UInt64(step) else {
            throw InvalidInput("state[8..<16]", "step count \(found)", allowed: "\(step)")
        }
        guard bytes[32..<64].elementsEqual(configuration) else {
            throw InvalidInput(
                "state[32..<64]", "a state of another configuration", allowed: "states of this trainer's configuration")
        }
        var header = self
        header.step = step
        header.firstPower = Self.number(in: bytes, at: 16)
        header.secondPower = Self.number(in: bytes, at: 24)
        for (offset, power) in [(16, header.firstPower), (24, header.secondPower)] where !(0...1).contains(power) {
            throw InvalidInput("state[\(offset)..<\(offset + 8)]", "\(power)", allowed: "a power of β, 0 … 1")
        }
        return header
    }

    private static func number(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
        Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }

    /// Writes the header to the first 64 bytes.
    /// - Precondition: there are as many.
    public func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.copyBytes(from: Self.magic)
        for (k, word) in [UInt64(step), firstPower.bitPattern, secondPower.bitPattern].enumerated() {
            bytes.storeBytes(of: word.littleEndian, toByteOffset: 8 + 8 * k, as: UInt64.self)
        }
        UnsafeMutableRawBufferPointer(rebasing: bytes[32..<64]).copyBytes(from: configuration)
    }
}
