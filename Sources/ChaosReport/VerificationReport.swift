import ChaosCertificate
import ChaosDocuments
import ChaosModel
import ChaosText

/// What the checker found out about a plan, for people and for programs.
public struct VerificationReport {
    private let plan: Plan
    private let report: PlanReport
    private var oracle: (answer: OracleQuery.Answer, agrees: Bool)?

    public init(_ plan: Plan, _ report: PlanReport) {
        self.plan = plan
        self.report = report
    }

    /// The word of the verdict: optimal, feasible or wrong.
    public var word: String {
        switch report.verdict {
        case .optimal: "optimal"
        case .feasible: "feasible"
        case .wrong: "wrong"
        }
    }

    /// Adds what the oracle extracted from the proofs says of the plan's size, counts and makespan.
    /// - Parameter counts: the checker's own report on the same.
    public mutating func add(_ answer: OracleQuery.Answer, counts: PlanReport) {
        oracle = (answer, answer.agrees(with: counts))
    }

    /// True if the oracle was asked and says otherwise than the checker. Where the checker finds only the file wrong, in
    /// its runs or its digest, the counts may still be those of a good plan, and the oracle must say so.
    public var oracleDisagrees: Bool { oracle.map { !$0.agrees } ?? false }

    private var oracleText: String? {
        switch oracle?.answer {
        case nil: nil
        case .wrong(let reason): "wrong: \(reason.rawValue)"
        case .optimal: "optimal"
        case .feasible: "feasible"
        case .plan, .infeasible, .beyondRange: "no verdict"
        }
    }

    public func lines(_ style: TextStyle) -> [String] {
        var lines: [String] = []
        switch report.verdict {
        case .optimal, .feasible:
            lines.append(
                "feasible  \(style.good("yes"))  \(Readable.count(plan.shards)) shards of \(plan.shardSize) bytes "
                    + "cover the state, within all limits")
            lines.append("makespan  \(style.good("exact"))  \(plan.makespan) ns (\(plan.makespan.readable))")
        case .wrong(let faults, let count):
            lines.append(style.bad("wrong"))
            lines += faults.map { "  \($0.description)" }
            if count > faults.count { lines.append("  and \(count - faults.count) more faults") }
        }
        switch report.verdict {
        case .optimal:
            lines.append("optimal   \(style.good("yes"))  no size completes all of its shards earlier")
        case .feasible(let size):
            lines.append("optimal   \(style.bad("no"))  shards of \(size) bytes can all be complete earlier")
        case .wrong: break
        }
        if let oracleText {
            let word = oracleDisagrees ? style.bad("disagrees") : style.good("says")
            lines.append("oracle    \(word)  \(oracleText), of the counts, by the checker extracted from the proofs")
        }
        guard !report.sizes.isEmpty else { return lines }
        lines.append("certificate: shards that can be complete strictly before the makespan, and shards needed")
        var table = TextTable([("size", .right), ("before", .right), ("needed", .right), ("", .left)])
        for finding in report.sizes {
            table.add(
                [
                    "\(finding.shardSize)", (finding.isBetter ? "≥ " : "") + Readable.count(finding.before),
                    Readable.count(finding.shards),
                ], mark: finding.isBetter ? style.bad("earlier") : "")
        }
        return lines + table.lines(style).map { "  " + $0 }
    }

    /// The value of the key `format`.
    public static let format = "chaos-verification"

    /// One JSON line, version 1.
    public func jsonLine(instance: String, plan path: String) throws -> String {
        try JSONLine.document(Self.format) { json in
            json.field("instance", instance)
            json.field("plan", path)
            json.field("verdict", word)
            json.field("makespan_ns", plan.makespan.description)
            if case .wrong(let faults, let count) = report.verdict {
                try json.faults(faults.map(\.fault), count: count)
            } else {
                try json.faults([], count: 0)
            }
            try json.objects("sizes", report.sizes) { json, finding in
                json.field("shard_size", finding.shardSize)
                json.field("needed", finding.shards)
                json.field("before", finding.before)
            }
            if let oracleText { json.field("oracle", oracleText) }
        }
    }
}
