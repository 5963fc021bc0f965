import ChaosModel
import Testing

@testable import ChaosProtocol

/// Plans that were made elsewhere: executed as they are, until shards are lost.
struct GivenPlanTests {
    /// - Parameters:
    ///   - size: bytes of a shard.
    ///   - runs: of each neighbour the first shard and how many there are.
    static func plan(of shards: Int, size: Int = 1000, _ runs: [(String, Int, Int)]) -> Plan {
        Plan(
            instance: .init(name: nil, sha256: ""), shardSize: size, shards: shards, makespan: .zero,
            assignments: runs.map { .init(neighbor: $0.0, first: $0.1, count: $0.2, finish: .zero) },
            isOptimal: false, algorithm: "by hand")
    }

    /// 18 shards of the first, 2 of the second, none of the third.
    static let lopsided = plan(of: PullScene.shards, [("1", 0, 18), ("2", 18, 2)])

    @Test func isUsedOrRefused() throws {
        var scenario = ReplicationScenario(
            members: (0..<3).map { _ in .init(bandwidth: 8_000_000, latency: 0) }, stateBytes: 10_000)
        scenario.settings.shardSizes = [1024]
        func plan(_ runs: [(String, Int, Int)]) -> Plan { Self.plan(of: 10, runs) }
        var world = ReplicationWorld(scenario, plan: plan([("3", 0, 7), ("1", 7, 3)]))
        world.run()
        #expect(world.broken == [])
        let figures = try #require(world.first.receiver.figures)
        #expect(figures.neighbors.mapValues(\.shards) == [1: 3, 2: 0, 3: 7])
        // 7 shards of 1000 bytes at 8 Mbit/s take 7 ms.
        #expect(figures.planned == 7_000_000)
        #expect(figures.finished == figures.started + 7_000_000)

        for wrong in [
            [("3", 0, 7), ("4", 7, 3)], [("3", 0, 7)], [("3", 1, 7), ("1", 8, 2)], [("3", 0, 7), ("3", 7, 3)],
            [("3", 0, 11)], [("3", 0, -1), ("1", 7, 3)], [("3", 0, .max), ("1", 7, 3)],
        ] {
            var world = ReplicationWorld(scenario, plan: plan(wrong), keepsLog: true)
            world.run()
            #expect(world.broken == [])
            #expect(world.log.contains { $0.contains("plan refused: ") })
        }
    }

