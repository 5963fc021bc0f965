import ChaosDocuments

/// What a node answers to a `ControlRequest`: a line of JSON.
public enum ControlResponse: Hashable, Sendable {
    /// Of a line, in bytes.
    public static let mostBytes = 16 << 20

    /// It is done, or has been begun.
    case done
    /// It is not done, for this reason.
    case refused(String)
    case status(NodeStatus)
}

extension ControlResponse {
    private enum Name: String, CaseIterable {
        case done, refused, status
    }

    /// The response as a line, with a line feed at its end.
    public var line: [UInt8] {
        LineText.line { text in
            switch self {
            case .done: text.field("response", Name.done.rawValue)
            case .refused(let reason):
                text.field("response", Name.refused.rawValue)
                text.field("reason", reason)
            case .status(let status):
                text.field("response", Name.status.rawValue)
                text.record("status", status.write)
            }
        }
    }

    /// - Throws: what is wrong with the line, with its path.
    public init(line: some Collection<UInt8>) throws(InvalidInput) {
        var record = try LineRecord(line: line, atMost: Self.mostBytes)
        let name: Name = try record.name("response")
        switch name {
        case .done: self = .done
        case .refused: self = .refused(try record.text("reason"))
        case .status: self = .status(try record.record("status", NodeStatus.init(reading:)))
        }
        try record.end()
    }
}
