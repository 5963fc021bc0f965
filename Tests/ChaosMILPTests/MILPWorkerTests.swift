import ChaosFormulation
import ChaosMILP
import ChaosMILPWorker
import ChaosModel
import ChaosProcess
import ChaosTesting
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(30))) struct MILPWorkerTests {
    private func answer(_ outcome: MILPWorker.Outcome) throws -> MILPWorkerAnswer {
        guard case .answered(let answer) = outcome else {
            Issue.record("no answer but \(outcome)")
            throw CancellationError()
        }
        return answer
    }

    private func crash(_ script: String) throws -> ProcessCrash {
        let scripted = try ScriptedWorker(script)
        let outcome = try scripted.worker.solve(SamplePrograms.division(), timeLimit: Workers.amply)
        guard case .crashed(let crash) = outcome else {
            Issue.record("no crash but \(outcome)")
            throw CancellationError()
        }
        return crash
    }

    @Test(arguments: MILPBackEnd.allCases) func optimum(_ solver: MILPBackEnd) throws {
        let worker = try Workers.one(solver)
        let answer = try answer(worker.solve(SamplePrograms.division(), timeLimit: Workers.amply))
        #expect(answer.status == .optimal)
        #expect(abs((answer.objective ?? 0) - 2.1) < 1e-9)
        #expect(answer.bound == answer.objective)
        // The integer variables alone, by the names that they have in the file, the second made unique.
        #expect(["T"] + answer.values.map(\.name) == MPSWriter.columnNames(SamplePrograms.division()))
        #expect(answer.values.map { $0.value.rounded() } == [7, 3])
        #expect(answer.solver == (try worker.version()))
        #expect(answer.solver.hasPrefix(solver.facts.title + " "))
    }

    @Test(arguments: MILPBackEnd.allCases) func infeasible(_ solver: MILPBackEnd) throws {
        let worker = try Workers.one(solver)
        let answer = try answer(worker.solve(SamplePrograms.division(most: 4), timeLimit: Workers.amply))
        #expect(answer.status == .infeasible)
        #expect(answer.values.isEmpty && answer.objective == nil && answer.bound == nil)
    }

    /// Bounds of an integer variable without a whole number between them, which GLPK refuses and CBC does not.
    @Test(arguments: MILPBackEnd.allCases) func emptyBounds(_ solver: MILPBackEnd) throws {
        var program = Program(name: "empty")
        let n = program.add("n", .integer, lower: Rational(1, 3), upper: Rational(2, 3))
        program.objective.add(1, n)
        let answer = try answer(Workers.one(solver).solve(program, timeLimit: Workers.amply))
        #expect(answer.status == .infeasible)
        #expect(answer.message == "no value lies between the bounds of n")
    }

    @Test(arguments: MILPBackEnd.allCases) func noIntegers(_ solver: MILPBackEnd) throws {
        var program = Program(name: "continuous")
        let x = program.add("x", .continuous, lower: Rational(3, 2))
        program.objective.add(2, x)
        let answer = try answer(Workers.one(solver).solve(program, timeLimit: Workers.amply))
        #expect(answer.status == .optimal)
        #expect(answer.objective == 3 && answer.bound == 3)
    }

    @Test(arguments: MILPBackEnd.allCases) func unbounded(_ solver: MILPBackEnd) throws {
        var program = Program(name: "unbounded")
        let n = program.add("n", .integer, lower: nil)
        program.objective.add(1, n)
        let answer = try answer(Workers.one(solver).solve(program, timeLimit: Workers.amply))
        #expect(answer.status == .error)
        #expect(answer.message?.isEmpty == false)
    }

    /// The solver keeps the limit by itself and says what it knows by then.
    @Test(arguments: MILPBackEnd.allCases) func timeLimit(_ solver: MILPBackEnd) throws {
        let answer = try answer(Workers.one(solver).solve(SamplePrograms.marketSplit(), timeLimit: .seconds(2)))
        #expect(answer.status == .feasible || answer.status == .timeLimit)
        let bound = try #require(answer.bound)
        #expect(bound >= -1e-6)
        if answer.status == .feasible {
            #expect(bound <= (try #require(answer.objective)))
            #expect(answer.values.count == 50)
        }
    }

    /// A worker that misses the limit, and does not even heed SIGTERM, is ended.
    @Test func timeLimitIsEnforced() throws {
        let scripted = try ScriptedWorker("trap '' TERM; while :; do sleep 1; done")
        #expect(try scripted.worker.solve(SamplePrograms.division(), timeLimit: .milliseconds(100)) == .timedOut)
    }

    @Test func crashBySignal() throws {
        let crash = try crash("echo 'Assertion failed' >&2; kill -ABRT $$")
        #expect(crash.ending == .signalled(6))
        #expect(crash.signal == 6)
        #expect(crash.description == "ended by SIGABRT; standard error ends with: Assertion failed")
    }

    @Test(arguments: [
        "echo Welcome to the solver", "", "exit 9",
        #"echo '{"format":"chaos-worker-answer","version":2,"solver":"x","status":"optimal","seconds":1}'"#,
        #"echo '{"format":"chaos-worker-answer","version":1,"solver":"x","status":"fine","seconds":1}'"#,
        #"echo '{"format":"chaos-worker-answer","version":1,"solver":"x","status":"optimal"}'"#,
        #"echo junk; echo '{"format":"chaos-worker-answer","version":1,"solver":"x","status":"optimal","seconds":1}'"#,
        #"echo '{"format":"chaos-worker-answer","version":1,"solver":"x","status":"optimal","seconds":1}'; echo junk"#,
    ]) func junkIsNoAnswer(_ script: String) throws {
        let crash = try crash(script)
        #expect(crash.reason?.hasPrefix("standard output is no answer: ") == true)
        #expect(crash.ending == .exited(script == "exit 9" ? 9 : 0))
    }

    @Test func missingExecutableSaysWhere() {
        let places = [ExecutableSearch.Place(folder: "/no/such/folder", reason: "CHAOS_LIBEXEC")]
        let error = #expect(throws: ExecutableNotFound.self) { try MILPWorker(.cbc, places: places) }
        #expect(error?.description == "no executable chaos-cbc found; looked in CHAOS_LIBEXEC: /no/such/folder")
        #expect(throws: LaunchFailure.self) {
            try MILPWorker(.cbc, executable: "/no/such").solve(SamplePrograms.division(), timeLimit: .seconds(1))
        }
    }

    @Test(arguments: MILPBackEnd.allCases) func wordsOfTheCommandLine(_ solver: MILPBackEnd) throws {
        let worker = try Workers.one(solver)
        func run(_ arguments: [String], _ input: String = "") throws -> Command.Result {
            try Command(worker.executable, arguments, input: Array(input.utf8), timeLimit: Workers.amply).run()
        }
        let junk = try run([], "ROWS\n X y\n")
        #expect(junk.ending == .exited(5))
        let answer = try MILPWorkerAnswer(junk.output.bytes)
        #expect(answer.status == .error)
        #expect(answer.message?.contains("standard input: line 2") == true)
        for wrong in [["--time-limit"], ["--time-limit", "0"], ["--time-limit", "soon"], ["model.mps"]] {
            let result = try run(wrong)
            #expect(result.ending == .exited(64))
            #expect(result.output.bytes.isEmpty)
            #expect(result.errors.text.contains("allowed: "))
        }
        #expect(try run(["--help"]).output.text.contains("USAGE: \(solver.executable)"))
        let infeasible = try MPSWriter.text(SamplePrograms.division(most: 4))
        #expect(try run([], infeasible).ending == .exited(3))
        #expect(try run(["--time-limit", "60"], MPSWriter.text(SamplePrograms.division())).ending == .exited(0))
    }
}
