import ChaosModel
import Testing

@testable import ChaosProtocol

/// A connection over which shards come closes while they are pulled.
struct PullLossTests {
    @Test func whatHasNotComeIsAskedForAgainAtOnceAndInOrder() {
        var scene = PullScene()
        #expect(scene.takePulls(of: 1) == Array(0..<10))
        #expect(scene.takePulls(of: 2) == Array(10..<20))
        scene.pass(11_000_000)
        for shard in [0, 1, 3] { _ = scene.shard(shard, from: 1) }
        let actions = scene.lose(1)
        #expect(
            actions
                == [2, 4, 5, 6, 7, 8, 9].map {
                    .send(.pull(step: PullScene.step, shardSize: PullScene.shardSize, shard: $0), to: 1)
                })
        #expect(scene.receiver.figures?.repeats == 0)
        // Each comes once, and the state is complete.
        for shard in [2, 4, 5, 6, 7, 8, 9] { _ = scene.shard(shard, from: 1) }
        for shard in 10..<20 { _ = scene.shard(shard, from: 2) }
        scene.answerAll()
        #expect(scene.isComplete)
        #expect(scene.receiver.figures?.bytesTwice == 0)
    }

    @Test func whatComesInSpiteOfItCountsAsTwice() {
        var scene = PullScene(peers: [1])
        scene.pass(11_000_000)
        _ = scene.lose(1)
        for shard in 0..<3 {
            #expect(scene.shard(shard, from: 1).contains(.write(shard: shard, shardSize: 1000, bytes: 1000)))
        }
        for shard in 0..<3 { #expect(scene.shard(shard, from: 1) == []) }
        #expect(scene.receiver.figures?.bytesTwice == 3000)
        // What has come is not asked for when the connection closes again.
        scene.pass(ReceiverTests.second)
        _ = scene.takePulls(of: 1)
        _ = scene.lose(1)
        #expect(scene.takePulls(of: 1) == Array(3..<20))
    }

    @Test func closingTwiceIsClosingOnce() {
        var scene = PullScene()
        _ = scene.takePulls(of: 1)
        #expect(scene.lose(1).count == 10)
        let once = scene
        #expect(scene.lose(1) == [])
        scene.pass(1_000_000)
        #expect(scene.lose(1) == [])
        #expect(scene.receiver.transfer?.sources.map(\.asked) == once.receiver.transfer?.sources.map(\.asked))
        // Another one, of the other neighbour, is another matter.
        #expect(scene.lose(2).count == 10)
    }

    @Test func connectionsThatComeAndGoMakeNoStorm() {
        var scene = PullScene(peers: [1])
        _ = scene.takePulls(of: 1)
        for _ in 0..<1000 {
            scene.pass(1_000_000)
            _ = scene.lose(1)
        }
        // Every 500 ms in a second: twenty each time.
        #expect(scene.takePulls(of: 1).count == 40)
    }

    /// The wait for the retry begins again, as long as before: a closing is not a word of the neighbour.
    @Test func silenceIsCountedOn() throws {
        var scene = PullScene(peers: [1])
        scene.pass(400_000_000)
        _ = scene.lose(1)
        var source = try #require(scene.receiver.transfer?.sources[0])
        #expect(source.lastHeard == ReceiverTests.second / 2)
        #expect(source.work.repeats == 0)
        // 500 ms, the latency and the time of twenty shards.
        #expect(source.work.repeatAt == scene.now + 530_000_000)
        scene.pass(530_000_000)
        _ = scene.takePulls(of: 1)
        scene.note(scene.receiver.onWake(at: scene.now))
        #expect(scene.takePulls(of: 1) == [0])
        source = try #require(scene.receiver.transfer?.sources[0])
        #expect(source.work.repeats == 1)
        #expect(scene.lose(1).count == 20)
        source = try #require(scene.receiver.transfer?.sources[0])
        #expect(source.work.repeatAt == scene.now + 2 * 530_000_000)
    }

    @Test func nothingHappensIfNothingIsOnTheWay() {
        var receiver = Receiver(node: 9)
        #expect(receiver.onPullsLost(from: 1, at: 0) == [])
        _ = receiver.onLink(to: 1, isUp: true, at: 0)
        _ = receiver.onStart(at: 0)
        #expect(receiver.onPullsLost(from: 1, at: 1) == [])
        var scene = PullScene()
        #expect(scene.lose(3) == [])
        for shard in 0..<20 { _ = scene.shard(shard, from: shard < 10 ? 1 : 2) }
        #expect(scene.lose(1) == [])
    }

    @Test func linkThatIsDownHasNothingOnTheWay() {
        var scene = PullScene()
        scene.note(scene.receiver.onLink(to: 1, isUp: false, at: scene.now))
        // The other one has been asked for all of it.
        #expect(scene.takePulls(of: 2).contains(0))
        _ = scene.takePulls(of: 1)
        #expect(scene.lose(1) == [])
        scene.note(scene.receiver.onLink(to: 1, isUp: true, at: scene.now + 1))
        #expect(scene.lose(1) == [])
    }

    /// Shards of a second each come over three connections at once: nothing for three seconds, and then all. They were
    /// repeated after one and a half, and given to others after three, when one shard was expected at a time.
    @Test(arguments: [nil, .repeatedTooEarly] as [PlantedDefect?])
    func whatComesOverSeveralConnectionsIsWaitedFor(_ defect: PlantedDefect?) {
        var scene = PullScene(bandwidth: 8000, defect: defect)
        let pulls = scene.takePulls(of: 1)
        #expect(pulls == [0, 1, 2])
        _ = scene.takePulls(of: 2)
        for _ in 0..<60 { scene.wake(after: 50_000_000) }
        #expect(scene.takePulls(of: 1).isEmpty == (defect == nil))
        #expect(scene.receiver.transfer?.sources[0].isServing == true)
        guard defect == nil else { return }
        scene.pass(10_000_000)
        for shard in pulls.reversed() { scene.shard(shard, from: 1) }
        #expect(scene.receiver.figures?.repeats == 0)
        #expect(scene.takePulls(of: 1) == [3, 4, 5])
    }

    /// What has been overtaken may still be coming over another connection, until all that was on the way has had its time.
    @Test func whatIsOvertakenHasItsTime() throws {
        var scene = PullScene(peers: [1], bandwidth: 80_000)
        #expect(scene.takePulls(of: 1) == [0, 1, 2])
        for k in 1...3 {
            scene.pass(50_000_000)
            scene.shard(k, from: 1)
        }
        #expect(scene.takePulls(of: 1) == [3, 4, 5])
        #expect(scene.receiver.transfer?.sources[0].work.inFlight.map(\.shard) == [0, 4, 5])
        scene.pass(100_000_000)
        scene.shard(4, from: 1)
        #expect(scene.takePulls(of: 1) == [6])
        scene.pass(100_000_000)
        scene.shard(5, from: 1)
        #expect(scene.takePulls(of: 1) == [0, 7])
    }

    @Test func plantedDefectIsFound() {
        var scene = PullScene(defect: .lostPullsForgotten)
        #expect(scene.lose(1) == [])
        var sound = PullScene()
        #expect(sound.lose(1) != [])
    }

    /// A node hands its event on to its receiver.
    @Test func nodePullsAgain() throws {
        var settings = NodeSettings(stateBytes: 3000, reduction: ReductionSettings(samples: 100, batch: 10, chunks: 1))
        settings.receiver.shardSizes = [PullScene.shardSize]
        var node = ClusterNode(id: 9, founding: nil, settings: settings)
        _ = node.onStart(at: 0)
        _ = node.onConnected(to: 1, at: 0)
        _ = node.onMessage(.monitor(.heartbeat(Heartbeat(sent: 0, echo: nil, held: 0))), from: 1, at: 0)
        _ = node.onJoin(at: 0)
        _ = node.onMessage(.replication(ReceiverTests.offer(3000)), from: 1, at: 0)
        let now = 150_000_000
        _ = node.onWake(at: now)
        let view = View(number: 2, members: [1], learners: [.init(9, admitted: 2)], links: [Link(1, 9)])
        _ = node.onMessage(.decided(view), from: 1, at: now)
        _ = node.onMessage(.replication(.snapshot(admitted: 2, begun: 2, step: PullScene.step)), from: 1, at: now)
        let pulls = (0..<3).map {
            ClusterNode.Action.send(
                .replication(.pull(step: PullScene.step, shardSize: PullScene.shardSize, shard: $0)), to: 1)
        }
        #expect(node.onShardConnectionClosed(to: 2, at: now) == [])
        #expect(node.onShardConnectionClosed(to: 1, at: now) == pulls)
        #expect(node.onShardConnectionClosed(to: 1, at: now) == [])
        _ = node.onClosed(to: 1, at: now)
        #expect(node.onShardConnectionClosed(to: 1, at: now) == [])
    }
}
