import NIOConcurrencyHelpers
import NIOCore

/// Memory of payloads that are not needed any more, for those that come. New memory costs several times what is written to
/// it, since the system hands it out a page at a time, cleared.
final class PayloadPool: Sendable {
    private let most: Int
    private let bytes: Int
    private let waiting = NIOLockedValueBox<(buffers: [ByteBuffer], bytes: Int)>(([], 0))

    /// - Parameters:
    ///   - most: of how many payloads memory is kept.
    ///   - bytes: how much memory is kept.
    init(most: Int, bytes: Int = .max) { (self.most, self.bytes) = (most, bytes) }

    /// An empty buffer with room for so many bytes.
    func take(_ bytes: Int) -> ByteBuffer {
        var buffer =
            waiting.withLockedValue { waiting in
                let buffer = waiting.buffers.popLast()
                waiting.bytes -= buffer?.capacity ?? 0
                return buffer
            } ?? ByteBuffer()
        // New memory, if somebody else still has what is there.
        buffer.clear(minimumCapacity: bytes)
        return buffer
    }

    /// The caller does not need this payload any more.
    func give(_ payload: consuming ByteBuffer) {
        let payload = payload
        waiting.withLockedValue { waiting in
            guard waiting.buffers.count < most, payload.capacity <= bytes - waiting.bytes else { return }
            waiting.bytes += payload.capacity
            waiting.buffers.append(payload)
        }
    }
}
