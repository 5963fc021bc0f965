import ChaosControl
import ChaosIdentity
import Foundation
import Logging
import NIOCore

/// The end of the node's own certificate.
extension Node {
    /// Tells of a certificate that expires soon or has expired: now, every hour from then on, and when it expires.
    func lookAtExpiry() {
        expiryCheck?.cancel()
        guard let credentials, !hasEnded else { return }
        let left = credentials.expiry.timeIntervalSinceNow
        meters.noteCertificate(secondsLeft: left)
        let metadata: Logger.Metadata = ["expiry": "\(credentials.expiry)"]
        if left < 0 {
            logger.error(
                "the certificate of this node has expired: no other node is connected with it until it reads a new one",
                metadata: metadata)
        } else if left < Double(NodeStatus.mostDaysWarned) * 86_400 {
            logger.warning("the certificate expires soon", metadata: metadata)
        }
        let pause = left < 0 ? 3600 : min(3600, Int64(left) + 1)
        expiryCheck = loop.scheduleTask(in: .seconds(pause)) { [weak self] in self?.lookAtExpiry() }
    }
}
