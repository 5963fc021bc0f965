import ChaosCertificate
import ChaosModel
import ChaosProtocol
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

/// Receivers and servers in virtual time, against everything that may happen to them.
struct ReplicationTests {
    /// Seeds 1 … `parts` × `runs`.
    static let parts = 4
    static let runs: UInt64 = 250

    @Test(arguments: 0..<parts) func stateIsCompleteAndRight(part: Int) {
        let first = 1 + UInt64(part) * Self.runs
        var seen: [String: Int] = [:]
        for seed in first..<first + Self.runs {
            var world = ReplicationWorld(.random(seed: seed), seed: seed)
            world.run()
            #expect(world.broken == [], "seed \(seed)")
            for joiner in world.joiners.values {
                if joiner.plans.contains(where: \.isReplan) { seen["replanned", default: 0] += 1 }
                if !joiner.abandoned.isEmpty { seen["abandoned", default: 0] += 1 }
                for suspicion in joiner.suspected.values {
                    seen["\(suspicion)".filter { !$0.isNumber }, default: 0] += 1
                }
            }
        }
        // Runs in which nothing happens would prove nothing.
        #expect(seen["replanned", default: 0] > 30, "\(seen)")
        #expect(seen["abandoned", default: 0] > 0, "\(seen)")
        #expect(seen["shard  is not what its digest says", default: 0] > 5, "\(seen)")
        #expect(seen["its digest of shard  differs", default: 0] > 2, "\(seen)")
    }

    /// With each defect, the first seed at which it shows in `ReplicationWorld`. The seeds in Documentation/PROTOCOL.md are
    /// others: those of the simulation of whole clusters.
    @Test(arguments: firstSeed.keys.sorted { $0.rawValue < $1.rawValue })
    func plantedDefectIsFound(_ defect: PlantedDefect) {
        let seed = Self.firstSeed[defect]!
        var world = ReplicationWorld(.random(seed: seed), seed: seed, defect: defect)
        world.run()
        #expect(world.broken != [])
    }

    static let firstSeed: [PlantedDefect: UInt64] = [
        .shardAcceptedWithoutDigest: 7, .snapshotFreedTooEarly: 330, .replanPullsWhatHasArrived: 2,
        .digestOfOneNeighborBelieved: 5, .snapshotOfAnotherStepUsed: 43,
    ]

    @Test func sameSeedGivesSameRun() {
        let logs = (0..<2).map { _ in
            var world = ReplicationWorld(.random(seed: 330), seed: 330, keepsLog: true)
            world.run()
            return world.log
        }
        #expect(logs[0].count > 50)
        #expect(logs[0] == logs[1])
    }

    @Test func plansCanBeWrittenAndVerified() throws {
        var count = 0
        for seed in 1...80 as ClosedRange<UInt64> {
            var world = ReplicationWorld(.random(seed: seed), seed: seed)
            world.run()
            for (instance, plan, _) in world.joiners.values.flatMap(\.plans) {
                #expect(try Instance(json: instance.jsonText) == instance)
                var bytes: [UInt8] = []
                try plan.writeJSON { bytes += $0 }
                #expect(try Plan(json: String(decoding: bytes, as: UTF8.self)) == plan)
                #expect(PlanChecker(instance).check(plan).verdict == .optimal, "seed \(seed)")
                count += 1
            }
        }
        #expect(count > 80)
    }

    // MARK: Beside the plan

