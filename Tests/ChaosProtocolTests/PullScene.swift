import ChaosModel

@testable import ChaosProtocol

/// A receiver that has just asked its neighbours, two unless told otherwise, for all of 20 shards, an equal part of each unless a
/// plan says otherwise:
/// 8 Mbit/s unless told otherwise, 1 ms a shard, and 10 ms from a request to the first byte.
struct PullScene {
    static let step = 5
    static let shards = 20
    static let shardSize = 1000

    var receiver: Receiver
    var now = ReceiverTests.second / 2
    /// What has been asked of each since the last look.
    var pulls: [NodeID: [Int]] = [:]
    /// Of whose shards digests have been asked, and not been answered.
    var questions: [NodeID: [Range<Int>]] = [:]
    var suspects: [NodeID: Receiver.Suspicion] = [:]
    var failure: Receiver.Failure?
    var isComplete = false

    init(
        peers: [NodeID] = [1, 2], bandwidth: Int = 8_000_000, limits: [NodeID: Int] = [:],
        isAuthenticated: Bool = false,
        plan: Plan? = nil, defect: PlantedDefect? = nil
    ) {
        var settings = ReceiverSettings()
        settings.shardSizes = [Self.shardSize]
        settings.isAuthenticated = isAuthenticated
        receiver = Receiver(node: 9, settings: settings, plan: plan, defect: defect)
        for peer in peers { _ = receiver.onLink(to: peer, isUp: true, at: 0) }
        _ = receiver.onStart(at: 0)
        for peer in peers {
            let offer = Offer(
                stateBytes: Self.shards * Self.shardSize, bandwidth: bandwidth, latency: 10_000_000, ready: 0,
                overhead: 0, limit: limits[peer])
            _ = receiver.onMessage(.offer(offer), from: peer, at: 0)
        }
        note(receiver.onWake(at: now))
        note(receiver.onView(View(number: 2, members: peers, learners: [.init(9, admitted: 2)]), at: now))
        for peer in peers {
            note(receiver.onMessage(.snapshot(admitted: 2, begun: 2, step: Self.step), from: peer, at: now))
        }
    }

    mutating func note(_ actions: [Receiver.Action]) {
        for action in actions {
            switch action {
            case .send(.pull(Self.step, Self.shardSize, let shard), let peer): pulls[peer, default: []].append(shard)
            case .send(.pullDigests(Self.step, Self.shardSize, let first, let count), let peer):
                questions[peer, default: []].append(first..<first + count)
            case .suspect(let peer, let suspicion): suspects[peer] = suspicion
            case .abandoned(let failure): self.failure = failure
            case .complete: isComplete = true
            default: break
            }
        }
    }

    mutating func takePulls(of peer: NodeID) -> [Int] { pulls.removeValue(forKey: peer) ?? [] }

    /// - Parameter version: of what is sent; 0: the right one.
    @discardableResult mutating func shard(_ shard: Int, from peer: NodeID, version: UInt64 = 0) -> [Receiver.Action] {
        let digest = Digest(words: [UInt64(shard), version, 0, 0])
        let actions = receiver.onMessage(
            .shard(step: Self.step, shardSize: Self.shardSize, shard: shard),
            payload: Payload(bytes: Self.shardSize, digest: digest), from: peer, at: now)
        note(actions)
        return actions
    }

    /// Each neighbour sends its shards, one after the other and none too early.
    mutating func deliverInTime(_ parts: [(peer: NodeID, shards: [Int])]) {
        pass(10_000_000)
        for k in 0..<(parts.map(\.shards.count).max() ?? 0) {
            pass(1_000_000)
            for part in parts where k < part.shards.count { shard(part.shards[k], from: part.peer) }
        }
    }

    /// The neighbour answers all that it was asked about digests.
    /// - Parameter wrong: of these it tells other ones.
    mutating func answer(from peer: NodeID, wrong: Set<Int> = []) {
        for run in questions.removeValue(forKey: peer) ?? [] {
            let digests = run.map { Digest(words: [UInt64($0), wrong.contains($0) ? 1 : 0, 0, 0]) }
            note(
                receiver.onMessage(
                    .digests(step: Self.step, shardSize: Self.shardSize, first: run.lowerBound, digests),
                    from: peer, at: now))
        }
    }

    /// All neighbours answer rightly, until nothing is asked any more.
    mutating func answerAll() { while let peer = questions.keys.min() { answer(from: peer) } }

    mutating func lose(_ peer: NodeID) -> [Receiver.Action] {
        let actions = receiver.onPullsLost(from: peer, at: now)
        note(actions)
        return actions
    }

    mutating func drop(_ peer: NodeID) { note(receiver.onLink(to: peer, isUp: false, at: now)) }

    mutating func lift(_ peer: NodeID) { note(receiver.onLink(to: peer, isUp: true, at: now)) }

    mutating func pass(_ time: Int) { now += time }

    mutating func wake(after time: Int) {
        now += time
        note(receiver.onWake(at: now))
    }
}
