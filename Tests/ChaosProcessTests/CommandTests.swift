import ChaosProcess
import ChaosTesting
import FoundationEssentials
import Glibc
import Testing

/// The process runner on real processes: nothing here may hang, so every command has a time limit far beyond its need.
@Suite(.timeLimit(.minutes(30))) struct CommandTests {
    private func shell(_ script: String, input: [UInt8] = [], limit: Duration = .hanging) -> Command {
        Command("/bin/sh", ["-c", script], input: input, timeLimit: limit)
    }

    @Test func outputErrorsAndCodeComeBack() throws {
        let result = try shell("echo out; echo err >&2; exit 7").run()
        #expect(result.ending == .exited(7))
        #expect(result.output.text == "out\n")
        #expect(result.errors.text == "err\n")
        #expect(!result.isSuccess)
    }

    @Test func inputOfAnyBytesArrives() throws {
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let result = try Command("/bin/cat", input: bytes, timeLimit: .hanging).run()
        #expect(result.isSuccess)
        #expect(result.output.bytes == bytes)
    }

    @Test func largeOutputsOnBothPipesAtOnce() throws {
        let half = "head -c 4194304 /dev/zero"
        let result = try shell("\(half); \(half) >&2; \(half); \(half) >&2").run()
        #expect(result.isSuccess)
        #expect(result.output.bytes.count == 8 << 20)
        #expect(result.errors.bytes.count == 8 << 20)
        #expect(!result.output.isCut)
    }

    @Test func outputIsBounded() throws {
        var command = shell("i=0; while [ $i -lt 5000 ]; do echo $i; echo $i >&2; i=$((i+1)); done")
        command.mostOutput = 10
        let result = try command.run()
        #expect(result.isSuccess)
        #expect(result.output.text == "0\n1\n2\n3\n4\n")
        #expect(result.errors.text == "4998\n4999\n")
        #expect(result.output.isCut && result.errors.isCut)
    }

    @Test func aProgramNeedNotReadItsInput() throws {
        let result = try shell("exit 0", input: [UInt8](repeating: 65, count: 8 << 20)).run()
        #expect(result.ending == .exited(0))
    }

    @Test func timeLimitEndsOneThatIgnoresTermination() throws {
        var command = shell("trap '' TERM; echo begun; while :; do sleep 1; done", limit: .seconds(2))
        command.grace = .milliseconds(200)
        let result = try command.run()
        #expect(result.ending == .timedOut)
        #expect(result.output.text == "begun\n")
    }

    @Test func terminationComesFirst() throws {
        var command = shell("trap 'echo asked; exit 0' TERM; echo begun; while :; do sleep 0.1; done")
        command.timeLimit = .seconds(2)
        command.grace = .seconds(60)
        let result = try command.run()
        #expect(result.ending == .timedOut)
        #expect(result.output.text == "begun\nasked\n")
    }

    @Test func anEndlessWriterIsEndedToo() throws {
        var command = shell("trap '' TERM; while :; do echo junk; done", limit: .milliseconds(300))
        (command.mostOutput, command.grace) = (1000, .milliseconds(100))
        let result = try command.run()
        #expect(result.ending == .timedOut)
        #expect(result.output.bytes.count == 1000)
    }

    @Test func endBySignal() throws {
        #expect(try shell("kill -ABRT $$").run().ending == .signalled(SIGABRT))
        #expect(try shell("kill -KILL $$").run().ending == .signalled(SIGKILL))
        #expect("\(Command.Ending.signalled(SIGABRT))" == "ended by SIGABRT")
    }

    /// What a program leaves running in its group, its outputs open, neither delays the end nor survives it.
    @Test func nothingOutlivesTheRun() throws {
        let result = try shell("sleep 100000 & echo $!").run()
        #expect(result.ending == .exited(0))
        let left = try #require(pid_t(result.output.text.dropLast()))
        // Its new parent reaps it in its own time: a process that is gone or a zombie is no longer running.
        var isRunning = true
        for _ in 0..<500 where isRunning {
            let state = (try? String(contentsOfFile: "/proc/\(left)/stat", encoding: .utf8)) ?? ""
            isRunning = !(state.isEmpty || state.contains(") Z "))
            if isRunning { usleep(10_000) }
        }
        #expect(!isRunning)
    }

    @Test func environmentIsChanged() throws {
        var command = shell("echo \"$CHAOS_SET-${HOME-none}\"")
        command.environment = ["CHAOS_SET": "a b", "HOME": nil]
        #expect(try command.run().output.text == "a b-none\n")
    }

    /// The child has its three streams and no other descriptor, and does not ignore what this process ignores.
    @Test func theChildInheritsNothingElse() throws {
        let result = try Command("/bin/ls", ["/proc/self/fd"], timeLimit: .hanging).run()
        // The fourth is the folder that ls reads.
        #expect(result.output.text == "0\n1\n2\n3\n")
        let before = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, before) }
        #expect(try shell("kill -PIPE $$; echo still here").run().ending == .signalled(SIGPIPE))
    }

    @Test func manyThreadsAtOnce() async throws {
        let texts = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for i in 0..<40 {
                group.addTask {
                    (i, try self.shell("cat; echo \(i) $$", input: Array("in\(i) ".utf8)).run().output.text)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for i in 0..<40 {
            let words = texts[i]?.split { $0 == " " || $0 == "\n" } ?? []
            #expect(words.prefix(2) == ["in\(i)", "\(i)"])
            // None of these waits to be reaped; other tests may have children of their own.
            let state = words.last.flatMap { try? String(contentsOfFile: "/proc/\($0)/stat", encoding: .utf8) } ?? ""
            #expect(!state.contains(") Z \(getpid()) "), "\(state)")
        }
    }

    @Test func whatCannotBeRunSaysWhy() {
        let missing = #expect(throws: LaunchFailure.self) { try Command("/no/such").run() }
        #expect(missing?.description == "cannot run /no/such: start: No such file or directory")
        let data = #expect(throws: LaunchFailure.self) { try Command("/etc/passwd").run() }
        #expect(data?.description == "cannot run /etc/passwd: start: Permission denied")
        #expect(throws: LaunchFailure.self) { try Command("/bin/sh", ["a\0b"]).run() }
    }

    @Test func searchFindsOrSaysWhere() throws {
        let places = [
            ExecutableSearch.Place(folder: "/no/such", reason: "first"),
            ExecutableSearch.Place(folder: "/etc", reason: "then"),
            ExecutableSearch.Place(folder: "/bin", reason: "then"),
        ]
        #expect(try ExecutableSearch(places).find("sh") == "/bin/sh")
        let error = #expect(throws: ExecutableNotFound.self) { try ExecutableSearch(places).find("group") }
        #expect(error?.description == "no executable group found; looked in first: /no/such; then: /etc, /bin")
        #expect(ExecutableSearch.besideRunningProgram?.folder.hasPrefix("/") == true)
    }
}
