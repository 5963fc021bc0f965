/// A key of an object that is expected, and how it is spelled plainly in a JSON document: recognised by two comparisons of
/// eight bytes each if it is not longer than that, as nearly all are.
struct KnownKey: Sendable {
    let name: String
    /// With its quotes.
    private let spelling: [UInt8]
    /// The first 16 bytes of the spelling, and which of their bits count.
    private let start: (UInt64, UInt64)
    private let mask: (UInt64, UInt64)
    let length: Int

    init(_ name: String) {
        self.name = name
        spelling = Array("\"\(name)\"".utf8)
        length = spelling.count
        let padded = spelling + [UInt8](repeating: 0, count: 16)
        let ones = [UInt8](repeating: 0xFF, count: length) + [UInt8](repeating: 0, count: 16)
        start = Self.words(padded)
        mask = Self.words(ones)
    }

    /// Whether the bytes begin with the key.
    @inline(__always)
    func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 16 else { return bytes.starts(with: spelling) }
        let found = Self.words(bytes)
        guard (found.0 ^ start.0) & mask.0 == 0, (found.1 ^ start.1) & mask.1 == 0 else { return false }
        return length <= 16 || bytes.starts(with: spelling)
    }

    private static func words(_ bytes: [UInt8]) -> (UInt64, UInt64) { bytes.withUnsafeBytes { words($0) } }

    @inline(__always)
    private static func words(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
}
