import ChaosIdentity
import ChaosProtocol
import ChaosWire
import Logging
import NIOCore

/// Looks whether there is a cluster already, before a node founds one: a node that is started again must not make a second.
///
/// It dials addresses and looks at the introductions that come, and at nothing else. Confined to the event loop.
final class ClusterSearch: @unchecked Sendable {
    enum Finding: Equatable {
        /// A node of a cluster is there, or one that does not take this node, for a reason.
        case cluster
        /// All have answered, and none is in a cluster; or the time is over.
        case none(unreachable: [Endpoint])
    }

    /// Tells nobody of anything.
    private final class Deaf: TransportOwner {
        func checkClaim(_ claim: Claim?, of peer: NodeID, certificate: [UInt8]?) throws {}
        func onConnected(to peer: NodeID, claim: Claim?) {}
        func onClosed(to peer: NodeID) {}
        func onShardConnectionClosed(to peer: NodeID) {}
        func check(_ message: Message, payload: Int, from peer: NodeID) throws {}
        func onMessage(_ message: Message, _ payload: ByteBuffer?, from peer: NodeID, duration: Int?) {}
        func onReceivedTogether() {}
        func onRefusal() {}
        func bytes(of shard: Peer.Shard) -> ShardBytes { .gone }
    }

    private let owner = Deaf()
    private let transport: Transport
    private let loop: any EventLoop
    private let end: Int
    private let promise: EventLoopPromise<Finding>

    /// - Parameters:
    ///   - introduction: of this node, which belongs to no cluster yet.
    ///   - time: how long it looks at most, in ns.
    init(
        _ introduction: Introduction, at endpoints: [Endpoint], for time: Int, on loop: any EventLoop,
        bounds: TransportBounds, credentials: Credentials?, logger: Logger
    ) {
        var introduction = introduction
        introduction.founding = nil
        self.loop = loop
        end = Clock.now + time
        promise = loop.makePromise()
        transport = Transport(
            introduction, within: time, on: loop, connections: 1, bandwidth: nil, payloads: PayloadPool(most: 0),
            bounds: bounds, credentials: credentials, logger: logger, owner: owner)
        for endpoint in endpoints { transport.add(contact: endpoint) }
    }

    func run() -> EventLoopFuture<Finding> {
        look()
        return promise.futureResult.flatMap { finding in self.transport.stop().map { finding } }
    }

    private func look() {
        let others = transport.contacts.filter { !$0.isSelf }
        if transport.introduction.founding != nil || others.contains(where: \.isRefused) {
            return promise.succeed(.cluster)
        }
        let unreachable = others.filter { !$0.hasAnswered }.map(\.endpoint)
        if unreachable.isEmpty || Clock.now >= end { return promise.succeed(.none(unreachable: unreachable)) }
        loop.scheduleTask(in: .milliseconds(20)) { self.look() }
    }
}
