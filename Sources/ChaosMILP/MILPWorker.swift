import ChaosFormulation
import ChaosMILPWorker
import ChaosProcess
import FoundationEssentials

/// A MILP solver in an executable of its own: one process a solve. What goes wrong there, from a wrong word to an abort,
/// is a result here. Several solves may run at once.
public struct MILPWorker: Sendable {
    public let backEnd: MILPBackEnd
    /// The path of the executable.
    public let executable: String

    /// How long a worker has, beyond the time limit that it keeps by itself, to say what it knows; then it is ended.
    public static let overtime = Duration.seconds(2)

    public init(_ backEnd: MILPBackEnd, executable: String) {
        self.backEnd = backEnd
        self.executable = executable
    }

    /// Finds the worker in the folder that CHAOS_LIBEXEC names, beside the running program, where it is installed, or in
    /// PATH.
    /// - Throws: `ExecutableNotFound`, which says where was looked.
    public init(
        _ backEnd: MILPBackEnd, places: [ExecutableSearch.Place] = MILPWorker.places
    ) throws(ExecutableNotFound) {
        self.init(backEnd, executable: try ExecutableSearch(places).find(backEnd.executable))
    }

    /// Where workers are looked for, in order.
    public static var places: [ExecutableSearch.Place] {
        let chosen = ProcessInfo.processInfo.environment["CHAOS_LIBEXEC"].flatMap { $0.isEmpty ? nil : $0 }
        return [chosen.map { ExecutableSearch.Place(folder: $0, reason: "CHAOS_LIBEXEC") }].compactMap { $0 }
            + [ExecutableSearch.besideRunningProgram, installed].compactMap { $0 } + ExecutableSearch.path
    }

    /// Where `make install` puts workers: libexec/chaos beside the program's bin.
    private static var installed: ExecutableSearch.Place? {
        guard let folder = ExecutableSearch.besideRunningProgram?.folder, folder.hasSuffix("/bin") else { return nil }
        return ExecutableSearch.Place(folder: folder.dropLast(3) + "libexec/chaos", reason: "installed")
    }

    /// A worker that aborts says why in a line; the runtime's backtrace of many pages would push that out of sight.
    private static let environment: [String: String?] = ["SWIFT_BACKTRACE": "enable=no"]

    /// The solver's name and version, as in "GLPK 5.0"; the worker is asked.
    /// - Throws: `LaunchFailure`, or `ProcessCrash` if there is no version in the answer.
    public func version() throws -> String {
        let result = try Command(executable, ["--version"], timeLimit: .seconds(60)).run()
        let line = result.output.text.prefix { !$0.isNewline }
        guard result.isSuccess, !line.isEmpty else {
            throw ProcessCrash(result, reason: "no version on standard output")
        }
        return String(line)
    }

    /// What came of a solve.
    public enum Outcome: Sendable, Equatable {
        /// The worker gave an answer; whether it is right is another question.
        case answered(MILPWorkerAnswer)
        /// It kept silent beyond the time limit and was ended.
        case timedOut
        case crashed(ProcessCrash)
    }

    /// Solves a program whose terms are linear. Blocks until the worker has ended.
    /// - Parameters:
    ///   - program: what is solved.
    ///   - timeLimit: at least a millisecond, at most 10^6 seconds.
    /// - Throws: `UnwritableProgram` for a bilinear program, `LaunchFailure` if the executable cannot be run.
    public func solve(_ program: Program, timeLimit: Duration) throws -> Outcome {
        let limit = min(max(timeLimit, .milliseconds(1)), .seconds(1_000_000))
        let result = try Command(
            executable, ["--time-limit", "\(limit / .seconds(1))"], environment: Self.environment,
            input: Array(try MPSWriter.text(program).utf8), timeLimit: limit + Self.overtime
        ).run()
        switch result.ending {
        case .timedOut: return .timedOut
        case .signalled: return .crashed(ProcessCrash(result, reason: nil))
        case .exited:
            guard !result.output.isCut else {
                return .crashed(ProcessCrash(result, reason: "more on standard output than an answer can be"))
            }
            do {
                return .answered(try MILPWorkerAnswer(result.output.bytes))
            } catch {
                return .crashed(ProcessCrash(result, reason: "standard output is no answer: \(error)"))
            }
        }
    }
}

/// A process, a worker's or the oracle's, that ended without an answer.
public struct ProcessCrash: Error, Sendable, Equatable, CustomStringConvertible {
    public let ending: Command.Ending
    /// What was wrong beside the ending, if anything.
    public let reason: String?
    /// The end of what it wrote to standard error, a few lines.
    public let errorTail: String

    init(_ result: Command.Result, reason: String?) {
        ending = result.ending
        self.reason = reason
        let lines = result.errors.text.suffix(2000).split(whereSeparator: \.isNewline).suffix(5)
        errorTail = lines.map { $0.trimmingPrefix { $0.isWhitespace } }.joined(separator: "\n")
    }

    /// The signal that ended it, if one did.
    public var signal: Int32? { if case .signalled(let signal) = ending { signal } else { nil } }

    public var description: String {
        ([reason, "\(ending)"].compactMap { $0 }.joined(separator: "; "))
            + (errorTail.isEmpty ? "" : "; standard error ends with: \(errorTail)")
    }
}
