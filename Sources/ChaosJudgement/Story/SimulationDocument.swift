import ChaosDocuments

/// The JSON line of a scenario that was run in virtual time, version 1.
public struct SimulationDocument {
    /// The value of the key `format`.
    public static let format = "chaos-simulation"

    private let file: String
    private let name: String?
    private let story: Story

    /// - Parameters:
    ///   - file: that of the scenario, or of what it was made from.
    ///   - name: that the scenario gives itself.
    ///   - story: of the run.
    public init(file: String, name: String?, story: Story) {
        self.file = file
        self.name = name
        self.story = story
    }

    /// One line with its line break.
    public func line() throws -> String {
        let outcome = story.outcome
        return try JSONLine.document(Self.format) { json in
            json.field("file", file)
            json.field("name", name)
            json.field("sound", outcome.violation == nil)
            try json.write(outcome.violation)
            json.field("deceived", outcome.isDeceived)
            json.field("duration_ns", outcome.duration)
            json.field("views", outcome.views)
            json.field("updates", outcome.updates)
            json.field("transfers", outcome.transfers)
            json.field("messages", outcome.messages)
            json.field("payload_bytes", outcome.bytes)
            try story.write(to: &json)
        }
    }
}

/// The JSON line of everything that nodes did in a run, version 1.
public struct TraceDocument {
    /// The value of the key `format`.
    public static let format = "chaos-trace"

    private let happenings: [(time: Int, text: String)]
    private let violation: Violation?

    /// - Parameters:
    ///   - happenings: in their order, each with its time in ns since the start.
    ///   - violation: what ended the run; nil: no promise was broken.
    public init(_ happenings: [(time: Int, text: String)], _ violation: Violation?) {
        self.happenings = happenings
        self.violation = violation
    }

    /// One line with its line break.
    public func line() throws -> String {
        try JSONLine.document(Self.format) { json in
            json.field("sound", violation == nil)
            try json.write(violation)
            try json.objects("happenings", happenings) { json, happening in
                json.field("time_ns", happening.time)
                json.field("text", happening.text)
            }
        }
    }
}

extension JSONWriter {
    /// The key `violation`: what was broken, or null.
    fileprivate mutating func write(_ violation: Violation?) throws {
        if let violation {
            try object("violation") { violation.write(to: &$0) }
        } else {
            field("violation", String?.none)
        }
    }
}
