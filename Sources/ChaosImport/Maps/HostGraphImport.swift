import ChaosDocuments

/// Instances from a graph of hosts in the GML of the Shadow network simulator: each node has `host_bandwidth_up` and
/// `host_bandwidth_down` ("83592 Kibit", a second understood), each edge a one-way `latency` ("130859 us").
///
/// A neighbour's bandwidth is what its host can send; the joiner's `host_bandwidth_down` is the group `ingress` round
/// all neighbours, unless the recipe sets another. Only direct edges count; a host without one is left out, with a
/// note. Edges have no direction.
public struct HostGraphImport: Sendable {
    private struct Host {
        let id: String
        let name: String
        let up: Int
        let down: Int
    }

    private let file: String
    private var hosts: [Host] = []
    private var latencies: [[String]: Int] = [:]

    /// - Throws: `InvalidInput` with all faults of the file.
    public init(gml bytes: [UInt8], file: String) throws(InvalidInput) {
        self.file = file
        var faults = FaultList()
        let document = try GMLReader.read(bytes, file: file)
        guard let graph = document.first("graph")?.value.pairs else {
            throw InvalidInput(file: file, "", "no graph", allowed: "graph [ … ]")
        }
        func quantity(_ list: GMLReader.Pair, _ key: String, _ quantity: Quantity, _ suffix: String) -> Int {
            let found = list.value.pairs?.first(key)
            let text = found?.value.text ?? ""
            do throws(Quantity.Refusal) {
                return try quantity.parse(text + suffix)
            } catch {
                faults.add(
                    "line \(found?.line ?? list.line), \(list.key).\(key)", found == nil ? "missing" : "\"\(text)\"",
                    allowed: quantity == .time ? "a time such as \"130859 us\"" : "a bandwidth such as \"83592 Kibit\"")
                return 1
            }
        }
        for pair in graph where pair.key == "node" || pair.key == "edge" {
            guard let list = pair.value.pairs else {
                faults.add("line \(pair.line)", "\(pair.key) without a list", allowed: "\(pair.key) [ … ]")
                continue
            }
            func text(_ key: String) -> String? { list.first(key)?.value.text }
            if pair.key == "node" {
                guard let id = text("id") else {
                    faults.add("line \(pair.line)", "a node without id", allowed: "an id")
                    continue
                }
                hosts.append(
                    Host(
                        id: id, name: text("label") ?? id, up: quantity(pair, "host_bandwidth_up", .bandwidth, "/s"),
                        down: quantity(pair, "host_bandwidth_down", .bandwidth, "/s")))
            } else {
                guard let source = text("source"), let target = text("target") else {
                    faults.add("line \(pair.line)", "an edge without source or target", allowed: "both")
                    continue
                }
                latencies[[source, target].sorted()] = quantity(pair, "latency", .time, "")
            }
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
    }

    /// - Parameter name: the label of a node, or its id.
    public func instance(joiner name: String, recipe: InstanceRecipe) throws(InvalidInput) -> ImportedInstance {
        guard let joiner = hosts.first(where: { $0.name == name }) ?? hosts.first(where: { $0.id == name }) else {
            let known = hosts.prefix(40).map(\.name).joined(separator: ", ") + (hosts.count > 40 ? ", …" : "")
            throw InvalidInput(
                file: file, "graph", "no node \"\(name)\"", allowed: "one of \(hosts.count) nodes: \(known)")
        }
        var recipe = recipe
        var derivation = [
            "bandwidth: host_bandwidth_up of each neighbor in \(file.split(separator: "/").last.map(String.init) ?? file)",
            "latency: that of the direct edge, taken as one way",
        ]
        if recipe.ingress == nil {
            recipe.ingress = .fixed(joiner.down)
            derivation.append("ingress: host_bandwidth_down of the joiner")
        }
        var (candidates, unlinked) = ([Candidate](), [String]())
        for host in hosts where host.id != joiner.id {
            if let latency = latencies[[host.id, joiner.id].sorted()], host.up > 0 {
                candidates.append(
                    Candidate(id: host.name, bandwidth: host.up, latency: latency, roundTrip: 2 * latency))
            } else {
                unlinked.append(host.name)
            }
        }
        let notes =
            unlinked.isEmpty ? [] : ["left out, without an edge to the joiner: \(unlinked.joined(separator: ", "))"]
        return try recipe.instance(
            joiner: joiner.name, candidates: candidates, file: file, derivation: derivation, notes: notes)
    }
}
