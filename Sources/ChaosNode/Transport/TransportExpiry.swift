import ChaosIdentity
import Foundation

/// Certificates that expire while connections are open.
extension Transport {
    /// From one look to the next, in s. Clocks are set, so that nobody waits for a time of day.
    private static let pause: Int64 = 5

    /// Closes the connections whose certificates have expired, from now on.
    func watchExpiry() {
        guard !isStopped else { return }
        expiryCheck = loop.scheduleTask(in: .seconds(Self.pause)) {
            self.closeExpired()
            self.watchExpiry()
        }
    }

    private func closeExpired() {
        guard let trust = credentials?.trust else { return }
        let now = Date()
        for connection in open {
            guard let identity = connection.identity, let expiry = connection.expiry, expiry < now else { continue }
            Task.detached { [loop] in
                let result: Result<Date, Trust.Refusal>
                do throws(Trust.Refusal) { result = .success(try await identity.verifiedAgain(in: trust)) } catch {
                    result = .failure(error)
                }
                loop.execute {
                    switch result {
                    // That of the authority was renewed.
                    case .success(let expiry): connection.expiry = expiry
                    case .failure(let refusal): connection.close(because: "\(refusal)", isFault: true)
                    }
                }
            }
        }
    }
}
