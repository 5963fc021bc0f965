import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// `verify --oracle` with oracles that say what the test wants them to.
@Suite struct OracleCommandTests {
    /// Verifies a plan of `Sample.solvable`, changed by `edit`, with a script in the oracle's place.
    private func verify(
        oracle script: String, edit: (String) -> String = { $0 }
    ) throws -> Command.Result {
        try Chaos.withFolder { folder in
            let (instance, plan) = (folder + "/i.json", folder + "/p.json")
            try Sample.solvable.write(toFile: instance, atomically: true, encoding: .utf8)
            let solved = try Chaos.run("solve", "--output", "-", instance).output.text
            try edit(solved).write(toFile: plan, atomically: true, encoding: .utf8)
            try Chaos.write(script, asProgram: folder + "/chaos-oracle")
            return try Chaos.run(
                "verify", "--oracle", instance, plan,
                environment: ["CHAOS_LIBEXEC": folder])
        }
    }

    @Test func anOracleThatAgreesIsTold() throws {
        let result = try verify(oracle: "cat > /dev/null; echo optimal")
        #expect(result.ending == .exited(0))
        #expect(result.output.text.contains("says  optimal"))
    }

    @Test(arguments: ["feasible", "wrong a limit is passed"]) func anotherVerdictIsADisagreement(word: String) throws {
        let result = try verify(oracle: "cat > /dev/null; echo \(word)")
        #expect(result.ending == .exited(6))
        #expect(result.output.text.contains("disagrees"))
    }

    /// A makespan that is wrong is wrong for the oracle, too, and for that reason.
    @Test(arguments: [
        ("optimal", true), ("wrong a limit is passed", true), ("wrong the makespan is not exact", false),
    ]) func aWrongPlanMustBeWrongForTheSameReason(word: String, disagrees: Bool) throws {
        let result = try verify(oracle: "cat > /dev/null; echo \(word)") {
            $0.replacing(/"makespan_ns": "(\d+)/) { "\"makespan_ns\": \"1\($0.1)" }
        }
        #expect(result.ending == .exited(6))
        #expect(result.output.text.contains("disagrees") == disagrees, "\(result.output.text)")
    }

    /// What only the file has wrong the oracle does not see.
    @Test func aFaultOfTheFileAloneIsNoDisagreement() throws {
        let result = try verify(oracle: "cat > /dev/null; echo optimal") {
            $0.replacing(/"finish_ns": "(\d+)/) { "\"finish_ns\": \"1\($0.1)" }
        }
        #expect(result.ending == .exited(6))
        #expect(result.output.text.contains("finish_ns"))
        #expect(result.output.text.contains("says  optimal"), "\(result.output.text)")
    }

    @Test func aRefusalLeavesTheVerdictAndIsSeven() throws {
        let result = try verify(
            oracle: "cat > /dev/null; echo 'error 3: 60000 neighbors; allowed: at most 50000'; exit 5")
        #expect(result.ending == .exited(7))
        #expect(result.output.text.contains("optimal   yes"))
        #expect(result.errors.text.contains("the oracle refuses: 60000 neighbors; allowed: at most 50000"))
    }

    /// What is printed by a program that then fails is no verdict, nor is one among other output.
    @Test(arguments: [
        ("echo optimal; exit 5", "exited with 5"), ("echo optimal; exit 1", "exited with 1"),
        ("echo optimal; kill -9 $$", "ended by SIGKILL"),
        ("echo optimal; echo 'error 9: expected \"end\"'; exit 5", "exited with 5"),
        ("echo 'error 3: no'; exit 6", "exited with 6"), ("exit 7", "exited with 7"),
        ("echo optimal; echo optimal", "answer 2 of chaos-oracle"),
        ("echo optimal; echo", "answer 2 of chaos-oracle"),
        ("echo optimal; printf more", "answer 2 of chaos-oracle"),
    ]) func anOracleThatFailsIsNotBelieved(script: String, complaint: String) throws {
        let result = try verify(oracle: "cat > /dev/null; \(script)")
        #expect(result.ending == .exited(7))
        #expect(result.output.text.contains("optimal   yes"))
        #expect(!result.output.text.contains("says  optimal"), "\(result.output.text)")
        #expect(result.errors.text.contains(complaint), "\(result.errors.text)")
    }

    @Test func aSilentOracleLeavesTheVerdictAndIsSeven() throws {
        let result = try verify(oracle: "exit 0")
        #expect(result.ending == .exited(7))
        #expect(result.output.text.contains("optimal   yes"))
    }

    /// Each count is one that a plan may have, their sum is beyond 64 bits.
    @Test(arguments: ["verify", "show"]) func countsBeyondSixtyFourBitsAreFaults(command: String) throws {
        try Chaos.withFolder { folder in
            let (instance, plan) = (folder + "/i.json", folder + "/p.json")
            try Sample.solvable.write(toFile: instance, atomically: true, encoding: .utf8)
            let solved = try Chaos.run("solve", "--output", "-", instance).output.text
            let run = #"{"neighbor":"a","first":0,"count":9007199254740992,"finish_ns":"1"}"#
            let runs = [String](repeating: run, count: 1100).joined(separator: ",")
            try solved.replacing(/"assignments": \[[^\]]*\]/) { _ in "\"assignments\": [\(runs)]" }
                .write(toFile: plan, atomically: true, encoding: .utf8)
            try Chaos.write("cat > /dev/null; echo optimal", asProgram: folder + "/chaos-oracle")
            let arguments = [command, instance, plan] + (command == "verify" ? ["--oracle"] : [])
            let result = try Command(
                Chaos.executable, arguments, environment: ["CHAOS_LIBEXEC": folder], timeLimit: .hanging
            ).run()
            #expect(result.ending == .exited(6), "\(result.errors.text)")
        }
    }
}
