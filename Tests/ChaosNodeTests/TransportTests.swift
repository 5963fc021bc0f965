import ChaosProtocol
import ChaosTesting
import ChaosWire
import Foundation
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import ChaosNode

/// Two transports on loopback, and what they tell.
@Suite(.timeLimit(.minutes(30))) final class TransportTests {
    private final class Owner: TransportOwner, @unchecked Sendable {
        var told: [String] = []

        func checkClaim(_ claim: Claim?, of peer: NodeID, certificate: [UInt8]?) throws {}
        func onConnected(to peer: NodeID, claim: Claim?) { told.append("connected to \(peer)") }
        func onClosed(to peer: NodeID) { told.append("closed to \(peer)") }
        func onShardConnectionClosed(to peer: NodeID) { told.append("shard connection closed to \(peer)") }
        func check(_ message: Message, payload: Int, from peer: NodeID) {}
        func onMessage(_ message: Message, _ payload: ByteBuffer?, from peer: NodeID, duration: Int?) {}
        func onReceivedTogether() {}
        func onRefusal() { told.append("refusal") }
        func bytes(of shard: Peer.Shard) -> ShardBytes { .gone }
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let owners = [Owner(), Owner()]
    private let transports: [Transport]

    init() {
        let loop = group.next()
        transports = owners.enumerated().map { i, owner in
            Transport(
                Introduction(node: NodeID(UInt64(i + 1)), cluster: "test"), within: 5_000_000_000, on: loop,
                connections: 2, bandwidth: nil, payloads: PayloadPool(most: 2),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, owner: owner)
        }
    }

    deinit {
        for transport in transports { try? transport.loop.flatSubmit { transport.stop() }.wait() }
        try? group.syncShutdownGracefully()
    }

    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        try transports[0].loop.submit(body).wait()
    }

    private func wait(_ what: String, until isSo: @escaping @Sendable () -> Bool) throws {
        let end = ContinuousClock.now + .hanging
        while try !onLoop(isSo) {
            guard ContinuousClock.now < end else { throw LocalCluster.Timeout(what: "\(what): \(owners.map(\.told))") }
            usleep(2000)
        }
    }

    /// Each end is told once of each connection for shards that closes, whoever closes it, and not of those that close
    /// because the connection for control does.
    @Test func tellsOfAShardConnectionThatCloses() throws {
        let (one, two) = (transports[0], transports[1])
        let (first, second) = (owners[0], owners[1])
        let endpoint = try one.loop.flatSubmit {
            one.listen(on: Endpoint(host: "127.0.0.1", port: 0))
        }.wait()
        try onLoop { two.add(1, at: endpoint) }
        try wait("a connection") { first.told == ["connected to 2"] && second.told == ["connected to 1"] }
        func openShards() throws {
            try onLoop { two.dialShards(two.peers[1]!) }
            try wait("connections for shards") {
                one.peers[2]!.shardConnections.count == 2 && two.peers[1]!.shardConnections.count == 2
            }
        }
        for cut in 1...3 {
            try openShards()
            try onLoop {
                let end = cut == 2 ? two.peers[1]! : one.peers[2]!
                end.shardConnections[0].channel.close(promise: nil)
            }
            try wait("the end of one") {
                first.told == ["connected to 2"] + Array(repeating: "shard connection closed to 2", count: cut)
                    && second.told == ["connected to 1"] + Array(repeating: "shard connection closed to 1", count: cut)
            }
        }
        try openShards()
        try onLoop { one.disconnect(2) }
        // The node that has dialled does so again.
        try wait("the end of all, and another") {
            first.told.suffix(2) == ["closed to 2", "connected to 2"]
                && second.told.suffix(2) == ["closed to 1", "connected to 1"]
        }
        let told = try onLoop { [first.told, second.told] }
        #expect(told.map(\.count) == [6, 6], "\(told)")
        #expect(try onLoop { one.peers[2]!.shardConnections.isEmpty && two.peers[1]!.shardConnections.isEmpty })
    }

    /// A pull goes on when connections that carry its shards are cut.
    @Test func aPullGoesOnWhenItsConnectionsAreCut() throws {
        let cluster = try LocalCluster()
        var synthetic = TrainerConfig.Synthetic(bytes: 4 << 20)
        // So that a learner is not left behind by more steps than it keeps.
        synthetic.timePerStep = 20_000_000
        let trainer = TrainerConfig.synthetic(synthetic)
        var config = cluster.config(1, founders: [1], trainer: trainer, batch: 1000)
        config.policy.bandwidth = 20_000_000
        let server = try cluster.start(config)
        var joiner = cluster.config(2, founders: [1], trainer: trainer, batch: 1000)
        // Of one neighbour all would be pulled as one shard.
        joiner.receiver.shardSizes = [64 << 10]
        try cluster.start(joiner)
        try cluster.wait("some shards") { try cluster[2].status().transfer?.bytes ?? 0 > 1 << 20 }
        let cut = try server.loop.submit {
            let connections = server.transport.peers[2]!.shardConnections
            for connection in connections { connection.channel.close(promise: nil) }
            return connections.count
        }.wait()
        #expect(cut > 0)
        try cluster.wait("the join") { try cluster.members(2) == [1, 2] }
        try cluster.killAll()
        let check = try JournalCheck(cluster)
        check.expectPromises(dead: [1, 2], batch: 1000, samples: 1 << 20)
        var written: Set<Int> = []
        for event in check.events(2) {
            switch event {
            case .abandoned(let reason): Issue.record("\(reason)")
            case .written(_, _, let shard, _): #expect(written.insert(shard).inserted)
            default: break
            }
        }
    }
}
