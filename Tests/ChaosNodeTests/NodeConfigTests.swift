import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosTesting
import Foundation
import Testing

@testable import ChaosNode

@Suite struct NodeConfigTests {
    private static let least = ConfigValues.least.yaml

    @Test func everyKeyHasASample() throws {
        let paths = NodeConfig.rows.map(\.path)
        let leaves = paths.filter { path in
            !paths.contains { $0.hasPrefix("\(path).") || $0.hasPrefix("\(path)[].") }
        }
        #expect(Set(ConfigSample.all.map(\.key) + ["trainer.model"]) == Set(leaves))
    }

    @Test(arguments: ConfigSample.all)
    func readsAKey(_ sample: ConfigSample) throws {
        #expect(sample.isRead(try NodeConfig(yaml: sample.with.yaml)))
        // It is so because the key says so. Some keys must be there.
        if let without = try? NodeConfig(yaml: sample.without.yaml) { #expect(!sample.isRead(without)) }
    }

    /// No key changes what another one says.
    @Test(arguments: ConfigSample.trainers)
    func readsAllKeysTogether(_ own: [ConfigSample]) throws {
        let samples = ConfigSample.common + own
        let values = ConfigValues(values: Dictionary(uniqueKeysWithValues: samples.map { ($0.key, $0.value) }))
        let config = try NodeConfig(yaml: values.yaml)
        for sample in samples { #expect(sample.isRead(config), "\(sample)") }
    }

    @Test func aModelSaysHowLargeTheStateIs() throws {
        let text = #"{"name": "large", "bytes_with_adam_fp32": 3000000}"#
        let file = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString).json").path
        try DocumentIO.write(text, to: file)
        defer { try? FileManager.default.removeItem(atPath: file) }
        var values = ConfigValues.least.with(["trainer.model": file])
        values.values["trainer.state"] = nil
        let bytes = try TrainingState(modelDescription: Array(text.utf8), kind: .adam, file: file).bytes
        #expect(try NodeConfig(yaml: values.yaml).trainer == .synthetic(.init(bytes: bytes)))
    }

    @Test func aJournalMayBeAPathAlone() throws {
        #expect(try NodeConfig(yaml: Self.least + "journal: j").journal == "j")
        #expect(try NodeConfig(yaml: Self.least + "policy: {serve: nobody}").policy.audience == .only([]))
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
        ("peers: [{node: 4, address: \"h:1\"}, {node: 4, address: \"h:2\"}]", "peers[1].node: node 4 a second time"),
        ("peers: [h]", "peers[0]: \"h\"; allowed: host:port"),
        ("peers: [\"h:1\", {address: \"h:1\"}]", "peers[1]: h:1 a second time; allowed: each address once"),
        ("found: true\nfounding: {members: [3]}", "found: found and founding; allowed: one of them"),
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

    /// An element that is wrong hides nothing of the others, changes no place of theirs, and brings no faults about what is
    /// right; nor does a key.
    @Test(arguments: [
        (
            "peers: [{node: 4, address: h}, {node: 3, address: \"h:1\"}, {node: 4, address: \"h:2\"}]",
            ["peers[0].address: \"h\"", "peers[2].node: node 4 a second time", "peers[1].node: 3, which is this node"]
        ),
        ("founding: {members: [3, x, 5], links: [[3, 4]]}", ["founding.members[1]: \"x\""]),
        ("founding: {members: [x]}", ["founding.members[0]: \"x\""]),
        ("founding: {members: [3, 4, 5], links: [[3, 4], [4]]}", ["founding.links[1]: 1 nodes"]),
        ("founding: {members: [3, 4], links: [[3, x]]}", ["founding.links[0][1]: \"x\""]),
        ("founding: {members: 3}", ["founding.members: 3"]),
        ("timers: {heartbeat: 1 s, failure_bound: soon}", ["timers.failure_bound: \"soon\""]),
    ])
    func onlyWhatIsWrongIsAFault(_ line: String, _ faults: [String]) throws {
        let invalid = try #require(throws: InvalidInput.self) { try NodeConfig(yaml: Self.least + line) }
        #expect(invalid.count == faults.count, "\(invalid)")
        for (found, expected) in zip(invalid.faults, faults) { #expect("\(found)".hasPrefix(expected), "\(invalid)") }
    }

    /// Addresses are enough, and who is drawn is another one each time.
    @Test func nodesNeedNoIDs() throws {
        var values = ConfigValues.least
        values.values["node"] = nil
        let text = values.yaml + "peers: [\"a.example:1\", {address: \"[::1]:2\"}, {node: 4, address: \"h:3\"}]\n"
        let (config, other) = (try NodeConfig(yaml: text), try NodeConfig(yaml: text))
        #expect(config.contacts.map(\.description) == ["a.example:1", "[::1]:2"] && config.peers.map(\.node) == [4])
        #expect(config.isNodeDrawn && config.node != other.node && config.changedKeys(in: other).isEmpty)
        let invalid = try #require(throws: InvalidInput.self) {
            try NodeConfig(yaml: text + "founding: {members: [3]}\n")
        }
        #expect("\(invalid)".contains("node: the key is missing; allowed: the id of this node"))
        let founder = try NodeConfig(yaml: text + "found: true\n")
        #expect(founder.founding == View(number: 1, members: [founder.node], links: []))
        #expect(founder.changedKeys(in: try NodeConfig(yaml: text + "found: true\n")).isEmpty)
    }

    /// Of which nodes there are nothing is said as long as it is not known who this one is.
    @Test func aWrongNodeIsOneFault() throws {
        let text = ConfigValues.least.with([
            "node": "x", "founding.members": "[1, 2]", "peers[].node": "1",
            "peers[].address": "\"h:1\"",
        ]).yaml
        let invalid = try #require(throws: InvalidInput.self) { try NodeConfig(yaml: text) }
        #expect(invalid.count == 1 && "\(invalid)".hasPrefix("node: \"x\""), "\(invalid)")
    }

    @Test(arguments: [
        ("{kind: dragon}", "trainer.kind: \"dragon\"; allowed: perceptron, synthetic, engine"),
        ("{kind: perceptron}", "trainer.data: the key is missing"),
        ("{kind: synthetic}", "trainer.state: neither state nor model"),
        (
            "{kind: synthetic, state: 1 KiB, hidden: [3]}",
            "trainer.hidden: a key that a trainer of the kind synthetic does not have"
        ),
        ("{kind: engine, samples: 10}", "trainer.socket: the key is missing"),
        ("{kind: engine, socket: s}", "trainer.samples: the key is missing"),
        ("{kind: engine, socket: s, samples: 3, seed: 1}", "trainer.seed: a key that a trainer of the kind engine"),
        ("{kind: synthetic, model: /nowhere}", "trainer.model: /nowhere: No such file"),
        ("{kind: perceptron, data: d, rate: fast}", "trainer.rate: \"fast\"; allowed: a number, 0 or more"),
        ("{kind: perceptron, data: 3}", "trainer.data: 3; allowed: a text in quotes"),
        ("{kind: synthetic, model: 3}", "trainer.model: 3; allowed: a text in quotes"),
        ("{kind: synthetic, state: large}", "trainer.state: \"large\" is no number with a unit"),
        ("{kind: synthetic, state: 1 KiB, model: m}", "trainer.state: state and model; allowed: one of them"),
    ])
    func trainersAreChecked(_ trainer: String, _ fault: String) throws {
        let text = "node: 1\ncluster: c\nlisten: \"localhost:1\"\ntraining: {batch: 1}\ntrainer: \(trainer)\n"
        let invalid = try #require(throws: InvalidInput.self) { try NodeConfig(yaml: text) }
        #expect("\(invalid)".contains(fault), "\(invalid)")
        #expect(invalid.count == 1, "\(invalid)")
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

    /// What is wrong with the file, what it names, and what other files say of it: one does not hide the other, and nothing
    /// is said of what follows from a fault.
    @Test func theCheckTellsAllFaultsAtOnce() throws {
        let folder = try IdentityFolder()
        try folder.authority("one")
        let files = try folder.node("n", of: "one", trusting: [])
        try DocumentIO.write("no key", to: files.key)
        let values = ConfigValues.least.perceptron.with([
            "trainer.data": "\(folder.path)/none", "identity.certificate": files.certificate,
            "identity.key": "\(folder.path)/key", "identity.trust": "\(folder.path)/nobody",
            "journal": "\(folder.path)/no/journal", "peer": "[]", "checkpoint": "{every: 1, restore: true}",
            "connections": "0", "join_plan": "\(folder.path)/a.plan.json",
        ])
        let path = folder.path + "/node.yaml"
        func faults() throws -> [String] {
            let error = #expect(throws: (any Error).self) { try NodeConfig.check(contentsOf: path) }
            return "\(try #require(error))".split(separator: "\n").map(String.init).sorted()
        }
        try DocumentIO.write(values.yaml, to: path)
        let found = try faults()
        let expected = [
            "\(folder.path)/a.plan.json: No such file or directory",
            "\(folder.path)/key: No such file or directory",
            "\(folder.path)/nobody: nothing; allowed: a folder with the certificates of institutions",
            "\(path): checkpoint.file: the key is missing; allowed: ",
            "\(path): connections: 0; allowed: 1 … 64",
            "\(path): journal: \(folder.path)/no/journal, but \(folder.path)/no is not there; allowed: ",
            "\(path): peer: an unknown key; allowed: ",
            "\(folder.path)/none/digits.csv: No such file or directory",
        ]
        #expect(found.count == expected.count, "\(found)")
        for (line, beginning) in zip(found, expected) { #expect(line.hasPrefix(beginning), "\(line)") }
        // A file of an identity that is not named is not looked for; what one says is.
        try DocumentIO.write(
            ConfigValues.least.with(["identity.trust": "\(folder.path)/nobody", "identity.key": files.key]).yaml,
            to: path)
        let others = try faults()
        #expect(others.count == 3 && others.contains { $0.hasPrefix("\(path): identity.certificate: ") }, "\(others)")
        #expect(others.contains { $0.hasPrefix("\(files.key): ") }, "\(others)")
    }

    @Test(arguments: [("h:1", "h:1"), ("[::1]:65535", "[::1]:65535"), ("10.0.0.1:0", "10.0.0.1:0")])
    func endpoints(_ text: String, _ again: String) { #expect(Endpoint(text)?.description == again) }

    @Test(arguments: ["", "h", ":1", "h:", "h:65536", "::1:1", "h:-1", "h:1x"])
    func noEndpoints(_ text: String) { #expect(Endpoint(text) == nil) }
}
