import ChaosCertificate
import ChaosDocuments
import ChaosModel

/// The JSON line of what `GanttChart` draws, version 1: every lane, with exact times.
public struct LanesDocument {
    /// The value of the key `format`.
    public static let format = "chaos-lanes"

    private let file: String
    private let planFile: String?
    private let instance: Instance
    private let plan: Plan
    private let chart: GanttChart
    private let verdict: PlanReport.Verdict?

    /// - Parameters:
    ///   - chart: of the plan.
    ///   - file: the instance.
    ///   - planFile: the plan; nil: it was computed.
    ///   - instance: for which the plan is.
    ///   - plan: what is shown.
    ///   - verdict: of the checker on a plan that was given.
    public init(
        _ chart: GanttChart, file: String, planFile: String?, instance: Instance, plan: Plan,
        verdict: PlanReport.Verdict?
    ) {
        self.chart = chart
        self.file = file
        self.planFile = planFile
        self.instance = instance
        self.plan = plan
        self.verdict = verdict
    }

    /// One line with its line break.
    public func line() throws -> String {
        let byName = Dictionary(instance.neighbors.map { ($0.id, $0) }) { first, _ in first }
        // Counts beyond those of the state have no times in a group: a wrong plan.
        let total = plan.assignments.reduce(Int128(0)) { $0 + Int128($1.count) }
        let groups =
            total <= Int128(instance.state.shardCount(ofSize: plan.shardSize))
            ? instance.groupCompletions(of: plan.assignment(of: instance).counts, shardsOf: plan.shardSize) : []
        return try JSONLine.document(Self.format) { json in
            json.field("instance", file)
            json.field("plan", planFile)
            json.field("name", instance.name)
            json.field("shard_size", plan.shardSize)
            json.field("shards", chart.shards)
            json.field("makespan_ns", plan.makespan.description)
            json.field("fluid_bound_ns", chart.fluidBound?.description)
            try json.objects("neighbors", plan.assignments) { json, run in
                json.field("neighbor", run.neighbor)
                json.field("shards", run.count)
                json.field("ready_ns", byName[run.neighbor]?.ready)
                json.field("start_ns", byName[run.neighbor]?.start)
                json.field("finish_ns", run.finish.description)
            }
            try json.objects("groups", groups) { json, group in
                json.field("group", instance.groups[group.group].id)
                json.field("shards", group.count)
                json.field("start_ns", group.start)
                json.field("finish_ns", group.finish.description)
            }
            if case .wrong(let faults, let count) = verdict {
                try json.faults(faults.map(\.fault), count: count)
            } else {
                try json.faults([], count: 0)
            }
        }
    }
}
