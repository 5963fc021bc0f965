import ChaosModel
import ChaosSolver

@testable import ChaosMILP

/// The MILP of Documentation/MODEL.md, section 4.4, solved by a worker: a back end as one more solver of the fixed-size
/// problem, which can be tried on what the others are tried on.
///
/// Unlike the solvers of `ChaosSolver` it proves nothing: "optimal" is what a floating-point solver holds to be so, its
/// plan's makespan is exact. Two questions are decided exactly before it is asked, because its Doubles cannot: whether
/// the limits leave enough shards, and whether the optimum is within the range of times. Ties fall as they like.
struct MILPSolver: FixedSizeSolver {
    let worker: MILPWorker
    let form: MILPForm
    let timeLimit: Duration
    var name: String { worker.backEnd.rawValue }

    init(_ worker: MILPWorker, form: MILPForm = .scaled, timeLimit: Duration) {
        self.worker = worker
        self.form = form
        self.timeLimit = timeLimit
    }

    /// - Throws: `MILPFailure` if the worker has no optimal assignment to show, `LaunchFailure` if it cannot be run.
    func solve(_ problem: FixedSizeProblem) throws -> FixedSizeResult {
        // The unit of time; its own optimality does not matter, see `ScaledReduction`.
        let known = Threshold().solve(problem)
        guard let reference = known.assignment?.makespan else {
            if case .beyondRange = known { return .beyondRange }
            let (answer, _) = try worker.answer(
                problem, form, reference: problem.latestCompletion, timeLimit: timeLimit)
            guard answer == .infeasible else { throw MILPFailure(solver: name, answer: answer) }
            return known
        }
        let (answer, _) = try worker.answer(problem, form, reference: reference, timeLimit: timeLimit)
        guard case .optimal(let assignment) = answer else { throw MILPFailure(solver: name, answer: answer) }
        return .optimal(assignment)
    }
}

/// A MILP solver that found no optimal assignment.
struct MILPFailure: Error, Sendable, Equatable, CustomStringConvertible {
    let solver: String
    let answer: MILPAnswer

    var description: String {
        let what =
            switch answer {
            case .optimal: "found an assignment where there is none"
            case .infeasible: "says that there is no assignment where there is one"
            case .timeLimit(_, let bound): "reached the time limit" + (bound.map { " with the bound \($0) ns" } ?? "")
            case .crashed(let crash): "crashed: \(crash)"
            case .refused(let why): "gave values that are no assignment: \(why)"
            case .gaveUp(let why): "gave up: \(why)"
            }
        return "\(solver) \(what)"
    }
}
