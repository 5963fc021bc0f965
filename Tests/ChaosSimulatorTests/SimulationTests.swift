import ChaosJudgement
import ChaosProtocol
import ChaosSimulator
import ChaosTesting
import Synchronization
import Testing

struct SimulationTests {
    /// Seeds 1 … `parts` × `runs`. A debug build is slow: `make simulations` plays many more.
    static let parts = 4
    static let runs: UInt64 = 3

    @Test(arguments: 0..<parts) func noPromiseIsBroken(part: Int) {
        let first = 1 + UInt64(part) * Self.runs
        let result = Campaign(seeds: first..<first + Self.runs).run()
        #expect(result.failure == nil, "\(result.failure!)")
        #expect(result.runs == Int(Self.runs))
        // A simulation in which nothing happens would prove nothing.
        #expect(result.views > 5 * result.runs)
    }

    /// Seeds that have broken a promise once, beyond those that `make simulations` runs: 1003298, a view that left all
    /// members of the one before out; 22726, a snapshot held for a learner that could not be reached; 28064, a transfer that
    /// stopped when its plan was kept; 38498, a member that had lost its state after its word of readiness; 57625, a
    /// snapshot given up for one learner that another one pulled; 69291, a member that began a view before it knew of the
    /// link to the learner in it.
    @Test(arguments: [22726, 28064, 38498, 57625, 69291, 1_003_298] as [UInt64]) func brokenOnce(seed: UInt64) {
        let result = Campaign(seeds: seed..<seed + 1).run()
        #expect(result.failure == nil, "\(result.failure!)")
    }

    @Test func sameSeedGivesSameRun() {
        var runs: [[String]] = []
        for _ in 0..<2 {
            let log = Log()
            var simulation = Simulation(.random(seed: 10)) { log.add("\($0) \($1)") }
            _ = simulation.run()
            runs.append(log.lines)
        }
        #expect(runs[0].count > 100)
        #expect(runs[0] == runs[1])
    }

    @Test func failureIsShrunkAndTold() throws {
        let result = Campaign(seeds: 45..<46, defect: .appliedBeforeDecided).run()
        let failure = try #require(result.failure)
        #expect(failure.violation.invariant == .agreement)
        #expect(failure.shortest.steps.count <= 2)
        let line = try result.line(of: 45..<46)
        #expect(line.contains(#""sound":false,"#) && line.contains(#""failure":{"seed":45,"violation":{"invariant":"#))
        if PackageRoot.python != nil {
            #expect(try PythonTool.validate("campaign", documents: [line]) == (.exited(0), []))
        }
        #expect(failure.description.contains("seed 45"))
        #expect(failure.description.contains(Invariant.agreement.sentence))
        #expect(failure.lastActions.count > 3)
    }

    /// However many seeds are run at the same time, the sums are those of the seeds up to the first that fails.
    @Test(arguments: [nil, .halfTwice] as [PlantedDefect?]) func jobsChangeNothing(_ defect: PlantedDefect?) {
        // The seed 1 does not show this defect, 2 does.
        let outcomes = (1...2 as ClosedRange<UInt64>).map { seed in
            var simulation = Simulation(.random(seed: seed), defect: defect)
            return simulation.run()
        }
        for jobs in [1, 2, 7] {
            let count = Mutex(0)
            let (result, failing) = Campaign(seeds: 1..<(defect == nil ? 3 : 4), defect: defect).play(jobs: jobs) {
                count.withLock { $0 += 1 }
            }
            #expect(failing?.seed == (defect == nil ? nil : 2))
            #expect(count.withLock { $0 } >= outcomes.count)
            #expect(result.runs == outcomes.count)
            #expect(result.views == outcomes.reduce(0) { $0 + $1.views })
            #expect(result.messages == outcomes.reduce(0) { $0 + $1.messages })
            #expect(result.duration == outcomes.reduce(0) { $0 + $1.duration })
        }
    }
}
