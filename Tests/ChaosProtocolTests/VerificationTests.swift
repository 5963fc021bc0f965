import Testing

@testable import ChaosProtocol

/// Which shards are taken for right, and whom digests are asked of.
struct VerificationTests {
    /// Each sends its part, and tells of another's: every shard is read for a digest once besides the receiver.
    @Test(arguments: [2, 3, 4], [false, true]) func eachShardHasOneWitness(neighbors: Int, isAuthenticated: Bool) {
        let peers = (1...neighbors).map { NodeID(UInt64($0)) }
        var scene = PullScene(peers: peers, isAuthenticated: isAuthenticated)
        let parts = peers.map { scene.takePulls(of: $0) }
        let asked = scene.questions
        var told: [Int] = []
        for (peer, part) in zip(peers, parts) {
            let run = asked[peer, default: []].flatMap(Array.init)
            #expect(Set(run).isDisjoint(with: part), "\(peer) tells of what it sends")
            #expect(abs(run.count - 20 / neighbors) <= 1, "\(peer): \(run)")
            told += run
        }
        #expect(told.sorted() == Array(0..<20))
        scene.answerAll()
        scene.deliverInTime(Array(zip(peers, parts)))
        #expect(scene.isComplete)
        #expect(scene.questions == [:])
    }

    /// The digests may come after the shards.
    @Test func digestsMayBeLate() {
        var scene = PullScene()
        for shard in 0..<10 { scene.shard(shard, from: 1) }
        for shard in 10..<20 { scene.shard(shard, from: 2) }
        #expect(!scene.isComplete)
        scene.answer(from: 1)
        #expect(!scene.isComplete)
        scene.answer(from: 2)
        #expect(scene.isComplete)
    }

    /// What a neighbour sends in another's place is told by yet another one, and not by itself.
    @Test func nobodyIsItsOwnWitness() {
        var scene = PullScene(isAuthenticated: true)
        scene.answerAll()
        // Neighbour 2 told of the first ten, and sends one of them.
        for shard in 0..<9 { scene.shard(shard, from: 1) }
        for shard in 9..<20 { scene.shard(shard, from: 2) }
        #expect(!scene.isComplete)
        #expect(scene.questions[1] == [9..<10])
        scene.answerAll()
        #expect(scene.isComplete)
    }

    @Test func nobodyIsItsOwnWitnessWhereThatIsPlanted() {
        var scene = PullScene(isAuthenticated: true, defect: .neighborCountedTwice)
        scene.answerAll()
        for shard in 0..<9 { scene.shard(shard, from: 1) }
        for shard in 9..<20 { scene.shard(shard, from: 2) }
        #expect(scene.isComplete)
    }

    /// Alone it is believed; over a connection that anything may happen to, it tells digests of what it sends.
    @Test(arguments: [false, true]) func oneNeighborAlone(isAuthenticated: Bool) {
        var scene = PullScene(peers: [1], isAuthenticated: isAuthenticated)
        #expect(scene.questions == (isAuthenticated ? [:] : [1: [0..<20]]))
        for shard in 0..<20 { scene.shard(shard, from: 1) }
        #expect(scene.isComplete == isAuthenticated)
        scene.answerAll()
        #expect(scene.isComplete)
    }

    /// What it has sent before it went is told by the one that is left.
    @Test func oneGoesHalfway() {
        var scene = PullScene(isAuthenticated: true)
        for shard in 0..<5 { scene.shard(shard, from: 1) }
        scene.drop(1)
        scene.wake(after: ReceiverTests.second)
        for shard in 5..<20 { scene.shard(shard, from: 2) }
        scene.answer(from: 1)
        #expect(!scene.isComplete)
        scene.answer(from: 2)
        // The first may be back in a moment; of what the other has sent it alone knows then.
        #expect(!scene.isComplete)
        scene.wake(after: 2 * ReceiverTests.second)
        #expect(scene.isComplete)
    }

