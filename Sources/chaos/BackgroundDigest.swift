import ChaosModel
import Dispatch
import Synchronization

/// The digest of a large instance, computed by another thread while this one solves: with 10^6 neighbours each takes a tenth
/// of a second.
final class BackgroundDigest: Sendable {
    private let digest = Mutex("")
    private let isThere = DispatchSemaphore(value: 0)

    /// Begins with it.
    /// - Returns: nil for an instance so small that a thread takes longer.
    init?(of instance: Instance) {
        guard instance.neighbors.count >= 50_000 else { return nil }
        DispatchQueue.global().async { [self] in
            let sha256 = instance.sha256
            digest.withLock { $0 = sha256 }
            isThere.signal()
        }
    }

    /// Waits for it.
    var value: String {
        isThere.wait()
        defer { isThere.signal() }
        return digest.withLock { $0 }
    }
}
