import ChaosDocuments
import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

extension AttributedGraph {
    /// Reads the graph of a GraphML document, with the defaults of its keys. What GraphML has beside nodes, edges and
    /// their data is refused with its place where it would change the graph (hyperedges, nested graphs, a second graph,
    /// edges of both kinds), and told in a note where it would not (ports, data with elements inside as of yEd).
    /// - Throws: `InvalidInput` with all faults of the file.
    init(graphML bytes: [UInt8], file: String) throws(InvalidInput) {
        let reader = GraphMLReader(file: file)
        if let line = Self.lineOfEntityDeclaration(in: bytes) {
            throw InvalidInput(
                file: file, "line \(line)", "a declaration of an entity",
                allowed: "characters, &amp; &lt; &gt; &quot; &apos; and numbers such as &#252;")
        }
        // Entities of other files are not resolved: an import reads what it is given and nothing else.
        let parser = XMLParser(data: Data(bytes))
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        // The parser takes a document that breaks off, or goes on behind its end, for a whole one: hence the count of
        // open elements, and its error even where it says that there was none.
        let isComplete = parser.parse() && parser.parserError == nil && reader.isClosed
        if !isComplete {
            let reason = parser.parserError.map { "error \(($0 as NSError).code)" } ?? "it breaks off"
            reader.faults.add(
                "line \(parser.lineNumber), column \(parser.columnNumber)", "no well-formed XML (\(reason))",
                allowed: "a GraphML document")
        }
        if reader.faults.isEmpty, !reader.hasGraph {
            reader.faults.add("", "no element graph", allowed: "a GraphML document with one graph")
        }
        if reader.faults.isEmpty { reader.finish() }
        if !reader.faults.isEmpty {
            throw InvalidInput(file: file, faults: reader.faults.faults, count: reader.faults.count)
        }
        self = reader.graph
    }

    /// The parser passes over entities that a document declares for itself, wherever they stand in a text.
    private static func lineOfEntityDeclaration(in bytes: [UInt8]) -> Int? {
        // In UTF-16 each letter of these has a zero beside it.
        let letters = bytes.filter { $0 != 0 }
        guard let type = letters.firstRange(of: Array("<!DOCTYPE".utf8)),
            let place = letters[type.upperBound...].firstRange(of: Array("<!ENTITY".utf8))
        else { return nil }
        return 1 + letters[..<place.lowerBound].count { $0 == UInt8(ascii: "\n") }
    }
}

/// Collects what matters of a GraphML document while it is parsed. Keys may stand behind what uses them, and edges before
/// their nodes, so all is put together at the end.
private final class GraphMLReader: NSObject, XMLParserDelegate {
    private struct Key {
        let id: String
        let name: String
        /// The element that the key is for; nil: any.
        let owner: String?
        let line: Int
        var defaultText: String?
    }

    private struct Datum {
        let key: String
        let text: String
        let line: Int
    }

    private struct RawEdge {
        let id: String?
        let source, target: String
        let line: Int
        var data: [Datum] = []
    }

    var faults = FaultList()
    private(set) var graph: AttributedGraph
    private(set) var hasGraph = false
    var isClosed: Bool { hasElement && open.isEmpty }

    private var hasElement = false
    /// The names of the open elements, as GraphML has them.
    private var open: [String] = []
    /// What stands before the names of GraphML's elements, as in "g:node".
    private var prefix = ""
    private var keys: [Key] = []
    private var edges: [RawEdge] = []
    private var dataOfNodes: [[Datum]] = []
    private var dataOfGraph: [Datum] = []
    private var placeOfNode: [String: Int] = [:]
    /// The text of the element data or default that is open.
    private var text = ""
    private var key: String?
    private var hasElementsInside = false
    private var depthInsideData = 0
    private var passedOver: [String: Int] = [:]

    private static let owners: Set<String> = [
        "all", "graphml", "graph", "node", "edge", "hyperedge", "port", "endpoint",
    ]

    init(file: String) { graph = AttributedGraph(file: file) }

