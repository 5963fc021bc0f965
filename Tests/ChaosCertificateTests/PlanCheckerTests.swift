import BigInt
import ChaosCertificate
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

/// The checker against the search over the chain and against the reference oracle, on whatever instances there are.
@Suite struct PlanCheckerTests {
    @Test func bestPlansAreOptimalAndOthersAreNot() throws {
        var seen: [String: Int] = [:]
        for seed in 0..<600 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            let best = try ChainSearch().solve(instance).best
            let checker = PlanChecker(instance)
            for size in instance.shardSizes.sizes {
                let problem = FixedSizeProblem(instance, shardSize: size)
                guard let best, let assignment = Threshold().solve(problem).assignment else { continue }
                let report = checker.check(Plan(assignment, for: instance, isOptimal: false, algorithm: "test"))
                if assignment.makespan == best.makespan {
                    #expect(report.verdict == .optimal, "seed \(seed), size \(size)")
                    seen["optimal", default: 0] += 1
                } else {
                    guard case .feasible(let better) = report.verdict else {
                        Issue.record("seed \(seed), size \(size): \(report.verdict)")
                        continue
                    }
                    #expect(try isBeaten(assignment.makespan, instance, size: better), "seed \(seed), size \(size)")
                    seen["feasible", default: 0] += 1
                }
                #expect(report.verdict == checker.check(assignment).verdict)
            }
        }
        #expect(seen["optimal", default: 0] > 250 && seen["feasible", default: 0] > 250)
    }

    private func isBeaten(_ time: ExactTime, _ instance: Instance, size: Int) throws -> Bool {
        try #require(Threshold().solve(FixedSizeProblem(instance, shardSize: size)).assignment).makespan < time
    }

    @Test func findingsAreTheCapacitiesOfTheOracle() throws {
        for seed in 5000..<5800 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            var random = SeededRandom(seed: seed)
            let size = instance.shardSizes.sizes.randomElement(using: &random)!
            guard let assignment = Threshold().solve(FixedSizeProblem(instance, shardSize: size)).assignment else {
                continue
            }
            let report = PlanChecker(instance).check(assignment)
            #expect(report.sizes.map(\.shardSize) == instance.shardSizes.sizes)
            for finding in report.sizes {
                let oracle = ReferenceOracle(instance, size: finding.shardSize)
                let before = oracle.capacity(by: BigTime(assignment.makespan), strictly: true)
                #expect(BigInt(finding.before) == min(before, oracle.shards), "seed \(seed), \(finding)")
                #expect(BigInt(finding.shards) == oracle.shards)
            }
        }
    }

    /// A plan with a shard moved is judged by its own makespan: optimal still if that is the optimum.
    @Test func movedShardsAreJudgedByTheirMakespan() throws {
        var verdicts: [Bool] = []
        for seed in 9000..<9800 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            guard let best = try ChainSearch().solve(instance).best, instance.neighbors.count > 1 else { continue }
            var random = SeededRandom(seed: seed)
            var counts = best.counts
            let from = counts.indices.filter { counts[$0] > 0 }.randomElement(using: &random)!
            let to = counts.indices.filter { $0 != from }.randomElement(using: &random)!
            counts[from] -= 1
            counts[to] += 1
            let oracle = ReferenceOracle(instance, size: best.shardSize)
            let moved = FixedSizeProblem(instance, shardSize: best.shardSize).makespan(of: counts)
            let report = PlanChecker(instance).check(
                ShardAssignment(shardSize: best.shardSize, counts: counts, makespan: moved))
            guard let makespan = oracle.makespan(of: counts) else {
                guard case .wrong(let faults, _) = report.verdict, case .limitPassed = faults[0] else {
                    Issue.record("seed \(seed): \(report.verdict)")
                    continue
                }
                continue
            }
            guard makespan <= BigTime(BigInt(ModelRange.longestMakespan)) else { continue }
            let isOptimal = makespan == BigTime(best.makespan)
            #expect((report.verdict == .optimal) == isOptimal, "seed \(seed): \(report.verdict)")
            verdicts.append(isOptimal)
        }
        #expect(verdicts.filter { $0 }.count > 50 && verdicts.filter { !$0 }.count > 50)
    }

    @Test func deepForestsNeedNoStack() throws {
        let depth = 200_000
        let groups = (0..<depth).map {
            CapacityGroup(id: "g\($0)", bandwidth: 8_000_000_000, parent: $0 + 1 < depth ? $0 + 1 : nil)
        }
        let instance = try Instance(
            state: TrainingState(bytes: 10), shardSizes: [1, 2],
            neighbors: [Neighbor(id: "n", bandwidth: 16_000_000_000, group: 0)], groups: groups)
        let right = ShardAssignment(shardSize: 1, counts: [10], makespan: ExactTime(nanoseconds: 10))
        #expect(PlanChecker(instance).check(right).verdict == .optimal)
    }
}
