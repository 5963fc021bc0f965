import ChaosMILP
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

@Suite(.timeLimit(.minutes(10))) struct CrosscheckTests {
    /// Whatever the solvers, nothing of ours is beaten, and on small figures both agree in both forms, at all sizes.
    @Test func agreementOnSmallInstances() throws {
        let check = Crosscheck(Greedy(), workers: try Workers.all(), timeLimit: Workers.amply, sizes: .all)
        var verdicts: [String: Int] = [:]
        for seed in UInt64(100)..<112 {
            let instance = RandomInstance.small(seed: seed)
            let report = try check.run(instance)
            #expect(report.sizes.map(\.shardSize) == instance.shardSizes.sizes)
            #expect(!report.hasDefect && !report.hasCrash && !report.hasTimeLimit, "seed \(seed)")
            for entry in report.entries { verdicts[entry.verdict.name, default: 0] += 1 }
        }
        #expect(Set(verdicts.keys).isSubset(of: ["agrees", "agrees (infeasible)"]), "\(verdicts)")
        #expect(verdicts["agrees", default: 0] >= 100, "\(verdicts)")
    }

    /// Figures of all magnitudes: the solvers may fail in every way of theirs, but beat nothing. Unscaled ones make CBC
    /// abort, which is survived.
    @Test func nothingIsBeatenOnWideInstances() throws {
        let check = Crosscheck(workers: try Workers.all(), timeLimit: .seconds(10))
        for seed in [0, 1, 2, 13, 25, 29, 37] as [UInt64] {
            let report = try check.run(RandomInstance.wide(seed: 5000 + seed))
            #expect(!report.hasDefect, "seed \(seed): \(report)")
            #expect(report.entries.count == 4)
        }
    }

    @Test func theOptimalSizeIsTheDefault() throws {
        let instance = RandomInstance.small(seed: 11)
        let best = try #require(try ChainSearch().solve(instance).best)
        let report = try Crosscheck(workers: [], timeLimit: .seconds(1)).run(instance)
        #expect(report.sizes.map(\.shardSize) == [best.shardSize])
        #expect(report.sizes[0].makespan == best.makespan)
    }

    @Test func infeasibleAgrees() throws {
        let giga = 1_000_000_000
        let instance = try Instance(
            state: TrainingState(bytes: 10), shardSizes: [1, 2],
            neighbors: [
                Neighbor(id: "a", bandwidth: 8 * giga, limit: 4), Neighbor(id: "b", bandwidth: 8 * giga, limit: 5),
            ])
        let report = try Crosscheck(workers: try Workers.all(), timeLimit: Workers.amply).run(instance)
        #expect(report.sizes.map(\.shardSize) == [1])
        #expect(report.entries.map(\.verdict) == Array(repeating: .agreesInfeasible, count: 4))
        #expect(!report.hasDefect)
    }

    @Test func aCrashIsAVerdict() throws {
        let abort = try ScriptedWorker("echo why >&2; kill -ABRT $$", as: .cbc)
        let workers = [abort.worker, try Workers.one(.glpk)]
        let report = try Crosscheck(workers: workers, timeLimit: Workers.amply).run(RandomInstance.small(seed: 5))
        let verdicts = report.entries.map(\.verdict)
        guard case .crashed(let crash) = verdicts[0] else {
            Issue.record("\(verdicts[0])")
            return
        }
        #expect(crash.signal == 6 && crash.errorTail == "why")
        #expect(verdicts[2] == .agrees && verdicts[3] == .agrees)
        #expect(report.hasCrash && !report.hasDefect)
    }

    @Test func atTheTimeLimitTheRestGoesOn() throws {
        let slow = try ScriptedWorker("sleep 1000")
        let report = try Crosscheck(workers: [slow.worker], forms: [.scaled], timeLimit: .milliseconds(1)).run(
            RandomInstance.small(seed: 5))
        #expect(report.entries.map(\.verdict) == [.timeLimit(bound: nil)])
        #expect(report.hasTimeLimit && !report.hasDefect)
    }

    /// Several at once give what one after the other gives.
    @Test func severalAtOnce() async throws {
        let check = Crosscheck(workers: try Workers.all(), timeLimit: Workers.amply)
        let seeds = Array(UInt64(200)..<206)
        let alone = try seeds.map { try Self.verdicts(check, seed: $0) }
        let together = try await withThrowingTaskGroup(of: (UInt64, [Verdict]).self) { group in
            for seed in seeds { group.addTask { (seed, try Self.verdicts(check, seed: seed)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (seed, verdicts) in zip(seeds, alone) { #expect(together[seed] == verdicts) }
    }

    private static func verdicts(_ check: Crosscheck, seed: UInt64) throws -> [Verdict] {
        try check.run(RandomInstance.small(seed: seed)).entries.map(\.verdict)
    }
}