    /// One sends something else than it has: its own digest shows it, even where there are two only.
    @Test(arguments: [false, true]) func aWrongShardOfTwo(isAuthenticated: Bool) {
        var scene = PullScene(isAuthenticated: isAuthenticated)
        scene.answerAll()
        scene.shard(3, from: 1, version: 7)
        #expect(scene.questions[1] == [0..<10])
        scene.answerAll()
        #expect(scene.suspects == [1: .shard(3)])
        scene.wake(after: ReceiverTests.second)
        let again = scene.takePulls(of: 2)
        #expect(again.contains(3))
        for shard in 0..<20 { scene.shard(shard, from: 2) }
        #expect(scene.isComplete)
    }

    /// Who is wrong is told by the third.
    @Test(arguments: [false, true]) func aThirdDecides(sends: Bool) {
        var scene = PullScene(peers: [1, 2, 3], isAuthenticated: true)
        let first = scene.takePulls(of: 1)
        let witness = scene.questions.first { $0.value.contains { $0.contains(0) } }!.key
        let third: NodeID = witness == 2 ? 3 : 2
        if sends {
            scene.answerAll()
            scene.shard(0, from: 1, version: 7)
        } else {
            scene.answer(from: witness, wrong: [0])
            scene.answerAll()
            scene.shard(0, from: 1)
        }
        #expect(first.contains(0))
        #expect(scene.questions[third] == [0..<first.count])
        scene.answerAll()
        #expect(scene.suspects == (sends ? [1: .shard(0)] : [witness: .digest(shard: 0)]))
    }

    /// Two that differ, and nobody else: neither is believed.
    @Test func twoThatDiffer() {
        var scene = PullScene(isAuthenticated: true)
        scene.answer(from: 2, wrong: [4])
        scene.answer(from: 1)
        scene.shard(4, from: 1)
        scene.answer(from: 1)
        guard case .unverifiable(4, let opinions) = scene.failure else {
            Issue.record("\(String(describing: scene.failure))")
            return
        }
        #expect(Set(opinions.keys) == [1, 2])
    }

    /// A witness that does not answer is asked again, and then another one.
    @Test func aSilentWitness() {
        var scene = PullScene(peers: [1, 2, 3], isAuthenticated: true)
        let witness = scene.questions.first { $0.value.contains { $0.contains(0) } }!.key
        scene.questions[witness] = nil
        scene.wake(after: ReceiverTests.second)
        #expect(scene.questions[witness] != nil)
        scene.questions[witness] = nil
        for _ in 0..<3 {
            scene.wake(after: ReceiverTests.second)
            scene.questions[witness] = nil
        }
        #expect(scene.questions.contains { $0.value.contains { $0.contains(0) } })
    }

    /// One that lies while the links of both others flap is not believed for being alone: they say what is right when they are
    /// back.
    @Test(arguments: [false, true]) func aLiarAloneForAMoment(isAuthenticated: Bool) {
        var scene = PullScene(peers: [1, 2, 3], isAuthenticated: isAuthenticated)
        let first = scene.takePulls(of: 1)
        scene.questions = [:]
        for peer in [2, 3] as [NodeID] { scene.drop(peer) }
        scene.shard(first[0], from: 1, version: 7)
        for _ in 0..<10 { scene.wake(after: 100_000_000) }
        for peer in [2, 3] as [NodeID] { scene.lift(peer) }
        for _ in 0..<30 {
            scene.wake(after: 100_000_000)
            for peer in [2, 3] as [NodeID] { scene.answer(from: peer) }
            scene.answer(from: 1, wrong: [first[0]])
        }
        #expect(scene.suspects[1] != nil)
        #expect(!scene.isComplete)
    }

    /// A neighbour that serves and tells no digests is given up, and what the other has sent is taken.
    @Test func aMuteWitness() {
        var scene = PullScene(isAuthenticated: true)
        for _ in 0..<200 where !scene.isComplete {
            for shard in scene.takePulls(of: 1) { scene.shard(shard, from: 1) }
            for shard in scene.takePulls(of: 2) { scene.shard(shard, from: 2) }
            scene.answer(from: 1)
            scene.questions[2] = nil
            scene.wake(after: ReceiverTests.second / 2)
        }
        #expect(scene.isComplete)
    }
}
