import ChaosDocuments
import ChaosNode
import ChaosProtocol
import Testing

@Suite struct NodeConfigTests {
    private static let least = """
        node: 3
        cluster: c
        listen: "127.0.0.1:0"
        trainer: {kind: synthetic, state: 1 MiB}
        training: {batch: 10}

        """

    @Test func readsEveryKey() throws {
        let config = try NodeConfig(
            yaml: """
                node: 2
                cluster: digits
                listen: "[::1]:7001"
                control: /run/chaos.sock
                founding: {members: [1, 2, 3], links: [[1, 2], [2, 3]]}
                join: false
                peers: [{node: 1, address: "a.example:7001"}]
                connections: 4
                policy: {serve: [4, 5], bandwidth: 100 Mbit/s, limit: 1 GiB, memory: 2 GiB, overhead: 1 ms}
                trainer: {kind: perceptron, data: Data/digits, hidden: [16, 8], optimizer: momentum, rate: 0.1, momentum: 0.5,
                  penalty: 0.001, seed: 9}
                training: {batch: 50, seed: 4, epochs: 3, chunks: 2}
                timers: {heartbeat: 50 ms, failure_bound: 200 ms, hello: 1 s, retry: 1 s, takeover: 1 s, gathering: 1 s,
                  measuring: 0 s, offer_timeout: 1 s, shard_retry: 1 s, silence: 1 s, abandonment: 1 s, leave: 1 s}
                journal: {file: j, digests: 5}
                tests: 7
                plans: p
                checkpoint: {file: c, every: 10, restore: true}
                metrics: {file: m, period: 2 s}
                log: debug
                experiments: true
                """)
        #expect(config.node == 2 && config.listen == Endpoint(host: "::1", port: 7001))
        #expect(config.founding == View(number: 1, members: [1, 2, 3], links: [Link(1, 2), Link(2, 3)]))
        #expect(config.policy.audience == .only([4, 5]) && config.policy.bandwidth == 100_000_000)
        #expect(config.snapshotMemory == 2 << 30 && config.policy.mostBytes == 1 << 30)
        #expect(config.monitor.failureBound == 200_000_000 && config.leaveTimeout == 1_000_000_000)
        #expect(config.observation.digests == 5 && config.observation.tests == 7 && config.epochs == 3)
        #expect(config.checkpoint == CheckpointConfig(every: 10, path: "c", restores: true))
        guard case .perceptron(let network) = config.trainer else { throw LocalCluster.Timeout(what: "a perceptron") }
        #expect(network.hidden == [16, 8] && network.method == .momentum && network.rate == 0.1)
    }

    @Test func leastIsEnough() throws {
        let config = try NodeConfig(yaml: Self.least)
        #expect(config.founding == nil && config.joins && config.policy == ServingPolicy(overhead: 100_000))
        #expect(config.trainer == .synthetic(.init(bytes: 1 << 20)))
    }

    @Test(arguments: [
        ("bogus: 1", "bogus: an unknown key"),
        ("node: 3\nnode: 4", "node: the key a second time"),
        ("founding: {members: [1, 2]}", "founding.members: 1, 2; allowed: a list with this node, 3"),
        ("founding: {members: [3, 4, 5], links: [[3, 4]]}", "founding.links: links that do not join all members"),
        ("founding: {members: [3, 4], links: [[3, 9]]}", "founding: link(3-9); allowed: links between members"),
        ("founding: {members: [3, 3]}", "founding.members[1]: node 3 a second time"),
        ("founding: {members: []}", "founding.members: no node"),
        ("founding: {members: [3, 4], links: [[3]]}", "founding.links[0]: 1 nodes"),
        ("peers: [{node: 3, address: \"h:1\"}]", "peers[0].node: 3, which is this node"),
        ("peers: [{node: 4, address: h}]", "peers[0].address: \"h\"; allowed: host:port"),
        ("peers: [{node: 4}]", "peers[0].address: the key is missing"),
        ("policy: {bandwidth: fast}", "policy.bandwidth: \"fast\""),
        ("policy: {serve: some}", "policy.serve: \"some\"; allowed: everyone, nobody or a list of nodes"),
        ("timers: {hello: 1 us}", "timers.hello: 1000; allowed: 1000000 … 3600000000000 ns"),
        ("timers: {heartbeat: 1 s}", "timers.failure_bound: 500000000 ns; allowed: at least two heartbeats"),
        ("log: loud", "log: \"loud\"; allowed: trace, debug, info"),
        ("connections: 0", "connections: 0; allowed: 1 … 64"),
        ("checkpoint: {file: f}", "checkpoint.every: the key is missing"),
        ("experiments: yes", "experiments: \"yes\"; allowed: true or false"),
    ])
    func faultsNameTheirPath(_ line: String, _ fault: String) throws {
        let invalid = try #require(throws: InvalidInput.self) { try NodeConfig(yaml: Self.least + line) }
        #expect("\(invalid)".contains(fault), "\(invalid)")
    }

    @Test(arguments: [
        ("{kind: dragon}", "trainer.kind: \"dragon\"; allowed: perceptron or synthetic"),
        ("{kind: perceptron}", "trainer.data: the key is missing"),
        ("{kind: synthetic}", "trainer.state: neither state nor model"),
        (
            "{kind: synthetic, state: 1 KiB, hidden: [3]}",
            "trainer.hidden: a key that a synthetic trainer does not have"
        ),
        ("{kind: synthetic, model: /nowhere}", "trainer.model: /nowhere: No such file"),
        ("{kind: perceptron, data: d, rate: fast}", "trainer.rate: \"fast\"; allowed: a number, 0 or more"),
    ])
    func trainersAreChecked(_ trainer: String, _ fault: String) throws {
        let text = "node: 1\ncluster: c\nlisten: \"h:1\"\ntraining: {batch: 1}\ntrainer: \(trainer)\n"
        let invalid = try #require(throws: InvalidInput.self) { try NodeConfig(yaml: text) }
        #expect("\(invalid)".contains(fault), "\(invalid)")
    }

    /// All faults at once, and what only shows when the trainer is made.
    @Test func tellsAllFaults() throws {
        let invalid = try #require(throws: InvalidInput.self) {
            try NodeConfig(yaml: "node: 0\nlisten: x\ntraining: {batch: 0, steps: 1, epochs: 1}\n")
        }
        #expect(invalid.count == 6, "\(invalid)")
        var config = try NodeConfig(yaml: Self.least)
        config.batch = 1 << 21
        config.snapshotMemory = 5
        #expect(try #require(throws: InvalidInput.self) { try config.check() }.count == 2)
    }

    @Test(arguments: [("h:1", "h:1"), ("[::1]:65535", "[::1]:65535"), ("10.0.0.1:0", "10.0.0.1:0")])
    func endpoints(_ text: String, _ again: String) { #expect(Endpoint(text)?.description == again) }

    @Test(arguments: ["", "h", ":1", "h:", "h:65536", "::1:1", "h:-1", "h:1x"])
    func noEndpoints(_ text: String) { #expect(Endpoint(text) == nil) }
}
