import ChaosDocuments
import ChaosNode
import ChaosProtocol

/// A configuration as a text, made of the values of its keys by their paths, as in `timers.hello` and `peers[].node`.
struct ConfigValues {
    var values: [String: String]

    /// What every configuration must have.
    static let least = ConfigValues(values: [
        "node": "3", "cluster": "c", "listen": "\"127.0.0.1:0\"", "trainer.kind": "synthetic",
        "trainer.state": "1 MiB", "training.batch": "10",
    ])

    func with(_ others: [String: String]) -> ConfigValues {
        ConfigValues(values: values.merging(others) { $1 })
    }

    /// For keys of another trainer.
    var perceptron: ConfigValues {
        var copy = with(["trainer.kind": "perceptron", "trainer.data": "digits"])
        copy.values["trainer.state"] = nil
        return copy
    }

    var engine: ConfigValues {
        var copy = with(["trainer.kind": "engine", "trainer.socket": "e", "trainer.samples": "100"])
        copy.values["trainer.state"] = nil
        return copy
    }

    var yaml: String {
        Dictionary(grouping: values, by: { $0.key.prefix { $0 != "." } }).map { name, values in
            if values.count == 1, values[0].key == name { return "\(name): \(values[0].value)\n" }
            let object = values.map { "\($0.key.dropFirst(name.count + 1)): \($0.value)" }.joined(separator: ", ")
            return name.hasSuffix("[]") ? "\(name.dropLast(2)): [{\(object)}]\n" : "\(name): {\(object)}\n"
        }.joined()
    }
}

/// A key with a value of its own, and what must come of it.
struct ConfigSample: Sendable, CustomStringConvertible {
    let key: String
    let value: String
    /// A configuration without it that it may be put into.
    let others: ConfigValues
    let isRead: @Sendable (NodeConfig) -> Bool

    init(
        _ key: String, _ value: String, to others: ConfigValues = .least, with company: [String: String] = [:],
        isRead: @escaping @Sendable (NodeConfig) -> Bool
    ) {
        (self.key, self.value, self.isRead) = (key, value, isRead)
        self.others = others.with(company)
    }

    init<Value: Equatable & Sendable>(
        _ key: String, _ value: String, _ place: KeyPath<NodeConfig, Value> & Sendable, _ expected: Value,
        with company: [String: String] = [:]
    ) {
        self.init(key, value, with: company) { $0[keyPath: place] == expected }
    }

    /// The configuration that says nothing of the key, unless there must be one.
    var without: ConfigValues {
        var copy = others
        copy.values[key] = nil
        return copy
    }

    var with: ConfigValues { others.with([key: value]) }

    var description: String { key }

    private static func perceptron(
        _ key: String, _ value: String, _ isRead: @escaping @Sendable (TrainerConfig.Perceptron) -> Bool
    ) -> Self {
        Self(key, value, to: .least.perceptron) {
            if case .perceptron(let network) = $0.trainer { isRead(network) } else { false }
        }
    }

    private static func synthetic(
        _ key: String, _ value: String, _ isRead: @escaping @Sendable (TrainerConfig.Synthetic) -> Bool
    ) -> Self {
        Self(key, value) { if case .synthetic(let trainer) = $0.trainer { isRead(trainer) } else { false } }
    }

    private static func engine(
        _ key: String, _ value: String, _ isRead: @escaping @Sendable (TrainerConfig.Engine) -> Bool
    ) -> Self {
        Self(key, value, to: .least.engine) {
            if case .engine(let engine) = $0.trainer { isRead(engine) } else { false }
        }
    }

