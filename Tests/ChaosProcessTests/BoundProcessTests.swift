import ChaosProcess
import FoundationEssentials
import Glibc
import Testing

@Suite(.timeLimit(.minutes(30))) struct BoundProcessTests {
    private static func withFile<Result>(_ body: (String) throws -> Result) throws -> Result {
        let path = "/tmp/chaos-bound-\(UUID().uuidString)"
        defer { unlink(path) }
        return try body(path)
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    @Test func whatItWritesGoesToTheFile() throws {
        try Self.withFile { path in
            let process = try BoundProcess("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"], output: path)
            while !process.hasEnded() { usleep(1000) }
            #expect(process.ending == .exited(3))
            #expect(Self.text(path) == "out\nerr\n")
        }
    }

    @Test func endingEndsTheWholeGroup() throws {
        try Self.withFile { path in
            let process = try BoundProcess("/bin/sh", ["-c", "sleep 1000 & echo $!; wait"], output: path)
            while !Self.text(path).hasSuffix("\n") { usleep(1000) }
            let child = try #require(pid_t(Self.text(path).dropLast()))
            #expect(!process.hasEnded())
            process.end()
            #expect(process.ending == .signalled(SIGKILL))
            // Its new parent may take a moment to reap it.
            while kill(child, 0) == 0, !Self.isZombie(child) { usleep(1000) }
        }
    }

    private static func isZombie(_ process: pid_t) -> Bool { text("/proc/\(process)/stat").contains(") Z ") }

    @Test func oneThatCannotBeRunIsSaid() throws {
        try Self.withFile { path in
            let error = #expect(throws: LaunchFailure.self) {
                try BoundProcess("/nonexistent/program", [], output: path)
            }
            #expect(error?.reason.contains("No such file") == true)
        }
        #expect(throws: LaunchFailure.self) { try BoundProcess("/bin/true", [], output: "/nonexistent/file") }
    }
}
