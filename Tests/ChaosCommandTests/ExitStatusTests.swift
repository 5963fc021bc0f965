import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// Every exit status of the README, each seen once.
@Suite struct ExitStatusTests {
    @Test func doneIsZero() throws {
        let result = try Chaos.run("solve", "-", input: Sample.solvable)
        #expect(result.ending == .exited(0))
        #expect(result.errors.text.isEmpty)
        #expect(result.output.text.contains("optimal"))
    }

    @Test func infeasibleIsThree() throws {
        let result = try Chaos.run("solve", "-", input: Sample.infeasible)
        #expect(result.ending == .exited(3))
        #expect(result.errors.text.contains("970 short"))
    }

    @Test func aLimitIsFour() throws {
        let result = try Chaos.run("solve", "--algorithm", "greedy", "-", input: Sample.manyShards)
        #expect(result.ending == .exited(4))
        #expect(result.errors.text.contains("allowed: at most 50000000"))
    }

    @Test func invalidInputIsFiveAndNamesAllFaults() throws {
        let result = try Chaos.run("solve", "-", input: Sample.invalid)
        #expect(result.ending == .exited(5))
        #expect(result.output.bytes.isEmpty)
        #expect(result.errors.text.contains("standard input: neighbors[1].bandwidth: 0; allowed: 1 … 2^50 bit/s"))
        #expect(result.errors.text.contains("neighbors[1].id"))
    }

    @Test func aMakespanBeyondTheRangeIsFive() throws {
        let result = try Chaos.run("solve", "-", input: Sample.beyondRange)
        #expect(result.ending == .exited(5))
        #expect(result.errors.text.contains("2^76 ns"))
    }

    @Test(arguments: ["/nonexistent/instance.json", "/"]) func anUnreadableFileIsFive(path: String) throws {
        let result = try Chaos.run("verify", path, "-")
        #expect(result.ending == .exited(5))
        #expect(result.errors.text.contains(path))
    }

    @Test func aWrongPlanIsSix() throws {
        try Chaos.withFolder { folder in
            let instance = folder + "/i.json"
            try Sample.solvable.write(toFile: instance, atomically: true, encoding: .utf8)
            let plan = try Chaos.run("solve", "--output", "-", instance).output.text
            #expect(try Chaos.run("verify", instance, "-", input: plan).ending == .exited(0))
            let late = plan.replacing(/"makespan_ns": "(\d+)/) { "\"makespan_ns\": \"1\($0.1)" }
            let result = try Chaos.run("verify", instance, "-", input: late)
            #expect(result.ending == .exited(6))
            #expect(result.output.text.contains("makespan_ns"))
            let fixed = try Chaos.run("solve", "--size", "1", "--output", "-", instance).output.text
            #expect(fixed.contains("\"optimal\": false"))
            #expect(try Chaos.run("verify", instance, "-", input: fixed).ending == .exited(6))
            #expect(try Chaos.run("verify", "--feasible", instance, "-", input: fixed).ending == .exited(0))
        }
    }

    @Test(arguments: [["solve"], ["solve", "--jobs", "0", "-"], ["nonsense"], ["solve", "--size", "x", "-"]])
    func wrongUsageIsSixtyFour(arguments: [String]) throws {
        let result = try Command(Chaos.executable, arguments, timeLimit: .hanging).run()
        #expect(result.ending == .exited(64))
        #expect(result.output.bytes.isEmpty)
    }

    @Test func theWorstOfSeveralCounts() throws {
        try Chaos.withFolder { folder in
            let names = ["good": Sample.solvable, "none": Sample.infeasible, "bad": Sample.invalid]
            for (name, text) in names {
                try text.write(toFile: "\(folder)/\(name).json", atomically: true, encoding: .utf8)
            }
            #expect(try Chaos.run("solve", "\(folder)/good.json", "\(folder)/none.json").ending == .exited(3))
            #expect(try Chaos.run("solve", folder).ending == .exited(5))
        }
    }
}
