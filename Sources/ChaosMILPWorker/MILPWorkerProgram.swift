import ChaosFormulation
import ChaosModel
import Glibc

/// The program that every MILP worker is: a model as free MPS on standard input, one `MILPWorkerAnswer` on standard
/// output, everything else on standard error. The solver is all that differs: a type that conforms and is `@main` is a
/// worker.
public protocol MILPWorkerProgram {
    static var backEnd: MILPBackEnd { get }

    /// The version of the solver's library, as in "5.0".
    static var version: String { get }

    /// Solves a model; the process is for this one solve. A solver's own crash need not be caught.
    /// - Parameter timeLimit: in seconds, to be kept by the solver itself; nil: none.
    static func solve(_ model: LinearModel, timeLimit: Double?) -> MILPWorkerAnswer
}

/// Exit status, as for the project's other programs.
private enum WorkerExit: Int32 {
    case done = 0
    case infeasible = 3
    case limit = 4
    case invalidInput = 5
    case failed = 7
    case usage = 64
}

extension MILPWorkerProgram {
    /// The solver's name and version, as in "GLPK 5.0".
    public static var name: String { "\(backEnd.facts.title) \(version)" }

    /// Reads, solves, answers, and ends the process.
    public static func main() {
        // Solvers print to standard output as they please: they are given standard error instead.
        let answers = dup(STDOUT_FILENO)
        guard answers >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
            complain("standard output and standard error must be open")
            end(.usage)
        }
        let timeLimit = timeLimit(of: CommandLine.arguments.dropFirst(), answers)
        // Should the parent be gone and the solver miss its limit, nobody else would end this.
        if let timeLimit { alarm(UInt32(timeLimit) + 30) }

        let answer: MILPWorkerAnswer
        var isInvalid = false
        do {
            let text = String(decoding: try standardInput(), as: UTF8.self)
            let model = try LinearModel(MPSReader.program(text, file: "standard input"))
            if let variable = model.emptyVariable {
                answer = MILPWorkerAnswer(
                    .infeasible, solver: name, message: "no value lies between the bounds of \(variable)")
            } else {
                answer = solve(model, timeLimit: timeLimit)
            }
        } catch {
            isInvalid = true
            answer = MILPWorkerAnswer(.error, solver: name, message: "\(error)")
        }
        if let message = answer.message { complain(message) }
        do {
            try answer.write { try write($0, to: answers) }
            write("\n", to: answers)
        } catch {
            complain("cannot write the answer: \(error)")
            end(.failed)
        }
        switch answer.status {
        case .optimal: end(.done)
        case .infeasible: end(.infeasible)
        case .feasible, .timeLimit: end(.limit)
        case .error: end(isInvalid ? .invalidInput : .failed)
        }
    }

    /// Reads the command line; ends the process where it asks for a text or is wrong.
    private static func timeLimit(of arguments: ArraySlice<String>, _ answers: Int32) -> Double? {
        var timeLimit: Double?
        var arguments = arguments
        while let argument = arguments.popFirst() {
            switch argument {
            case "--version":
                write("\(name)\n", to: answers)
                end(.done)
            case "--help":
                write(help, to: answers)
                end(.done)
            case "--time-limit":
                guard let text = arguments.popFirst(), let seconds = Double(text), seconds > 0, seconds <= 1e6 else {
                    complain("--time-limit: allowed: a number of seconds above 0, at most 1000000")
                    end(.usage)
                }
                timeLimit = seconds
            default:
                complain("\(argument): allowed: --time-limit SECONDS, --version, --help")
                end(.usage)
            }
        }
        return timeLimit
    }

    private static var help: String {
        """
        USAGE: \(backEnd.executable) [--time-limit SECONDS] < model.mps > answer.json

        Solves one mixed-integer linear program with \(name): free MPS on standard input, one JSON answer on
        standard output (chaos-worker-answer, version 1), the solver's own words on standard error.

        OPTIONS:
          --time-limit SECONDS  stop the solver after that time and answer what is known
          --version             the solver's name and version
          --help                this text

        EXIT STATUS: 0 optimal, 3 infeasible, 4 time limit, 5 no valid model, 7 the solver failed, 64 usage

        """
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

    private static func complain(_ message: String) {
        write("\(backEnd.executable): \(message)\n", to: STDERR_FILENO)
    }

    /// Leaves without the destructors of the solver's library: an answer that was given is not to be spoilt by them.
    private static func end(_ code: WorkerExit) -> Never {
        fflush(nil)
        _exit(code.rawValue)
    }
}

private struct SystemError: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) { description = "\(what): \(String(cString: strerror(errno)))" }
}
