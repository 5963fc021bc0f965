import ChaosControl
import ChaosModel
import ChaosNode
import ChaosProtocol
import ChaosTesting
import ChaosWire
import Foundation
import Testing

/// Whoever does not speak the protocol is shown out, and nobody else notices.
@Suite(.serialized, .timeLimit(.minutes(2))) struct StrangerTests {
    /// Sends bytes, and reads until the node closes the connection.
    /// - Returns: whether it did within ten seconds.
    private func isClosed(after bytes: [UInt8], at endpoint: Endpoint) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(endpoint.port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0)
        var time = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return count == 0 || errno == ECONNRESET }
        }
    }

    private static func frame(_ message: WireMessage, payload: [UInt8] = []) throws -> [UInt8] {
        try Frame(header: try message.header(), payload: payload).bytes
    }

    /// Of a stranger that says of the training what the node says of it.
    private static func introduction(
        to node: Node, version: UInt32 = Introduction.version, id: NodeID = 77, cluster: String = "test",
        training: String? = nil, founding: Digest? = nil, lane: Introduction.Lane = .control
    ) throws -> [UInt8] {
        try frame(
            .introduction(
                Introduction(
                    version: version, node: id, cluster: cluster, training: training ?? node.introduction.training,
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
                try Self.frame(.message(.reduction(.total(view: 1, step: 0, chunk: 0))), payload: [1, 2, 3])),
            try introduced(try Self.frame(.message(.reduction(.total(view: 1, step: 0, chunk: 4000))))),
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
            ControlRequest.lie(true), .slow(factor: 2), .join, .linkRemove(peer: 5), .linkAdd(peer: 2, address: "x"),
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
        #expect(try cluster[1].waitForEnd() == .left(isReleased: false))
        #expect(throws: ControlFailure.self) { try ControlClient(cluster.folder + "/1") }
    }
}
