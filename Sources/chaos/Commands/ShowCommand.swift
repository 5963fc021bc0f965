import ArgumentParser
import ChaosCertificate
import ChaosDocuments
import ChaosModel
import ChaosReport
import ChaosSolver
import ChaosText

/// A picture of a plan.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Draw a plan: one lane a neighbor or group, in the terminal or as SVG.",
        discussion: """
            Each lane shows when the neighbor becomes ready, its latency and its shards; groups with shards have lanes \
            below. A line marks the makespan and another the fluid lower bound, which no plan at this shard size can beat \
            even with shards cut to pieces. Without a plan the instance is solved first. A wrong plan is drawn as it says, \
            and its faults are named.

            EXAMPLES
              chaos show instance.json
              chaos show instance.json plan.json
              chaos show instance.json --svg plan.svg

            Exit status: 0 drawn, 3 infeasible, 5 invalid input, 6 the plan is wrong.
            """)

    @Argument(help: ArgumentHelp("The instance file; - is standard input.", valueName: "instance"))
    var instance: String

    @Argument(help: ArgumentHelp("A plan of the instance; none: the optimal one is computed.", valueName: "plan"))
    var plan: String?

    @Option(help: ArgumentHelp("Write an SVG Gantt chart to this file, or - for standard output.", valueName: "path"))
    var svg: String?

    func validate() throws {
        if instance == DocumentIO.standardStream, plan == DocumentIO.standardStream {
            throw ValidationError("Standard input can be the instance or the plan, not both.")
        }
    }

    func run() throws {
        do {
            try draw().exit()
        } catch is GanttChart.Mismatch {
            Diagnostics.note("\(plan ?? ""): nothing to draw: the plan does not fit the instance")
            try ExitStatus.disagreement.exit()
        } catch let error where error is InvalidInput || error is FileError {
            Diagnostics.error(error)
            try ExitStatus.invalidInput.exit()
        }
    }

    private func draw() throws -> ExitStatus {
        let instance = try Instance(contentsOf: instance)
        let chart: GanttChart
        var status = ExitStatus.done
        if let plan {
            let given = try Plan(contentsOf: plan)
            if case .wrong(let faults, let count) = PlanChecker(instance).check(given).verdict {
                for fault in faults { Diagnostics.error("\(plan): \(fault)") }
                if count > faults.count { Diagnostics.error("\(plan): and \(count - faults.count) more faults") }
                status = .disagreement
            }
            chart = try GanttChart(given, of: instance)
        } else {
            let result = try ChainSearch().solve(instance)
            guard let best = result.best else {
                Diagnostics.error("\(self.instance): no plan: run chaos solve to see why")
                return ExitStatus(withoutPlan: result)
            }
            chart = GanttChart(best, of: instance)
        }
        if let svg {
            try DocumentIO.write(chart.svg, to: svg)
        } else {
            let lines = chart.lines(Terminal.style(of: .output), width: Terminal.width)
            try Output.write(lines)
        }
        return status
    }
}