    /// Node 3 has no link yet when all others have answered.
    @Test func itsNeighborsAreWaitedFor() {
        func receiver(_ plan: Plan?) -> Receiver {
            var receiver = Receiver(node: 9, settings: ReceiverSettings(), plan: plan)
            for peer in [1, 2] as [NodeID] { _ = receiver.onLink(to: peer, isUp: true, at: 0) }
            _ = receiver.onStart(at: 0)
            for peer in [1, 2] as [NodeID] { _ = receiver.onMessage(ReceiverTests.offer(10_000), from: peer, at: 1) }
            return receiver
        }
        let plan = Self.plan(of: 10, [("1", 0, 5), ("3", 5, 5)])
        var without = receiver(nil)
        _ = without.onWake(at: ReceiverTests.second)
        #expect(without.phase == .planned)
        var with = receiver(plan)
        _ = with.onWake(at: ReceiverTests.second)
        #expect(with.phase == .asking)
        _ = with.onLink(to: 3, isUp: true, at: ReceiverTests.second)
        _ = with.onMessage(ReceiverTests.offer(10_000), from: 3, at: ReceiverTests.second)
        let actions = with.onWake(at: ReceiverTests.second * 5 / 4)
        guard case .solved(_, let executed)? = actions.first else { return #expect(Bool(false), "\(actions)") }
        #expect(executed.assignments.map(\.neighbor) == ["1", "3"] && executed.algorithm == "by hand")
        // But not for ever; and a plan that did not fit once is not tried again.
        var alone = receiver(plan)
        let late = alone.onWake(at: 2 * ReceiverTests.second)
        #expect(late.contains(.planRefused("neighbour \"3\" has no offer, or two runs")))
        #expect(alone.phase == .planned && alone.givenPlan == nil)
    }

    /// A neighbour far ahead of its run and one far behind are no reason to divide the shards anew.
    @Test func isKeptThoughThereIsABetterOne() throws {
        func play(_ plan: Plan?) throws -> TransferFigures {
            var scenario = ReplicationScenario(
                members: [4, 1, 1].map { .init(bandwidth: 8_000_000, slowness: $0, latency: 0) }, stateBytes: 1_000_000)
            scenario.settings.shardSizes = [1000]
            var world = ReplicationWorld(scenario, plan: plan)
            world.run()
            #expect(world.broken == [])
            return try #require(world.first.receiver.figures)
        }
        #expect(try #require(play(nil).neighbors[1]).shards < 200)
        let figures = try play(Self.plan(of: 1000, [("1", 0, 700), ("2", 700, 300)]))
        #expect(figures.replans == 0)
        #expect(figures.neighbors.mapValues(\.shards) == [1: 700, 2: 300, 3: 0])
        // As planned 0.7 s, and four times as long since the first is four times as slow.
        #expect(figures.planned == 700_000_000 && figures.finished! - figures.started == 2_800_000_000)
    }

    @Test func whoeverOwesNothingMayGoAndCome() {
        var scene = PullScene(peers: [1, 2, 3], plan: Self.lopsided)
        for shard in scene.takePulls(of: 2) { scene.shard(shard, from: 2) }
        for peer in [2, 3] as [NodeID] {
            scene.drop(peer)
            scene.note(scene.receiver.onLink(to: peer, isUp: true, at: scene.now))
            let word = ReplicationMessage.snapshot(admitted: 2, begun: 2, step: PullScene.step)
            scene.note(scene.receiver.onMessage(word, from: peer, at: scene.now))
        }
        #expect(scene.pulls[2] == nil && scene.pulls[3] == nil)
        #expect(scene.receiver.transfer?.course.isGiven == true)
        for shard in 0..<18 { scene.shard(shard, from: 1) }
        scene.answerAll()
        #expect(scene.isComplete && scene.receiver.figures?.replans == 0)
        #expect(scene.receiver.figures?.neighbors.mapValues(\.shards) == [1: 18, 2: 2, 3: 0])
    }

    @Test func whatALostNeighborOwedIsDividedAnew() {
        var scene = PullScene(peers: [1, 2, 3], plan: Self.lopsided)
        _ = scene.takePulls(of: 2)
        scene.pass(11_000_000)
        for shard in 0..<4 { scene.shard(shard, from: 1) }
        scene.drop(1)
        #expect(scene.receiver.figures?.replans == 1)
        let pulled = (scene.takePulls(of: 2) + scene.takePulls(of: 3)).sorted()
        #expect(pulled == Array(4..<18))
        // From then on it is a plan like any other.
        #expect(scene.receiver.transfer?.course.isGiven == false)
    }

    /// Who is silent is lost too.
    @Test func aSilentNeighborIsLost() {
        var scene = PullScene(peers: [1, 2, 3], plan: Self.lopsided)
        _ = scene.takePulls(of: 2)
        for shard in 18..<20 { scene.shard(shard, from: 2) }
        scene.wake(after: 3 * ReceiverTests.second)
        #expect(scene.receiver.figures?.replans == 1)
        #expect(Set(scene.takePulls(of: 2) + scene.takePulls(of: 3)) == Set(0..<18))
    }

    /// A wrong shard is one that is lost, though its neighbour owes nothing any more.
    @Test func aWrongShardIsPulledElsewhere() {
        var scene = PullScene(peers: [1, 2, 3], plan: Self.lopsided)
        for shard in 0..<18 { scene.shard(shard, from: 1) }
        scene.shard(18, from: 2)
        scene.shard(19, from: 2, version: 1)
        scene.answerAll()
        #expect(scene.suspects[2] == .shard(19))
        #expect(scene.receiver.figures?.replans == 1)
        #expect(scene.takePulls(of: 1).contains(19) || scene.takePulls(of: 3).contains(19))
    }

    /// Whatever happens to members, with plans of equal runs: the sentences are looked at after every event.
    @Test func everyRunEndsWithTheState() {
        var given = 0
        for seed in 1...300 as ClosedRange<UInt64> {
            let scenario = ReplicationScenario.random(seed: seed)
            let (count, size) = (scenario.members.count, 1024)
            let shards = (scenario.stateBytes + size - 1) / size
            let runs = scenario.members.indices.map { i in
                ("\(i + 1)", shards * i / count, shards * (i + 1) / count - shards * i / count)
            }
            let plan = Self.plan(of: shards, size: size, runs.filter { $0.2 > 0 })
            var world = ReplicationWorld(scenario, seed: seed, plan: plan)
            world.run()
            #expect(world.broken == [], "seed \(seed)")
            given += world.first.plans.contains { $0.1.algorithm == "by hand" } ? 1 : 0
        }
        #expect(given > 100, "\(given)")
    }
}
