import ChaosDocuments
import ChaosModel
import ChaosSolver

/// The JSON line that says how an instance was solved; format "chaos-solution", version 1.
public struct SolutionDocument {
    /// The value of the key `format`.
    public static let format = "chaos-solution"

    private let file: String
    private let instance: Instance
    private let result: ChainSearch.Result
    private let plan: Plan?

    public init(file: String, instance: Instance, result: ChainSearch.Result, plan: Plan?) {
        self.file = file
        self.instance = instance
        self.result = result
        self.plan = plan
    }

    /// One line with its line break. The plan inside is as a plan file has it.
    public func line() throws -> String {
        try JSONLine.document(Self.format) { json in
            json.field("file", file)
            json.field("status", status)
            try json.objects("sizes", result.sizes) { write($1, to: &$0) }
            json.key("plan")
            if let plan { try plan.write(to: &json) } else { json.null() }
        }
    }

    private var status: String {
        if let plan { return plan.isOptimal ? "optimal" : "optimal-at-size" }
        return result.isInfeasible ? "infeasible" : "beyond-range"
    }

    private func write(_ report: ChainSearch.SizeReport, to json: inout JSONWriter) {
        json.field("shard_size", report.shardSize)
        json.field("shards", report.shards)
        switch report.finding {
        case .makespan(let time):
            json.field("finding", "makespan")
            json.field("makespan_ns", time.description)
        case .cannotBeat(let incumbent, let size, let reached):
            json.field("finding", "cannot-beat")
            json.field("incumbent_ns", incumbent.description)
            json.field("incumbent_size", size)
            json.field("reached", reached)
        case .infeasible(let shortage):
            json.field("finding", "infeasible")
            json.field("attainable", shortage.attainable)
            json.field("missing", shortage.missing)
        case .beyondRange:
            json.field("finding", "beyond-range")
        }
    }
}
