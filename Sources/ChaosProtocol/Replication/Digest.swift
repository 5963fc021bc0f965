/// A SHA-256 digest, as the four big-endian words of its 32 bytes.
///
/// The protocol only compares digests; the shell computes them.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    public let words: SIMD4<UInt64>

    public init(words: SIMD4<UInt64>) { self.words = words }

    /// - Returns: nil unless there are 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words = SIMD4<UInt64>()
        for (i, byte) in bytes.enumerated() { words[i / 8] = words[i / 8] << 8 | UInt64(byte) }
        self.words = words
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - 8 * ($0 % 8))) }
    }

    /// The first 16 hexadecimal digits: enough for a reader to tell digests apart.
    public var description: String {
        let digits = String(words[0], radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
