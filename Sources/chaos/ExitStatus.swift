import ArgumentParser
import ChaosProcess
import ChaosSolver

/// The exit statuses, one for each way in which a command can end (README, "Exit status").
enum ExitStatus: Int32, Sendable {
    case done = 0
    case infeasible = 3
    case limitReached = 4
    case invalidInput = 5
    case disagreement = 6
    case crashed = 7

    /// The status of several: what needs attention most comes first.
    static func worst(_ statuses: some Sequence<ExitStatus>) -> ExitStatus {
        let order: [ExitStatus] = [.disagreement, .crashed, .invalidInput, .limitReached, .infeasible, .done]
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

    /// Ends the command with this status.
    func exit() throws {
        if self != .done { throw ExitCode(rawValue) }
    }
}
