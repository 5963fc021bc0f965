import ChaosControl
import ChaosDocuments
import ChaosProtocol
import ChaosWire
import ChaosYAML
import Logging

extension NodeConfig {
    /// Reads a configuration; "-" is standard input.
    /// - Throws: `FileError`, or `InvalidInput` with every fault and its path.
    public init(contentsOf path: String) throws {
        self = try YAMLDocument.read(contentsOf: path) { fields in
            let draft = NodeConfigDraft()
            try draft.read(fields)
            return draft.config
        }
        file = DocumentIO.name(of: path)
    }

    /// Reads a configuration from a text.
    public init(yaml text: String, file: String = "") throws {
        self = try YAMLDocument.read(Array(text.utf8), file: file) { fields in
            let draft = NodeConfigDraft()
            try draft.read(fields)
            return draft.config
        }
        self.file = file
    }
}

/// The values of a configuration as far as they were read. What is wrong is a fault, and then nobody asks for the rest.
private final class NodeConfigDraft {
    var config = NodeConfig(
        node: 1, cluster: "", listen: Endpoint(host: "", port: 0), trainer: .synthetic(.init(bytes: 64)), batch: 1)

    private static let ids = 1...1 << 62
    /// A millisecond to an hour: what recurs more often would do nothing else.
    private static let times = 1_000_000...3_600_000_000_000

    func read(_ fields: FieldReader) throws {
        var founding: (members: [NodeID], links: [Link]?)?
        try fields.object(ConfigField.self) { key in
            switch key {
            case .node: config.node = try node(fields) ?? config.node
            case .cluster: try readCluster(fields)
            case .listen: config.listen = try endpoint(fields) ?? config.listen
            case .control: try readControl(fields)
            case .founding: founding = try readFounding(fields)
            case .join: config.joins = try fields.boolean() ?? true
            case .peers: try readPeers(fields)
            case .connections: config.connections = try fields.integer(in: 1...64) ?? 1
            case .policy: try readPolicy(fields)
            case .trainer: config.trainer = try TrainerDraft().read(fields) ?? config.trainer
            case .training: try readTraining(fields)
            case .timers: try readTimers(fields)
            case .journal: try readJournal(fields)
            case .tests: config.observation.tests = try fields.integer(in: 0...1 << 40)
            case .plans: config.plans = try path(fields)
            case .checkpoint: try readCheckpoint(fields)
            case .metrics: try readMetrics(fields)
            case .log: try readLevel(fields)
            case .experiments: config.experiments = try fields.boolean() ?? false
            }
        }
        if let founding { found(founding.members, founding.links, fields) }
        for (i, peer) in config.peers.enumerated() where peer.node == config.node {
            fields.faults.add("peers[\(i)].node", "\(peer.node), which is this node", allowed: "other nodes")
        }
    }

    private func found(_ members: [NodeID], _ links: [Link]?, _ fields: FieldReader) {
        var all: [Link] = []
        for (i, a) in members.enumerated() { for b in members[(i + 1)...] { all.append(Link(a, b)) } }
        let view = View(number: 1, members: members, links: links ?? all)
        if !members.contains(config.node) {
            fields.faults.add(
                "founding.members", "\(members.map(\.description).joined(separator: ", "))",
                allowed: "a list with this node, \(config.node); a node that joins has no founding view")
        }
        if let fault = view.fault {
            fields.faults.add("founding", "\(fault)", allowed: "links between members")
        } else if !isConnected(view) {
            fields.faults.add("founding.links", "links that do not join all members", allowed: "links that do")
        }
        config.founding = view
    }

    private func isConnected(_ view: View) -> Bool {
        var found: Set<NodeID> = [view.members[0]]
        var open = [view.members[0]]
        while let node = open.popLast() {
            for link in view.links where link.a == node || link.b == node {
                let other = link.a == node ? link.b : link.a
                if found.insert(other).inserted { open.append(other) }
            }
        }
        return found.count == view.members.count
    }

    // MARK: Scalars

    private func node(_ fields: FieldReader) throws -> NodeID? {
        try fields.integer(in: Self.ids).map { NodeID(UInt64($0)) }
    }

