import NIOConcurrencyHelpers
import NIOCore

/// Memory of payloads that are not needed any more, for those that come. New memory costs several times what is written to
/// it, since the system hands it out a page at a time, cleared.
final class PayloadPool: Sendable {
    private let most: Int
    private let waiting = NIOLockedValueBox<[ByteBuffer]>([])

    /// - Parameter most: of how many payloads memory is kept.
    init(most: Int) { self.most = most }

    /// An empty buffer with room for so many bytes.
    func take(_ bytes: Int) -> ByteBuffer {
        var buffer = waiting.withLockedValue { $0.popLast() } ?? ByteBuffer()
        // New memory, if somebody else still has what is there.
        buffer.clear(minimumCapacity: bytes)
        return buffer
    }

    /// The caller does not need this payload any more.
    func give(_ payload: consuming ByteBuffer) {
        let payload = payload
        waiting.withLockedValue { if $0.count < most { $0.append(payload) } }
    }

    /// Frees what is kept.
    func empty() { waiting.withLockedValue { $0 = [] } }
}
