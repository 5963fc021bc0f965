import ChaosControl
import ChaosDocuments
import ChaosModel
import ChaosNode
import ChaosProtocol
import ChaosTesting
import ChaosWire
import Foundation
import Testing

/// Whoever does not speak the protocol is shown out, and nobody else notices.
@Suite(.serialized, .timeLimit(.minutes(30))) struct StrangerTests {
    /// Sends bytes, and reads until the node closes the connection.
    private func isClosed(after bytes: [UInt8], at endpoint: Endpoint) throws -> Bool {
        let socket = try RawSocket(to: endpoint)
        socket.write(bytes)
        return socket.readsItsEnd()
    }

    private static func frame(_ message: WireMessage, payload: [UInt8] = []) throws -> [UInt8] {
        let header = try message.header()
        return try FramePrefix(header: header.count, payload: payload.count).bytes + header + payload
    }

    /// Of a stranger that says of the training what the node says of it.
    private static func introduction(
        to node: Node, version: UInt32 = Introduction.version, id: NodeID = 77, cluster: String = "test",
        training: String? = nil, founding: Digest? = nil, lane: Introduction.Lane = .control
    ) throws -> [UInt8] {
        try frame(
            .introduction(
                Introduction(
                    version: version, oldestVersion: version, node: id, cluster: cluster,
                    training: training ?? node.introduction.training,
                    founding: founding, lane: lane)))
    }

    @Test func wrongFramesCloseTheConnectionOnly() throws {
        let cluster = try LocalCluster()
        try cluster.start(cluster.config(1, founders: [1], trainer: .perceptron(LocalCluster.digits)))
        let (node, endpoint) = (cluster[1], cluster.endpoint(1))
        func introduced(_ rest: [UInt8] = [], lane: Introduction.Lane = .control) throws -> [UInt8] {
            try Self.introduction(to: node, lane: lane) + rest
        }
        let wrong: [[UInt8]] = [
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
            // A header of 4 MiB before anybody has said who it is.
            try FramePrefix(header: 4 << 20, payload: 0).bytes,
            try FramePrefix(header: 3, payload: 0).bytes + [255, 255, 255],
            try Self.introduction(to: node, cluster: "another"),
            try Self.introduction(to: node, version: 9),
            try Self.introduction(to: node, id: 1),
            try Self.introduction(to: node, training: "another"),
            try Self.introduction(to: node, founding: Digest(bytes: [UInt8](repeating: 1, count: 32))),
            // A connection for shards without one for all else.
            try introduced([], lane: .shards),
            try Self.frame(.message(.hello(view: 1, digest: 0))),
            try introduced(try introduced([])),
            try introduced(
                try Self.frame(.message(.replication(.shard(step: 0, shardSize: 64, shard: 0))), payload: [1])),
            // Numbers of a chunk that are too few, and of a chunk that there is not.
            try introduced(
                try Self.frame(
                    .message(.reduction(.total(view: 1, step: 0, chunk: 0, samples: 8))), payload: [1, 2, 3])),
            try introduced(try Self.frame(.message(.reduction(.total(view: 1, step: 0, chunk: 4000, samples: 8))))),
            try introduced([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ]
        for (i, bytes) in wrong.enumerated() { #expect(try isClosed(after: bytes, at: endpoint), "case \(i)") }
        var random = SeededRandom(seed: 5)
        for _ in 0..<50 {
            let noise = (0..<random.int(12...400)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let start = random.int(0...1) == 0 ? [] : try FramePrefix(header: noise.count, payload: 0).bytes
            #expect(try isClosed(after: start + noise, at: endpoint))
        }
        let step = try cluster[1].status().step ?? 0
        try cluster.wait("steps") { try cluster[1].status().step ?? 0 > step + 5 }
        try cluster.killAll()
    }

    /// Whoever says nothing is not waited for.
    @Test func aSilentStrangerIsShownOut() throws {
        let cluster = try LocalCluster()
        var config = cluster.config(1, founders: [1], trainer: .perceptron(LocalCluster.digits))
        config.introduction = 100_000_000
        let node = try cluster.start(config)
        #expect(try isClosed(after: [], at: cluster.endpoint(1)))
        // But whoever has said it may be silent.
        let socket = try RawSocket(to: cluster.endpoint(1))
        socket.write(try Self.introduction(to: node))
        #expect(try isClosed(after: [], at: cluster.endpoint(1)))
        #expect(try node.status().links.map(\.connections) == [1])
        withExtendedLifetime(socket) {}
        try cluster.killAll()
    }

    /// Those that keep connections open and say nothing shut nobody out, however many they open and how few may stay.
    @Test(arguments: [TransportBounds().strangers, 20]) func silentStrangersShutNobodyOut(most: Int) throws {
        let cluster = try LocalCluster()
        // Nobody is shown out for being silent.
        var config = cluster.config(1, founders: [1], trainer: .perceptron(LocalCluster.digits))
        config.bounds.strangers = most
        let node = try cluster.start(config)
        let endpoint = cluster.endpoint(1)
        let quiet = try RawSocket(to: endpoint, from: 3)
        var flood: [RawSocket] = []
        for _ in 0..<600 { flood.append(try RawSocket(to: endpoint, from: 2)) }
        let newcomer = try RawSocket(to: endpoint, from: 4)
        newcomer.write(try Self.introduction(to: node))
        try cluster.wait("the link") { try node.status().links.contains { $0.peer == 77 && $0.connections == 1 } }
        // Also whoever has waited all the time is let in.
        quiet.write(try Self.introduction(to: node, id: 78))
        try cluster.wait("the other link") { try node.status().links.contains { $0.peer == 78 } }
        try cluster.wait("the end of most") { flood.filter { $0.hasEnded() }.count >= 600 - most }
        let step = try node.status().step ?? 0
        try cluster.wait("steps") { try node.status().step ?? 0 > step + 5 }
        withExtendedLifetime((newcomer, flood)) {}
        try cluster.killAll()
    }

    /// Who answers under a wrong name now may have gone when the node dials again.
    @Test func dialsAgainAfterAnotherHasAnswered() throws {
        let cluster = try LocalCluster()
        let node = try cluster.start(
            cluster.config(1, founders: [1], trainer: .perceptron(LocalCluster.digits)))
        let listener = try RawSocket.listening()
        node.connect(to: 2, at: try listener.endpoint())
        let other = try listener.accepted()
        other.write(try Self.introduction(to: node, id: 9))
        #expect(other.readsItsEnd())
        let right = try listener.accepted()
        right.write(try Self.introduction(to: node, id: 2))
        try cluster.wait("the link") { try node.status().links.contains { $0.peer == 2 && $0.connections == 1 } }
        withExtendedLifetime((listener, right)) {}
        try cluster.killAll()
    }

    /// A link may be removed before anybody has come over it. Whoever comes then gets no answer: an introduction would make
    /// it believe that it is connected, and dial again at once.
    @Test func aRemovedPeerGetsNoAnswer() throws {
        let cluster = try LocalCluster()
        var config = cluster.config(1, founders: [1], trainer: .perceptron(LocalCluster.digits))
        config.control = cluster.folder + "/control"
        let node = try cluster.start(config)
        func bytes(_ id: NodeID) throws -> Int? {
            let socket = try RawSocket(to: cluster.endpoint(1))
            // The second message closes the connection of whoever is welcome.
            let hello = try Self.introduction(to: node, id: id)
            socket.write(hello + hello)
            return socket.bytesBeforeItsEnd()
        }
        let control = try ControlClient(cluster.folder + "/control")
        #expect(try control.send(.linkRemove(peer: 77)) == .done)
        #expect(try bytes(77) == 0)
        #expect(try bytes(78) ?? 0 > 0)
        try cluster.killAll()
    }

    /// A joiner takes over the founding of the first neighbour that has one, and refuses those of another.
    @Test func aJoinerConnectsNoTwoFoundings() throws {
        let cluster = try LocalCluster()
        let node = try cluster.start(cluster.config(1, founders: [], trainer: .perceptron(LocalCluster.digits)))
        let endpoint = cluster.endpoint(1)
        let foundings = [1, 2].map { Digest(bytes: [UInt8](repeating: $0, count: 32)) }
        func introduced(_ id: NodeID, _ founding: Digest?) throws -> RawSocket {
            let socket = try RawSocket(to: endpoint)
            socket.write(try Self.introduction(to: node, id: id, founding: founding))
            return socket
        }
        func connects(_ ids: [NodeID]) throws {
            try cluster.wait("connections to \(ids)") { try node.status().links.map(\.peer) == ids }
        }
        // Whoever has met no founder says nothing of them.
        let joiner = try introduced(70, nil)
        try connects([70])
        let founder = try introduced(71, foundings[0])
        try connects([70, 71])
        #expect(try introduced(72, foundings[1]).readsItsEnd())
        let another = try introduced(73, foundings[0])
        try connects([70, 71, 73])
        withExtendedLifetime([joiner, founder, another]) {}
        try cluster.killAll()
    }

    /// Two nodes that dial each other end with one connection for control.
    @Test func keepsOneOfTwoConnections() throws {
        let cluster = try LocalCluster()
        for id: NodeID in [1, 2] {
            try cluster.start(cluster.config(id, founders: [1, 2], trainer: .perceptron(LocalCluster.digits)))
        }
        cluster[1].connect(to: 2, at: cluster.endpoint(2))
        cluster[2].connect(to: 1, at: cluster.endpoint(1))
        try cluster.wait("steps") { try cluster[1].status().step ?? 0 > 20 }
        // One for control, and two more if on a busy machine one of them had to join again.
        for id: NodeID in [1, 2] {
            try cluster.wait("one connection for control") {
                let connections = try cluster[id].status().links.map(\.connections)
                return connections == [1] || connections == [3]
            }
        }
        // The link was never taken for broken.
        for id: NodeID in [1, 2] {
            #expect(try !cluster.entries(id).contains { if case .linkDown = $0.event { true } else { false } })
        }
        try cluster.killAll()
    }

    @Test func theControlSocketAnswers() throws {
        let cluster = try LocalCluster()
        var config = cluster.config(1, founders: [1], trainer: .perceptron(LocalCluster.digits))
        config.control = cluster.folder + "/1"
        config.experiments = false
        try cluster.start(config)
        let client = try ControlClient(cluster.folder + "/1")
        guard case .status(let status) = try client.send(.status) else { throw LocalCluster.Timeout(what: "a status") }
        #expect(status.node == 1 && status.cluster == "test" && status.role == .member)
        for request in [
            ControlRequest.lie(true), .slow(factor: 2), .join, .linkRemove(peer: 1), .linkAdd(peer: 2, address: "x"),
            .linkAdd(peer: 1, address: "h:1"),
        ] {
            guard case .refused = try client.send(request) else { throw LocalCluster.Timeout(what: "\(request)") }
        }
        #expect(try client.send(.linkAdd(peer: 2, address: "127.0.0.1:1")) == .done)
        #expect(try client.send(.linkRemove(peer: 2)) == .done)
        // Another node may not take the socket.
        var other = cluster.config(2, founders: [2], trainer: .perceptron(LocalCluster.digits))
        other.control = config.control
        #expect(throws: InvalidInput.self) { try cluster.start(other) }
        #expect(try client.send(.leave) == .done)
        #expect(try cluster.waitForEnd(1) == .left(isReleased: false))
        #expect(throws: ControlFailure.self) { try ControlClient(cluster.folder + "/1") }
    }

    /// Peers that begin long headers and do not end them: what is held of all of them together is bounded.
    @Test(arguments: [TransportBounds().headers, 8 << 20]) func headersThatDoNotEndAreBounded(most: Int) throws {
        let cluster = try LocalCluster()
        var config = cluster.config(1, founders: [1], trainer: .perceptron(LocalCluster.digits))
        // None is to be closed because it is silent.
        config.monitor.failureBound = 3_600_000_000_000
        config.monitor.disconnect = 3_600_000_000_000
        config.bounds.headers = most
        try cluster.start(config)
        let start = try FramePrefix(header: 4 << 20, payload: 0).bytes + [UInt8](repeating: 0x0A, count: 2 << 20)
        var sockets: [RawSocket] = []
        for id in (100..<140).map({ NodeID($0) }) {
            let socket = try RawSocket(to: cluster.endpoint(1))
            socket.write(try Self.introduction(to: cluster[1], id: id))
            socket.write(start)
            sockets.append(socket)
        }
        // 2 MiB were offered on each of 40.
        let closed = 40 - most / (2 << 20)
        try cluster.wait("\(closed) that are closed") { sockets.filter { $0.hasEnded() }.count >= closed }
        #expect(try cluster[1].status().phase != .leaving)
    }
}
