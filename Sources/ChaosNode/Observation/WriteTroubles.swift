import Logging
import Metrics
import NIOConcurrencyHelpers

/// Files that a node could not write. A full disk must not end the training, nor may it go unnoticed: each trouble is logged
/// once, and once more when it is over, stays in the node's status meanwhile, and is counted in a metric.
final class WriteTroubles: Sendable {
    private let logger: Logger
    private let failures: Counter
    private let current = NIOLockedValueBox<[String: String]>([:])

    init(_ logger: Logger, failures: Counter) {
        self.logger = logger
        self.failures = failures
    }

    /// A file was written, or could not be.
    /// - Parameters:
    ///   - what: the file, as in "journal".
    ///   - failure: nil: it was written.
    func note(_ what: String, _ failure: String?) {
        let before = current.withLockedValue { current -> String? in
            defer { current[what] = failure }
            return current[what]
        }
        if failure != nil { failures.increment() }
        switch (before, failure) {
        case (nil, let failure?):
            logger.error("cannot be written", metadata: ["file": "\(what)", "error": "\(failure)"])
        case (.some, nil): logger.notice("is written again", metadata: ["file": "\(what)"])
        default: break
        }
    }

    /// What cannot be written now, and why; nil: nothing.
    var text: String? {
        let all = current.withLockedValue { $0 }.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return all.isEmpty ? nil : all.joined(separator: "; ")
    }
}