    // MARK: Elements

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes given: [String: String]
    ) {
        let line = parser.lineNumber
        if !hasElement, element.hasSuffix(":graphml") { prefix = String(element.dropLast("graphml".count)) }
        let name = element.hasPrefix(prefix) ? String(element.dropFirst(prefix.count)) : ""
        let parent = open.last
        open.append(name)
        if !hasElement, name != "graphml" {
            faults.add("line \(line)", "the element \(element)", allowed: "a document of the element graphml")
        }
        hasElement = true
        if parent == "data" || parent == "default" || depthInsideData > 0 {
            hasElementsInside = true
            depthInsideData += 1
            return
        }
        switch name {
        case "graphml", "desc": break
        case "key": startKey(given, line: line)
        case "default", "data":
            (text, hasElementsInside) = ("", false)
            key = given["key"]
        case "graph": startGraph(given, in: parent, line: line)
        case "node" where parent == "graph": startNode(given, line: line)
        case "edge" where parent == "graph": startEdge(given, line: line)
        case "hyperedge":
            faults.add("line \(line)", "a hyperedge", allowed: "edges between two nodes")
        case "node", "edge":
            faults.add("line \(line)", "an element \(name) in \(parent ?? "nothing")", allowed: "one in the graph")
        default: passedOver[element, default: 0] += 1
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if open.last == "data" || open.last == "default" { text += string }
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        // Whatever the encoding of the document, the parser hands over UTF-8.
        self.parser(parser, foundCharacters: String(decoding: block, as: UTF8.self))
    }

    func parser(
        _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
    ) {
        let name = open.popLast()
        if depthInsideData > 0 {
            depthInsideData -= 1
        } else if name == "data" {
            endData(of: open.last, line: parser.lineNumber)
        } else if name == "default", open.last == "key", !keys.isEmpty {
            keys[keys.count - 1].defaultText = text
        }
    }

    private func startKey(_ given: [String: String], line: Int) {
        guard let id = given["id"], let name = given["attr.name"] ?? given["yfiles.type"] else {
            return faults.add("line \(line)", "a key without id or attr.name", allowed: "both")
        }
        let owner = given["for"] ?? "all"
        if !Self.owners.contains(owner) {
            faults.add("line \(line)", "a key for \"\(owner)\"", allowed: Self.owners.sorted().joined(separator: ", "))
        }
        keys.append(Key(id: id, name: name, owner: owner == "all" ? nil : owner, line: line))
    }

    private func startGraph(_ given: [String: String], in parent: String?, line: Int) {
        if parent != "graphml" {
            faults.add("line \(line)", "a graph inside \(parent ?? "nothing")", allowed: "one graph, not nested")
        } else if hasGraph {
            faults.add("line \(line)", "a second graph", allowed: "one graph")
        }
        hasGraph = true
        switch given["edgedefault"] ?? "undirected" {
        case "directed": graph.isDirected = true
        case "undirected": break
        case let text: faults.add("line \(line), edgedefault", "\"\(text)\"", allowed: "directed or undirected")
        }
    }

    private func startNode(_ given: [String: String], line: Int) {
        guard let id = given["id"] else { return faults.add("line \(line)", "a node without id", allowed: "an id") }
        if placeOfNode.updateValue(graph.nodes.count, forKey: id) != nil {
            faults.add("line \(line)", "the node \"\(id)\" a second time", allowed: "each node once")
        }
        graph.nodes.append(AttributedGraph.Node(id: id, line: line, attributes: [:]))
        dataOfNodes.append([])
    }

    private func startEdge(_ given: [String: String], line: Int) {
        guard let source = given["source"], let target = given["target"] else {
            return faults.add("line \(line)", "an edge without source or target", allowed: "both")
        }
        if let text = given["directed"], text != "\(graph.isDirected)" {
            faults.add(
                "line \(line), directed", "\"\(text)\"",
                allowed: "\(graph.isDirected), as edgedefault says for the graph: edges of one kind")
        }
        for end in ["sourceport", "targetport"] where given[end] != nil { passedOver[end, default: 0] += 1 }
        edges.append(RawEdge(id: given["id"], source: source, target: target, line: line))
    }

    private func endData(of owner: String?, line: Int) {
        guard let key else { return faults.add("line \(line)", "data without key", allowed: "a key") }
        self.key = nil
        if hasElementsInside {
            passedOver["data with elements inside", default: 0] += 1
            return
        }
        let datum = Datum(key: key, text: text, line: line)
        switch owner {
        case "node" where !dataOfNodes.isEmpty: dataOfNodes[dataOfNodes.count - 1].append(datum)
        case "edge" where !edges.isEmpty: edges[edges.count - 1].data.append(datum)
        case "graph": dataOfGraph.append(datum)
        default: break
        }
    }

    // MARK: The whole

    /// Puts the graph together, and adds the faults that show only then.
    func finish() {
        let keysOfID = Dictionary(grouping: keys, by: \.id)
        for keys in keysOfID.values {
            for (i, key) in keys.enumerated() {
                let earlier = keys[..<i].first { $0.name != key.name && Self.overlap($0.owner, key.owner) }
                if let earlier {
                    faults.add(
                        "line \(key.line)", "the key \"\(key.id)\" a second time, as \(key.name)",
                        allowed: "each key once; in line \(earlier.line) it is \(earlier.name)")
                }
            }
        }
        graph.nodeDefaults = defaults(of: "node")
        graph.edgeDefaults = defaults(of: "edge")
        for v in graph.nodes.indices {
            graph.nodes[v].attributes = attributes(dataOfNodes[v], of: "node", keysOfID)
        }
        var lineOfEdge: [EdgeEnds: [String: Int]] = [:]
        for edge in edges {
            guard let a = placeOfNode[edge.source], let b = placeOfNode[edge.target] else {
                faults.add(
                    "line \(edge.line)", "an edge from \"\(edge.source)\" to \"\(edge.target)\"",
                    allowed: "two of the \(graph.nodes.count) nodes")
                continue
            }
            let ends = EdgeEnds(a, b, isDirected: graph.isDirected)
            if let id = edge.id, let line = lineOfEdge[ends, default: [:]].updateValue(edge.line, forKey: id) {
                faults.add(
                    "line \(edge.line)", "the edge \"\(id)\" between the same nodes a second time",
                    allowed: "each edge once; it stands in line \(line)")
            }
            graph.edges.append(
                AttributedGraph.Edge(
                    source: a, target: b, line: edge.line, attributes: attributes(edge.data, of: "edge", keysOfID)))
        }
        _ = attributes(dataOfGraph, of: "graph", keysOfID)
        for (what, count) in passedOver.sorted(by: { $0.key < $1.key }) {
            graph.notes.append("passed over, for an instance has nothing like it: \(what) (\(count))")
        }
    }

    private static func overlap(_ one: String?, _ other: String?) -> Bool {
        one == nil || other == nil || one == other
    }

    private func defaults(of owner: String) -> [String: AttributedGraph.Attribute] {
        var defaults: [String: AttributedGraph.Attribute] = [:]
        for key in keys where Self.overlap(key.owner, owner) {
            guard let text = key.defaultText else { continue }
            let new = AttributedGraph.Attribute(text: text, line: key.line)
            if let old = defaults.updateValue(new, forKey: key.name), old.text != text {
                faults.add(
                    "line \(key.line)", "another default for \(key.name): \"\(text)\"",
                    allowed: "one default; in line \(old.line) it is \"\(old.text)\"")
            }
        }
        return defaults
    }

    /// Texts by the names of their keys. A key that is for other elements serves where no other has its id.
    private func attributes(
        _ data: [Datum], of owner: String, _ keysOfID: [String: [Key]]
    ) -> [String: AttributedGraph.Attribute] {
        var attributes: [String: AttributedGraph.Attribute] = [:]
        for datum in data {
            let keys = keysOfID[datum.key] ?? []
            guard let key = keys.first(where: { Self.overlap($0.owner, owner) }) ?? keys.first else {
                faults.add("line \(datum.line)", "data of the key \"\(datum.key)\"", allowed: "a key of this document")
                continue
            }
            let new = AttributedGraph.Attribute(text: datum.text, line: datum.line)
            if let old = attributes.updateValue(new, forKey: key.name) {
                faults.add(
                    "line \(datum.line)", "\(key.name) a second time",
                    allowed: "each attribute once; in line \(old.line) it is \"\(old.text)\"")
            }
        }
        return attributes
    }
}
