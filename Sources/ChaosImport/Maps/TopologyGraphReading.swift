import ChaosDocuments
import ChaosModel

extension TopologyGraph {
    /// Reads a GraphML file with the node attributes `label`, `Latitude`, `Longitude` and the link attribute
    /// `LinkSpeedRaw` (bit/s), as the Internet Topology Zoo writes them. Links between the same two nodes become one
    /// with the sum of their capacities, in a directed graph for each direction on its own; a link from a node to itself
    /// carries nothing and is left out, with a note. A label that several nodes bear gets the node's id behind it.
    /// - Throws: `InvalidInput` with all faults of the file.
    public init(graphML bytes: [UInt8], file: String) throws(InvalidInput) {
        let graph = try AttributedGraph(graphML: bytes, file: file)
        self.init(
            file: file, isDirected: graph.isDirected, nodes: [], links: [], notes: graph.notes + graph.noteOnLoops)
        var faults = FaultList()
        for (node, name) in zip(graph.nodes, try graph.names(label: "label")) {
            let point = Self.point(of: node, graph.nodeDefaults, &faults)
            nodes.append(Node(id: node.id, name: name, point: point))
        }
        addLinks(of: graph, &faults)
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
    }

    private static func point(
        of node: AttributedGraph.Node, _ defaults: [String: AttributedGraph.Attribute], _ faults: inout FaultList
    ) -> GeographicPoint? {
        let (latitude, longitude) = (
            node.attributes["Latitude"] ?? defaults["Latitude"], node.attributes["Longitude"] ?? defaults["Longitude"]
        )
        guard latitude != nil || longitude != nil else { return nil }
        if let y = latitude?.number, let x = longitude?.number, (-90...90).contains(y), (-360...360).contains(x) {
            return GeographicPoint(latitude: y, longitude: x)
        }
        faults.add(
            "line \((latitude ?? longitude)?.line ?? node.line), node \(node.id)",
            "Latitude \(latitude?.text.trimmed ?? "missing"), Longitude \(longitude?.text.trimmed ?? "missing")",
            allowed: "degrees, -90 … 90 and -360 … 360, or neither")
        return nil
    }

    private mutating func addLinks(of graph: AttributedGraph, _ faults: inout FaultList) {
        var placeOfLink: [EdgeEnds: Int] = [:]
        /// How many edges each link is, and how many of them have a capacity.
        var edges: [(all: Int, known: Int)] = []
        var (cut, silent) = (0, 0)
        for edge in graph.edges {
            let speed = Self.speed(of: edge, graph.edgeDefaults, &faults)
            guard edge.source != edge.target else { continue }
            let ends = EdgeEnds(edge.source, edge.target, isDirected: isDirected)
            if placeOfLink[ends] == nil {
                placeOfLink[ends] = links.count
                links.append(Link(ends: (edge.source, edge.target), speed: nil))
                edges.append((0, 0))
            }
            guard let place = placeOfLink[ends] else { continue }
            edges[place].all += 1
            guard let speed else { continue }
            edges[place].known += 1
            let sum = (links[place].speed ?? 0) + speed
            if sum > ModelRange.mostBandwidth { cut += 1 }
            links[place].speed = min(sum, ModelRange.mostBandwidth)
        }
        for count in edges where count.known > 0 { silent += count.all - count.known }
        if silent > 0 {
            notes.append("without a capacity, beside a link that has one, and so without effect: \(silent)")
        }
        if cut > 0 { notes.append("parallel links whose sum is cut to 2^50 bit/s: \(cut)") }
    }

    private static func speed(
        of edge: AttributedGraph.Edge, _ defaults: [String: AttributedGraph.Attribute], _ faults: inout FaultList
    ) -> Int? {
        guard let attribute = edge.attributes["LinkSpeedRaw"] ?? defaults["LinkSpeedRaw"] else { return nil }
        let text = attribute.text.trimmed
        if let value = Quantity.bandwidth.rounded(text, unit: 1), (1...ModelRange.mostBandwidth).contains(value) {
            return value
        }
        faults.add(
            "line \(attribute.line), LinkSpeedRaw", "\"\(text)\"", allowed: "1 … 2^50 bit/s, or no such attribute")
        return nil
    }
}

extension AttributedGraph.Attribute {
    /// A decimal number, with white space round it or without.
    fileprivate var number: Double? {
        let text = text.trimmed
        return text.utf8.allSatisfy("+-.0123456789eE".utf8.contains) ? Double(text) : nil
    }
}
