import CProcess
import Glibc

/// A program that runs beside this one until it ends or is ended, and that never outlives it: not even when this process
/// is killed. It writes both of its outputs to a file and reads nothing.
///
/// To be started from a thread that lasts as long as the program shall: the main one.
public final class BoundProcess {
    /// The number of the process, and of its group.
    public let id: pid_t
    /// How it has ended; nil: not that anybody has looked.
    public private(set) var ending: Command.Ending?

    /// - Parameters:
    ///   - executable: the path of the program; PATH is not searched.
    ///   - arguments: without the name of the program.
    ///   - path: the path of the file that it writes to, which is made or emptied.
    /// - Throws: if it could not be started.
    public init(_ executable: String, _ arguments: [String], output path: String) throws(LaunchFailure) {
        func failure(_ what: String, _ code: Int32) -> LaunchFailure {
            LaunchFailure(executable: executable, reason: "\(what): \(String(cString: strerror(code)))")
        }
        var output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw failure(path, errno) }
        if output < 3 {
            let moved = fcntl(output, F_DUPFD_CLOEXEC, 3)
            close(output)
            output = moved
        }
        defer { close(output) }
        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = chaos_start_bound(&process, executable, words, output)
        guard code == 0 else { throw failure("start", code) }
        id = process
    }

    deinit { end() }

    /// Sends a signal to the program and what it has started.
    public func signal(_ number: Int32) {
        if ending == nil { kill(-id, number) }
    }

    /// Looks whether it has ended, without waiting.
    public func hasEnded() -> Bool {
        guard ending == nil else { return true }
        var info = siginfo_t()
        let code = waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT)
        if code == 0 ? info.si_signo == SIGCHLD : errno != EINTR { reap() }
        return ending != nil
    }

    /// Ends it at once, and waits until it has ended.
    public func end() {
        guard ending == nil else { return }
        kill(-id, SIGKILL)
        reap()
    }

    private func reap() {
        let status = chaos_reap_group(id)
        let signal = status & 0x7F
        ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
    }
}
