import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import NIOConcurrencyHelpers
import NIOCore

/// A copy of the state before a step, to be served from: ready-made buffers, made once, that go to any number of
/// connections without being copied again.
final class Snapshot: Sendable {
    /// Of a buffer, in bytes; slices of buffers beyond 16 MiB would be copied.
    static let pieceBytes = 4 << 20

    let step: Int
    let stateBytes: Int
    private let pieces: [ByteBuffer]
    /// By shard size and shard.
    private let digests = NIOLockedValueBox<[Int: [Int: Digest]]>([:])

    /// - Throws: what the trainer throws. Cost: a copy of the state.
    init(of trainer: any Replica, step: Int) throws(InvalidInput) {
        self.step = step
        stateBytes = trainer.stateBytes
        var pieces: [ByteBuffer] = []
        for start in stride(from: 0, to: stateBytes, by: Self.pieceBytes) {
            let count = min(Self.pieceBytes, stateBytes - start)
            var piece = ByteBufferAllocator().buffer(capacity: count)
            var fault: InvalidInput?
            piece.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                do throws(InvalidInput) {
                    try trainer.readState(at: start, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
                } catch {
                    fault = error
                }
                return count
            }
            if let fault { throw fault }
            pieces.append(piece)
        }
        self.pieces = pieces
    }

    /// The bytes of a shard, as parts of the buffers.
    /// - Parameter lies: whether the first byte is to be another one.
    /// - Returns: nil if there is no such shard.
    func bytes(ofShard shard: Int, size: Int, lies: Bool = false) -> [ByteBuffer]? {
        guard shard >= 0, size > 0, shard <= (stateBytes - 1) / size else { return nil }
        var offset = shard * size
        let end = min(stateBytes, shard * size + size)
        var slices: [ByteBuffer] = []
        while offset < end {
            let piece = pieces[offset / Self.pieceBytes]
            let place = offset % Self.pieceBytes
            let count = min(end - offset, piece.readableBytes - place)
            slices.append(piece.getSlice(at: place, length: count)!)
            offset += count
        }
        if lies, let first: UInt8 = slices[0].getInteger(at: slices[0].readerIndex) {
            slices[0].setInteger(~first, at: slices[0].readerIndex)
        }
        return slices
    }

    /// The SHA-256 of a shard. Cost: one pass over it, the first time.
    func digest(ofShard shard: Int, size: Int, lies: Bool = false) -> Digest? {
        if !lies, let known = digests.withLockedValue({ $0[size]?[shard] }) { return known }
        guard let bytes = bytes(ofShard: shard, size: size, lies: lies) else { return nil }
        let digest = Digest(of: bytes)
        if !lies { digests.withLockedValue { $0[size, default: [:]][shard] = digest } }
        return digest
    }
}

extension Digest {
    /// The SHA-256 of buffers, one after another.
    init(of buffers: [ByteBuffer]) {
        var digest = ContentDigest()
        for buffer in buffers { buffer.withUnsafeReadableBytes { digest.update($0) } }
        // A SHA-256 has 32 bytes.
        self.init(bytes: digest.bytes)!
    }
}
