import ChaosDocuments
import ChaosImport
import ChaosModel
import ChaosProtocol

/// What is said of a link; nil: what the network says.
struct LinkFigures {
    var bandwidth: Int?
    var latency: Int?

    var isEmpty: Bool { bandwidth == nil && latency == nil }

    func capacity(_ usual: LinkCapacity) -> LinkCapacity {
        LinkCapacity(bandwidth: bandwidth ?? usual.bandwidth, latency: latency ?? usual.latency)
    }

    mutating func readBandwidth(_ fields: FieldReader) throws {
        bandwidth = try fields.quantity(.bandwidth, in: ScenarioRange.bandwidth)
    }

    mutating func readLatency(_ fields: FieldReader) throws {
        latency = try fields.quantity(.time, in: ScenarioRange.shortTime)
    }
}

/// Who is there at first, and over which links.
struct FoundingNetwork {
    var founders: [NodeID]
    var links: [Link] = []
    /// Those that are not as usual, the links of a joiner that the file of an instance knows among them.
    var capacities: [Link: LinkCapacity] = [:]
    /// The joiner of an instance and the nodes that it joins by.
    var joiner: (node: NodeID, links: [NodeID])?
    /// Of an instance.
    var stateBytes: Int?
}

/// The key `network` of a scenario file, as it was read.
struct NetworkDraft {
    private enum Shape {
        case links([(link: Link, figures: LinkFigures, path: String)])
        case mesh
        case instance(String)
        case topology(String)
        case generated(RandomNetwork)
    }

    private var shape: Shape?
    private var usual = LinkFigures()
    private var loss = 0
    private var duplication = 0
    private var jitter = 0
    private var notice: Int?
    private var silence = 0

    /// What a link has of which nothing else is said.
    var usualCapacity: LinkCapacity { usual.capacity(LinkCapacity()) }

    /// - Returns: nil if it is no object, which is recorded.
    init?(_ fields: FieldReader) throws {
        guard try fields.json.kind() == .object else {
            try fields.refuse(allowed: "an object")
            return nil
        }
        let path = fields.json.currentPath
        var shapes: [NetworkField] = []
        try fields.object(NetworkField.self) { key in
            if NetworkField.shapes.contains(key) { shapes.append(key) }
            switch key {
            case .links: shape = try Self.readLinks(fields)
            case .instance: shape = try fields.string().map(Shape.instance)
            case .topology: shape = try fields.string().map(Shape.topology)
            case .generated: shape = try RandomNetwork(fields).map(Shape.generated)
            case .bandwidth: try usual.readBandwidth(fields)
            case .latency: try usual.readLatency(fields)
            case .loss: loss = try fields.integer(in: ScenarioRange.perMille, "per mille") ?? 0
            case .duplication: duplication = try fields.integer(in: ScenarioRange.perMille, "per mille") ?? 0
            case .jitter: jitter = try fields.quantity(.time, in: ScenarioRange.jitter) ?? 0
            case .notice: notice = try fields.quantity(.time, in: ScenarioRange.shortTime)
            case .silence: silence = try fields.integer(in: ScenarioRange.perMille, "per mille") ?? 0
            }
        }
        if shapes.count != 1 {
            fields.faults.add(
                path, shapes.isEmpty ? "no links" : shapes.map(\.rawValue).joined(separator: " and "),
                allowed: "one of \(NetworkField.shapes.map(\.rawValue).joined(separator: ", "))")
            shape = nil
        }
    }

    private static func readLinks(_ fields: FieldReader) throws -> Shape? {
        let allowed = "\"mesh\", or a list of links, as in [[1, 2], {ends: [2, 3], latency: 5 ms}]"
        switch try fields.json.kind() {
        case .string:
            let path = fields.json.currentPath
            let text = try fields.json.string()
            if text == "mesh" { return .mesh }
            fields.faults.add(path, "\"\(text)\"", allowed: allowed)
            return nil
        case .array:
            var links: [(link: Link, figures: LinkFigures, path: String)] = []
            var isWhole = true
            try fields.json.array { _ in
                let path = fields.json.currentPath
                var link: Link?
                var figures = LinkFigures()
                if try fields.json.kind() == .array {
                    link = try fields.link()
                } else {
                    try fields.object(LinkField.self) { key in
                        switch key {
                        case .ends: link = try fields.link()
                        case .bandwidth: try figures.readBandwidth(fields)
                        case .latency: try figures.readLatency(fields)
                        }
                    }
                }
                if let link { links.append((link, figures, path)) } else { isWhole = false }
            }
            // Without a link that was refused, the rest need not be connected.
            return isWhole ? .links(links) : nil
        default:
            try fields.refuse(allowed: allowed)
            return nil
        }
    }

    /// What the network does to messages. Each takes the latency of its link and up to the jitter beside it.
    var conditions: NetworkConditions {
        NetworkConditions(
            loss: loss, duplication: duplication, leastDelay: 0, mostDelay: jitter,
            failureBound: notice ?? NetworkConditions().failureBound, silence: silence, capacity: usualCapacity)
    }

    // MARK: Founders and links

