import ChaosProtocol
import Testing

struct ServerTests {
    static let view = View(number: 2, members: [1, 2], learners: [.init(7, admitted: 2), .init(8, admitted: 2)])

    static func server(_ policy: ServingPolicy = ServingPolicy()) -> Server {
        var server = Server(node: 1, stateBytes: 1000, policy: policy, retry: 10)
        for peer in [2, 7, 8, 9] as [NodeID] { _ = server.onLink(to: peer, isUp: true, at: 0) }
        return server
    }

    static func pull(_ shard: Int, step: Int = 5) -> ReplicationMessage {
        .pull(step: step, shardSize: 300, shard: shard)
    }

    @Test func outsiderRefuses() {
        var server = Self.server()
        #expect(server.onMessage(.ask, from: 7, at: 0) == [.send(.refusal(.noState), to: 7)])
        #expect(server.onMessage(Self.pull(0), from: 7, at: 0) == [.send(.gone(step: 5), to: 7)])
        #expect(server.onBegun(View(number: 3, members: [2], learners: Self.view.learners), step: 5, at: 0) == [])
    }

    @Test func policyDecidesWhomAndHowMuch() {
        var server = Self.server(
            ServingPolicy(audience: .only([7, 9]), mostBytes: 700, bandwidth: 50, overhead: 3, mostSnapshots: 1))
        _ = server.onView(Self.view, at: 0)
        _ = server.onMeasured([7: LinkQuality(bandwidth: 80, roundTrip: 9)], ready: 4, at: 0)
        let offer = Offer(stateBytes: 1000, bandwidth: 50, latency: 9, ready: 4, overhead: 3, limit: 700)
        #expect(server.onMessage(.ask, from: 7, at: 0) == [.send(.offer(offer), to: 7)])
        #expect(server.onMessage(.ask, from: 8, at: 0) == [.send(.refusal(.policy), to: 8)])
        // Only 7 is told of a snapshot.
        #expect(
            server.onBegun(Self.view, step: 5, at: 0) == [
                .takeSnapshot(step: 5), .send(.snapshot(admitted: 2, begun: 2, step: 5), to: 7), .wake(at: 10),
            ])
        // There is room for one snapshot: 7 would exchange its own for another one, 9 would need a second.
        #expect(server.onMessage(.ask, from: 7, at: 0) == [.send(.offer(offer), to: 7)])
        #expect(server.onMessage(.ask, from: 9, at: 0) == [.send(.refusal(.memory), to: 9)])
        for shard in 0..<2 {
            let actions = server.onMessage(Self.pull(shard), from: 7, at: 0)
            #expect(actions == [.sendShard(step: 5, shardSize: 300, shard: shard, to: 7)])
        }
        // 600 bytes are served; 300 more would pass the limit, the last 100 do not.
        #expect(server.onMessage(Self.pull(2), from: 7, at: 0) == [.send(.gone(step: 5), to: 7)])
        #expect(
            server.onMessage(Self.pull(3), from: 7, at: 0)
                == [.sendShard(step: 5, shardSize: 300, shard: 3, to: 7)])
        #expect(server.servedBytes(to: 7) == 700)
        #expect(server.onMessage(Self.pull(0), from: 8, at: 0) == [.send(.gone(step: 5), to: 8)])
    }

    @Test func shardsBeyondTheStateAreRefused() {
        var server = Self.server()
        _ = server.onView(Self.view, at: 0)
        _ = server.onBegun(Self.view, step: 5, at: 0)
        #expect(server.onMessage(Self.pull(4), from: 7, at: 0).contains(.refused(.shard(4), from: 7)))
        let digests = ReplicationMessage.pullDigests(step: 5, shardSize: 300, first: 3, count: 2)
        #expect(server.onMessage(digests, from: 7, at: 0).contains(.refused(.shard(3), from: 7)))
    }

    @Test func snapshotIsSharedToldAgainAndFreedAtLast() {
        var server = Self.server()
        _ = server.onView(Self.view, at: 0)
        let begun = server.onBegun(Self.view, step: 5, at: 0)
        #expect(begun.count { $0 == .takeSnapshot(step: 5) } == 1)
        #expect(server.onMessage(Self.pull(0), from: 7, at: 3).count == 1)
        // Only 8 has not pulled yet.
        #expect(
            server.onWake(at: 10) == [.send(.snapshot(admitted: 2, begun: 2, step: 5), to: 8), .wake(at: 20)])
        // A later step of the same view takes no other snapshot.
        #expect(server.onBegun(Self.view, step: 6, at: 11) == [])
        // 7 becomes a member; 8 is still there.
        let third = View(number: 3, members: [1, 2, 7], learners: [.init(8, admitted: 2)])
        #expect(server.onView(third, at: 12) == [])
        // 8 is admitted anew: another snapshot.
        let fourth = View(number: 4, members: [1, 2, 7], learners: [.init(8, admitted: 4)])
        #expect(server.onView(fourth, at: 13) == [.freeSnapshot(step: 5)])
        #expect(
            server.onBegun(fourth, step: 9, at: 14) == [
                .takeSnapshot(step: 9), .send(.snapshot(admitted: 4, begun: 4, step: 9), to: 8), .wake(at: 24),
            ])
        #expect(server.onView(View(number: 5, members: [1, 2, 7]), at: 15) == [.freeSnapshot(step: 9)])
        #expect(server.snapshots == [])
    }

    @Test func learnerWithoutRoomIsTold() {
        var server = Self.server(ServingPolicy(mostSnapshots: 1))
        let first = View(number: 2, members: [1], learners: [.init(7, admitted: 2)])
        _ = server.onView(first, at: 0)
        _ = server.onBegun(first, step: 5, at: 0)
        let second = View(number: 3, members: [1], learners: [.init(7, admitted: 2), .init(8, admitted: 3)])
        let actions = server.onBegun(second, step: 6, at: 1)
        #expect(actions == [.send(.refusal(.memory), to: 8)])
    }
}
