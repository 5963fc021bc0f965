import ChaosModel
import ChaosSolver

/// What a MILP solver's answer says about the result under validation, on exactly computed makespans.
public enum Verdict: Sendable, Equatable {
    /// Both makespans are equal.
    case agrees
    /// Both say that there is no assignment.
    case agreesInfeasible
    /// The solver's plan is worse than ours by this many ns, within its tolerances or not: no defect of ours.
    case worse(by: Rational)
    /// The solver's plan is better than ours, or there is one where we say none: a defect of ours.
    case beaten(ShardAssignment)
    /// The solver says that there is no assignment where there is ours.
    case infeasibleAnswer
    /// The solver ran out of time without beating us.
    /// - Parameter bound: what it claims to have proved, in ns, rounded.
    case timeLimit(bound: Double?)
    case crashed(ProcessCrash)
    /// The solver's values are no assignment.
    case refused(String)
    /// The solver gave up, with its own words.
    case gaveUp(String)

    /// - Parameters:
    ///   - answer: the solver's.
    ///   - makespan: of the plan under validation; nil if it says that there is none.
    init(_ answer: MILPAnswer, makespan: ExactTime?) {
        switch (answer, makespan) {
        case (.optimal(let found), nil), (.timeLimit(let found?, _), nil): self = .beaten(found)
        case (.optimal(let found), let makespan?):
            self =
                found.makespan < makespan
                ? .beaten(found)
                : found.makespan == makespan
                    ? .agrees : .worse(by: Rational(found.makespan) - Rational(makespan))
        case (.timeLimit(let found?, _), let makespan?) where found.makespan < makespan: self = .beaten(found)
        case (.timeLimit(_, let bound), _): self = .timeLimit(bound: bound)
        case (.infeasible, nil): self = .agreesInfeasible
        case (.infeasible, _): self = .infeasibleAnswer
        case (.crashed(let crash), _): self = .crashed(crash)
        case (.refused(let why), _): self = .refused(why)
        case (.gaveUp(let why), _): self = .gaveUp(why)
        }
    }

    /// A word for tables.
    public var name: String {
        switch self {
        case .agrees: "agrees"
        case .agreesInfeasible: "agrees (infeasible)"
        case .worse: "worse"
        case .beaten: "BEATEN"
        case .infeasibleAnswer: "infeasible answer"
        case .timeLimit: "time limit"
        case .crashed: "crashed"
        case .refused: "refused"
        case .gaveUp: "gave up"
        }
    }

    /// What is to be said beside the name, if anything.
    public var detail: String? {
        switch self {
        case .agrees, .agreesInfeasible, .infeasibleAnswer: nil
        case .worse(let amount): "by \(amount) ns"
        case .beaten(let plan): "a makespan of \(plan.makespan) ns with the counts \(Self.short(plan.counts))"
        case .timeLimit(let bound): bound.map { "bound \($0) ns" }
        case .crashed(let crash): "\(crash)"
        case .refused(let why), .gaveUp(let why): why
        }
    }

    static func short(_ counts: [Int]) -> String {
        let most = 16
        return counts.prefix(most).map(String.init).joined(separator: ", ")
            + (counts.count > most ? " and \(counts.count - most) more" : "")
    }
}

extension Verdict: CustomStringConvertible {
    public var description: String { name + (detail.map { ": \($0)" } ?? "") }
}