    /// Of any trainer.
    static let common: [Self] = [
        Self("node", "2", \.node, 2),
        Self("cluster", "digits", \.cluster, "digits"),
        Self("listen", "\"[::1]:7001\"", \.listen, Endpoint(host: "::1", port: 7001)),
        Self("announce", "\"a.example:7001\"", \.announce, Endpoint(host: "a.example", port: 7001)),
        Self("links.most", "3", \.negotiation.mostLinks, 3),
        Self("identity.certificate", "n.pem", with: ["identity.key": "n.key", "identity.trust": "t"]) {
            $0.identity == NodeConfig.Identity(certificate: "n.pem", key: "n.key", trust: "t")
        },
        Self("identity.key", "n.key", with: ["identity.certificate": "n.pem", "identity.trust": "t"]) {
            $0.identity?.key == "n.key"
        },
        Self("identity.trust", "t", with: ["identity.certificate": "n.pem", "identity.key": "n.key"]) {
            $0.identity?.trust == "t"
        },
        Self("insecure", "true", \.isInsecure, true),
        Self("control", "/run/chaos.sock", \.control, "/run/chaos.sock"),
        Self("founding.members", "[1, 2, 3]") { $0.founding?.members == [1, 2, 3] },
        Self("founding.links", "[[1, 2], [2, 3]]", with: ["founding.members": "[1, 2, 3]"]) {
            $0.founding == View(number: 1, members: [1, 2, 3], links: [Link(1, 2), Link(2, 3)])
        },
        Self("join", "false", \.joins, false),
        Self("join_plan", "p.plan.json", \.joinPlan, "p.plan.json"),
        Self("peers[].node", "7", with: ["peers[].address": "\"h:1\""]) { $0.peers.map(\.node) == [7] },
        Self("peers[].address", "\"a.example:7002\"", with: ["peers[].node": "7"]) {
            $0.peers.map(\.address) == [Endpoint(host: "a.example", port: 7002)]
        },
        Self("connections", "4", \.connections, 4),
        Self("bounds.strangers", "20", \.bounds.strangers, 20),
        Self("bounds.handshake", "64 KiB", \.bounds.handshake, 64 << 10),
        Self("bounds.headers", "8 MiB", \.bounds.headers, 8 << 20),
        Self("policy.serve", "[4, 5]", \.policy.audience, .only([4, 5])),
        Self("policy.bandwidth", "100 Mbit/s", \.policy.bandwidth, 100_000_000),
        Self("policy.limit", "1 GiB", \.policy.mostBytes, 1 << 30),
        Self("policy.memory", "2 GiB", \.snapshotMemory, 2 << 30),
        Self("policy.overhead", "1 ms", \.policy.overhead, 1_000_000),
        Self("training.batch", "50", \.batch, 50),
        Self("training.lost", "dropped", \.lost, .dropped),
        Self("training.seed", "4", \.sampleSeed, 4),
        Self("training.chunks", "12", \.chunks, 12),
        Self("training.wire", "int8", \.wire, .int8),
        Self("timers.heartbeat", "51 ms", \.monitor.heartbeat, 51_000_000),
        Self("timers.failure_bound", "7 s") {
            // A connection is not given up sooner than its link.
            $0.monitor.failureBound == 7_000_000_000 && $0.monitor.disconnect == 7_000_000_000
        },
        Self("timers.hello", "53 ms", \.negotiation.hello, 53_000_000),
        Self("timers.retry", "54 ms", \.negotiation.retry, 54_000_000),
        Self("timers.takeover", "9 s") {
            $0.negotiation.takeover == 9_000_000_000 && $0.negotiation.longestTakeover == 9_000_000_000
        },
        Self("timers.patience", "55 s", \.patience, 55_000_000_000),
        Self("timers.gathering", "56 ms", \.receiver.gathering, 56_000_000),
        Self("timers.measuring", "0 s", \.receiver.measuring, 0),
        Self("timers.offer_timeout", "58 ms", \.receiver.offerTimeout, 58_000_000),
        Self("timers.shard_retry", "59 ms", \.receiver.retry, 59_000_000),
        Self("timers.silence", "60 ms", \.receiver.silence, 60_000_000),
        Self("timers.abandonment", "61 ms", \.receiver.abandonment, 61_000_000),
        Self("timers.finding", "62 ms", \.finding, 62_000_000),
        Self("timers.introduction", "63 ms", \.introduction, 63_000_000),
        Self("timers.leave", "62 ms", \.leaveTimeout, 62_000_000),
        Self("journal.file", "j", \.journal, "j"),
        Self("journal.digests", "5", \.observation.digests, 5, with: ["journal.file": "j"]),
        Self("journal.detail", "events", \.observation.journalDetail, .events, with: ["journal.file": "j"]),
        Self("journal.most", "5000 bytes", \.observation.journalBytes, 5000, with: ["journal.file": "j"]),
        Self("tests", "7", \.observation.tests, 7),
        Self("plans", "p", \.plans, "p"),
        Self("checkpoint.file", "c", with: ["checkpoint.every": "1"]) { $0.checkpoint?.path == "c" },
        Self("checkpoint.every", "10", with: ["checkpoint.file": "c"]) { $0.checkpoint?.every == 10 },
        Self("checkpoint.restore", "true", with: ["checkpoint.file": "c", "checkpoint.every": "1"]) {
            $0.checkpoint?.restores == true
        },
        Self("metrics.file", "m") { $0.metrics?.path == "m" },
        Self("metrics.period", "2 s", with: ["metrics.file": "m"]) { $0.metrics?.period == 2_000_000_000 },
        Self("log", "debug", \.log, .debug),
        Self("experiments", "true", \.experiments, true),
    ]

