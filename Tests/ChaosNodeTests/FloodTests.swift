import ChaosDocuments
import ChaosIdentity
import ChaosModel
import ChaosProcess
import ChaosProtocol
import ChaosTesting
import ChaosWire
import Foundation
import Testing

@testable import ChaosNode

/// Many who connect, or one who says much: nobody is shut out, memory stays within its bound, training goes on.
@Suite(.serialized, .timeLimit(.minutes(30))) struct FloodTests {
    private let cluster: LocalCluster
    private let identities: IdentityFolder

    init() throws {
        (cluster, identities) = (try LocalCluster(), try IdentityFolder())
        for name in ["one", "two"] { try identities.authority(name) }
    }

    private func config(_ id: NodeID, founders: [NodeID]) throws -> NodeConfig {
        var config = cluster.config(id, founders: founders, trainer: .perceptron(LocalCluster.digits))
        let files = try identities.node("node-\(id)", of: "one", trusting: ["one", "two"])
        config.identity = NodeConfig.Identity(certificate: files.certificate, key: files.key, trust: files.trust)
        return config
    }

    /// Of this process, in bytes.
    private var memory: Int {
        let words = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return words.count > 1 ? (Int(words[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    /// What 256 strangers may cost, each with its buffers and what TLS keeps, with room for what else this process does.
    private static let bound = 96 << 20

    /// As many sockets as the system lets this process have, up to these.
    private func count(_ wanted: Int) -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return min(wanted, Int(clamping: limit.rlim_cur) - 2000)
    }

    /// Half of a handshake each, and then nothing; or nothing at all.
    @Test(arguments: [(1000, true), (10_000, false)]) func connectionsThatSayNothing(
        wanted: Int, isHalfOpen: Bool
    ) throws {
        try cluster.start(try config(1, founders: [1]))
        try cluster.waitForSteps(of: 1)
        let (before, endpoint) = (memory, cluster.endpoint(1))
        // A record of 512 bytes, of which the half never comes.
        let hello: [UInt8] = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3] + [UInt8](repeating: 7, count: 200)
        var sockets: [RawSocket] = []
        for _ in 0..<count(wanted) {
            let socket = try RawSocket(to: endpoint)
            if isHalfOpen { socket.write(hello) }
            sockets.append(socket)
        }
        try cluster.waitForSteps(of: 1)
        #expect(memory - before < Self.bound, "\(memory - before) bytes")
        // Whoever belongs here comes in nevertheless.
        try cluster.start(try config(2, founders: []))
        try cluster.wait("the join") { try cluster.members(2) == [1, 2] }
        try cluster.waitForSteps(of: 2)
        withExtendedLifetime(sockets) {}
        try cluster.killAll()
    }

    /// What comes before the handshake is done is bounded, however long it says it will be.
    @Test func handshakesAreBounded() throws {
        var config = try config(1, founders: [1])
        config.bounds.handshake = 4000
        try cluster.start(config)
        // A record of 14 080 bytes, of which TLS awaits the rest.
        let socket = try RawSocket(to: cluster.endpoint(1))
        socket.write([22, 3, 1, 55, 0, 1, 0, 54, 252, 3, 3] + [UInt8](repeating: 7, count: 5000))
        #expect(socket.readsItsEnd())
        try cluster.waitForSteps(of: 1)
        try cluster.killAll()
    }

    /// A member whose frames are spoilt: each connection ends or is none the worse for it, and the cluster does not notice.
    /// With CHAOS_FUZZ=N it is N connections.
    @Test func spoiltFramesOfAMember() throws {
        try cluster.start(try config(1, founders: [1, 2]))
        try cluster.start(try config(2, founders: [1, 2]))
        try cluster.waitForSteps(of: 1)
        let evil = try identities.credentials("evil", of: "two", trusting: ["one", "two"])
        let own = try NodeSignatory(66, of: "test", evil, LifeKey())
        let report = Report(node: 66, sequence: 1, neighbors: [1, 2], wish: .stay, address: "a.example:1")
        let envelope = Envelope(
            origin: 66, sequence: 1, destination: 1, insists: true,
            body: .prepare(Ballot(round: 1, proposer: 66), next: 2))
        let truths: [WireMessage] = [
            .message(.reports([report.sealed(with: own.seal(report))])), .message(.claims([own.claim])),
            .message(.unclaimed([1, 2, 3])), .message(.relayed(envelope.sealed(with: own.seal(envelope)))),
            .message(.hello(view: 1 << 60, digest: 1)), .message(.monitor(.probeRequest(bytes: 1000))),
            .message(.monitor(.heartbeat(Heartbeat(sent: 1, echo: nil, held: 0)))),
            .message(.replication(.ask)), .message(.reduction(.ready(view: 1, applied: 0, []))),
            .message(
                .bundle([.monitor(.heartbeat(Heartbeat(sent: 1, echo: nil, held: 0))), .hello(view: 1, digest: 1)])),
        ]
        var random = SeededRandom(seed: 17)
        let runs = ProcessInfo.processInfo.environment["CHAOS_FUZZ"].flatMap { Int($0) } ?? 40
        let before = memory
        for _ in 0..<runs {
            let attacker = try MemberAttack(evil, at: cluster.endpoint(1))
            try attacker.send(
                .introduction(
                    Introduction(
                        node: 66, cluster: "test", training: cluster[1].introduction.training, claim: own.claim)))
            for _ in 0..<random.int(1...20) {
                var header = try random.element(of: truths).header()
                for _ in 0..<random.int(0...4) where !header.isEmpty {
                    let place = random.int(0...header.count - 1)
                    switch random.int(0...2) {
                    case 0: header[place] = UInt8(truncatingIfNeeded: random.next())
                    case 1: header.remove(at: place)
                    default: header.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                    }
                }
                let length = random.once(in: 10) ? random.int(0...4 << 20) : header.count
                attacker.send(try FramePrefix(header: length, payload: 0).bytes + header)
            }
            attacker.end()
        }
        #expect(memory - before < Self.bound, "\(memory - before) bytes")
        try cluster.waitForSteps(of: 1)
        try cluster.waitForSteps(of: 2)
        #expect(try cluster.members(2) == [1, 2])
        try cluster.killAll()
    }

    /// Another user of the machine cannot make the node leave.
    @Test(.enabled(if: getuid() == 0, "only root can be another user")) func theControlSocketOfAnotherUser() throws {
        var config = try config(1, founders: [1])
        config.control = cluster.folder + "/control"
        try cluster.start(config)
        #expect(chmod(cluster.folder, 0o755) == 0)
        let script = """
            import os, socket, sys
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
            try:
                socket.socket(socket.AF_UNIX).connect(sys.argv[1])
            except PermissionError:
                print("refused")
            """
        let result = try Command("/usr/bin/env", ["python3", "-c", script, config.control!]).run()
        #expect(result.output.text == "refused\n", "\(result.errors.text)")
        try cluster.waitForSteps(of: 1)
        try cluster.killAll()
    }
}
