import ChaosDocuments
import ChaosModel
import ChaosSolver
import ChaosText

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
            json.key("file")
            json.value(file)
            json.key("status")
            json.value(status)
            json.key("sizes")
            json.beginArray()
            for report in result.sizes { try write(report, to: &json) }
            try json.end()
            json.key("plan")
            if let plan { try plan.write(to: &json) } else { json.null() }
        }
    }

    private var status: String {
        if let plan { return plan.isOptimal ? "optimal" : "optimal-at-size" }
        return result.isInfeasible ? "infeasible" : "beyond-range"
    }

    private func write(_ report: ChainSearch.SizeReport, to json: inout JSONWriter) throws {
        json.beginObject()
        json.key("shard_size")
        json.value(report.shardSize)
        json.key("shards")
        json.value(report.shards)
        json.key("finding")
        switch report.finding {
        case .makespan(let time):
            json.value("makespan")
            json.key("makespan_ns")
            json.value(time.description)
        case .cannotBeat(let incumbent, let size, let reached):
            json.value("cannot-beat")
            json.key("incumbent_ns")
            json.value(incumbent.description)
            json.key("incumbent_size")
            json.value(size)
            json.key("reached")
            json.value(reached)
        case .infeasible(let shortage):
            json.value("infeasible")
            json.key("attainable")
            json.value(shortage.attainable)
            json.key("missing")
            json.value(shortage.missing)
        case .beyondRange:
            json.value("beyond-range")
        }
        try json.end()
    }
}
