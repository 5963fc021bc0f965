import ChaosDocuments

extension AttributedGraph {
    /// Reads the graph of a GML file: `node` with `id`, `edge` with `source` and `target`, `directed` and `multigraph`,
    /// 0 or 1. The number 7 and the text "7" are two ids. Lists inside nodes and edges are no attributes here.
    /// - Throws: `InvalidInput` with all faults of the graph, or with the first place that is no GML.
    init(gml bytes: [UInt8], file: String) throws(InvalidInput) {
        let document = try GMLReader.read(bytes, file: file)
        let graphs = document.filter { $0.key == "graph" }
        guard let pairs = graphs.first?.value.pairs else {
            throw InvalidInput(file: file, "", "no graph", allowed: "graph [ … ]")
        }
        var reader = GMLGraphReader(graph: AttributedGraph(file: file))
        if graphs.count > 1 { reader.faults.add("line \(graphs[1].line)", "a second graph", allowed: "one graph") }
        reader.read(pairs)
        if !reader.faults.isEmpty {
            throw InvalidInput(file: file, faults: reader.faults.faults, count: reader.faults.count)
        }
        self = reader.graph
    }
}

private struct GMLGraphReader {
    var graph: AttributedGraph
    var faults = FaultList()
    private var placeOfID: [String: Int] = [:]

    init(graph: AttributedGraph) { self.graph = graph }

    mutating func read(_ pairs: [GMLReader.Pair]) {
        graph.isDirected = flag("directed", of: pairs)
        let isMultigraph = flag("multigraph", of: pairs)
        let lists = pairs.filter { $0.key == "node" || $0.key == "edge" }
        for pair in lists where pair.value.pairs == nil {
            faults.add("line \(pair.line)", "\(pair.key) without a list", allowed: "\(pair.key) [ … ]")
        }
        for pair in lists where pair.key == "node" {
            if let list = pair.value.pairs { addNode(list, line: pair.line) }
        }
        var lineOfEdge: [EdgeEnds: Int] = [:]
        for pair in lists where pair.key == "edge" {
            guard let list = pair.value.pairs, let (source, target) = addEdge(list, line: pair.line) else { continue }
            let ends = EdgeEnds(source, target, isDirected: graph.isDirected)
            if let first = lineOfEdge[ends], !isMultigraph {
                faults.add(
                    "line \(pair.line)", "the edge of line \(first) a second time",
                    allowed: "one edge between two nodes, or multigraph 1 in the graph")
            }
            lineOfEdge[ends] = lineOfEdge[ends] ?? pair.line
        }
    }

    private mutating func flag(_ key: String, of pairs: [GMLReader.Pair]) -> Bool {
        let found = pairs.filter { $0.key == key }
        guard let first = found.first else { return false }
        if found.count > 1 { faults.add("line \(found[1].line)", "\(key) a second time", allowed: "\(key) once") }
        if case .number(let text) = first.value, ["0", "1"].contains(text) { return text == "1" }
        faults.add("line \(first.line)", "\(key) \(first.value.text ?? "[ … ]")", allowed: "\(key) 0 or \(key) 1")
        return false
    }

    private mutating func addNode(_ list: [GMLReader.Pair], line: Int) {
        if let inner = list.first(where: { $0.key == "graph" }) {
            faults.add("line \(inner.line)", "a graph inside a node", allowed: "nodes beside each other in one graph")
        }
        guard let (id, text) = id("id", of: list) else {
            return faults.add("line \(line)", "a node without id", allowed: "one id")
        }
        if placeOfID.updateValue(graph.nodes.count, forKey: id) != nil {
            faults.add("line \(line)", "the node \(id) a second time", allowed: "each node once")
        }
        graph.nodes.append(AttributedGraph.Node(id: text, line: line, attributes: attributes(list, but: ["id"])))
    }

    private mutating func addEdge(_ list: [GMLReader.Pair], line: Int) -> (Int, Int)? {
        guard let source = id("source", of: list), let target = id("target", of: list) else {
            faults.add("line \(line)", "an edge without source or target", allowed: "one of each")
            return nil
        }
        guard let a = placeOfID[source.id], let b = placeOfID[target.id] else {
            faults.add(
                "line \(line)", "an edge from \(source.id) to \(target.id)",
                allowed: "two of the ids of the \(graph.nodes.count) nodes")
            return nil
        }
        graph.edges.append(
            AttributedGraph.Edge(
                source: a, target: b, line: line, attributes: attributes(list, but: ["source", "target"])))
        return (a, b)
    }

    /// - Returns: what tells ids apart, and what people see; nil unless there is exactly one.
    private func id(_ key: String, of list: [GMLReader.Pair]) -> (id: String, text: String)? {
        let found = list.filter { $0.key == key }
        guard found.count == 1 else { return nil }
        switch found[0].value {
        case .text(let text): return ("\"\(text)\"", text)
        case .number(let text): return Int(text).map { ("\($0)", "\($0)") } ?? (text, text)
        case .list: return nil
        }
    }

    private func attributes(_ list: [GMLReader.Pair], but left: Set<String>) -> [String: AttributedGraph.Attribute] {
        var attributes: [String: AttributedGraph.Attribute] = [:]
        var seen: Set<String> = []
        for pair in list where !left.contains(pair.key) {
            let nextLine = seen.insert(pair.key).inserted ? nil : pair.line
            if attributes[pair.key] != nil {
                attributes[pair.key]?.nextLine = nextLine
            } else if let text = pair.value.text {
                attributes[pair.key] = AttributedGraph.Attribute(text: text, line: pair.line, nextLine: nextLine)
            }
        }
        return attributes
    }
}
