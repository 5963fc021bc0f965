import ChaosDocuments

/// A graph as a file has it, before anyone asks what it means: nodes and edges with named texts. Both readers, of GML
/// and of GraphML, read what networkx reads of the same file, or refuse it.
struct AttributedGraph: Sendable {
    struct Attribute: Sendable, Equatable {
        let text: String
        let line: Int
        /// Where the same attribute stands once more, in forms that allow it; nil: it stands once.
        var nextLine: Int?
    }

    struct Node: Sendable {
        let id: String
        let line: Int
        var attributes: [String: Attribute]
    }

    struct Edge: Sendable {
        /// Places in `nodes`. In an undirected graph they are in the order of the file, which means nothing.
        let source, target: Int
        let line: Int
        var attributes: [String: Attribute]
    }

    let file: String
    /// True: every edge leads from its source to its target, and not back.
    var isDirected = false
    /// Each id once.
    var nodes: [Node] = []
    var edges: [Edge] = []
    /// What nodes and edges without the attribute have.
    var nodeDefaults: [String: Attribute] = [:]
    var edgeDefaults: [String: Attribute] = [:]
    /// What the file holds and the graph does not, as sentences for people.
    var notes: [String] = []

    init(file: String) { self.file = file }

    /// - Parameter label: the attribute that names a node; spaces and line breaks at its ends do not count.
    /// - Returns: what people call each node: its label, or its id where the label is missing or empty. A label that
    ///   several nodes bear gets the node's id behind it.
    /// - Throws: `InvalidInput` with the nodes whose names are those of others even so.
    func names(label: String) throws(InvalidInput) -> [String] {
        var names = nodes.map { node in
            let text = (node.attributes[label] ?? nodeDefaults[label])?.text.trimmed ?? ""
            return text.isEmpty ? node.id : text
        }
        let uses = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
        for (v, name) in names.enumerated() where uses[name] ?? 0 > 1 { names[v] = "\(name) (\(nodes[v].id))" }
        var faults = FaultList()
        var lines: [String: Int] = [:]
        for (v, name) in names.enumerated() {
            if let line = lines.updateValue(nodes[v].line, forKey: name) {
                faults.add(
                    "line \(nodes[v].line), node", "the name \"\(name)\", which the node in line \(line) has",
                    allowed: "labels, or labels with ids behind them, that differ")
            }
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
        return names
    }

    /// A sentence on the edges that carry nothing because they lead from a node to itself.
    var noteOnLoops: [String] {
        let count = edges.count { $0.source == $0.target }
        return count == 0 ? [] : ["left out, edges from a node to itself: \(count)"]
    }
}

/// The two ends of edges that belong together.
struct EdgeEnds: Hashable {
    let from, to: Int

    /// Without a direction, the ends of an edge have no order.
    init(_ source: Int, _ target: Int, isDirected: Bool) {
        (from, to) = isDirected || source <= target ? (source, target) : (target, source)
    }
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)])
    }
}

extension [String] {
    /// The first names of many, for messages.
    var listed: String { prefix(40).joined(separator: ", ") + (count > 40 ? ", …" : "") }
}
