import ChaosDocuments
import ChaosModel
import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

extension TopologyGraph {
    /// Reads a GraphML file with the node attributes `label`, `Latitude`, `Longitude` and the link attribute
    /// `LinkSpeedRaw` (bit/s), as the Internet Topology Zoo writes them. Links between the same two nodes become one
    /// with the sum of their capacities; a link from a node to itself carries nothing and is passed over. A label that
    /// several nodes bear gets the node's id behind it.
    /// - Throws: `InvalidInput` with all faults of the file.
    public init(graphML bytes: [UInt8], file: String) throws(InvalidInput) {
        let reader = GraphMLReader()
        // Entities of other files are not resolved: an import reads what it is given and nothing else.
        let parser = XMLParser(data: Data(bytes))
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        // The parser takes a document that breaks off for a whole one, hence the count of open elements.
        let isComplete = parser.parse() && reader.openElements == 0 && reader.hasElement
        if !isComplete {
            let reason = parser.parserError.map { "error \(($0 as NSError).code)" } ?? "it breaks off"
            reader.faults.add(
                "line \(parser.lineNumber), column \(parser.columnNumber)", "no well-formed XML (\(reason))",
                allowed: "a GraphML document")
        }
        if reader.faults.isEmpty, !reader.hasGraph {
            reader.faults.add("", "no element graph", allowed: "a GraphML document with one graph")
        }
        if !reader.faults.isEmpty {
            throw InvalidInput(file: file, faults: reader.faults.faults, count: reader.faults.count)
        }
        self.init(file: file, nodes: reader.namedNodes, links: reader.links)
    }
}

/// Collects what matters of a GraphML document while it is parsed.
private final class GraphMLReader: NSObject, XMLParserDelegate {
    var faults = FaultList()
    private(set) var hasGraph = false
    private(set) var hasElement = false
    private(set) var openElements = 0
    private(set) var links: [TopologyGraph.Link] = []
    private var nodes: [TopologyGraph.Node] = []
    /// The attribute that a key stands for: (of node or edge, name).
    private var attributes: [String: (owner: String, name: String)] = [:]
    private var placeOfNode: [String: Int] = [:]
    private var placeOfLink: [[Int]: Int] = [:]
    /// The node or edge whose data are being read.
    private var owner: String?
    private var values: [String: String] = [:]
    private var key: String?
    private var text = ""
    private var edge: (source: String, target: String)?

    var namedNodes: [TopologyGraph.Node] {
        let uses = Dictionary(nodes.map { ($0.name, 1) }, uniquingKeysWith: +)
        return nodes.map { node in
            var node = node
            if uses[node.name] ?? 0 > 1 { node.name += " (\(node.id))" }
            return node
        }
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes given: [String: String]
    ) {
        let line = "line \(parser.lineNumber)"
        hasElement = true
        openElements += 1
        switch element {
        case "key":
            guard let id = given["id"], let name = given["attr.name"] else {
                return faults.add(line, "a key without id or attr.name", allowed: "both")
            }
            attributes[id] = (given["for"] ?? "", name)
        case "graph":
            if hasGraph { faults.add(line, "a second graph", allowed: "one graph") }
            hasGraph = true
        case "node":
            guard let id = given["id"] else { return faults.add(line, "a node without id", allowed: "an id") }
            if placeOfNode.updateValue(nodes.count, forKey: id) != nil {
                faults.add(line, "the node \"\(id)\" a second time", allowed: "each node once")
            }
            nodes.append(TopologyGraph.Node(id: id, name: id))
            begin("node")
        case "edge":
            guard let source = given["source"], let target = given["target"] else {
                return faults.add(line, "an edge without source or target", allowed: "both")
            }
            edge = (source, target)
            begin("edge")
        case "data":
            key = given["key"]
            text = ""
        default: break
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if key != nil { text += string }
    }

    func parser(
        _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
    ) {
        let line = "line \(parser.lineNumber)"
        openElements -= 1
        switch element {
        case "data":
            if let key, let attribute = attributes[key], attribute.owner == owner || attribute.owner == "all" {
                values[attribute.name] = text.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            key = nil
        case "node":
            if owner == "node" { endNode(line) }
            owner = nil
        case "edge":
            if owner == "edge" { endEdge(line) }
            owner = nil
        default: break
        }
    }

    private func begin(_ owner: String) {
        self.owner = owner
        values = [:]
    }

    private func endNode(_ line: String) {
        let v = nodes.count - 1
        if let label = values["label"], !label.isEmpty { nodes[v].name = label }
        let (latitude, longitude) = (values["Latitude"], values["Longitude"])
        guard latitude != nil || longitude != nil else { return }
        guard let latitude = latitude.flatMap(Double.init), let longitude = longitude.flatMap(Double.init),
            (-90...90).contains(latitude), (-360...360).contains(longitude)
        else {
            return faults.add(
                "\(line), node \(nodes[v].id)",
                "Latitude \(latitude ?? "missing"), Longitude \(longitude ?? "missing")",
                allowed: "degrees, -90 … 90 and -360 … 360, or neither")
        }
        nodes[v].point = GeographicPoint(latitude: latitude, longitude: longitude)
    }

    private func endEdge(_ line: String) {
        guard let edge else { return }
        guard let a = placeOfNode[edge.source], let b = placeOfNode[edge.target] else {
            return faults.add(
                line, "an edge from \"\(edge.source)\" to \"\(edge.target)\"",
                allowed: "two of the \(nodes.count) nodes that stand before it")
        }
        var speed: Int?
        if let text = values["LinkSpeedRaw"] {
            guard let value = Quantity.bandwidth.rounded(text, unit: 1), (1...ModelRange.mostBandwidth).contains(value)
            else {
                return faults.add(
                    "\(line), LinkSpeedRaw", "\"\(text)\"", allowed: "1 … 2^50 bit/s, or no such attribute")
            }
            speed = value
        }
        guard a != b else { return }
        let place = placeOfLink[[min(a, b), max(a, b)]]
        if let place {
            let sum = (links[place].speed ?? 0) + (speed ?? 0)
            if sum > 0 { links[place].speed = min(sum, ModelRange.mostBandwidth) }
        } else {
            placeOfLink[[min(a, b), max(a, b)]] = links.count
            links.append(TopologyGraph.Link(ends: (a, b), speed: speed))
        }
    }
}
