import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// What a crosscheck says of many instances, and with which status it ends.
@Suite struct CrosscheckCommandTests {
    /// Crosschecks the sample against a GLPK worker that gives this answer, whatever it is asked.
    private func check(_ answer: String) throws -> Command.Result {
        try Chaos.withFolder { folder in
            let script = "#!/bin/sh\ncat > /dev/null\ncat <<'END'\n\(answer)\nEND\n"
            // Written by another process: a file that is open for writing anywhere in this one cannot be run.
            let made = try Command(
                "/bin/sh", ["-c", "cat > \"$0\" && chmod +x \"$0\"", folder + "/chaos-glpk"],
                input: Array(script.utf8), timeLimit: .hanging
            ).run()
            try #require(made.isSuccess)
            return try Chaos.run(
                "crosscheck", "--solver", "glpk", "-", input: Sample.solvable, environment: ["CHAOS_LIBEXEC": folder])
        }
    }

    private func answer(_ status: String) -> String {
        #"{"format":"chaos-worker-answer","version":1,"solver":"x","status":"\#(status)","seconds":0.5}"#
    }

    @Test func anAnswerThatIsNoneIsSeven() throws {
        let infeasible = try check(answer("infeasible"))
        #expect(infeasible.output.text.contains("infeasible answer"), "\(infeasible.output.text)")
        #expect(infeasible.ending == .exited(7))
        #expect(infeasible.output.text.hasSuffix("\n1 instance: 1 infeasible answer; no BEATEN\n"))
        let crashed = try check("nonsense")
        #expect(crashed.ending == .exited(7))
        #expect(crashed.output.text.hasSuffix("\n1 instance: 1 crashed; no BEATEN\n"))
    }

    @Test func nothingIsSaidOfWhatWasNotCompared() throws {
        let beyond = try Chaos.run("crosscheck", "-", input: Sample.beyondRange)
        #expect(beyond.output.text.hasSuffix("\n1 instance: 1 instance not checked\n"), "\(beyond.output.text)")
        let invalid = try Chaos.run("crosscheck", "-", input: Sample.invalid)
        #expect(invalid.ending == .exited(5))
        #expect(invalid.output.text == "\n1 instance: 1 instance not checked\n")
    }

    @Test func theSummaryCountsVerdicts() throws {
        try Chaos.withFolder { folder in
            let (good, bad) = (folder + "/good.json", folder + "/bad.json")
            try Sample.solvable.write(toFile: good, atomically: true, encoding: .utf8)
            try Sample.invalid.write(toFile: bad, atomically: true, encoding: .utf8)
            let one = try Chaos.run("crosscheck", "--solver", "cbc", good)
            #expect(one.output.text.hasSuffix("\n1 instance: 1 agrees; no BEATEN\n"))
            let both = try Chaos.run("crosscheck", good, bad)
            #expect(both.ending == .exited(5))
            #expect(both.output.text.hasSuffix("\n2 instances: 2 agree; 1 instance not checked; no BEATEN\n"))
        }
    }
}
