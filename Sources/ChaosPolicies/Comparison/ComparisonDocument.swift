import ChaosDocuments

/// The JSON line of a comparison, version 1: of instances, or of a scenario.
public struct ComparisonDocument {
    /// The value of the key `format`.
    public static let format = "chaos-comparison"

    private let settings: PolicySettings
    private let comparisons: [InstanceComparison]
    private let scenario: (file: String, name: String?, records: [PolicyRecord])?

    public init(_ comparisons: [InstanceComparison], settings: PolicySettings) {
        (self.comparisons, self.settings, scenario) = (comparisons, settings, nil)
    }

    public init(_ records: [PolicyRecord], file: String, name: String?, settings: PolicySettings) {
        (comparisons, self.settings, scenario) = ([], settings, (file, name, records))
    }

    /// One line with its line break.
    public func line() throws -> String {
        try JSONLine.document(Self.format) { json in
            try json.object("settings") { json in
                json.field("reallocation_ns", settings.reallocation)
                json.field("restart_ns", settings.restart)
                json.field("disk_write_bits_per_second", settings.diskWrite)
                json.field("disk_read_bits_per_second", settings.diskRead)
                json.field("detection_ns", settings.detection)
                json.field("checkpoint_ns", settings.checkpoint)
                json.field("adjustment_ns", settings.adjustment)
                json.field("gathering_ns", settings.gathering)
                json.field("failure_bound_ns", settings.failureBound)
                json.field("chunk_bytes", settings.chunk)
                try json.field("classes", settings.classes.map { UInt64($0) })
                json.field("parameters", settings.parameters)
                json.field("seed", settings.seed)
                json.field("step_ns", settings.step)
            }
            if let scenario {
                json.field("file", scenario.file)
                json.field("name", scenario.name)
                try json.objects("policies", scenario.records, Self.write)
            } else {
                try json.objects("instances", comparisons, Self.write)
                try json.objects("summary", RatioSummary.of(comparisons), Self.write)
            }
        }
    }

    private static func write(_ json: inout JSONWriter, _ comparison: InstanceComparison) throws {
        json.field("file", comparison.file)
        json.field("name", comparison.name)
        json.field("state_bytes", comparison.instance.state.bytes)
        json.field("neighbors", comparison.instance.neighbors.count)
        json.field("fluid_bound_ns", comparison.fluid)
        try json.objects("policies", comparison.rows) { json, row in
            json.field("policy", row.policy)
            json.field("whole_ns", row.whole)
            json.field("first_gradient_ns", row.delay)
            json.field("halted_ns", row.halted)
            json.field("idle_ns", row.idle)
            json.field("bytes", row.bytes)
        }
    }

    private static func write(_ json: inout JSONWriter, _ summary: RatioSummary) {
        json.field("policy", summary.policy)
        json.field("first_gradient_thousandths_median", summary.delays.median)
        json.field("first_gradient_thousandths_least", summary.delays.first)
        json.field("first_gradient_thousandths_greatest", summary.delays.last)
        json.field("whole_thousandths_median", summary.wholes.median)
        json.field("halted_ns_median", summary.halted.median)
        json.field("ahead", summary.ahead)
    }

    private static func write(_ json: inout JSONWriter, _ record: PolicyRecord) throws {
        json.field("policy", record.policy)
        json.field("duration_ns", record.duration)
        json.field("steps", record.steps)
        json.field("steps_again", record.stepsAgain)
        json.field("goodput_millionths", record.goodput)
        json.field("idle_ns", record.idle)
        json.field("member_ns", record.memberTime)
        json.field("bytes", record.bytes)
        json.field("bytes_twice", record.bytesTwice)
        json.field("events_left_out", record.leftOut)
        try json.objects("joins", record.joins) { json, join in
            json.field("node", join.node)
            json.field("asked_ns", join.asked)
            json.field("whole_ns", join.whole)
            json.field("first_gradient_ns", join.contributed)
        }
        try json.objects("handled", record.handled) { json, handled in
            json.field("event", handled.event.rawValue)
            json.field("at_ns", handled.at)
            json.field("time_ns", handled.time)
        }
        try json.objects("halts", record.halts) { json, halt in
            json.field("event", halt.event.rawValue)
            json.field("from_ns", halt.from)
            json.field("to_ns", halt.to)
        }
    }
}

/// The same figures as rows for a spreadsheet, with the names of the JSON line.
public enum ComparisonCSV {
    public static func text(of comparisons: [InstanceComparison]) -> String {
        rows(
            [
                "file", "policy", "state_bytes", "neighbors", "fluid_bound_ns", "whole_ns", "first_gradient_ns",
                "halted_ns", "idle_ns", "bytes",
            ],
            comparisons.flatMap { comparison in
                comparison.rows.map { row in
                    [
                        comparison.file, row.policy, "\(comparison.instance.state.bytes)",
                        "\(comparison.instance.neighbors.count)", comparison.fluid.map { "\($0)" } ?? "",
                        "\(row.whole)",
                        "\(row.delay)", "\(row.halted)", "\(row.idle)", "\(row.bytes)",
                    ]
                }
            })
    }

    /// - Parameter named: of scenarios, each with the name of its file.
    public static func text(of named: [(file: String, records: [PolicyRecord])]) -> String {
        rows(
            [
                "file", "policy", "duration_ns", "joins", "joined", "first_gradient_ns_median",
                "first_gradient_ns_greatest",
                "leave_ns_median", "crash_ns_median", "cut_ns_median", "mend_ns_median", "steps", "steps_again",
                "goodput_millionths", "idle_ns", "member_ns", "bytes",
                "bytes_twice",
            ],
            named.flatMap { file, records in records.map { (file, $0) } }.map { file, record in
                [
                    file, record.policy, "\(record.duration)", "\(record.joins.count)", "\(record.delays.count)",
                    record.delays.median.map { "\($0)" } ?? "", record.delays.last.map { "\($0)" } ?? "",
                ]
                    + [.leave, .crash, .cut, .mend].map { event in
                        record.handlingTimes(of: event).median.map { "\($0)" } ?? ""
                    } + [
                        "\(record.steps)", "\(record.stepsAgain)",
                        "\(record.goodput)", "\(record.idle)", "\(record.memberTime)", "\(record.bytes)",
                        "\(record.bytesTwice)",
                    ]
            })
    }

    private static func rows(_ titles: [String], _ rows: [[String]]) -> String {
        ([titles] + rows).map { $0.map(field).joined(separator: ",") + "\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        let line = SingleLine.of(text, most: 4096)
        return line.contains(where: { ",\"".contains($0) }) ? "\"\(line.replacing("\"", with: "\"\""))\"" : line
    }
}
