import ChaosDocuments
import ChaosIdentity
import ChaosProtocol
import ChaosWire
import Foundation
import Logging
import NIOCore
import NIOPosix

/// What a transport tells the node. All calls are on the event loop.
protocol TransportOwner: AnyObject {
    /// - Throws: `Refused` if the claim is not the peer's, or to an id that another life has.
    func checkClaim(_ claim: Claim?, of peer: NodeID, certificate: [UInt8]?) throws
    func onConnected(to peer: NodeID, claim: Claim?)
    func onClosed(to peer: NodeID)
    /// A connection for shards has closed, once for each, while that for control stays. What was on its way over it does
    /// not come.
    func onShardConnectionClosed(to peer: NodeID)
    /// - Throws: if the payload cannot be what the message says.
    func check(_ message: Message, payload: Int, from peer: NodeID) throws
    func onMessage(_ message: Message, _ payload: ByteBuffer?, from peer: NodeID, duration: Int?)
    /// A connection was closed because of what the other end is, says or does.
    func onRefusal()
    /// All messages that had come together have been told.
    func onReceivedTogether()
    func bytes(of shard: Peer.Shard) -> ShardBytes
}

enum ShardBytes {
    case ready(ShardReader)
    /// The snapshot is being taken.
    case pending
    case gone
}

/// The connections of a node: one to each neighbour for everything but shards, and some for these when there are any.
///
/// Either end of a link may dial. When both do, the connection dialled by the lesser id stays, and of two dialled by the
/// same node the later one, for then the earlier is dead. Whoever dials the one dials the others.
///
/// What is to be sent waits here and not in the channels, so that messages without a payload go before numbers, and what
/// is not needed any more need not be sent. Nothing waits without bound for a peer that reads slowly. Confined to the
/// event loop.
final class Transport: ConnectionOwner, @unchecked Sendable {
    private static let firstBackoff = 50_000_000
    private static let longestBackoff = 5_000_000_000
    /// Of shards that have come, from all peers together, and are not in the state; beyond it no more are read.
    static let mostUnwritten = 8 << 20

    private(set) var introduction: Introduction
    let introductionTime: Int
    let loop: any EventLoop
    private let connectionsPerPeer: Int
    /// Nil: connections are neither encrypted nor authenticated.
    private(set) var credentials: Credentials?
    private let bandwidth: Int?
    /// For what goes over control connections.
    let payloads: PayloadPool
    /// For shards, until they are written.
    let shardPayloads = PayloadPool(most: 256)
    /// Of shards that are being sent.
    var pieces = ReusedBuffers(most: 16)
    /// Of shards that have come and are not in the state.
    private var unwritten = 0
    let logger: Logger
    unowned let owner: any TransportOwner
    private(set) var peers: [NodeID: Peer] = [:]
    private var server: (any Channel)?
    /// Addresses that are kept connected, whoever is there.
    var contacts: [Contact] = []
    /// Connections that have not said who they are.
    private var strangers: [ObjectIdentifier: Connection] = [:]
    private var complaints = StrangerComplaints()
    private(set) var isStopped = false
    /// When messages that have come together, and are being told, were read; what is sent meanwhile goes when all have been.
    /// All of them had come by then, however long it takes to tell them one after another.
    private(set) var readAt: Int?
    /// What goes to all neighbours is encoded once.
    var lastFrame: (message: Message, bytes: ByteBuffer)?
    /// Connections that are being made.
    private var connecting = 0
    private let idle: EventLoopPromise<Void>
    private let bounds: TransportBounds
    var expiryCheck: Scheduled<Void>?
    /// Of headers that are not complete, on all connections together.
    private var heldBytes = 0

    init(
        _ introduction: Introduction, within introductionTime: Int, on loop: any EventLoop, connections: Int,
        bandwidth: Int?, payloads: PayloadPool, bounds: TransportBounds = TransportBounds(),
        credentials: Credentials? = nil, logger: Logger, owner: any TransportOwner
    ) {
        self.introduction = introduction
        self.introductionTime = introductionTime
        self.loop = loop
        connectionsPerPeer = connections
        self.bandwidth = bandwidth
        self.payloads = payloads
        self.bounds = bounds
        self.credentials = credentials
        self.logger = logger
        self.owner = owner
        idle = loop.makePromise()
    }