    /// - Returns: nil if something is wrong, which is recorded, or was.
    /// - Throws: `FileError` or `InvalidInput` of another file, if this one has no fault so far.
    func resolve(
        founders: [NodeID]?, namesFounders: Bool, seed: UInt64, folder: String, _ faults: inout FaultList
    ) throws -> FoundingNetwork? {
        guard let shape else { return nil }
        var network: FoundingNetwork
        switch shape {
        case .links, .mesh:
            if !namesFounders { faults.add("founders", "the key is missing", allowed: "a list of nodes") }
            guard let founders else { return nil }
            network = FoundingNetwork(founders: founders)
        case .instance, .topology, .generated:
            if namesFounders {
                faults.add("founders", "a list of nodes", allowed: "no such key: the network names the founders")
            }
            // Another file is not read for the sake of a scenario that cannot be run.
            guard faults.isEmpty else { return nil }
            network = try read(shape, seed: seed, folder: folder)
        }
        guard ScenarioRange.nodes.contains(network.founders.count) else {
            faults.add(
                "founders", "\(network.founders.count) nodes",
                allowed: "\(ScenarioRange.nodes.lowerBound) … \(ScenarioRange.nodes.upperBound)")
            return nil
        }
        switch shape {
        case .links(let links): add(links, to: &network, &faults)
        case .mesh, .instance: addMesh(to: &network, &faults)
        case .topology, .generated: break
        }
        guard faults.isEmpty else { return nil }
        if network.links.count > MessageLimits.links {
            faults.add("network", "\(network.links.count) links", allowed: "at most \(MessageLimits.links)")
            return nil
        }
        if let lost = Self.unconnected(network) {
            let shown = lost.prefix(8).map(\.description).joined(separator: ", ") + (lost.count > 8 ? ", …" : "")
            faults.add(
                "network", "no way from node \(network.founders[0]) to \(shown)",
                allowed: "links that join all founders")
            return nil
        }
        return network
    }

    private func add(
        _ links: [(link: Link, figures: LinkFigures, path: String)], to network: inout FoundingNetwork,
        _ faults: inout FaultList
    ) {
        let founders = Set(network.founders)
        var seen: Set<Link> = []
        for (link, figures, path) in links {
            for end in [link.a, link.b] where !founders.contains(end) {
                faults.add(path, "node \(end)", allowed: "two of the founders")
            }
            if !seen.insert(link).inserted { faults.add(path, "link \(link) a second time", allowed: "each link once") }
            network.links.append(link)
            if !figures.isEmpty { network.capacities[link] = figures.capacity(usualCapacity) }
        }
        network.links.sort()
    }

    private func addMesh(to network: inout FoundingNetwork, _ faults: inout FaultList) {
        let founders = network.founders.sorted()
        guard founders.count * (founders.count - 1) / 2 <= MessageLimits.links else {
            faults.add(
                "network", "a mesh of \(founders.count) nodes", allowed: "at most \(MessageLimits.links) links")
            return
        }
        for (i, one) in founders.enumerated() {
            for other in founders[(i + 1)...] { network.links.append(Link(one, other)) }
        }
    }

    /// The founders that the first one does not reach, or nil.
    private static func unconnected(_ network: FoundingNetwork) -> [NodeID]? {
        var neighbors: [NodeID: [NodeID]] = [:]
        for link in network.links {
            neighbors[link.a, default: []].append(link.b)
            neighbors[link.b, default: []].append(link.a)
        }
        var reached: Set<NodeID> = [network.founders[0]]
        var open = [network.founders[0]]
        while let node = open.popLast() {
            for other in neighbors[node] ?? [] where reached.insert(other).inserted { open.append(other) }
        }
        let lost = network.founders.filter { !reached.contains($0) }
        return lost.isEmpty ? nil : lost
    }

    // MARK: Other sources

    private func read(_ shape: Shape, seed: UInt64, folder: String) throws -> FoundingNetwork {
        func path(_ name: String) -> String { name.hasPrefix("/") ? name : folder + name }
        switch shape {
        case .instance(let name): return try Self.network(of: Instance(contentsOf: path(name)), file: path(name))
        case .topology(let name):
            let graph = try TopologyGraph(graphML: try DocumentIO.read(path(name)), file: path(name))
            let map = try TopologyNetwork(graph, missingSpeed: usual.bandwidth, remedy: "network.bandwidth")
            var network = FoundingNetwork(founders: (0..<map.names.count).map { NodeID(UInt64($0 + 1)) })
            for link in map.links {
                network.add(
                    Link(network.founders[link.ends.0], network.founders[link.ends.1]),
                    LinkCapacity(bandwidth: link.bandwidth, latency: link.latency))
            }
            return network
        case .generated(let random): return random.network(seed: seed, usual: usualCapacity)
        case .links, .mesh: return FoundingNetwork(founders: [])
        }
    }

    /// The neighbours are the founders and know each other; the joiner comes after them.
    private static func network(of instance: Instance, file: String) throws(InvalidInput) -> FoundingNetwork {
        var faults = FaultList()
        for (i, neighbor) in instance.neighbors.enumerated() {
            for (key, value) in [
                ("ready", neighbor.ready), ("overhead", neighbor.overhead), ("limit", neighbor.limit ?? 0),
                ("group", neighbor.group.map { _ in 1 } ?? 0),
            ] where value != 0 {
                faults.add("neighbors[\(i)].\(key)", "a value", allowed: "none: a scenario has links only")
            }
            if neighbor.latency / 2 >= ScenarioRange.shortTime.upperBound {
                faults.add("neighbors[\(i)].latency", "\(neighbor.latency) ns", allowed: "less than two hours")
            }
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
        let count = instance.neighbors.count
        var network = FoundingNetwork(founders: (1...count).map { NodeID(UInt64($0)) })
        let joiner = NodeID(UInt64(count + 1))
        for (founder, neighbor) in zip(network.founders, instance.neighbors) {
            // From the request to the first byte is there and back.
            network.capacities[Link(founder, joiner)] = LinkCapacity(
                bandwidth: neighbor.bandwidth, latency: (neighbor.latency + 1) / 2)
        }
        network.joiner = (joiner, network.founders)
        network.stateBytes = instance.state.bytes
        return network
    }
}

extension FoundingNetwork {
    mutating func add(_ link: Link, _ capacity: LinkCapacity) {
        links.append(link)
        capacities[link] = capacity
    }
}
