import ChaosDocuments
import ChaosMILP
import ChaosSolver
import ChaosText

/// What a crosscheck found, for people and for programs.
public struct CrosscheckText {
    /// The value of the key `format`.
    public static let format = "chaos-crosscheck"

    private let report: CrosscheckReport
    private let style: TextStyle

    public init(_ report: CrosscheckReport, style: TextStyle) {
        self.report = report
        self.style = style
    }

    public func lines(title: String) -> [String] {
        var lines = [style.strong(title)]
        for size in report.sizes {
            let makespan = size.makespan.map { "makespan \($0.readable) = \($0) ns" } ?? Self.word(size.result)
            lines.append(
                "  size \(size.shardSize), \(Readable.count(size.shards)) shards, \(report.solver): \(makespan)")
            lines += size.defects.map { "    \(style.bad("DEFECT")) \(SingleLine.of($0))" }
            for entry in size.entries {
                let name = "\(entry.backEnd) \(entry.form)"
                let padding = String(repeating: " ", count: max(1, 15 - name.count))
                let time = entry.seconds.map { " " + style.faint("(\(Self.seconds($0)) s)") } ?? ""
                let detail = entry.verdict.detail.map { " " + Self.lines($0).joined(separator: "\n      ") } ?? ""
                lines.append("    \(name)\(padding)\(colored(entry.verdict))\(detail)\(time)")
            }
        }
        return lines
    }

    /// One JSON line; format "chaos-crosscheck", version 1.
    public func jsonLine(file: String) throws -> String {
        try JSONLine.document(Self.format) { json in
            json.field("file", file)
            json.field("status", report.entries.isEmpty && !report.hasDefect ? "not-checked" : "checked")
            json.field("algorithm", report.solver)
            try json.objects("sizes", report.sizes) { try write($1, to: &$0) }
        }
    }

    private func write(_ size: CrosscheckReport.Size, to json: inout JSONWriter) throws {
        json.field("shard_size", size.shardSize)
        json.field("shards", size.shards)
        json.field("result", Self.word(size.result))
        if let makespan = size.makespan { json.field("makespan_ns", makespan.description) }
        try json.field("defects", size.defects)
        try json.objects("solvers", size.entries) { json, entry in
            json.field("solver", entry.backEnd.rawValue)
            json.field("form", entry.form.rawValue)
            json.field("verdict", entry.verdict.name)
            if let detail = entry.verdict.detail { json.field("detail", detail) }
            if let seconds = entry.seconds {
                json.key("seconds")
                json.value(number: Self.seconds(seconds))
            }
        }
    }

    /// The lines of a solver's own words, each without control characters.
    private static func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { SingleLine.of(String($0)) }
    }

    private func colored(_ verdict: Verdict) -> String {
        switch verdict {
        case .agrees, .agreesInfeasible: style.good(verdict.name)
        case .beaten, .wrongAnswer: style.bad(verdict.name)
        case .worse, .infeasibleAnswer, .timeLimit, .crashed, .refused, .gaveUp: style.warning(verdict.name)
        }
    }

    private static func word(_ result: FixedSizeResult) -> String {
        switch result {
        case .optimal: "optimal"
        case .infeasible: "infeasible"
        case .beyondRange: "beyond-range"
        }
    }

    /// Seconds with three decimals.
    private static func seconds(_ value: Double) -> String {
        let thousandths = Int((value * 1000).rounded())
        let rest = "\(1000 + thousandths % 1000)".dropFirst()
        return "\(thousandths / 1000).\(rest)"
    }
}

/// The verdicts of many crosschecks, counted.
public struct CrosscheckTally: Sendable {
    private var compared = 0
    private var defects = 0
    private var count: [String: Int] = [:]

    public init() {}

    public mutating func add(_ report: CrosscheckReport) {
        if !report.entries.isEmpty { compared += 1 }
        if report.hasDefect { defects += 1 }
        for entry in report.entries { count[entry.verdict.name, default: 0] += 1 }
    }

    /// "121 instances: 230 agree, 2 worse, 10 time limits; no BEATEN".
    /// - Parameter instances: how many there were, those included of which there is no report because of an error.
    public func line(_ style: TextStyle, of instances: Int) -> String {
        let words = [
            ("agrees", "agree"), ("agrees (infeasible)", "agree (infeasible)"), ("worse", "worse"),
            ("time limit", "time limits"), ("infeasible answer", "infeasible answers"),
            ("WRONG ANSWER", "WRONG ANSWERS"), ("refused", "refused"),
            ("gave up", "gave up"), ("crashed", "crashed"),
        ]
        let parts = words.compactMap { one, several in count[one].map { "\($0) \($0 == 1 ? one : several)" } }
        var sentences = [parts.joined(separator: ", ")]
        let unchecked = instances - compared
        if unchecked > 0 { sentences.append(style.warning("\(Self.instances(unchecked)) not checked")) }
        let beaten = count["BEATEN"] ?? 0
        if beaten > 0 {
            sentences.append(style.bad("\(beaten) BEATEN"))
        } else if defects > 0 {
            sentences.append(style.bad("\(defects) with defects"))
        } else if compared > 0 {
            // Where nothing was compared, nothing could have been beaten.
            sentences.append(style.good("no BEATEN"))
        }
        return "\(Self.instances(instances)): " + sentences.filter { !$0.isEmpty }.joined(separator: "; ")
    }

    private static func instances(_ count: Int) -> String { "\(count) instance\(count == 1 ? "" : "s")" }
}
