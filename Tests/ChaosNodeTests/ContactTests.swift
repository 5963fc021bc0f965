import ChaosControl
import ChaosDocuments
import ChaosProtocol
import ChaosTesting
import Foundation
import NIOPosix
import Testing

@testable import ChaosNode

/// Nodes that know addresses, and learn who is there.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ContactTests {
    private let cluster: LocalCluster

    init() throws { cluster = try LocalCluster() }

    private func config(_ id: NodeID, contacts: [Endpoint], at endpoint: Endpoint? = nil) -> NodeConfig {
        var config = cluster.config(id, founders: [], trainer: .perceptron(LocalCluster.digits))
        config.contacts = contacts
        if let endpoint { config.listen = endpoint }
        return config
    }

    /// One that founds, if it finds nobody.
    private func founder(_ id: NodeID, contacts: [Endpoint], at endpoint: Endpoint? = nil) -> NodeConfig {
        var config = config(id, contacts: contacts, at: endpoint)
        config.founds = true
        config.founding = View(number: 1, members: [id], links: [])
        return config
    }

    private func waitForMembers(_ members: [NodeID]) throws {
        try cluster.wait("the members \(members)") { try members.allSatisfy { try cluster.members($0) == members } }
        let steps = try members.map { try cluster[$0].status().step ?? 0 }
        try cluster.wait("steps") {
            try zip(members, steps).allSatisfy { try cluster[$0].status().step ?? 0 > $1 + 3 }
        }
    }

    /// Whoever is started again comes back under another id, the founder too; nobody's file says who is where.
    @Test func comesBackUnderAnotherID() throws {
        try cluster.start(founder(11, contacts: []), linked: false)
        let first = cluster.endpoint(11)
        try cluster.start(config(12, contacts: [first]), linked: false)
        let second = cluster.endpoint(12)
        try cluster.start(config(13, contacts: [first, second]), linked: false)
        let third = cluster.endpoint(13)
        try waitForMembers([11, 12, 13])

        try cluster.kill(12)
        try cluster.start(config(5, contacts: [first, third], at: second), linked: false)
        try waitForMembers([5, 11, 13])
        // Whoever has its address only, has found it again.
        #expect(try cluster[13].status().links.filter(\.isUp).map(\.peer).sorted() == [5, 11])

        let step = try #require(try cluster[13].status().step)
        try cluster.kill(11)
        try cluster.start(founder(21, contacts: [second, third], at: first), linked: false)
        try waitForMembers([5, 13, 21])
        #expect(try cluster[21].status().step ?? 0 > step)
        try cluster.killAll()
        try JournalCheck(cluster).expectPromises(dead: [5, 11, 12, 13, 21], batch: 100, samples: 1438)
    }

    /// It waits for those that do not answer as long as it is told, and does not take itself for a cluster.
    @Test func foundsWhereItFindsNobody() throws {
        let socket = try RawSocket.listening()
        var alone = founder(1, contacts: [try socket.endpoint(), Endpoint(host: "127.0.0.1", port: 1)])
        alone.finding = 300_000_000
        try cluster.start(alone, linked: false)
        #expect(try cluster.members(1) == [1])
        try cluster.kill(1)
        let endpoint = cluster.endpoint(1)
        // Two of them with the same file but for the id: the second joins.
        try cluster.start(founder(2, contacts: [endpoint], at: endpoint), linked: false)
        try cluster.start(founder(3, contacts: [endpoint]), linked: false)
        try waitForMembers([2, 3])
        try cluster.killAll()
    }

    /// All are killed, with checkpoints of other steps. One founds with the newest; the others join, though theirs is older.
    /// And who would found beside a state that it has not read is refused.
    @Test func allStartAgain() throws {
        func keeping(_ config: NodeConfig, _ file: NodeID, every: Int) -> NodeConfig {
            var config = config
            config.checkpoint = CheckpointConfig(every: every, path: "\(cluster.folder)/state-\(file)")
            return config
        }
        try cluster.start(keeping(founder(1, contacts: []), 1, every: 20), linked: false)
        let endpoint = cluster.endpoint(1)
        try cluster.start(keeping(config(2, contacts: [endpoint]), 2, every: 3), linked: false)
        try waitForMembers([1, 2])
        let files = [1, 2].map { "\(cluster.folder)/state-\($0)" }
        try cluster.wait("checkpoints") { files.allSatisfy { FileManager.default.fileExists(atPath: $0 + ".sha256") } }
        for id in [1, 2] as [NodeID] { try cluster.kill(id) }

        let refused = try #require(throws: InvalidInput.self) {
            try cluster.start(keeping(founder(3, contacts: []), 1, every: 20), linked: false)
        }
        #expect("\(refused)".contains("checkpoint.file: \(files[0]), a state that a founder would write over"))
        var first = keeping(config(4, contacts: []), 1, every: 20)
        first.found(restoring: files)
        try cluster.start(first, linked: false)
        let step = try #require(try cluster[4].status().step)
        #expect(step >= 3)
        try cluster.start(keeping(config(5, contacts: [cluster.endpoint(4)]), 2, every: 3), linked: false)
        try waitForMembers([4, 5])
        try cluster.killAll()
    }

    /// A node that does not take it has a cluster, of which it will not make a second.
    @Test func doesNotFoundBesideOneThatRefusesIt() throws {
        try cluster.start(founder(1, contacts: []), linked: false)
        var other = founder(2, contacts: [cluster.endpoint(1)])
        other.batch = 99
        try cluster.start(other, linked: false)
        try cluster.wait("why") { try cluster[2].status().reason?.contains("other training") == true }
        #expect(try cluster[2].status().view == nil && cluster.members(1) == [1])
        try cluster.killAll()
    }

    /// Both ends have only each other's address.
    @Test func oneConnectionStaysWhereBothDial() throws {
        try cluster.start(founder(1, contacts: []), linked: false)
        let first = cluster.endpoint(1)
        try cluster.start(config(2, contacts: [first]), linked: false)
        let (one, two, second) = (cluster[1], cluster[2], cluster.endpoint(2))
        try one.loop.submit { one.transport.add(contact: second) }.wait()
        try waitForMembers([1, 2])
        // They see each other's address as that of the other, and dial no more.
        for node in [one, two] {
            try cluster.wait("peace") {
                try node.loop.submit { node.transport.contacts.allSatisfy { $0.peer != nil && !$0.isDialling } }.wait()
            }
        }
        // An address that is given up is not dialled again, but the other end may dial.
        try two.loop.submit { two.transport.remove(contact: first) }.wait()
        try cluster.wait("the other's dial") { try two.status().links.contains { $0.peer == 1 && $0.isUp } }
        try cluster.killAll()
    }
}
