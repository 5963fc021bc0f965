import ChaosDocuments
import ChaosText

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
            json.key("file")
            json.value(file)
            json.key("status")
            json.value(status.rawValue)
            if let invalid = error as? InvalidInput {
                json.key("faults")
                json.beginArray()
                for fault in invalid.faults { try json.value(fault) }
                try json.end()
                json.key("fault_count")
                json.value(invalid.count)
            } else {
                json.key("error")
                json.value("\(error)")
            }
        }
    }
}

extension JSONWriter {
    /// A fault as an object with path, found and allowed.
    mutating func value(_ fault: Fault) throws {
        beginObject()
        key("path")
        value(fault.path)
        key("found")
        value(fault.found)
        key("allowed")
        value(fault.allowed)
        try end()
    }
}
