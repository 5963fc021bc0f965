import ChaosFormulation
import ChaosModel
import Glibc

/// The program that every MILP worker is: a model as free MPS on standard input, one `WorkerAnswer` on standard output,
/// everything else on standard error. The solver is all that differs.
public enum WorkerMain {
    /// What a worker's solver is called with.
    public struct Task: Sendable {
        public let model: LinearModel
        /// In seconds; nil: none.
        public let timeLimit: Double?
    }

    /// Exit status, as for the project's other programs.
    private enum Exit: Int32 {
        case done = 0
        case infeasible = 3
        case limit = 4
        case invalidInput = 5
        case failed = 7
        case usage = 64
    }

    /// Reads, solves and answers; never returns.
    /// - Parameters:
    ///   - name: the executable's name.
    ///   - solver: the solver's name and version.
    public static func run(name: String, solver: String, solve: (Task) -> WorkerAnswer) -> Never {
        // Solvers print to standard output as they please: they are given standard error instead.
        let answers = dup(STDOUT_FILENO)
        guard answers >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
            complain(name, "standard output and standard error must be open")
            end(.usage)
        }
        var timeLimit: Double?
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--version":
                write("\(solver)\n", to: answers)
                end(.done)
            case "--help":
                write(help(name, solver), to: answers)
                end(.done)
            case "--time-limit":
                guard let text = arguments.popFirst(), let seconds = Double(text), seconds > 0, seconds <= 1e6 else {
                    complain(name, "--time-limit: allowed: a number of seconds above 0, at most 1000000")
                    end(.usage)
                }
                timeLimit = seconds
            default:
                complain(name, "\(argument): allowed: --time-limit SECONDS, --version, --help")
                end(.usage)
            }
        }
        // Should the parent be gone and the solver miss its limit, nobody else would end this.
        if let timeLimit { alarm(UInt32(timeLimit) + 30) }

        let answer: WorkerAnswer
        var isInvalid = false
        do {
            let text = String(decoding: try standardInput(), as: UTF8.self)
            let model = try LinearModel(MPSReader.program(text, file: "standard input"))
            if let variable = model.emptyVariable {
                answer = WorkerAnswer(
                    .infeasible, solver: solver, message: "no value lies between the bounds of \(variable)")
            } else {
                answer = solve(Task(model: model, timeLimit: timeLimit))
            }
        } catch {
            isInvalid = true
            answer = WorkerAnswer(.error, solver: solver, message: "\(error)")
        }
        if let message = answer.message { complain(name, message) }
        do {
            try answer.write { try write($0, to: answers) }
            write("\n", to: answers)
        } catch {
            complain(name, "cannot write the answer: \(error)")
            end(.failed)
        }
        switch answer.status {
        case .optimal: end(.done)
        case .infeasible: end(.infeasible)
        case .feasible, .timeLimit: end(.limit)
        case .error: end(isInvalid ? .invalidInput : .failed)
        }
    }

    private static func help(_ name: String, _ solver: String) -> String {
        """
        USAGE: \(name) [--time-limit SECONDS] < model.mps > answer.json

        Solves one mixed-integer linear program with \(solver): free MPS on standard input, one JSON answer on
        standard output (chaos-worker-answer, version 1), the solver's own words on standard error.

        OPTIONS:
          --time-limit SECONDS  stop the solver after so long and answer what is known
          --version             the solver's name and version
          --help                this text

        EXIT STATUS: 0 optimal, 3 infeasible, 4 time limit, 5 no valid model, 7 the solver failed, 64 usage

        """
    }

    private struct SystemError: Error, CustomStringConvertible {
        let description: String

        init(_ what: String) { description = "\(what): \(String(cString: strerror(errno)))" }
    }

    private static func standardInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes.append(contentsOf: buffer[0..<count])
            } else if errno != EINTR {
                throw SystemError("cannot read standard input")
            }
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { throw SystemError("write") }
        }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { try? write(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    private static func complain(_ name: String, _ message: String) {
        write("\(name): \(message)\n", to: STDERR_FILENO)
    }

    /// Leaves without the destructors of the solver's library: an answer that was given is not to be spoilt by them.
    private static func end(_ code: Exit) -> Never {
        fflush(nil)
        _exit(code.rawValue)
    }
}