    static let library: [URL] = {
        let folder = PackageRoot.url("Instances")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "json" }
            .sorted { $0.path < $1.path }
    }()

    /// Where links are as offered and nothing fails, every neighbour ends when the plan says, to the nanosecond.
    @Test func libraryIsPulledInItsMakespan() throws {
        var count = 0
        for file in Self.library {
            let instance = try Instance(json: String(contentsOf: file, encoding: .utf8))
            let sizes = instance.shardSizes.sizes.filter { $0 <= MessageLimits.shardBytes }
            guard instance.groups.isEmpty, instance.neighbors.count <= 64, !sizes.isEmpty, sizes.count < 54,
                let best = try ChainSearch().solve(instance, sizes: sizes).best,
                (1...4000).contains(instance.state.shardCount(ofSize: best.shardSize)),
                best.makespan < ExactTime(nanoseconds: 10_000_000_000_000),
                // Who answers later than offers are waited for takes no part.
                instance.neighbors.allSatisfy({ $0.latency < ReceiverSettings().offerTimeout })
            else { continue }
            var scenario = ReplicationScenario(
                members: instance.neighbors.map {
                    ReplicationScenario.Member(
                        bandwidth: $0.bandwidth, latency: $0.latency, ready: $0.ready, overhead: $0.overhead,
                        limit: $0.limit)
                }, stateBytes: instance.state.bytes)
            scenario.settings.shardSizes = sizes
            // Later than all offers: the plan counts what members take to get ready from the admission on.
            scenario.admission = 3_000_000_000
            var world = ReplicationWorld(scenario)
            world.run(until: 20_000_000_000_000)
            #expect(world.broken == [], "\(file.lastPathComponent)")
            let joiner = world.first
            #expect(joiner.plans.count == 1)
            #expect(joiner.plans[0].1.makespan == best.makespan, "\(file.lastPathComponent)")
            let figures = try #require(joiner.receiver.figures)
            // The plan's time begins with the view, the first snapshot's with its neighbour's ready time.
            let readiness = instance.neighbors.map(\.ready).min() ?? 0
            for (node, neighbor) in figures.neighbors {
                let arrival = neighbor.lastArrival.map { $0 - figures.started + readiness }
                #expect(arrival == neighbor.planned, "\(file.lastPathComponent), \(node)")
            }
            #expect(figures.repeats == 0 && figures.bytesTwice == 0)
            count += 1
        }
        #expect(count >= 20)
    }

    /// One of four neighbours is killed at every part of the transfer: what is pulled twice was on the way from it.
    @Test(arguments: [0, 100, 500, 900], [0, 500_000_000]) func neighborIsKilled(part: Int, noticedAfter delay: Int) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var scenario = ReplicationScenario(
                members: (0..<4).map { _ in
                    ReplicationScenario.Member(
                        bandwidth: random.int(10_000_000...100_000_000), latency: random.int(0...50_000_000))
                }, stateBytes: random.int(1...2_000_000))
            scenario.settings.shardSizes = [4096]
            scenario.faults = [(part, 1, .crash(noticedAfter: delay))]
            var world = ReplicationWorld(scenario, seed: seed)
            world.run()
            #expect(world.broken == [], "seed \(seed)")
            let shards = (scenario.stateBytes + 4095) / 4096
            let doubled = world.first.receiver.figures?.doubled ?? 0
            #expect(world.pullsSent - shards <= doubled + (world.outstandingAtCrash[1] ?? 0), "seed \(seed)")
            #expect(world.first.abandoned == [])
        }
    }

    /// Connections for shards close at any time, once, twice in a row and again and again: the state is complete and right.
    @Test func connectionsThatCloseDoNoHarm() {
        var again = 0
        for seed in 1...300 as ClosedRange<UInt64> {
            var scenario = ReplicationScenario.random(seed: seed)
            var random = SeededRandom(seed: seed)
            for member in scenario.members.indices {
                for _ in 0..<random.int(0...4) {
                    let time = random.int(0...1500)
                    for _ in 0..<random.int(1...3) { scenario.faults.append((time, member, .close)) }
                }
            }
            var world = ReplicationWorld(scenario, seed: seed)
            world.run()
            #expect(world.broken == [], "seed \(seed)")
            again += world.pullsSent
            var calm = ReplicationWorld(.random(seed: seed), seed: seed)
            calm.run()
            again -= calm.pullsSent
        }
        #expect(again > 100)
    }

    // MARK: Who is right

    /// Two neighbours contradict each other and there is no third: the state is not accepted, and asked for again after ever
    /// longer rests.
    @Test(arguments: [ReplicationScenario.Character.wrongDigests(every: 3), .wrongState, .otherStep])
    func twoThatDisagreeAreNotBelieved(_ character: ReplicationScenario.Character) {
        var scenario = ReplicationScenario(
            members: [
                .init(bandwidth: 10_000_000, latency: 1_000_000),
                .init(character: character, bandwidth: 20_000_000, latency: 2_000_000),
            ], stateBytes: 50_000)
        scenario.settings.shardSizes = [1024]
        var world = ReplicationWorld(scenario)
        world.run(until: 300_000_000_000)
        #expect(world.broken.allSatisfy { $0.contains("is not complete") }, "\(world.broken)")
        #expect(!world.first.isComplete)
        // After 0, 1, 2, 4 … 60 s.
        #expect((8...16).contains(world.first.abandoned.count))
        for failure in world.first.abandoned {
            guard case .unverifiable(let shard, let opinions) = failure else {
                Issue.record("\(failure)")
                continue
            }
            #expect(shard % 3 == 0 && (1...2).contains(opinions.count))
        }
    }

    /// A single neighbour is far slower than anything that was assumed of it, and a single shard of it takes longer than
    /// it may be silent.
    @Test func slowSingleNeighborIsWaitedFor() {
        var scenario = ReplicationScenario(
            members: [.init(bandwidth: 1_000_000, latency: 50_000_000, offersMeasurements: false)],
            stateBytes: 30_000_000)
        scenario.settings.shardSizes = [4 << 20]
        var world = ReplicationWorld(scenario)
        world.run(until: 3_600_000_000_000)
        #expect(world.broken == [])
        #expect(world.first.abandoned.count <= 2)
    }

    // MARK: Transcripts

    static let transcripts = PackageRoot.url("Tests/ChaosProtocolTests/Transcripts/Replication")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: transcripts.path)) ?? []).sorted()

    @Test func transcriptsAreThere() { #expect(Self.names.count >= 3) }

    @Test(arguments: names) func transcript(_ name: String) throws {
        try TranscriptFile.check(
            Self.transcripts.appending(path: name), answered: ReplicationTranscript.answered)
    }
}
