import ArgumentParser
import ChaosDocuments
import ChaosMILP
import ChaosMILPWorker
import ChaosModel
import ChaosReport
import ChaosSolver
import ChaosText
import Synchronization

/// The project's solvers against MILP solvers.
struct CrosscheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crosscheck",
        abstract: "Validate a solver of ours against the MILP solvers \(MILPBackEnd.titles).",
        discussion: """
            Each MILP is solved in a process of its own. The solver's integers are taken, its makespan is computed again \
            exactly, and exact times are compared:

              agrees             both makespans are equal
              worse              the solver's plan is worse by at most 10^-6 of the
                                 makespan, which its tolerances explain
              WRONG ANSWER       the solver's plan is worse by more, or it claims a
                                 bound above the known makespan: a defect of the solver
              BEATEN             the solver's plan is exactly better: a defect of ours
              infeasible answer  the solver says that there is no plan, and there is one
              time limit         the solver found nothing better in its time
              crashed, refused, gave up
                                 its process died, its values are no plan, or it
                                 says why it stopped

            The scaled form divides times by the makespan under validation, which floating-point solvers need and which \
            cuts off no better plan; the unscaled form takes nothing from us. Plans are also compared shard by shard \
            with a second solver of ours, ties included. With --format json every instance has a line; its status is \
            checked, not-checked (there is no plan in the range of times to compare), or, with faults or an error, \
            invalid, too-large or crashed.

            EXAMPLES
              chaos crosscheck instance.json
              chaos crosscheck Instances --time-limit 20 --jobs 2
              chaos crosscheck --solver cbc --form unscaled --sizes all \\
                --format json instance.json

            Exit status: 0 every answer agrees or is worse, 4 a solver ran out of time, 5 invalid input or no plan in the \
            range of times, 6 BEATEN or another defect of ours, 7 no right answer: a solver crashed, gave up, was refused, \
            is wrong, or says infeasible where there is a plan.
            """)

    @OptionGroup var files: InputFiles

    @Option(help: "The solver under validation.")
    var algorithm: Algorithm = .threshold

    @Option(name: .customLong("solver"), help: "A MILP solver to ask; repeatable. (default: all)")
    var solvers: [MILPBackEnd] = []

    @Option(help: "scaled, unscaled, or both.")
    var form: Forms = .scaled

    @Option(help: "optimal: the size that the search chooses; all: every size of the chain.")
    var sizes: Crosscheck.Sizes = .optimal

    @Option(help: ArgumentHelp("The most time for each solve, in seconds.", valueName: "seconds"))
    var timeLimit = 60

    @Option(help: "text for people; json for programs, one line an instance.")
    var format: OutputFormat = .text

    @OptionGroup var batch: BatchOptions

    /// The forms to solve.
    enum Forms: String, CaseIterable, ExpressibleByArgument {
        case scaled, unscaled, both

        var all: [MILPForm] {
            switch self {
            case .scaled: [.scaled]
            case .unscaled: [.unscaled]
            case .both: [.scaled, .unscaled]
            }
        }
    }

    func validate() throws {
        if !(1...100_000).contains(timeLimit) {
            throw ValidationError("--time-limit \(timeLimit): allowed are 1 … 100000 seconds.")
        }
    }

    func run() throws {
        let paths = try files.paths()
        let workers: [MILPWorker]
        do {
            workers = try (solvers.isEmpty ? MILPBackEnd.allCases : solvers).map { try MILPWorker($0) }
        } catch {
            Diagnostics.error(error)
            return try ExitStatus.crashed.exit()
        }
        let crosscheck = Crosscheck(
            algorithm.solver, workers: workers, forms: form.all, timeLimit: .seconds(timeLimit), sizes: sizes)
        let style = Terminal.style(of: .output)
        let tally = Mutex(CrosscheckTally())
        let status = batch.run(paths, failureFormat: format == .json ? CrosscheckText.format : nil) { path in
            let report = try crosscheck.run(try Instance(contentsOf: path))
            tally.withLock { $0.add(report) }
            var item = ItemOutput()
            let text = CrosscheckText(report, style: style)
            item.text =
                format == .json
                ? try text.jsonLine(file: path)
                : text.lines(title: DocumentIO.name(of: path)).joined(separator: "\n") + "\n"
            item.isDocument = format == .json
            item.status = Self.status(of: report)
            return item
        }
        let summary = tally.withLock { $0.line(style, of: paths.count) }
        if format == .text {
            try Output.write("\n" + summary + "\n")
        } else {
            Diagnostics.note(summary)
        }
        try status.exit()
    }

    private static func status(of report: CrosscheckReport) -> ExitStatus {
        if report.hasDefect { return .disagreement }
        let unsound = report.entries.filter { !$0.verdict.isSound }
        if unsound.isEmpty { return report.entries.isEmpty ? .invalidInput : .done }
        let isTimeAlone = unsound.allSatisfy { if case .timeLimit = $0.verdict { true } else { false } }
        return isTimeAlone ? .limitReached : .crashed
    }
}

extension MILPBackEnd: ExpressibleByArgument {}
extension Crosscheck.Sizes: ExpressibleByArgument {}
