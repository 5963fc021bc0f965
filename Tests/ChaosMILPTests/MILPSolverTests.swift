import ChaosMILPWorker
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

@testable import ChaosMILP

@Suite(.timeLimit(.minutes(30))) struct MILPSolverTests {
    /// The suite that all solvers pass, without the cases at the ends of the ranges, which no floating-point solver can
    /// take, and with part of the random ones.
    @Test(arguments: MILPBackEnd.allCases, MILPForm.allCases)
    func conformance(_ solver: MILPBackEnd, _ form: MILPForm) throws {
        let subject = MILPSolver(try Workers.one(solver), form: form, timeLimit: Workers.amply)
        let options = SolverConformance.Options(mostShards: 1000, includesRangeEnds: false)
        let (failures, ran) = SolverConformance(subject, options: options).run(
            Array(SolverConformance.cases.prefix(60)))
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
        #expect(ran >= 40)
    }

    private static let problem = FixedSizeProblem(RandomInstance.small(seed: 3), shardSize: 1)

    @Test func failuresAreThrown() throws {
        func failure(_ script: String) throws -> MILPAnswer? {
            let scripted = try ScriptedWorker(script)
            let solver = MILPSolver(scripted.worker, timeLimit: .hanging)
            return #expect(throws: MILPFailure.self) { try solver.solve(Self.problem) }?.answer
        }
        func answer(_ rest: String) -> String {
            #"echo '{"format":"chaos-worker-answer","version":1,"solver":"x","seconds":0,\#(rest)}'"#
        }
        try #require(Threshold().solve(Self.problem).assignment != nil)
        #expect(try failure(answer(#""status":"infeasible""#)) == .infeasible)
        #expect(try failure(answer(#""status":"time_limit""#)) == .timeLimit(best: nil, bound: nil))
        #expect(try failure(answer(#""status":"error","message":"why""#)) == .gaveUp("why"))
        guard case .refused(let why) = try failure(answer(#""status":"optimal","values":{}"#)) else {
            Issue.record("values that are not there were taken")
            return
        }
        #expect(why.hasPrefix("the answer has no value of n["))
        guard case .crashed = try failure("kill -SEGV $$") else {
            Issue.record("a crash was not told")
            return
        }
    }

    /// Integer variables may be off by 10^-6 and no more.
    @Test func valuesFarFromWholeAreRefused() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 2), shardSizes: [1],
            neighbors: [Neighbor(id: "a", bandwidth: 8_000_000_000)])
        let problem = FixedSizeProblem(instance, shardSize: 1)
        func solve(_ value: String) throws -> FixedSizeResult {
            let values = #""n[a]":\#(value),"y[a]":1"#
            let scripted = try ScriptedWorker(
                #"echo '{"format":"chaos-worker-answer","version":1,"solver":"x","seconds":0,"status":"optimal","values":{\#(values)}}'"#
            )
            return try MILPSolver(scripted.worker, form: .unscaled, timeLimit: .hanging).solve(problem)
        }
        let plan = ShardAssignment(shardSize: 1, counts: [2], makespan: ExactTime(nanoseconds: 2))
        #expect(try solve("1.9999991") == .optimal(plan))
        #expect(try solve("2.0000009") == .optimal(plan))
        #expect(throws: MILPFailure.self) { try solve("1.999998") }
        #expect(throws: MILPFailure.self) { try solve("1") }
    }
}
