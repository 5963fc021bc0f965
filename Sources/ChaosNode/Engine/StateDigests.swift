import ChaosProtocol
import NIOConcurrencyHelpers

/// What has been hashed of one state: kept as long as the state does not change, whoever asks for it, so that nothing of it is
/// hashed twice for the same purpose. For use from any thread.
final class StateDigests: Sendable {
    private enum Part: Hashable {
        case whole
        case shard(Int, size: Int)
    }

    /// Whoever hashes a part holds the lock of its line: a second one who wants the same part waits for it, and most of those
    /// who want another one do not. The last line is that of the whole.
    private let lines = (0...16).map { _ in NIOLockedValueBox<[Part: Digest]>([:]) }

    /// The SHA-256 of all of the state.
    /// - Parameter compute: called unless it is known. Nil: it cannot be computed.
    func whole(_ compute: () -> Digest?) -> Digest? { digest(of: .whole, in: 16, compute) }

    /// The SHA-256 of a shard.
    /// - Parameters:
    ///   - size: of all shards but the last, in bytes.
    ///   - compute: called unless it is known. Nil: there is no such shard.
    func shard(_ shard: Int, size: Int, _ compute: () -> Digest?) -> Digest? {
        digest(of: .shard(shard, size: size), in: shard & 15, compute)
    }

    private func digest(of part: Part, in line: Int, _ compute: () -> Digest?) -> Digest? {
        lines[line].withLockedValue { known in
            if let digest = known[part] { return digest }
            let digest = compute()
            known[part] = digest
            return digest
        }
    }
}
