import ChaosProcess
import ChaosTesting
import Foundation

/// The program under test: the one that was built beside the tests.
enum Chaos {
    static func run(
        _ arguments: String..., input: String = "", environment: [String: String?] = [:]
    ) throws -> Command.Result {
        try Command(
            executable, arguments, environment: environment, input: Array(input.utf8), timeLimit: .hanging
        ).run()
    }

    /// A line of the shell, for redirections.
    static func runInShell(_ line: String) throws -> Command.Result {
        try Command("/bin/sh", ["-c", line], timeLimit: .hanging).run()
    }

    /// The same behind a terminal, as a person sees it: standard output and error together.
    static func runOnTerminal(_ line: String, environment: [String: String?] = [:]) throws -> Command.Result {
        // `script` waits for its input in a way that a plain file does not allow.
        let script = "exec script --quiet --return --command '\(executable) \(line)' /dev/null < /dev/null"
        return try Command(
            "/bin/sh", ["-c", script], environment: environment.merging(["TERM": "xterm"]) { given, _ in given },
            timeLimit: .hanging
        ).run()
    }

    static var executable: String { buildFolder + "/chaos" }

    /// The folder that holds the products of the build that the tests belong to.
    static var buildFolder: String { ExecutableSearch.besideRunningProgram?.folder ?? "" }

    /// Makes a shell script that can be run.
    static func write(_ script: String, asProgram path: String) throws {
        // Written by another process: a file that is open for writing anywhere in this one cannot be run.
        _ = try Command(
            "/bin/sh", ["-c", "cat > \"$0\" && chmod +x \"$0\"", path], input: Array("#!/bin/sh\n\(script)\n".utf8),
            timeLimit: .hanging
        ).run()
    }

    /// A folder of the test's own, removed at the end.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }
}

/// Small instances as text.
enum Sample {
    static let solvable = """
        {"format":"chaos-instance","version":1,"name":"two","state":{"bytes":1000},"shard_sizes":[1,10],
         "neighbors":[{"id":"a","bandwidth":8000000000},{"id":"b","bandwidth":4000000000,"latency":5,"overhead":1}]}
        """
    static let infeasible = solvable.replacing("\"latency\":5", with: "\"limit\":10")
        .replacing("8000000000", with: "8000000000,\"limit\":20")
    static let invalid = solvable.replacing("4000000000", with: "0").replacing("\"id\":\"b\"", with: "\"id\":\"a\"")
    /// One shard of one byte at one bit a second from 2^53 bytes: 2.3 million years and more.
    static let beyondRange = solvable.replacing("\"bytes\":1000", with: "\"bytes\":9007199254740992")
        .replacing("8000000000", with: "1").replacing("4000000000", with: "1")
    static let libraryFile =
        PackageRoot.url("Instances/skyplane/gcp-us-west1-a-8-fastest-gpt2_xl.json").path
    static let manyShards = solvable.replacing("\"bytes\":1000", with: "\"bytes\":9007199254740992")
}
