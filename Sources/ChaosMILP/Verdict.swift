import ChaosModel
import ChaosSolver
import Foundation

/// What a MILP solver's answer says about the result under validation, on exactly computed makespans.
public enum Verdict: Sendable, Equatable {
    /// Both makespans are equal.
    case agrees
    /// Both say that there is no assignment.
    case agreesInfeasible
    /// The solver's plan is worse than ours, by no more than its tolerances explain (`tolerance`): no defect of ours, and
    /// none of the solver's.
    case worse(by: Rational, relative: Rational)
    /// The solver is wrong by more than its tolerances explain.
    case wrongAnswer(WrongAnswer)
    /// The solver's plan is better than ours, or there is one where we say none: a defect of ours.
    case beaten(ShardAssignment)
    /// The solver says that there is no assignment where there is ours: wrong as well.
    case infeasibleAnswer
    /// The solver ran out of time without beating us.
    /// - Parameter bound: what it claims to have proved, in ns, rounded.
    case timeLimit(bound: Double?)
    case crashed(ProcessCrash)
    /// The solver's values are no assignment.
    case refused(String)
    /// The solver gave up, with its own words.
    case gaveUp(String)

    /// What a solver got wrong.
    public enum WrongAnswer: Sendable, Equatable {
        /// It holds a plan with this makespan to be optimal, and ours is earlier.
        case plan(ExactTime, ours: ExactTime)
        /// It claims to have proved that no makespan is less than this many ns, and ours is.
        case bound(Double, ours: ExactTime)
    }

    /// The greatest relative difference that a solver's tolerances explain: 10^-6 of the makespan. Workers set what can be
    /// set to 10^-9; that of linear programs inside GLPK is 10^-7, and several rows that are each off by it add up.
    public static let tolerance = Rational(1, 1_000_000)

    /// - Parameters:
    ///   - answer: the solver's.
    ///   - makespan: of the plan under validation; nil if it says that there is none.
    init(_ answer: MILPAnswer, makespan: ExactTime?) {
        switch (answer, makespan) {
        case (.optimal(let found), nil), (.timeLimit(let found?, _), nil): self = .beaten(found)
        case (.optimal(let found), let makespan?):
            self = Self.compare(found, with: makespan)
        case (.timeLimit(let found?, _), let makespan?) where found.makespan < makespan: self = .beaten(found)
        case (.timeLimit(_, let bound), let makespan):
            self = .timeLimit(bound: bound)
            // Whatever it had no time for: what it says that it has proved must be so.
            if let bound, let makespan, let proved = Rational("\(bound)"),
                proved > Rational(makespan) * (1 + Self.tolerance)
            {
                self = .wrongAnswer(.bound(bound, ours: makespan))
            }
        case (.infeasible, nil): self = .agreesInfeasible
        case (.infeasible, _): self = .infeasibleAnswer
        case (.crashed(let crash), _): self = .crashed(crash)
        case (.refused(let why), _): self = .refused(why)
        case (.gaveUp(let why), _): self = .gaveUp(why)
        }
    }

    private static func compare(_ found: ShardAssignment, with makespan: ExactTime) -> Verdict {
        if found.makespan < makespan { return .beaten(found) }
        if found.makespan == makespan { return .agrees }
        let difference = Rational(found.makespan) - Rational(makespan)
        guard difference <= Rational(makespan) * tolerance else {
            return .wrongAnswer(.plan(found.makespan, ours: makespan))
        }
        return .worse(by: difference, relative: difference / Rational(makespan))
    }

    /// Whether the answer is right, or as right as the solver's tolerances let it be.
    public var isSound: Bool {
        switch self {
        case .agrees, .agreesInfeasible, .worse: true
        case .wrongAnswer, .beaten, .infeasibleAnswer, .timeLimit, .crashed, .refused, .gaveUp: false
        }
    }

    /// A word for tables.
    public var name: String {
        switch self {
        case .agrees: "agrees"
        case .agreesInfeasible: "agrees (infeasible)"
        case .worse: "worse"
        case .wrongAnswer: "WRONG ANSWER"
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
        case .worse(let amount, let relative):
            "by \(amount) ns, \(Self.readable(relative)) of the makespan; within its tolerances, 1e-06"
        case .wrongAnswer(.plan(let found, let ours)):
            "of the solver: its plan takes \(found.decimalSeconds) s, ours \(ours.decimalSeconds) s: "
                + "\(Self.difference(Rational(found), ours)) more, beyond its tolerances, 1e-06"
        case .wrongAnswer(.bound(let bound, let ours)):
            "of the solver: it claims that nothing is below \(Self.readable(bound / 1e9)) s, and our plan takes "
                + "\(ours.decimalSeconds) s: \(Self.difference(Rational("\(bound)") ?? 0, ours)) less, beyond its "
                + "tolerances, 1e-06"
        case .beaten(let plan):
            "a makespan of \(plan.makespan) ns (\(plan.makespan.decimalSeconds) s) with the counts "
                + Self.short(plan.counts)
        case .timeLimit(let bound): bound.map { "bound \($0) ns" }
        case .crashed(let crash): "\(crash)"
        case .refused(let why), .gaveUp(let why): why
        }
    }

    /// How far a time is above ours, relatively; for reading.
    private static func difference(_ found: Rational, _ ours: ExactTime) -> String {
        ours == .zero ? "infinitely" : readable((found - Rational(ours)) / Rational(ours))
    }

    private static func readable(_ value: Rational) -> String { readable(Double(nearest: value)) }

    /// Three digits.
    private static func readable(_ value: Double) -> String { String(format: "%.3g", value) }

    static func short(_ counts: [Int]) -> String {
        let most = 16
        return counts.prefix(most).map(String.init).joined(separator: ", ")
            + (counts.count > most ? " and \(counts.count - most) more" : "")
    }
}

extension Verdict: CustomStringConvertible {
    public var description: String { name + (detail.map { ": \($0)" } ?? "") }
}