    private func nodes(_ what: String, _ fields: FieldReader) throws -> [NodeID] {
        var nodes: [NodeID] = []
        try fields.array(what) { _ in
            guard let node = try node(fields) else { return }
            if nodes.contains(node) {
                fields.faults.add(fields.json.currentPath, "node \(node) a second time", allowed: "each node once")
            } else {
                nodes.append(node)
            }
        }
        return nodes
    }

    private func endpoint(_ fields: FieldReader) throws -> Endpoint? {
        guard let text = try fields.string() else { return nil }
        if let endpoint = Endpoint(text) { return endpoint }
        fields.faults.add(fields.json.currentPath, "\"\(text)\"", allowed: Endpoint.allowed)
        return nil
    }

    private func path(_ fields: FieldReader) throws -> String? {
        guard let text = try fields.string() else { return nil }
        if !text.isEmpty, !text.utf8.contains(0) { return text }
        fields.faults.add(fields.json.currentPath, "\"\(text)\"", allowed: "a path")
        return nil
    }

    private func time(_ value: inout Int, _ fields: FieldReader) throws {
        value = try fields.quantity(.time, in: Self.times) ?? value
    }

    // MARK: Objects

    private func readCluster(_ fields: FieldReader) throws {
        guard let name = try fields.string() else { return }
        config.cluster = name
        let bytes = 1...Introduction.mostClusterBytes
        if !bytes.contains(name.utf8.count) {
            fields.faults.add(
                fields.json.currentPath, "\(name.utf8.count) bytes",
                allowed: "\(bytes.lowerBound) … \(bytes.upperBound) bytes of UTF-8")
        }
    }

    private func readControl(_ fields: FieldReader) throws {
        guard let path = try path(fields) else { return }
        config.control = path
        if path.utf8.count > ControlClient.mostPathBytes {
            fields.faults.add(
                fields.json.currentPath, "a path of \(path.utf8.count) bytes",
                allowed: "at most \(ControlClient.mostPathBytes), which is what a socket may have")
        }
    }

    private func readFounding(_ fields: FieldReader) throws -> (members: [NodeID], links: [Link]?) {
        var members: [NodeID] = []
        var links: [Link]?
        try fields.object(FoundingField.self) { key in
            switch key {
            case .members:
                let path = fields.json.currentPath
                members = try nodes("a list of nodes, as in [1, 2, 3]", fields)
                if members.isEmpty { fields.faults.add(path, "no node", allowed: "at least this one") }
            case .links:
                links = []
                try fields.array("a list of links, as in [[1, 2], [2, 3]]") { _ in
                    let path = fields.json.currentPath
                    let ends = try nodes("the two ends of a link, as in [1, 2]", fields)
                    if ends.count == 2 {
                        links?.append(Link(ends[0], ends[1]))
                    } else {
                        fields.faults.add(path, "\(ends.count) nodes", allowed: "the two ends of a link")
                    }
                }
            }
        }
        return (members.isEmpty ? [config.node] : members, links)
    }

    private func readPeers(_ fields: FieldReader) throws {
        try fields.array("a list of peers, as in [{node: 2, address: 10.0.0.2:7000}]") { _ in
            let path = fields.json.currentPath
            var (peer, address) = (NodeID?.none, Endpoint?.none)
            try fields.object(PeerField.self) { key in
                switch key {
                case .node: peer = try node(fields)
                case .address: address = try endpoint(fields)
                }
            }
            guard let peer, let address else { return }
            if config.peers.contains(where: { $0.node == peer }) {
                fields.faults.add("\(path).node", "node \(peer) a second time", allowed: "each node once")
            }
            config.peers.append(NodeConfig.Peer(peer, address))
        }
    }

    private func readPolicy(_ fields: FieldReader) throws {
        try fields.object(PolicyField.self) { key in
            switch key {
            case .serve:
                if try fields.json.kind() == .string {
                    let text = try fields.json.string()
                    if text == "nobody" { config.policy.audience = .only([]) }
                    if text != "everyone", text != "nobody" {
                        fields.faults.add(
                            fields.json.currentPath, "\"\(text)\"", allowed: "everyone, nobody or a list of nodes")
                    }
                } else {
                    config.policy.audience = .only(Set(try nodes("everyone, nobody or a list of nodes", fields)))
                }
            case .bandwidth:
                config.policy.bandwidth = try fields.quantity(.bandwidth, in: 1...MessageLimits.greatestQuantity)
            case .limit: config.policy.mostBytes = try fields.quantity(.bytes, in: 0...MessageLimits.stateBytes)
            case .memory: config.snapshotMemory = try fields.quantity(.bytes, in: 1...MessageLimits.greatestQuantity)
            case .overhead:
                config.policy.overhead =
                    try fields.quantity(.time, in: 0...MessageLimits.greatestQuantity) ?? config.policy.overhead
            }
        }
    }

