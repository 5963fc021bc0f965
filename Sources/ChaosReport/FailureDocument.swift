import ChaosDocuments

/// The JSON line of an input that has no result, in the place of the line that its result would have had: the same
/// format and version, `status` other than that of a result, and `faults` or `error`.
public struct FailureDocument {
    /// Why there is no result.
    public enum Status: String, Sendable {
        /// The instance or the file is refused.
        case invalid
        /// The instance is too large for the algorithm.
        case tooLarge = "too-large"
        /// Another program did not run.
        case crashed
    }

    private let format: String
    private let file: String
    private let status: Status
    private let error: any Error

    /// - Parameters:
    ///   - format: that of the results among which the line stands.
    ///   - error: an `InvalidInput` is written fault by fault, everything else as its message.
    public init(format: String, file: String, status: Status, error: any Error) {
        self.format = format
        self.file = file
        self.status = status
        self.error = error
    }

    /// One line with its line break.
    public func line() throws -> String {
        try JSONLine.document(format) { json in
            json.field("file", file)
            json.field("status", status.rawValue)
            if let invalid = error as? InvalidInput {
                try json.faults(invalid.faults, count: invalid.count)
            } else {
                json.field("error", "\(error)")
            }
        }
    }
}
