import ChaosDocuments
import ChaosModel

/// Instances from a graph of hosts in the GML of the Shadow network simulator: each node has `host_bandwidth_up` and
/// `host_bandwidth_down` ("83592 Kibit", a second understood), each edge a one-way `latency` ("130859 us").
///
/// A neighbour's bandwidth is what its host can send; the joiner's `host_bandwidth_down` is the group `ingress` round
/// all neighbours, unless the recipe sets another. Only direct edges count. In a directed graph it is the edge from the
/// neighbour to the joiner, on which the state travels; without `directed 1`, edges have no direction. Of parallel
/// edges, which `multigraph 1` allows, the one with the least latency counts. Left out, with a note: a host without
/// such an edge, a host that sends nothing, an edge from a node to itself.
public struct HostGraphImport: Sendable {
    private struct Host {
        let id: String
        let name: String
        let up: Int
        let down: Int
    }

    private struct Line {
        var latency: Int
        var count: Int
        var losesPackets: Bool
    }

    private let file: String
    private let isDirected: Bool
    private var hosts: [Host] = []
    private var lines: [EdgeEnds: Line] = [:]
    private let notes: [String]

    /// - Throws: `InvalidInput` with all faults of the file.
    public init(gml bytes: [UInt8], file: String) throws(InvalidInput) {
        let graph = try AttributedGraph(gml: bytes, file: file)
        self.file = file
        isDirected = graph.isDirected
        notes = graph.notes + graph.noteOnLoops
        var faults = FaultList()
        for node in graph.nodes { faults.addRepeated("label", "node", node.attributes) }
        let names = try graph.names(label: "label")
        for (node, name) in zip(graph.nodes, names) {
            let up = faults.figure("host_bandwidth_up", of: "node", node.attributes, line: node.line, .bandwidth)
            let down = faults.figure("host_bandwidth_down", of: "node", node.attributes, line: node.line, .bandwidth)
            hosts.append(Host(id: node.id, name: name, up: up, down: down))
        }
        for edge in graph.edges {
            let latency = faults.figure("latency", of: "edge", edge.attributes, line: edge.line, .time)
            let loss = edge.attributes["packet_loss"].flatMap { Double($0.text) } ?? 0
            let ends = EdgeEnds(edge.source, edge.target, isDirected: isDirected)
            var line = lines[ends] ?? Line(latency: latency, count: 0, losesPackets: false)
            if latency < line.latency || line.count == 0 { (line.latency, line.losesPackets) = (latency, loss != 0) }
            line.count += 1
            lines[ends] = line
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
    }

    /// - Parameters:
    ///   - name: the label of a node, or its id.
    ///   - recipe: state, sizes and what else is not in the map.
    public func instance(joiner name: String, recipe: InstanceRecipe) throws(InvalidInput) -> ImportedInstance {
        guard
            let place = hosts.firstIndex(where: { $0.name == name }) ?? hosts.firstIndex(where: { $0.id == name })
        else {
            throw InvalidInput(
                file: file, "graph", "no node \"\(name)\"",
                allowed: "one of \(hosts.count) nodes: \(hosts.map(\.name).listed)")
        }
        let joiner = hosts[place]
        var recipe = recipe
        var derivation = [
            "bandwidth: host_bandwidth_up of each neighbor in \(file.split(separator: "/").last.map(String.init) ?? file)",
            isDirected
                ? "latency: that of the edge from the neighbor to the joiner"
                : "latency: that of the direct edge, taken as one way",
        ]
        if recipe.ingress == nil {
            guard joiner.down > 0 else {
                throw InvalidInput(
                    file: file, "node \(joiner.name), host_bandwidth_down", "0 for the joiner",
                    allowed: "more, or --ingress")
            }
            recipe.ingress = .fixed(joiner.down)
            derivation.append("ingress: host_bandwidth_down of the joiner")
        }
        let (candidates, left) = candidates(for: place)
        return try recipe.instance(
            joiner: joiner.name, candidates: candidates, file: file, derivation: derivation, notes: notes + left)
    }

    /// - Returns: the hosts that can be neighbours, and sentences on what does not count.
    private func candidates(for joiner: Int) -> ([Candidate], [String]) {
        var candidates: [Candidate] = []
        var (unlinked, oneWay, silent, parallel, lossy) = ([String](), [String](), [String](), [String](), [String]())
        for (v, host) in hosts.enumerated() where v != joiner {
            guard let line = lines[EdgeEnds(v, joiner, isDirected: isDirected)] else {
                if lines[EdgeEnds(joiner, v, isDirected: isDirected)] == nil {
                    unlinked.append(host.name)
                } else {
                    oneWay.append(host.name)
                }
                continue
            }
            guard host.up > 0 else {
                silent.append(host.name)
                continue
            }
            if line.count > 1 { parallel.append(host.name) }
            if line.losesPackets { lossy.append(host.name) }
            candidates.append(
                Candidate(id: host.name, bandwidth: host.up, latency: line.latency, roundTrip: 2 * line.latency))
        }
        let notes = [
            ("left out, without an edge to the joiner", unlinked),
            ("left out, with an edge from the joiner and none to it, where the state travels", oneWay),
            ("left out, with a host_bandwidth_up of 0", silent),
            ("with parallel edges, of which the one with the least latency counts", parallel),
            ("with a packet_loss, which an instance does not have", lossy),
        ]
        return (candidates, notes.filter { !$0.1.isEmpty }.map { "\($0): \($1.joined(separator: ", "))" })
    }
}

extension FaultList {
    fileprivate mutating func addRepeated(
        _ key: String, _ owner: String, _ attributes: [String: AttributedGraph.Attribute]
    ) {
        if let line = attributes[key]?.nextLine {
            add("line \(line), \(owner).\(key)", "\(key) a second time", allowed: "\(key) once")
        }
    }

    /// The figure of a node or an edge in base units, within the range of the model.
    fileprivate mutating func figure(
        _ key: String, of owner: String, _ attributes: [String: AttributedGraph.Attribute], line: Int,
        _ quantity: Quantity
    ) -> Int {
        addRepeated(key, owner, attributes)
        let isTime = quantity == .time
        let attribute = attributes[key]
        let text = attribute?.text ?? ""
        let most = isTime ? ModelRange.mostNanoseconds : ModelRange.mostBandwidth
        if let value = try? quantity.parse(text + (isTime ? "" : "/s")), value <= most { return value }
        add(
            "line \(attribute?.line ?? line), \(owner).\(key)", attribute == nil ? "missing" : "\"\(text)\"",
            allowed: isTime
                ? "a time such as \"130859 us\", up to 2^50 ns"
                : "a bandwidth such as \"83592 Kibit\", up to 2^50 bit/s")
        return 1
    }
}
