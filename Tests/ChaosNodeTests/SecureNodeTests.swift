import ChaosControl
import ChaosDocuments
import ChaosIdentity
import ChaosProcess
import ChaosProtocol
import ChaosTesting
import ChaosWire
import Foundation
import NIOCore
import Testing

@testable import ChaosNode

/// Nodes with identities, and whoever attacks them, on real sockets.
@Suite(.serialized, .timeLimit(.minutes(30))) struct SecureNodeTests {
    private let cluster: LocalCluster
    private let identities: IdentityFolder

    init() throws {
        (cluster, identities) = (try LocalCluster(), try IdentityFolder())
        for name in ["one", "two", "stranger"] { try identities.authority(name) }
    }

    /// A node of an institution that trusts one and two.
    private func config(_ id: NodeID, of institution: String, founders: [NodeID]) throws -> NodeConfig {
        var config = cluster.config(id, founders: founders, trainer: .perceptron(LocalCluster.digits))
        let files = try identities.node("node-\(id)", of: institution, trusting: ["one", "two"])
        config.identity = NodeConfig.Identity(certificate: files.certificate, key: files.key, trust: files.trust)
        return config
    }

    /// They train, a third joins them and pulls the state, and each says whose node it speaks with.
    @Test func trainAndJoinOverTLS() throws {
        try cluster.start(try config(1, of: "one", founders: [1, 2]))
        try cluster.start(try config(2, of: "two", founders: [1, 2]))
        try cluster.wait("steps") { try cluster[1].status().step ?? 0 > 5 }
        try cluster.start(try config(3, of: "two", founders: [1, 2]))
        try cluster.wait("the join") { try cluster.members(3) == [1, 2, 3] }
        try cluster.waitForSteps(of: 3)
        let status = try cluster[1].status()
        #expect(status.institution == "one" && status.certificateExpiry != nil)
        #expect(Dictionary(status.links.map { ($0.peer, $0.institution) }) { $1 } == [2: "two", 3: "two"])
        try cluster.killAll()
        try JournalCheck(cluster).expectPromises(dead: [1, 2, 3], batch: 100, samples: 1438)
    }

    /// What an attacker gets: the handshake fails, and not a byte of the protocol comes.
    @Test func strangersGetNothing() throws {
        try cluster.start(try config(1, of: "one", founders: [1]))
        let (node, endpoint) = (cluster[1], cluster.endpoint(1))
        try cluster.waitForSteps(of: 1)
        // In plain text, with all that there is to know.
        let header = try WireMessage.introduction(
            Introduction(node: 77, cluster: "test", training: node.introduction.training)
        ).header()
        let frame = try FramePrefix(header: header.count, payload: 0).bytes + header
        for bytes in [frame, Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0x16, count: 3000)] {
            let socket = try RawSocket(to: endpoint)
            socket.write(bytes)
            // An alert at most.
            #expect(try #require(socket.bytesBeforeItsEnd()) <= 7)
        }
        let expired = try identities.node("expired", of: "one", trusting: [], from: Date() - 20 * 86_400)
        let untrusted = try identities.node("untrusted", of: "stranger", trusting: [])
        let good = try identities.node("good", of: "one", trusting: [])
        let cases: [(name: String, arguments: [String])] = [
            ("no certificate", ["-alpn", "chaos"]),
            ("an expired one", ["-alpn", "chaos", "-cert", expired.certificate, "-key", expired.key]),
            ("an untrusted one", ["-alpn", "chaos", "-cert", untrusted.certificate, "-key", untrusted.key]),
            ("an older TLS", ["-alpn", "chaos", "-tls1_2", "-cert", good.certificate, "-key", good.key]),
            ("another protocol", ["-alpn", "h2", "-cert", good.certificate, "-key", good.key]),
            ("no protocol", ["-cert", good.certificate, "-key", good.key]),
        ]
        for (name, arguments) in cases {
            let said = try say(frame, to: endpoint, arguments)
            #expect(said.isEmpty, "\(name): \(said)")
        }
        // The attacks above fail for their own reasons, and not because nothing would be answered.
        let alpn = ["-alpn", "chaos", "-cert", good.certificate, "-key", good.key]
        let session = identities.path + "/session"
        #expect(try !say(frame, to: endpoint, alpn + ["-sess_out", session]).isEmpty)
        // Whoever comes back with a ticket shows no certificate.
        if DocumentIO.exists(session) {
            #expect(try say(frame, to: endpoint, ["-alpn", "chaos", "-sess_in", session]).isEmpty)
        }
        try cluster.waitForSteps(of: 1)
        #expect(try cluster.members(1) == [1])
        try cluster.killAll()
    }

    /// What a client of OpenSSL gets to read after it has sent these bytes.
    private func say(_ bytes: [UInt8], to endpoint: Endpoint, _ arguments: [String]) throws -> [UInt8] {
        let (input, output) = (
            "\(identities.path)/said-\(UUID().uuidString)", "\(identities.path)/heard-\(UUID().uuidString)"
        )
        try DocumentIO.create(input, bytes, isPrivate: false)
        // It ends when the node closes the connection, which a node that takes it does not: some seconds are enough then.
        let words = ["openssl", "s_client", "-connect", "\(endpoint)", "-quiet", "-no_ign_eof"] + arguments
        let script = "(cat \(input); sleep 3) | timeout 20 \(words.joined(separator: " ")) > \(output) 2>/dev/null"
        _ = try Command("/bin/sh", ["-c", script], timeLimit: .hanging).run()
        return try DocumentIO.read(output)
    }

    /// A dialled node that is not trusted is told nothing.
    @Test func saysNothingToAStrangerThatItDials() throws {
        let server = try RawSocket.listening()
        try cluster.start(try config(1, of: "one", founders: [1]))
        cluster[1].connect(to: 9, at: try server.endpoint())
        let hello = try server.accepted()
        // It begins a handshake, and says no more to whoever does not answer it.
        hello.write(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
        #expect(try #require(hello.bytesBeforeItsEnd()) < 4000)
        try cluster.wait("why") { try cluster[1].status().links.first { $0.peer == 9 }?.trouble != nil }
        try cluster.waitForSteps(of: 1)
        try cluster.killAll()
    }

    /// Who does not trust whom refuses the connection, whoever dials, and says so.
    @Test func trustHasTwoSides() throws {
        try cluster.start(try config(1, of: "one", founders: [1]))
        var doubting = try config(2, of: "two", founders: [1])
        try FileManager.default.removeItem(atPath: doubting.identity!.trust + "/one.pem")
        doubting.joins = false
        try cluster.start(doubting)
        try cluster.wait("why") { try cluster[2].status().links.first?.trouble != nil }
        let trouble = try #require(try cluster[2].status().links.first?.trouble)
        #expect(trouble.contains("a certificate by one, which is not trusted"))
        #expect(try !cluster[1].status().links.contains { $0.isUp })
        // Trust that is given comes to effect with the next reading.
        try FileManager.default.copyItem(
            atPath: identities.path + "/one/authority.pem", toPath: doubting.identity!.trust + "/one.pem")
        #expect(cluster[2].reload(doubting).isEmpty)
        cluster[2].connect(to: 1, at: cluster.endpoint(1))
        try cluster.wait("the link") { try cluster[2].status().links.first?.isUp == true }
        try cluster.killAll()
    }

    /// Trust that is taken away ends connections at once; what cannot be read changes nothing.
    @Test func trustIsWithdrawn() throws {
        let first = try config(1, of: "one", founders: [1, 2])
        try cluster.start(first)
        try cluster.start(try config(2, of: "two", founders: [1, 2]))
        try cluster.wait("the view") { try cluster[1].status().step ?? 0 > 5 && cluster.members(1) == [1, 2] }
        try FileManager.default.moveItem(atPath: first.identity!.key, toPath: first.identity!.key + ".away")
        _ = cluster[1].reload(first)
        try cluster.waitForSteps(of: 1)
        #expect(try cluster[1].status().links.first?.isUp == true)
        try FileManager.default.moveItem(atPath: first.identity!.key + ".away", toPath: first.identity!.key)
        // Whatever is wrong with another file.
        try DocumentIO.write("nothing", to: first.identity!.trust + "/x.pem")
        try FileManager.default.removeItem(atPath: first.identity!.trust + "/two.pem")
        #expect(cluster[1].reload(first).isEmpty)
        try cluster.wait("the end of the link") { try cluster[1].status().links.allSatisfy { !$0.isUp } }
        // The other dials again, and is told.
        try cluster.wait("why") {
            try cluster[2].status().links.first?.trouble?.contains("does not take this node's certificate") == true
        }
        // The lesser id of two goes on, for it has the quorum's word.
        try cluster.wait("another view") { try cluster.members(1) == [1] }
        try cluster.killAll()
    }

    /// A certificate that was renewed takes effect without losing the view.
    @Test func isRenewed() throws {
        let first = try config(1, of: "one", founders: [1, 2])
        try cluster.start(first)
        try cluster.start(try config(2, of: "two", founders: [1, 2]))
        try cluster.wait("the view") { try cluster[2].status().step ?? 0 > 5 && cluster.members(2) == [1, 2] }
        let view = try #require(try cluster[1].status().view)
        let before = try #require(try cluster[1].status().certificateExpiry)
        var renewed = first
        let files = try identities.node("renewed", of: "one", trusting: ["one", "two"], days: 20)
        renewed.identity = NodeConfig.Identity(certificate: files.certificate, key: files.key, trust: files.trust)
        #expect(cluster[1].reload(renewed).isEmpty)
        try cluster.wait("the new one") { try cluster[1].status().certificateExpiry ?? 0 > before }
        try cluster.waitForSteps(of: 2)
        #expect(try cluster[1].status().view == view)
        // Whoever connects now is shown the new one.
        let shown = try identities.run(
            "sh",
            arguments: [
                "-c", "openssl s_client -connect \(cluster.endpoint(1)) -alpn chaos </dev/null 2>/dev/null || true",
            ])
        #expect(shown.contains("CN=renewed") || shown.contains("CN = renewed"), "\(shown)")
        try cluster.killAll()
    }

    /// A certificate that expires while connections are open ends these, and no others; one that is renewed then lets its
    /// node in again.
    @Test func expiryEndsConnections() throws {
        try cluster.start(try config(1, of: "one", founders: [1]))
        try cluster.waitForSteps(of: 1)
        try cluster.start(try config(3, of: "two", founders: [1]))
        try cluster.wait("the first join") { try cluster.members(3) == [1, 3] }
        var short = try config(2, of: "two", founders: [1])
        let lasting = short.identity!
        // Of 10 days, which begin 300 s before they do.
        let files = try identities.node(
            "short", of: "two", trusting: ["one", "two"], from: Date() + 10 + 300 - 10 * 86_400)
        short.identity = NodeConfig.Identity(certificate: files.certificate, key: files.key, trust: files.trust)
        try cluster.start(short)
        try cluster.wait("the join") { try cluster.members(1) == [1, 2, 3] && cluster.members(3) == [1, 2, 3] }
        func link(of node: NodeID, to peer: NodeID) throws -> NodeStatus.Link? {
            try cluster[node].status().links.first { $0.peer == peer }
        }
        // So that it asks for the link again, too.
        cluster[1].connect(to: 2, at: cluster.endpoint(2))
        try cluster.wait("the end of its links") { try cluster.members(1) == [1, 3] && cluster.members(3) == [1, 3] }
        try cluster.waitForSteps(of: 1)
        try cluster.waitForSteps(of: 3)
        try cluster.wait("why, at both ends") {
            try link(of: 1, to: 2)?.trouble == "a certificate that has expired, of short"
                && link(of: 2, to: 1)?.trouble?.contains("does not take this node's certificate") == true
        }
        #expect(try cluster[2].status().links.allSatisfy { !$0.isUp })
        for node: NodeID in [1, 3] {
            #expect(
                try cluster.entries(node).allSatisfy {
                    if case .linkDown(let peer) = $0.event { peer == 2 } else { true }
                })
        }
        short.identity = lasting
        #expect(cluster[2].reload(short).isEmpty)
        try cluster.wait("the links again") { try link(of: 2, to: 1)?.isUp == true && link(of: 2, to: 3)?.isUp == true }
        try cluster.killAll()
    }

    /// Keys of every kind that is taken make a handshake, at both ends.
    @Test(arguments: ["prime256v1", "secp384r1", "secp521r1", "rsa:2048", "ed25519"])
    func everyKindOfKeyWorks(_ kind: String) throws {
        let path = identities.path
        let isCurve = !kind.contains(":") && kind != "ed25519"
        let algorithm = isCurve ? ["ec", "-pkeyopt", "ec_paramgen_curve:\(kind)"] : [kind]
        for id in 1...2 {
            let name = "\(id == 1 ? "one" : "two")"
            try identities.run(
                "openssl",
                arguments: ["req", "-x509", "-newkey"] + algorithm + [
                    "-noenc", "-keyout", "\(path)/k\(id).key", "-out", "\(path)/k\(id).pem", "-subj", "/CN=n\(id)",
                    "-days", "5", "-CA", "\(path)/\(name)/authority.pem", "-CAkey", "\(path)/\(name)/authority.key",
                    "-addext", "basicConstraints=critical,CA:FALSE",
                ])
            chmod("\(path)/k\(id).key", 0o600)
            var config = try config(NodeID(UInt64(id)), of: name, founders: [1])
            config.identity!.certificate = "\(path)/k\(id).pem"
            config.identity!.key = "\(path)/k\(id).key"
            config.joins = false
            try cluster.start(config)
        }
        try cluster.wait("the link") { try cluster[2].status().links.first?.isUp == true }
        try cluster.killAll()
    }

    /// What a peer does not read waits here in parts, and not encrypted all at once: what is urgent overtakes it.
    @Test func waitsForAPeerThatDoesNotRead() throws {
        try cluster.start(try config(1, of: "one", founders: [1]))
        var other = try config(2, of: "two", founders: [1])
        other.joins = false
        try cluster.start(other)
        try cluster.wait("the link") { try cluster[1].status().links.first?.isUp == true }
        let (one, two) = (cluster[1], cluster[2])
        try two.loop.submit { two.transport.peers[1]!.control!.setReading(false) }.wait()
        let sent = 96
        try one.loop.submit {
            let payload = ByteBuffer(repeating: 7, count: 1 << 20)
            for step in 0..<sent {
                one.transport.send(.total(view: 1, step: step, chunk: 0, samples: 1), payload, to: 2)
            }
            one.transport.pump()
        }.wait()
        // Several times what the kernel takes on loopback.
        let waiting = try one.loop.submit { one.transport.peers[2]!.heavyBytes }.wait()
        #expect(waiting > 64 << 20, "\(waiting)")
        try cluster.killAll()
    }
}
