import ChaosModel
import Testing

@testable import ChaosProtocol

/// Neighbours that have nothing left to send: shards of 100 ms, three on the way to each, ten of each of two.
struct TransferHelpTests {
    /// The first neighbour is ten times faster than the other.
    private static func scene(limits: [NodeID: Int] = [:], defect: PlantedDefect? = nil) -> PullScene {
        PullScene(bandwidth: 80_000, limits: limits, defect: defect)
    }

    /// Answers what the first is asked for, every 10 ms, until it is asked for nothing more.
    /// - Returns: what it was asked for.
    private static func play(_ scene: inout PullScene, until end: Int = .max) -> [Int] {
        var (asked, open) = ([Int](), scene.takePulls(of: 1))
        while !open.isEmpty, scene.now < end {
            asked.append(open.removeFirst())
            scene.pass(10_000_000)
            scene.shard(asked.last!, from: 1)
            open += scene.takePulls(of: 1)
        }
        return asked + open
    }

    @Test func unaskedShardsAreTakenOverFromTheEnd() throws {
        var scene = Self.scene()
        let asked = Self.play(&scene, until: scene.now + 150_000_000)
        #expect(asked.starts(with: Array(0..<10) + [19, 18, 17, 16, 15]))
        #expect(scene.receiver.figures?.replans == 0)
        #expect(scene.receiver.figures?.bytesTwice == 0)
    }

    /// All shards have been asked for: what the slow one is sending is asked of the fast one too, the last first. It is
    /// complete far sooner than the second they would have taken.
    @Test func whatIsOnItsWayIsDoubled() throws {
        var scene = Self.scene()
        let begun = scene.now
        let asked = Self.play(&scene)
        #expect(asked.starts(with: Array(0..<10) + (12..<20).reversed()))
        #expect(asked.sorted() == Array(0..<20))
        scene.answerAll()
        #expect(scene.isComplete)
        #expect(scene.now == begun + 200_000_000)
        #expect(scene.receiver.lastFigures?.doubled == 3)
    }

    @Test func plantedDefectsAreFound() {
        var (idle, endless) = (Self.scene(defect: .linkLeftIdle), Self.scene(defect: .endNeverBegun))
        #expect(Self.play(&idle) == Array(0..<10))
        #expect(Self.play(&endless) == Array(0..<10) + (13..<20).reversed())
    }

    /// Neighbours as fast as planned send nothing twice.
    @Test func nothingIsDoubledThatComesInTime() {
        var scene = Self.scene()
        scene.pass(10_000_000)
        for k in 0..<10 {
            scene.pass(100_000_000)
            scene.shard(k, from: 1)
            scene.shard(10 + k, from: 2)
        }
        scene.answerAll()
        #expect(scene.isComplete)
        #expect(scene.takePulls(of: 1) == Array(0..<10) && scene.takePulls(of: 2) == Array(10..<20))
        #expect(scene.receiver.lastFigures?.doubled == 0)
    }

    /// One that is not expected to be sooner is asked after a rest.
    @Test func whoHasRestedIsAskedInAnyCase() throws {
        var scene = PullScene(bandwidth: 8000)
        guard case .pulling(let plan, var transfer) = scene.receiver.state else { return #expect(Bool(false)) }
        for shard in 0..<20 where shard != 12 { transfer.arrived.insert(shard) }
        transfer.agreement.verified = 19
        for i in 0...1 { transfer.figures.neighbors[i == 0 ? 1 : 2]!.shards = 10 }
        transfer.sources[0].condition = .serving(TransferSource.Work())
        var work = TransferSource.Work()
        // It takes a second, and comes from the other one in half a second.
        work.inFlight = [TransferSource.Pull(shard: 12, sentAt: scene.now - 500_000_000)]
        (work.cameAt, work.repeatAt) = (scene.now - 500_000_000, scene.now + ReceiverTests.second)
        transfer.sources[1].condition = .serving(work)
        transfer.sources[1].assign(ShardQueue())
        scene.receiver.state = .pulling(plan, transfer)
        _ = scene.takePulls(of: 1)
        scene.wake(after: 1)
        #expect(scene.takePulls(of: 1) == [])
        scene.wake(after: 199_999_999)
        #expect(scene.takePulls(of: 1) == [])
        scene.wake(after: 1)
        #expect(scene.takePulls(of: 1) == [12])
    }

    @Test func limitsHold() {
        var scene = Self.scene(limits: [1: 12 * PullScene.shardSize])
        #expect(Self.play(&scene).count == 12)
    }

    /// What one that fails was to send is asked for at once.
    @Test func whatIsLostIsAskedForAtOnce() {
        var scene = Self.scene()
        _ = (scene.takePulls(of: 1), scene.takePulls(of: 2))
        scene.shard(0, from: 1)
        scene.drop(2)
        #expect(scene.receiver.transfer?.sources[0].owed == 19)
        #expect(scene.receiver.transfer?.unassigned.count == 0)
        #expect(scene.receiver.figures?.replans == 1)
    }
}
