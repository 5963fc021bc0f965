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

/// What members with certificates can and cannot do in the name of others, on real sockets, and how operators let nodes go on.
@Suite(.serialized, .timeLimit(.minutes(30))) struct SignedNodeTests {
    private let cluster: LocalCluster
    private let identities: IdentityFolder

    init() throws {
        (cluster, identities) = (try LocalCluster(), try IdentityFolder())
        for name in ["one", "two", "three"] { try identities.authority(name) }
    }

    private func config(
        _ id: NodeID, of institution: String, founders: [NodeID], trusting: [String] = ["one", "two", "three"]
    ) throws -> NodeConfig {
        var config = cluster.config(id, founders: founders, trainer: .perceptron(LocalCluster.digits))
        let files = try identities.node("node-\(id)", of: institution, trusting: trusting)
        config.identity = NodeConfig.Identity(certificate: files.certificate, key: files.key, trust: files.trust)
        return config
    }

    /// An attacker with a certificate that is trusted says this to a node.
    /// - Returns: whether the node has closed the connection, and not answered.
    private func isRefused(_ frame: WireMessage, by id: NodeID, _ credentials: Credentials) throws -> Bool {
        let attacker = try MemberAttack(credentials, at: cluster.endpoint(id))
        defer { attacker.end() }
        try attacker.send(frame)
        var isRefused = false
        try cluster.wait("an answer") {
            isRefused = attacker.hasEnded
            // Its own introduction it may have sent before it found out what is wrong.
            return isRefused || attacker.messages.contains { if case .message = $0 { true } else { false } }
        }
        return isRefused
    }

    private func introduction(
        _ node: NodeID, _ claim: Claim?, to id: NodeID, version: UInt32 = Introduction.version,
        oldest: UInt32 = Introduction.oldestVersion, cluster name: String = "test"
    ) -> WireMessage {
        .introduction(
            Introduction(
                version: version, oldestVersion: oldest, node: node, cluster: name,
                training: cluster[id].introduction.training, claim: claim))
    }

    /// The right certificate, and: no claim, another's, one to another's id, one for another cluster, one that another
    /// certificate has signed, an old version; and at last all as it should be.
    @Test func nobodyComesUnderAnothersID() throws {
        try cluster.start(try config(1, of: "one", founders: [1, 2]))
        try cluster.start(try config(2, of: "two", founders: [1, 2]))
        try cluster.waitForSteps(of: 1)
        let evil = try identities.credentials("evil", of: "three", trusting: ["one", "two", "three"])
        let other = try identities.credentials("other", of: "three", trusting: ["one", "three"])
        let life = LifeKey()
        func claim(_ node: NodeID, in name: String = "test", by credentials: Credentials? = nil) throws -> Claim {
            try NodeSignatory(node, of: name, credentials ?? evil, life).claim
        }
        let seen = try #require(cluster[2].introduction.claim)
        let cases: [(String, WireMessage)] = [
            ("without a claim", introduction(66, nil, to: 1)),
            ("the introduction of node 2 again", introduction(2, seen, to: 1)),
            ("the id of node 2", introduction(2, try claim(2), to: 1)),
            ("the id and the key of node 2", introduction(2, try stolen(seen, by: evil), to: 1)),
            ("for another cluster", introduction(66, try claim(66, in: "other"), to: 1)),
            ("by another certificate", introduction(66, try claim(66, by: other), to: 1)),
            ("spoilt", introduction(66, Claim(node: 66, bytes: try claim(66).bytes.dropLast() + [0]), to: 1)),
            ("of another id", introduction(67, Claim(node: 67, bytes: try claim(66).bytes), to: 1)),
            ("an older version", introduction(66, try claim(66), to: 1, version: 1, oldest: 1)),
            ("another cluster", introduction(66, try claim(66), to: 1, cluster: "other")),
        ]
        for (name, frame) in cases { #expect(try isRefused(frame, by: 1, evil), "\(name)") }
        for version in [Introduction.version, Introduction.version + 1] {
            #expect(try !isRefused(introduction(66, try claim(66), to: 1, version: version), by: 1, evil))
        }
        try cluster.waitForSteps(of: 1)
        #expect(try cluster.members(1) == [1, 2])
        try cluster.killAll()
    }

    /// A claim to the id of another life with the key of that, which everybody knows, by another certificate.
    private func stolen(_ claim: Claim, by credentials: Credentials) throws -> Claim {
        let content = try Passport(claim).content
        let bytes = try Passport.Content(
            cluster: content.cluster, node: content.node, time: content.time + 1, key: content.key,
            certificates: credentials.certificates
        ).bytes()
        return try Passport.claim(
            of: claim.node, bytes, signature: credentials.sign(.claim, bytes), proof: LifeKey().sign(.possession, bytes)
        )
    }

    /// A member that says what others have not said: a report by which node 2 would leave, and a vote of it.
    @Test func nobodySpeaksForAnother() throws {
        try cluster.start(try config(1, of: "one", founders: [1, 2]))
        try cluster.start(try config(2, of: "two", founders: [1, 2]))
        try cluster.waitForSteps(of: 1)
        let evil = try identities.credentials("evil", of: "three", trusting: ["one", "two", "three"])
        let own = try NodeSignatory(66, of: "test", evil, LifeKey())
        let report = Report(node: 2, sequence: 1 << 40, neighbors: [1], wish: .leave)
        let vote = Envelope(
            origin: 2, sequence: 1 << 40, destination: nil, insists: true,
            body: .prepare(Ballot(round: 1 << 40, proposer: 2), next: 2))
        let thief = try NodeSignatory(2, of: "test", evil, LifeKey())
        let truth = try #require(cluster[2].introduction.claim)
        let heartbeat = WireMessage.message(.monitor(.heartbeat(Heartbeat(sent: 1, echo: nil, held: 0))))
        let lies: [(WireMessage, endsIt: Bool)] = [
            (.message(.reports([report])), true), (.message(.reports([report.sealed(with: own.seal(report))])), true),
            (.message(.relayed(vote)), true), (.message(.relayed(vote.sealed(with: own.seal(vote)))), true),
            (.message(.claims([try stolen(truth, by: evil)])), true), (.message(.claims([thief.claim])), false),
        ]
        for (lie, endsIt) in lies {
            let attacker = try MemberAttack(evil, at: cluster.endpoint(1))
            // The answer to the last shows that all before it has been heard.
            for message in [introduction(66, own.claim, to: 1), heartbeat, lie, .message(.unclaimed([2]))] {
                try attacker.send(message)
            }
            try cluster.wait("the answer") {
                endsIt ? attacker.hasEnded : attacker.messages.contains(.message(.claims([truth])))
            }
            attacker.end()
        }
        try cluster.waitForSteps(of: 1)
        try cluster.waitForSteps(of: 2)
        #expect(try cluster.members(1) == [1, 2])
        try cluster.killAll()
    }

    /// Whoever is reached by way of another is named too, and one who is not trusted here is named so.
    @Test func institutionsHaveNames() throws {
        try cluster.start(try config(1, of: "one", founders: [1, 2], trusting: ["one", "two"]))
        try cluster.start(try config(2, of: "two", founders: [1, 2]))
        try cluster.waitForSteps(of: 1)
        var third = try config(3, of: "three", founders: [1, 2])
        third.peers = [NodeConfig.Peer(2, cluster.endpoint(2))]
        try cluster.start(third, linked: false)
        try cluster.wait("the join") { try cluster.members(1) == [1, 2, 3] }
        try cluster.wait("names") { try cluster[1].status().institutions.count == 2 }
        #expect(try cluster[1].status().institutions == [2: "two", 3: "three, not trusted here"])
        try cluster.wait("names") { try cluster[3].status().institutions == [1: "one", 2: "two"] }
        // Node 3 dials it and is refused; they train nevertheless.
        try cluster.waitForSteps(of: 3)
        try cluster.killAll()
        try JournalCheck(cluster).expectPromises(dead: [1, 2, 3], batch: 100, samples: 1438)
    }

    /// Each knows one contact, and one cannot be dialled; in the end the contact may go.
    @Test func oneContactIsEnough() throws {
        func contacts(_ id: NodeID, _ endpoint: Endpoint?, isDialable: Bool = true) throws -> NodeConfig {
            var config = try config(id, of: id.rawValue % 2 == 0 ? "two" : "one", founders: endpoint == nil ? [id] : [])
            config.contacts = endpoint.map { [$0] } ?? []
            config.announce = isDialable ? Endpoint(host: "127.0.0.1", port: 0) : nil
            return config
        }
        try cluster.start(try contacts(1, nil), linked: false)
        let endpoint = cluster.endpoint(1)
        let ids: [NodeID] = [1, 2, 3, 4, 5]
        for id in ids.dropFirst() {
            try cluster.start(try contacts(id, endpoint, isDialable: id != 5), linked: false)
        }
        try cluster.wait("all links") {
            try ids.allSatisfy { id in
                try cluster.members(id) == ids && cluster[id].status().links.count(where: \.isUp) == 4
            }
        }
        try cluster.kill(1)
        try cluster.wait("the others") {
            try ids.dropFirst().allSatisfy { try cluster.members($0) == Array(ids.dropFirst()) }
        }
        try cluster.waitForSteps(of: 5)
        try cluster.killAll()
        try JournalCheck(cluster).expectPromises(dead: Set(ids), batch: 100, samples: 1438)
    }

    /// The greater of two loses the lesser, and an operator lets it go on; a node that joins finds the state.
    @Test func anOperatorLetsTheLastOneGoOn() throws {
        try cluster.start(try config(1, of: "one", founders: [1, 2]))
        try cluster.start(try config(2, of: "two", founders: [1, 2]))
        try cluster.waitForSteps(of: 2)
        let node = cluster[2]
        func proceed(_ gone: [NodeID]) throws -> ControlResponse {
            try node.loop.submit { node.answer(.proceed(without: gone)) }.wait()
        }
        #expect(
            try proceed([1])
                == .refused(
                    "without: this node is not halted: it is no member, or it goes on by itself; allowed: on a halted member, "
                        + "all members that it cannot reach"))
        try cluster.kill(1)
        try cluster.wait("the halt") { try node.status().isHalted }
        let step = try #require(try node.status().step)
        guard case .refused(let reason) = try proceed([9]) else {
            return #expect(Bool(false), "9 is taken for a member")
        }
        #expect(reason.hasPrefix("without: 9 is no member"))
        #expect(try proceed([1]) == .done)
        try cluster.waitForSteps(of: 2)
        let view = try #require(try node.status().view)
        #expect(view.members == [2] && View.count(ofEpoch: view.epoch) == 1)
        try cluster.start(try config(3, of: "one", founders: []))
        try cluster.wait("the join") { try cluster.members(3) == [2, 3] }
        #expect(try cluster[3].status().step ?? 0 > step)
        try cluster.killAll()
        try JournalCheck(cluster).expectPromises(dead: [1, 2, 3], batch: 100, samples: 1438)
    }
}