    static let perceptron: [Self] = [
        Self("training.epochs", "3", \.epochs, 3),
        perceptron("trainer.kind", "perceptron") { _ in true },
        perceptron("trainer.data", "Data/digits") { $0.data == "Data/digits" },
        perceptron("trainer.hidden", "[16, 8]") { $0.hidden == [16, 8] },
        perceptron("trainer.optimizer", "momentum") { $0.method == .momentum },
        perceptron("trainer.rate", "0.1") { $0.rate == 0.1 },
        perceptron("trainer.momentum", "0.5") { $0.momentum == 0.5 },
        perceptron("trainer.penalty", "0.002") { $0.penalty == 0.002 },
        perceptron("trainer.initial", "m.safetensors") { $0.initial == "m.safetensors" },
        perceptron("trainer.max_norm", "2.5") { $0.maxNorm == 2.5 },
        perceptron("trainer.skips", "4") { $0.mostSkipped == 4 },
        perceptron("trainer.seed", "9") { $0.seed == 9 },
    ]

    static let synthetic: [Self] = [
        Self("training.steps", "13", \.steps, 13),
        synthetic("trainer.kind", "synthetic") { _ in true },
        synthetic("trainer.state", "3 MiB") { $0.bytes == 3 << 20 },
        synthetic("trainer.resident", "true") { $0.isResident },
        synthetic("trainer.gradient", "2000") { $0.gradient == 2000 },
        synthetic("trainer.samples", "3000") { $0.samples == 3000 },
        synthetic("trainer.time_per_step", "14 ms") { $0.timePerStep == 14_000_000 },
        synthetic("trainer.time_per_sample", "15 us") { $0.timePerSample == 15_000 },
        synthetic("trainer.seed", "8") { $0.seed == 8 },
    ]

    static let engine: [Self] = [
        Self("training.steps", "14", \.steps, 14),
        engine("trainer.kind", "engine") { _ in true },
        engine("trainer.socket", "/run/chaos/engine.sock") { $0.socket == "/run/chaos/engine.sock" },
        engine("trainer.samples", "60000") { $0.samples == 60000 },
        engine("trainer.initial", "m.safetensors") { $0.initial == "m.safetensors" },
        engine("trainer.description", "c.safetensors") { $0.description == "c.safetensors" },
        engine("trainer.timeout", "90 s") { $0.timeout == 90_000_000_000 },
    ]

    /// What does not go with the others.
    static let alone: [Self] = [
        Self("found", "true") { $0.founds && $0.founding == View(number: 1, members: [$0.node], links: []) }
    ]

    /// Of each kind of trainer.
    static let trainers = [perceptron, synthetic, engine]

    static let all = common + alone + trainers.joined()
}
