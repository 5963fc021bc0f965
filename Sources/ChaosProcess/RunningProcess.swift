import CProcess
import FoundationEssentials
import Glibc

/// A child process between its start and its end, with the ends of its pipes on our side.
final class RunningProcess {
    private let process: pid_t
    private let output: PipeReader
    private let errors: PipeReader
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    /// How long a look at the child's state may be late. Outputs are read at once; only an end that closes none of
    /// them, or leaves one open, is seen this late.
    private static let period = Duration.milliseconds(20)

    init(_ command: Command) throws(LaunchFailure) {
        let words = [command.executable] + command.arguments
        guard (words + command.environment.map { $0.key + ($0.value ?? "") }).allSatisfy({ !$0.utf8.contains(0) })
        else {
            throw LaunchFailure(
                executable: command.executable, reason: "an argument or variable holds a zero byte, which ends texts")
        }
        var descriptors = ChildDescriptors(executable: command.executable)
        // On every way out of here.
        defer { descriptors.closeAll() }
        let input = try descriptors.openInput(command.input)
        let (outputEnd, outputOfChild) = try descriptors.openPipe()
        let (errorEnd, errorsOfChild) = try descriptors.openPipe()

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, standard) in [(input, Int32(0)), (outputOfChild, 1), (errorsOfChild, 2)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor, standard)
        }
        _ = chaos_spawn_close_from(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.isolate(&attributes)

        var environment = ProcessInfo.processInfo.environment
        for (name, value) in command.environment { environment[name] = value }
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process: pid_t = 0
        start = clock.now
        let code = chaos_spawn_group(&process, command.executable, &actions, &attributes, arguments, variables)
        guard code == 0 else { throw LaunchFailure(command.executable, "start", code) }
        self.process = process
        output = PipeReader(outputEnd, most: command.mostOutput, keepsEnd: false)
        errors = PipeReader(errorEnd, most: command.mostOutput, keepsEnd: true)
        descriptors.keepOpen(outputEnd, errorEnd)
    }

    /// A process group of its own, and no signal ignored or blocked, whatever this process does with them.
    private static func isolate(_ attributes: inout posix_spawnattr_t) {
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
    }

    /// Reads the outputs until the child has ended, ends it at the time limit, and takes away what is left of it.
    func wait(_ command: Command) -> Command.Result {
        let limit = command.timeLimit.map { start + $0 }
        var isOverdue = false
        var killTime: ContinuousClock.Instant?
        while !hasEnded {
            let now = clock.now
            if let limit, !isOverdue, now >= limit {
                isOverdue = true
                kill(-process, SIGTERM)
                killTime = now + command.grace
            }
            if let due = killTime, now >= due {
                kill(-process, SIGKILL)
                killTime = nil
            }
            let next = [limit.flatMap { isOverdue ? nil : $0 }, killTime].compactMap { $0 }.min()
            pause(min(Self.period, next.map { max($0 - now, .milliseconds(1)) } ?? Self.period))
        }
        // The child is a zombie until it is reaped, so its number, and that of its group, is still its own.
        kill(-process, SIGKILL)
        let status = chaos_reap_group(process)
        output.readWhatIsThere()
        errors.readWhatIsThere()
        let signal = status & 0x7F
        let ending: Command.Ending =
            isOverdue ? .timedOut : signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
        return Command.Result(
            ending: ending, output: output.finish(), errors: errors.finish(), duration: clock.now - start)
    }

    /// True once the child has ended. It is left to be reaped.
    private var hasEnded: Bool {
        var info = siginfo_t()
        let code = waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT)
        // Where SIGCHLD is ignored the system reaps by itself and no child is found: that is an end, too.
        return code == 0 ? info.si_signo == SIGCHLD : errno != EINTR
    }

    /// Waits for output for at most the given time, and reads it.
    private func pause(_ duration: Duration) {
        let milliseconds = Int32(duration / .milliseconds(1))
        var descriptors = [output.descriptor, errors.descriptor].compactMap { $0 }.map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        // With both outputs closed the end is near as a rule: look again soon.
        let wait = descriptors.isEmpty ? 1 : max(1, milliseconds)
        guard poll(&descriptors, nfds_t(descriptors.count), wait) > 0 else { return }
        output.readWhatIsThere()
        errors.readWhatIsThere()
    }
}