    // MARK: Listening and dialling

    func listen(on endpoint: Endpoint) -> EventLoopFuture<Endpoint> {
        ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = Connection(channel, to: nil, lane: .control, owner: self)
                    self.strangers[ObjectIdentifier(connection)] = connection
                    self.makeRoomForStrangers()
                    try self.addHandlers(of: connection)
                }
            }
            .bind(host: endpoint.host, port: endpoint.port)
            .map { channel in
                self.server = channel
                return Endpoint(channel.localAddress) ?? endpoint
            }
    }

    /// Where too many have connected and not said who they are, the oldest connection of the address with the most of them
    /// goes: whoever comes from elsewhere is never shut out by them.
    private func makeRoomForStrangers() {
        let waiting = strangers.values.filter { $0.dialled == nil }
        guard waiting.count > bounds.strangers else { return }
        let byAddress = Dictionary(grouping: waiting, by: \.address)
        let most = byAddress.values.max { ($0.count, $0[0].address) < ($1.count, $1[0].address) }
        let oldest = most?.min { $0.begun < $1.begun }
        oldest?.close(because: "too many connections without an introduction", isFault: true)
    }

    private func addHandlers(of connection: Connection) throws {
        let pipeline = connection.channel.pipeline.syncOperations
        if let credentials {
            let refused: @Sendable (String) -> Void = { [loop, weak connection] reason in
                let connection = connection
                loop.execute { connection?.onRefusal(reason) }
            }
            try pipeline.addHandler(HandshakeGuard(connection, most: bounds.handshake))
            try pipeline.addHandler(
                connection.dialled == nil
                    ? credentials.serverHandler(refused: refused) : credentials.clientHandler(refused: refused))
        }
        try pipeline.addHandler(FrameHandler(connection))
    }

    /// Takes other credentials for the connections to come, and closes those of institutions that are not trusted any more.
    func use(_ credentials: Credentials) {
        self.credentials = credentials
        for connection in open {
            guard let institution = connection.institution,
                !trusts(institution)
            else { continue }
            connection.close(because: "\(institution) is not trusted any more", isFault: true)
        }
    }

    /// All connections.
    var open: [Connection] { peers.values.flatMap(\.open) + Array(strangers.values) }

    func trusts(_ institution: Institution) -> Bool {
        credentials?.trust.institutions.contains(institution) ?? false
    }

    /// A link that is kept up from now on.
    func add(_ id: NodeID, at endpoint: Endpoint) {
        let peer = peer(id)
        peer.isRemoved = false
        if peer.endpoint != endpoint { peer.failures = 0 }
        (peer.endpoint, peer.isChosen) = (endpoint, false)
        dial(peer)
    }

    func remove(_ id: NodeID) {
        let peer = peer(id)
        peer.isRemoved = true
        peer.endpoint = nil
        peer.retry?.cancel()
        disconnect(id)
    }

    /// This node's claim to its id, from now on.
    func use(_ claim: Claim) { introduction.claim = claim }

    /// Nobody is told any more of a cluster whose founding view this node would have.
    func forgetFounding() { introduction.founding = nil }

    func peer(_ id: NodeID) -> Peer {
        if let peer = peers[id] { return peer }
        let peer = Peer(id, limit: bandwidth.map(RateLimit.init(rate:)))
        peers[id] = peer
        return peer
    }

    func dial(_ peer: Peer) {
        guard !isStopped, let endpoint = peer.endpoint, peer.control == nil, !peer.isDialling else { return }
        peer.isDialling = true
        peer.retry?.cancel()
        connect(to: .peer(peer.id), at: endpoint, lane: .control)
    }

    func connect(to dialled: Dialled, at endpoint: Endpoint, lane: Introduction.Lane) {
        connecting += 1
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = Connection(channel, to: dialled, lane: lane, owner: self)
                    self.strangers[ObjectIdentifier(connection)] = connection
                    try self.addHandlers(of: connection)
                }
            }
        // An address needs nobody to look it up.
        let address = try? SocketAddress(ipAddress: endpoint.host, port: endpoint.port)
        let connected =
            address.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: endpoint.host, port: endpoint.port)
        connected.whenComplete { [logger] result in
            self.connecting -= 1
            if self.isStopped, self.connecting == 0 { self.idle.succeed() }
            guard case .failure(let error) = result else { return }
            logger.debug("cannot connect", metadata: ["at": "\(endpoint)", "error": "\(error)"])
            self.strangers = self.strangers.filter { $0.value.isOpen && $0.value.channel.isActive }
            let reason = "cannot connect to \(endpoint): \(Self.words(of: error))"
            switch dialled {
            case .peer(let id):
                self.peers[id]?.trouble = reason
                self.dialEnded(peer: id, lane: lane, isConnected: false)
            case .contact(let contact): self.missed(contact, because: reason)
            }
        }
    }

    /// What the system says, without the names of types.
    private static func words(of error: any Error) -> String {
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        if let failed = error.connectionErrors.first { return words(of: failed.error) }
        let isUnknown = error.dnsAError != nil || error.dnsAAAAError != nil
        return isUnknown ? "the name \(error.host) is unknown" : "\(error)"
    }

    private func dialEnded(peer id: NodeID, lane: Introduction.Lane, isConnected: Bool) {
        guard let peer = peers[id] else { return }
        switch lane {
        case .control:
            peer.isDialling = false
            if isConnected { peer.failures = 0 } else { dialLater(peer) }
        case .shards:
            peer.shardsDialling = max(0, peer.shardsDialling - 1)
            if !isConnected, !peer.shards.isEmpty { dialLater(peer) }
        }
    }

    /// Before it is dialled again, in ns.
    static func pause(after failures: Int) -> Int { min(longestBackoff, firstBackoff << min(failures, 10)) }

    private func dialLater(_ peer: Peer) {
        guard !isStopped, peer.endpoint != nil else { return }
        peer.retry?.cancel()
        // Two nodes that have lost each other do not dial at the same moment.
        let extra = peer.id < introduction.node ? Self.firstBackoff / 2 : 0
        let pause = Self.pause(after: peer.failures) + extra
        peer.failures += 1
        let id = peer.id
        peer.retry = loop.scheduleTask(in: .nanoseconds(Int64(pause))) {
            guard let peer = self.peers[id] else { return }
            self.dial(peer)
            self.dialShards(peer)
        }
    }

    /// Opens connections for shards, if this node is the one that dials the peer.
    func dialShards(_ peer: Peer) {
        guard !isStopped, let control = peer.control, control.dialled != nil, let endpoint = peer.endpoint else {
            return
        }
        while peer.shardConnections.count + peer.shardsDialling < connectionsPerPeer {
            peer.shardsDialling += 1
            connect(to: .peer(peer.id), at: endpoint, lane: .shards)
        }
    }

    func disconnect(_ id: NodeID) {
        for connection in peers[id]?.open ?? [] { connection.close(because: "given up", isFault: false) }
    }

    /// Closes everything.
    /// - Returns: when nothing is under way any more.
    func stop() -> EventLoopFuture<Void> {
        isStopped = true
        server?.close(promise: nil)
        expiryCheck?.cancel()
        for contact in contacts { contact.retry?.cancel() }
        for peer in peers.values {
            peer.retry?.cancel()
            disconnect(peer.id)
        }
        for connection in Array(strangers.values) { connection.close(because: "ended", isFault: false) }
        if connecting == 0 { idle.succeed() }
        return idle.futureResult
    }

    // MARK: Connections

    func isRemoved(_ node: NodeID) -> Bool { peers[node]?.isRemoved ?? false }

    func introduced(_ connection: Connection, _ theirs: Introduction) throws {
        let contact = connection.dialled?.contact
        contact?.hasAnswered = true
        do { try checkIntroduction(theirs, of: connection) } catch {
            contact?.isRefused = theirs.node != introduction.node
            throw error
        }
        contact?.isRefused = false
        try take(connection, of: theirs)
    }

    private func checkIntroduction(_ theirs: Introduction, of connection: Connection) throws {
        guard theirs.sharesVersion(with: introduction) else {
            throw Refused(
                "versions \(theirs.oldestVersion) … \(theirs.version) of the protocol; allowed: one of "
                    + "\(introduction.oldestVersion) … \(introduction.version): the older of both nodes needs an upgrade"
            )
        }
        guard theirs.cluster == introduction.cluster else {
            throw Refused("cluster \"\(SingleLine.of(theirs.cluster))\"; allowed: \"\(introduction.cluster)\"")
        }
        guard theirs.training == introduction.training else {
            let found = SingleLine.of(theirs.training, most: Introduction.mostTrainingBytes)
            throw Refused(Self.difference(between: found, and: introduction.training))
        }
        if let founding = theirs.founding, founding != introduction.founding ?? founding {
            throw Refused("another founding view or another first state; allowed: those of this node")
        }
        connection.dialled?.contact?.isSelf = theirs.node == introduction.node
        guard theirs.node != introduction.node else { throw Refused("node \(theirs.node), which is this one") }
        if let dialled = connection.dialled?.node, dialled != theirs.node {
            throw Refused("node \(theirs.node); allowed: \(dialled), which was dialled")
        }
        try owner.checkClaim(theirs.claim, of: theirs.node, certificate: connection.identity?.certificate)
        if let there = peers[theirs.node]?.control?.institution, there != connection.institution {
            throw Refused("node \(theirs.node), which is connected already, of \(there)")
        }
    }

    /// What it says of itself is right.
    private func take(_ connection: Connection, of theirs: Introduction) throws {
        let peer = peer(theirs.node)
        guard !peer.isRemoved, !isStopped else { throw Refused("node \(theirs.node), whose link was removed") }
        strangers[ObjectIdentifier(connection)] = nil
        switch connection.dialled {
        case .peer?: dialEnded(peer: peer.id, lane: connection.lane, isConnected: true)
        case .contact(let contact)?:
            (contact.isDialling, contact.failures, contact.trouble) = (false, 0, nil)
            contact.peer = peer.id
            // For shards, which are dialled where the connection for control was.
            if peer.endpoint == nil { peer.endpoint = contact.endpoint }
        case nil: break
        }
        connection.onPayload = { [weak peer] in peer?.meter.note($0, at: $1) }
        if connection.institution != nil { connection.onArrival = { [weak peer] in peer?.meter.noteArrival(at: $0) } }
        switch connection.lane {
        case .shards:
            guard peer.control != nil, peer.shardConnections.count < 64 else {
                throw Refused("a connection for shards without one for control, or the 65th")
            }
            peer.shardConnections.append(connection)
        case .control:
            let old = peer.control
            if let old, old.initiator != connection.initiator, old.initiator == min(peer.id, introduction.node) {
                throw Refused("a second connection, dialled by the greater id", isFault: false)
            }
            peer.control = connection
            // Through one that joins two clusters of one name must not become one.
            if introduction.founding == nil { introduction.founding = theirs.founding }
            guard let old else { return owner.onConnected(to: peer.id, claim: theirs.claim) }
            // Whoever has dialled the new one closes the old one: if both did, the other end might see the old one closed
            // before it hears of the new one, and take the link for broken.
            if connection.dialled != nil || old.initiator == connection.initiator {
                old.close(because: "replaced", isFault: false)
            } else {
                peer.retired.append(old)
            }
        }
    }

    /// The first place where two descriptions of training differ, with some words around it.
    static func difference(between theirs: String, and ours: String) -> String {
        let (theirs, ours) = (theirs.split(separator: " "), ours.split(separator: " "))
        let place = zip(theirs, ours).prefix { $0 == $1 }.count
        func words(_ text: [Substring]) -> String {
            let first = max(0, place - 2)
            let some = text.dropFirst(first).prefix(place - first + 3)
            return (first > 0 ? "… " : "") + some.joined(separator: " ") + (text.count > first + some.count ? " …" : "")
        }
        return "other training: \"\(words(theirs))\"; allowed: \"\(words(ours))\""
    }

    func closed(_ connection: Connection, because reason: String, isFault: Bool) {
        strangers[ObjectIdentifier(connection)] = nil
        let address = connection.channel.remoteAddress.map { "\($0)" } ?? "unknown"
        let name = connection.peer.map(\.description) ?? "stranger"
        defer { closed(connection, ofContactBecause: reason) }
        if isFault { owner.onRefusal() }
        var metadata: Logger.Metadata = [
            "peer": "\(name)", "address": "\(address)", "lane": "\(connection.lane)", "why": "\(reason)",
        ]
        var isTold = isFault
        if isFault, connection.peer == nil, connection.dialled == nil {
            let count = complaints.count(at: Clock.now)
            isTold = count != nil
            if let count, count > 1 { metadata["others"] = "\(count - 1) since the last such line" }
        }
        logger.log(level: isTold ? .warning : .debug, "connection closed", metadata: metadata)
        let peer = connection.peer.flatMap { peers[$0] }
        if connection.lane == .control, let known = peer ?? connection.dialled?.node.flatMap({ peers[$0] }),
            known.control == nil || known.control === connection
        {
            known.trouble = SingleLine.of(reason)
        }
        peer?.retired.removeAll { $0 === connection }
        guard let peer, connection === peer.control || peer.shardConnections.contains(where: { $0 === connection })
        else {
            if let dialled = connection.dialled?.node {
                dialEnded(peer: dialled, lane: connection.lane, isConnected: false)
            }
            if let peer { forgetStranger(peer) }
            return
        }
        peer.bytesSent += connection.bytesSent
        peer.bytesReceived += connection.bytesReceived
        guard connection === peer.control else {
            peer.shardConnections.removeAll { $0 === connection }
            if !peer.shards.isEmpty { dialLater(peer) }
            if peer.control != nil { owner.onShardConnectionClosed(to: peer.id) }
            return
        }
        peer.control = nil
        // Whoever is at its address next may be another one.
        if contacts.contains(where: { $0.peer == peer.id && $0.endpoint == peer.endpoint }) { peer.endpoint = nil }
        peer.drop()
        for other in peer.shardConnections {
            other.close(because: "the connection for control is closed", isFault: false)
        }
        forgetStranger(peer)
        owner.onClosed(to: peer.id)
        dialLater(peer)
    }

    /// Of whoever comes by itself and has no connection nothing is kept: ids cost nothing.
    func forgetStranger(_ peer: Peer) {
        if peer.endpoint == nil, peer.control == nil, !peer.isRemoved { peers[peer.id] = nil }
    }

    func check(_ message: Message, payload: Int, on connection: Connection) throws {
        guard let peer = connection.peer else { return }
        try owner.check(message, payload: payload, from: peer)
    }

    func receiveTogether(_ body: () throws -> Void) rethrows {
        readAt = Clock.now
        defer {
            readAt = nil
            owner.onReceivedTogether()
        }
        try body()
    }

    func receive(_ message: Message, _ payload: ByteBuffer?, on connection: Connection) {
        guard let id = connection.peer, let peer = peers[id] else { return }
        let duration = payload.flatMap { peer.meter.duration(of: $0.readableBytes, at: Clock.now) }
        owner.onMessage(message, payload, from: id, duration: duration)
    }

    func noteHeld(_ change: Int) -> Bool {
        heldBytes += change
        return change <= 0 || heldBytes <= bounds.headers
    }

    // MARK: Receiving

    /// A shard has come, and is to be verified and written.
    func noteUnwritten(_ payload: ByteBuffer) {
        let before = unwritten
        unwritten += payload.readableBytes
        if before <= Self.mostUnwritten, unwritten > Self.mostUnwritten { readShards(false) }
    }

    /// This shard is in the state, or dropped. Its memory is for others.
    func noteWritten(_ payload: consuming ByteBuffer) {
        let before = unwritten
        unwritten -= payload.readableBytes
        shardPayloads.give(payload)
        if before > Self.mostUnwritten, unwritten <= Self.mostUnwritten { readShards(true) }
    }

    private func readShards(_ reads: Bool) {
        for peer in peers.values { for connection in peer.shardConnections { connection.setReading(reads) } }
    }
}
