import ChaosFormulation
import ChaosMILPWorker
import ChaosModel
import ChaosSolver

/// What a MILP solver's answer to a fixed-size problem amounts to once it is taken back to exact numbers: only the
/// counts are taken from it, the makespan is computed from them.
enum MILPAnswer: Sendable, Equatable {
    /// An assignment that the solver holds to be optimal.
    case optimal(ShardAssignment)
    /// The solver holds that there is none.
    case infeasible
    /// The time limit came first.
    /// - Parameters:
    ///   - best: the best assignment until then.
    ///   - bound: what the solver claims to have proved, in ns, rounded: no makespan is less.
    case timeLimit(best: ShardAssignment?, bound: Double?)
    case crashed(ProcessCrash)
    /// Values that are no counts: further from whole numbers than 10^-6, beyond a limit, or too few.
    case refused(String)
    /// The solver gave up, with its own words.
    case gaveUp(String)
}

extension MILPWorker {
    /// Solves a fixed-size problem in the given form.
    /// - Parameter reference: as for `MILPForm.formulation(of:reference:)`.
    /// - Returns: the answer, and the seconds that the solver itself took, where it said so.
    /// - Throws: `LaunchFailure` if the executable cannot be run.
    func answer(
        _ problem: FixedSizeProblem, _ form: MILPForm, reference: ExactTime, timeLimit: Duration
    ) throws -> (answer: MILPAnswer, seconds: Double?) {
        let formulation = try form.formulation(of: problem, reference: reference)
        switch try solve(formulation.program, timeLimit: timeLimit) {
        case .timedOut: return (.timeLimit(best: nil, bound: nil), nil)
        case .crashed(let crash): return (.crashed(crash), nil)
        case .answered(let answer):
            return (Self.exact(answer, formulation, unit: form == .scaled ? reference : nil), answer.seconds)
        }
    }

    private static func exact(
        _ answer: MILPWorkerAnswer, _ formulation: any ShardAssignmentFormulation, unit: ExactTime?
    ) -> MILPAnswer {
        let bound = answer.bound.map { $0 * (unit.map { Double(nearest: Rational($0)) } ?? 1) }
        switch answer.status {
        case .infeasible: return .infeasible
        case .timeLimit: return .timeLimit(best: nil, bound: bound)
        case .error: return .gaveUp(answer.message ?? "no reason given")
        case .optimal, .feasible:
            let (values, missing) = values(answer, of: formulation.program)
            if let missing { return .refused("the answer has no value of \(missing)") }
            do throws(UnusableSolution) {
                let assignment = try formulation.assignment(near: values)
                return answer.status == .optimal ? .optimal(assignment) : .timeLimit(best: assignment, bound: bound)
            } catch {
                return .refused("\(error)")
            }
        }
    }

    /// The values of the program's variables, those that are not integer as 0: nothing depends on them. And the name of
    /// the first integer one without a value, if any.
    private static func values(_ answer: MILPWorkerAnswer, of program: Program) -> (
        values: [Rational], missing: String?
    ) {
        let byName = Dictionary(answer.values.map { ($0.name, $0.value) }) { first, _ in first }
        var values = [Rational](repeating: .zero, count: program.variables.count)
        for (variable, name) in zip(program.variables, MPSWriter.columnNames(program))
        where variable.kind != .continuous {
            guard let value = byName[name], let exact = Rational("\(value)") else { return (values, variable.name) }
            values[variable.index] = exact
        }
        return (values, nil)
    }
}
