import ChaosMILP
import ChaosMILPWorker
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

@Suite(.timeLimit(.minutes(30))) struct CrosscheckTests {
    /// Whatever the solvers, nothing of ours is beaten, and on small figures all agree in both forms, at all sizes.
    @Test func agreementOnSmallInstances() throws {
        let check = Crosscheck(Greedy(), workers: try Workers.all(), timeLimit: Workers.amply, sizes: .all)
        var verdicts: [String: Int] = [:]
        for seed in UInt64(100)..<112 {
            let instance = RandomInstance.small(seed: seed)
            let report = try check.run(instance)
            #expect(report.sizes.map(\.shardSize) == instance.shardSizes.sizes)
            #expect(!report.hasDefect, "seed \(seed)")
            for entry in report.entries { verdicts[entry.verdict.name, default: 0] += 1 }
        }
        #expect(Set(verdicts.keys).isSubset(of: ["agrees", "agrees (infeasible)"]), "\(verdicts)")
        #expect(verdicts["agrees", default: 0] >= 25 * Workers.solves, "\(verdicts)")
    }

    /// Figures of all magnitudes, some of which GLPK's presolver once found infeasible: what scaling is for.
    @Test func wideInstancesScaled() throws {
        let check = Crosscheck(workers: try Workers.all(), forms: [.scaled], timeLimit: Workers.amply)
        for seed in [5000, 5001, 5025, 5044, 5053, 5080, 5099] as [UInt64] {
            let report = try check.run(RandomInstance.wide(seed: seed))
            #expect(!report.hasDefect, "seed \(seed): \(report)")
            for entry in report.entries { #expect(entry.verdict == .agrees, "seed \(seed): \(entry)") }
        }
    }

    /// Unscaled the solvers may fail in every way of theirs, CBC by aborting, but beat nothing; a crash is survived.
    @Test func nothingIsBeatenOnWideInstances() throws {
        let check = Crosscheck(workers: try Workers.all(), forms: [.unscaled], timeLimit: .seconds(2))
        for seed in [5000, 5013, 5025, 5029, 5044] as [UInt64] {
            let report = try check.run(RandomInstance.wide(seed: seed))
            #expect(!report.hasDefect, "seed \(seed): \(report)")
            #expect(report.entries.map(\.backEnd) == MILPBackEnd.allCases)
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
        #expect(report.entries.map(\.verdict) == Array(repeating: .agreesInfeasible, count: Workers.solves))
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
        #expect(!report.hasDefect)
    }

    @Test func atTheTimeLimitTheRestGoesOn() throws {
        let slow = try ScriptedWorker("sleep 1000")
        let report = try Crosscheck(workers: [slow.worker], forms: [.scaled], timeLimit: .milliseconds(1)).run(
            RandomInstance.small(seed: 5))
        #expect(report.entries.map(\.verdict) == [.timeLimit(bound: nil)])
        #expect(!report.hasDefect)
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
