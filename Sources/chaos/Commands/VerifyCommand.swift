import ArgumentParser
import ChaosCertificate
import ChaosDocuments
import ChaosMILP
import ChaosModel
import ChaosReport
import ChaosText

/// The check of a plan, without a solver.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that a plan is feasible, its makespan exact, and that no plan is faster.",
        discussion: """
            The checker shares no code with the solvers. A plan is optimal exactly when it is feasible and, for every \
            shard size of the chain, fewer shards than needed can be complete strictly before its makespan. All faults \
            of a plan are named, each with its place in the plan file.

            The oracle of --oracle sees the size, the counts and the makespan of a plan, not its file, and takes at most \
            50000 neighbors, 10000 groups and 10000 sizes. Where it cannot answer, the verdict of the first checker is \
            still given.

            EXAMPLES
              chaos verify instance.json plan.json
              chaos solve --output - instance.json | chaos verify instance.json -
              chaos verify --feasible instance.json plan-of-a-fixed-size.json
              chaos verify --oracle instance.json plan.json

            Exit status: 0 the plan is optimal, 5 invalid input, 6 the plan does not verify or the oracle disagrees, 7 \
            the oracle cannot be asked or gives no answer.
            """)

    @Argument(help: ArgumentHelp("The instance file; - is standard input.", valueName: "instance"))
    var instance: String

    @Argument(help: ArgumentHelp("The plan file; - is standard input.", valueName: "plan"))
    var plan: String

    @Flag(help: "Accept a plan that is feasible and exact though not the fastest, unless it claims to be.")
    var feasible = false

    @Flag(help: "Ask the checker extracted from the proofs as well: chaos-oracle, which make oracle builds.")
    var oracle = false

    @Option(help: "text for people; json for programs.")
    var format: OutputFormat = .text

    func validate() throws {
        if instance == DocumentIO.standardStream, plan == DocumentIO.standardStream {
            throw ValidationError("Standard input can be the instance or the plan, not both.")
        }
    }

    func run() throws {
        do {
            try check().exit()
        } catch let error where error is InvalidInput || error is FileError {
            Diagnostics.error(error)
            try ExitStatus.invalidInput.exit()
        }
    }

    private func check() throws -> ExitStatus {
        let problem = try input(instance) { try Instance(contentsOf: $0) }
        let candidate = try input(plan) { try Plan(contentsOf: $0) }
        let checker = PlanChecker(problem)
        let result = checker.check(candidate)
        var report = VerificationReport(candidate, result)
        var failure: (any Error)?
        if oracle, result.hasCounts {
            let assignment = candidate.assignment(of: problem)
            do {
                report.add(try Oracle().verdict(on: assignment, of: problem), counts: checker.check(assignment))
            } catch {
                failure = error
            }
        }
        switch format {
        case .text:
            let lines = report.lines(Terminal.style(of: .output))
            try Output.write(lines)
        case .json:
            try Output.writeDocument(report.jsonLine(instance: instance, plan: plan))
        }
        if oracle, !result.hasCounts {
            Diagnostics.note("\(plan): the oracle is not asked: there are no counts to ask about")
        }
        if let failure { Diagnostics.error(failure) }
        return ExitStatus.worst([status(of: result, report), failure == nil ? .done : .crashed])
    }

    private func input<Document>(_ path: String, _ read: (String) throws -> Document) throws -> Document {
        do {
            return try read(path)
        } catch {
            if format == .json { Output.writeFailure(VerificationReport.format, error, of: path) }
            throw error
        }
    }

    private func status(of result: PlanReport, _ report: VerificationReport) -> ExitStatus {
        if report.oracleDisagrees { return .disagreement }
        switch result.verdict {
        case .optimal: return .done
        case .feasible: return feasible ? .done : .disagreement
        case .wrong: return .disagreement
        }
    }
}
