import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import NIOCore

/// The state before a step, to be served from.
///
/// A replica is a value, so this has one that nobody changes. It costs no memory until the training goes on; then the
/// update makes the next state beside it. What is sent is read from it in small pieces, each of which is still in the cache of
/// the processor when the kernel copies it: that costs less than to copy all of it before, into memory that is new.
final class Snapshot: Sendable {
    let step: Int
    let stateBytes: Int
    private let replica: any Replica
    private let digests: StateDigests

    /// - Parameters:
    ///   - replica: whose state is whole.
    ///   - digests: of this state.
    /// Cost: O(1).
    init(of replica: any Replica, digests: StateDigests = StateDigests()) {
        (self.replica, self.digests) = (replica, digests)
        (step, stateBytes) = (replica.step, replica.stateBytes)
    }

    /// Where a shard lies in the state.
    /// - Returns: nil if there is no such shard.
    func range(ofShard shard: Int, size: Int) -> Range<Int>? {
        guard shard >= 0, size > 0, shard <= (stateBytes - 1) / size else { return nil }
        return shard * size..<shard * size + min(size, stateBytes - shard * size)
    }

    /// Writes a range of the state to a buffer.
    /// - Returns: whether it is one.
    func read(_ range: Range<Int>, to bytes: inout ByteBuffer) -> Bool {
        var isRead = true
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { room in
            isRead = read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: room[..<range.count]))
            return range.count
        }
        return isRead
    }

    private func read(at offset: Int, into room: UnsafeMutableRawBufferPointer) -> Bool {
        (try? replica.readState(at: offset, into: room)) != nil
    }

    /// The SHA-256 of a shard. Cost: one pass over it, the first time.
    /// - Parameter lies: whether its first byte is to be another one.
    func digest(ofShard shard: Int, size: Int, lies: Bool = false) -> Digest? {
        guard let range = range(ofShard: shard, size: size) else { return nil }
        return lies ? hash(range, lies: true) : digests.shard(shard, size: size) { hash(range) }
    }

    private func hash(_ range: Range<Int>, lies: Bool = false) -> Digest? {
        var digest = ContentDigest()
        let isRead = withUnsafeTemporaryAllocation(byteCount: min(range.count, 1 << 17), alignment: 64) { room in
            for offset in stride(from: range.lowerBound, to: range.upperBound, by: room.count) {
                let piece = UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, range.upperBound - offset)])
                guard read(at: offset, into: piece) else { return false }
                if lies, offset == range.lowerBound { piece[0] = ~piece[0] }
                digest.update(UnsafeRawBufferPointer(piece))
            }
            return true
        }
        return isRead ? Digest(bytes: digest.bytes) : nil
    }
}

extension Digest {
    /// The SHA-256 of what can be read in a buffer.
    init(of buffer: ByteBuffer) {
        var digest = ContentDigest()
        buffer.withUnsafeReadableBytes { digest.update($0) }
        // A SHA-256 has 32 bytes.
        self.init(bytes: digest.bytes)!
    }
}
