import ChaosModel
import ChaosProtocol
import Testing

/// The joiner's side alone: asking, and being refused.
struct ReceiverTests {
    static let second = 1_000_000_000

    static func offer(_ bytes: Int, limit: Int? = nil) -> ReplicationMessage {
        .offer(Offer(stateBytes: bytes, bandwidth: nil, latency: nil, ready: 0, overhead: 0, limit: limit))
    }

    static func receiver(_ peers: [NodeID]) -> Receiver {
        var receiver = Receiver(node: 9)
        for peer in peers { _ = receiver.onLink(to: peer, isUp: true, at: 0) }
        #expect(receiver.onStart(at: 0).count { if case .send(.ask, _) = $0 { true } else { false } } == peers.count)
        return receiver
    }

    @Test func asksAgainUntilItGivesUp() {
        var receiver = Self.receiver([1, 2])
        #expect(receiver.onMessage(.refusal(.policy), from: 1, at: 10) == [])
        #expect(receiver.onWake(at: Self.second / 2).contains(.send(.ask, to: 2)))
        let actions = receiver.onWake(at: 2 * Self.second)
        #expect(actions.contains(.unserved([1: .refused(.policy), 2: .silent])))
        #expect(receiver.phase == .resting(until: 3 * Self.second))
        // Then it asks both.
        let again = receiver.onWake(at: 3 * Self.second)
        #expect(again.contains(.send(.ask, to: 1)) && again.contains(.send(.ask, to: 2)))
    }

    @Test func restsGrowUpToABound() {
        var receiver = Self.receiver([1])
        var now = 0
        var pauses: [Int] = []
        for _ in 0..<10 {
            _ = receiver.onMessage(.refusal(.memory), from: 1, at: now)
            _ = receiver.onWake(at: now + Self.second / 2)
            guard case .resting(let until) = receiver.phase else { break }
            pauses.append((until - now - Self.second / 2) / Self.second)
            now = until
            _ = receiver.onWake(at: now)
        }
        #expect(pauses == [1, 1, 2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test func measurementsOfBothEndsCount() {
        var receiver = Self.receiver([1, 2, 3])
        _ = receiver.onMeasured(
            [1: LinkQuality(bandwidth: 70, roundTrip: 5), 2: LinkQuality(bandwidth: 300, roundTrip: 6)], at: 0)
        let offer = Offer(stateBytes: 1, bandwidth: 100, latency: nil, ready: 1, overhead: 2, limit: nil)
        #expect(receiver.onMessage(.offer(offer), from: 1, at: 40).contains(.join))
        #expect(!receiver.onMessage(.offer(offer), from: 2, at: 40).contains(.join))
        _ = receiver.onMessage(Self.offer(1), from: 3, at: 40)
        let actions = receiver.onWake(at: Self.second / 2)
        guard case .solved(let instance, _)? = actions.first else { return #expect(Bool(false), "\(actions)") }
        #expect(instance.neighbors.map(\.bandwidth) == [70, 100, 100_000_000])
        #expect(instance.neighbors.map(\.latency) == [5, 6, 40])
    }

    /// A link that neither end has measured counts as what others have measured from that neighbour; the plan is made when the
    /// first snapshot is there, though links are unmeasured.
    @Test func whatOthersHaveMeasuredCounts() {
        var settings = ReceiverSettings()
        settings.measuring = 60 * Self.second
        var receiver = Receiver(node: 9, settings: settings)
        _ = receiver.onStart(at: 0)
        for peer in [1, 2] as [NodeID] { _ = receiver.onLink(to: peer, isUp: true, at: 0) }
        receiver.onEstimate(of: 1, bandwidth: 5_000)
        for peer in [1, 2] as [NodeID] { _ = receiver.onMessage(Self.offer(500), from: peer, at: 40) }
        #expect(receiver.onWake(at: Self.second).allSatisfy { if case .solved = $0 { false } else { true } })
        let view = View(
            number: 2, members: [1, 2], learners: [View.Learner(9, admitted: 2)],
            links: [Link(1, 2), Link(1, 9), Link(2, 9)])
        _ = receiver.onView(view, at: Self.second)
        let actions = receiver.onMessage(.snapshot(admitted: 2, begun: 2, step: 7), from: 1, at: Self.second + 1)
        guard case .solved(let instance, _)? = actions.first else { return #expect(Bool(false), "\(actions)") }
        #expect(instance.neighbors.map(\.bandwidth) == [5_000, 100_000_000])
        #expect(receiver.phase == .pulling)
    }

    @Test func offersOfAnotherStateAreLeftOut() {
        var receiver = Self.receiver([1, 2, 3])
        for (peer, bytes) in [(1, 500), (2, 400), (3, 500)] as [(NodeID, Int)] {
            _ = receiver.onMessage(Self.offer(bytes), from: peer, at: 1)
        }
        let actions = receiver.onWake(at: Self.second / 2)
        #expect(actions.first == .leftOut(2, stateBytes: 400, expected: 500))
        // Of two different ones neither counts.
        receiver = Self.receiver([1, 2])
        _ = receiver.onMessage(Self.offer(500), from: 1, at: 1)
        _ = receiver.onMessage(Self.offer(400), from: 2, at: 1)
        let unserved = receiver.onWake(at: Self.second / 2)
        #expect(unserved.contains(.unserved([1: .otherState(bytes: 500), 2: .otherState(bytes: 400)])))
    }

    @Test func limitsThatAreTooLowAreSaid() {
        var receiver = Self.receiver([1])
        _ = receiver.onMessage(Self.offer(1 << 20, limit: 1 << 19), from: 1, at: 1)
        let actions = receiver.onWake(at: Self.second / 2)
        guard case .unserved(let reasons)? = actions.first, case .noPlan(let reason)? = reasons[1] else {
            return #expect(Bool(false), "\(actions)")
        }
        #expect(reason.contains("8 short"))
    }

    /// A state of 2^53 bytes would have more than 2^24 shards of every size.
    @Test func stateThatIsTooLargeIsRefused() {
        var receiver = Self.receiver([1])
        _ = receiver.onMessage(Self.offer(1 << 53), from: 1, at: 1)
        guard case .unserved? = receiver.onWake(at: Self.second / 2).first else { return #expect(Bool(false)) }
    }

    @Test func messageOfAPeerWithoutLinkIsIgnored() {
        var receiver = Self.receiver([1])
        #expect(receiver.onMessage(Self.offer(1), from: 2, at: 1) == [])
        #expect(receiver.onMessage(.snapshot(admitted: 1, begun: 1, step: 1), from: 1, at: 1) == [])
        #expect(receiver.onMessage(.shard(step: 1, shardSize: 1, shard: 1), from: 1, at: 1) == [])
    }
}
