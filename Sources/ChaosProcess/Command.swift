import FoundationEssentials

/// A program to run once: the project's one process runner.
///
/// The program gets its input as a file in memory, so nothing waits for it to read and no SIGPIPE can come of it. Its
/// two outputs are read while it runs, whatever their length, and kept up to a bound. It runs in a process group of its
/// own, which is ended as a whole at the time limit and when the program itself has ended: nothing that it started and
/// left in the group outlives `run`, no zombie stays behind, and the wait for the outputs ends with the program even if
/// somebody else still holds them open. A signal that ends this process, an interrupt from the terminal among them, ends
/// the group first.
public struct Command: Sendable {
    /// The path of the program; it is not searched for, see `ExecutableSearch`.
    public var executable: String
    /// The arguments behind the program's name.
    public var arguments: [String]
    /// Variables to set, or with nil to remove, in the environment of this process.
    public var environment: [String: String?]
    /// The bytes on its standard input.
    public var input: [UInt8]
    /// How long it may run; nil: for ever.
    public var timeLimit: Duration?
    /// How long it has between SIGTERM at the time limit and SIGKILL.
    public var grace: Duration
    /// How many bytes of each output are kept. The rest is read and dropped: of standard output the end, of standard
    /// error the beginning, since complaints come last.
    public var mostOutput: Int

    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String?] = [:], input: [UInt8] = [],
        timeLimit: Duration? = nil, grace: Duration = .seconds(1), mostOutput: Int = 64 << 20
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.timeLimit = timeLimit
        self.grace = grace
        self.mostOutput = mostOutput
    }

    /// How a program ended.
    public enum Ending: Sendable, Equatable, CustomStringConvertible {
        /// By itself, with an exit code 0 … 255.
        case exited(Int32)
        /// By a signal that did not come from here.
        case signalled(Int32)
        /// It was ended because the time limit had passed.
        case timedOut

        public var description: String {
            switch self {
            case .exited(let code): "exited with \(code)"
            case .signalled(let signal): "ended by \(SignalName.of(signal))"
            case .timedOut: "ended at the time limit"
            }
        }
    }

    /// What a program wrote to one of its outputs.
    public struct Output: Sendable, Equatable {
        public internal(set) var bytes: [UInt8] = []
        /// True if it wrote more than was kept.
        public internal(set) var isCut = false

        /// The bytes as text; what is no UTF-8 is replaced.
        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// What came of a run.
    public struct Result: Sendable {
        public let ending: Ending
        public let output: Output
        public let errors: Output
        /// From the start to the end, by a clock that does not jump.
        public let duration: Duration

        /// True for the exit code 0.
        public var isSuccess: Bool { ending == .exited(0) }
    }

    /// Runs the program and waits for its end. Blocks the calling thread; any number of threads may do so at once.
    /// - Throws: `LaunchFailure` if it could not be started.
    public func run() throws(LaunchFailure) -> Result {
        try RunningProcess(self).wait(self)
    }
}

/// Why a program was not started.
public struct LaunchFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public let executable: String
    /// What could not be done and why, in the system's words.
    public let reason: String

    public var description: String { "cannot run \(executable): \(reason)" }
}