    private func readTraining(_ fields: FieldReader) throws {
        let path = fields.json.currentPath
        try fields.object(TrainingField.self) { key in
            switch key {
            case .batch: config.batch = try fields.integer(in: 1...1 << 20) ?? 1
            case .seed: config.sampleSeed = UInt64(try fields.integer(in: 0...Int.max) ?? 1)
            case .steps: config.steps = try fields.integer(in: 0...1 << 60)
            case .epochs: config.epochs = try fields.integer(in: 0...1 << 30)
            case .chunks: config.chunks = try fields.integer(in: 1...MessageLimits.chunks) ?? 1
            }
        }
        if config.steps != nil, config.epochs != nil {
            fields.faults.add("\(path).epochs", "steps and epochs", allowed: "one of them, or none for no end")
        }
    }

    private func readTimers(_ fields: FieldReader) throws {
        let path = fields.json.currentPath
        try fields.object(TimerField.self) { key in
            switch key {
            case .heartbeat: try time(&config.monitor.heartbeat, fields)
            case .failureBound: try time(&config.monitor.failureBound, fields)
            case .hello: try time(&config.negotiation.hello, fields)
            case .retry: try time(&config.negotiation.retry, fields)
            case .takeover: try time(&config.negotiation.takeover, fields)
            case .gathering: try time(&config.receiver.gathering, fields)
            case .measuring: config.receiver.measuring = try fields.quantity(.time, in: 0...Self.times.upperBound) ?? 0
            case .offerTimeout: try time(&config.receiver.offerTimeout, fields)
            case .shardRetry: try time(&config.receiver.retry, fields)
            case .silence: try time(&config.receiver.silence, fields)
            case .abandonment: try time(&config.receiver.abandonment, fields)
            case .leave: try time(&config.leaveTimeout, fields)
            }
        }
        config.monitor.disconnect = max(config.monitor.disconnect, config.monitor.failureBound)
        config.negotiation.longestTakeover = max(config.negotiation.longestTakeover, config.negotiation.takeover)
        if config.monitor.failureBound < 2 * config.monitor.heartbeat {
            fields.faults.add(
                "\(path).failure_bound", "\(config.monitor.failureBound) ns",
                allowed: "at least two heartbeats, \(2 * config.monitor.heartbeat) ns")
        }
    }

    private func readJournal(_ fields: FieldReader) throws {
        if try fields.json.kind() == .string {
            config.journal = try path(fields)
            return
        }
        try fields.object(JournalField.self) { key in
            switch key {
            case .file: config.journal = try path(fields)
            case .digests: config.observation.digests = try fields.integer(in: 0...1 << 40) ?? 1
            }
        }
    }

    private func readCheckpoint(_ fields: FieldReader) throws {
        var (file, every, restores) = (String?.none, 1, false)
        try fields.object(CheckpointField.self) { key in
            switch key {
            case .file: file = try path(fields)
            case .every: every = try fields.integer(in: 1...1 << 40) ?? 1
            case .restore: restores = try fields.boolean() ?? false
            }
        }
        if let file { config.checkpoint = CheckpointConfig(every: every, path: file, restores: restores) }
    }

    private func readMetrics(_ fields: FieldReader) throws {
        var metrics = NodeConfig.Metrics(path: "")
        try fields.object(MetricsField.self) { key in
            switch key {
            case .file: metrics.path = try path(fields) ?? ""
            case .period: try time(&metrics.period, fields)
            }
        }
        config.metrics = metrics
    }

    private func readLevel(_ fields: FieldReader) throws {
        guard let text = try fields.string() else { return }
        if let level = Logger.Level(rawValue: text) {
            config.log = level
        } else {
            fields.faults.add(
                fields.json.currentPath, "\"\(text)\"",
                allowed: Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }
}
