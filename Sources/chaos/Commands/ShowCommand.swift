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
              chaos show instance.json --format json

            Exit status: 0 drawn, 3 infeasible, 5 invalid input, 6 the plan is wrong.
            """)

    @Argument(help: ArgumentHelp("The instance file; - is standard input.", valueName: "instance"))
    var instance: String

    @Argument(help: ArgumentHelp("A plan of the instance; none: the optimal one is computed.", valueName: "plan"))
    var plan: String?

    @Option(help: ArgumentHelp("Write an SVG Gantt chart to this file, or - for standard output.", valueName: "path"))
    var svg: String?

    @OptionGroup var output: FormatOption

    func validate() throws {
        if instance == DocumentIO.standardStream, plan == DocumentIO.standardStream {
            throw ValidationError("Standard input can be the instance or the plan, not both.")
        }
        if output.format == .json, svg == DocumentIO.standardStream {
            throw ValidationError("--svg - and --format json would both write to standard output.")
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
        let shown: Plan
        var verdict: PlanReport.Verdict?
        var status = ExitStatus.done
        if let plan {
            shown = try Plan(contentsOf: plan)
            verdict = PlanChecker(instance).check(shown).verdict
            if case .wrong(let faults, let count) = verdict {
                for fault in faults { Diagnostics.error("\(plan): \(fault)") }
                if count > faults.count { Diagnostics.error("\(plan): and \(count - faults.count) more faults") }
                status = .disagreement
            }
        } else {
            let result = try ChainSearch().solve(instance)
            guard let best = result.best else {
                Diagnostics.error("\(self.instance): no plan: run chaos solve to see why")
                return ExitStatus(withoutPlan: result)
            }
            shown = Plan(best, for: instance, isOptimal: true, algorithm: Algorithm.threshold.rawValue)
        }
        let chart = try GanttChart(shown, of: instance)
        if let svg { try DocumentIO.write(chart.svg, to: svg) }
        switch output.format {
        case .text where svg != nil: break
        case .text: try Output.write(chart.lines(Terminal.style(of: .output), width: Terminal.width))
        case .json:
            let document = LanesDocument(
                chart, file: self.instance, planFile: plan, instance: instance, plan: shown, verdict: verdict)
            try Output.writeDocument(document.line())
        }
        return status
    }
}
