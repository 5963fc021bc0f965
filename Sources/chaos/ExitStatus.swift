import ArgumentParser
import ChaosProcess
import ChaosSolver

/// The exit statuses, one for each way in which a command can end (README, "Exit status").
enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    case infeasible = 3
    case limitReached = 4
    case invalidInput = 5
    case disagreement = 6
    case crashed = 7
    /// The parser's own, of which it ends the program by itself.
    case usage = 64
    /// Of `chaos lab`, once its nodes have ended. It is what a shell gives for a program that SIGINT ended.
    case interrupted = 130

    /// What it means, for the help.
    var meaning: String {
        switch self {
        case .done: "done, and as hoped"
        case .infeasible: "infeasible: the limits leave too few shards"
        case .limitReached: "a limit was reached, of time or of size"
        case .invalidInput: "invalid input, or a makespan beyond the range of times"
        case .disagreement: "a defect of ours, or a plan, certificate or promise that does not hold"
        case .crashed: "another solver or a node crashed or gave no right answer"
        case .usage: "wrong usage"
        case .interrupted: "interrupted, while chaos lab ran its nodes"
        }
    }

    /// One line for each.
    static var table: String {
        allCases.map { status in
            let number = "\(status.rawValue)"
            return "  " + number + String(repeating: " ", count: 4 - number.count) + status.meaning
        }.joined(separator: "\n")
    }

    /// The order in which they count where there are several inputs: what needs attention most comes first.
    private static let order: [ExitStatus] = [
        .disagreement, .crashed, .invalidInput, .limitReached, .infeasible, .done,
    ]

    /// The status of several.
    static func worst(_ statuses: some Sequence<ExitStatus>) -> ExitStatus {
        let found = Set(statuses)
        return order.first(where: found.contains) ?? .done
    }

    /// The status of an error that kept a command from its result.
    init(_ error: any Error) {
        switch error {
        case is ProblemTooLarge: self = .limitReached
        case is LaunchFailure, is ExecutableNotFound: self = .crashed
        default: self = .invalidInput
        }
    }

    /// The status of an instance for which a search has found no plan: its limits are too tight, or its makespan is beyond
    /// the range.
    init(withoutPlan result: ChainSearch.Result) { self = result.isInfeasible ? .infeasible : .invalidInput }

    /// Ends the command with this status.
    func exit() throws {
        if self != .done { throw ExitCode(rawValue) }
    }
}
