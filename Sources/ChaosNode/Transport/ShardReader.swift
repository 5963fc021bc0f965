import NIOCore

/// The bytes of a shard that is being sent, which are read as they are sent. It keeps the snapshot.
struct ShardReader {
    private let snapshot: Snapshot
    private let lies: Bool
    private(set) var rest: Range<Int>
    private let start: Int

    /// - Parameter lies: whether the first byte is to be another one.
    init(_ snapshot: Snapshot, _ range: Range<Int>, lies: Bool) {
        (self.snapshot, rest, start, self.lies) = (snapshot, range, range.lowerBound, lies)
    }

    /// The next bytes, at most so many.
    /// - Returns: nil: none are left, or the snapshot cannot be read.
    mutating func next(atMost most: Int, in buffers: inout ReusedBuffers) -> ByteBuffer? {
        let range = rest.lowerBound..<min(rest.lowerBound + most, rest.upperBound)
        guard !range.isEmpty else { return nil }
        var isRead = true
        let bytes = buffers.take { bytes in
            isRead = snapshot.read(range, to: &bytes)
            guard lies, range.lowerBound == start, let first: UInt8 = bytes.getInteger(at: 0) else { return }
            bytes.setInteger(~first, at: 0)
        }
        rest = range.upperBound..<rest.upperBound
        return isRead ? bytes : nil
    }
}
