import ChaosDocuments

/// A network as a GraphML file of the Internet Topology Zoo describes it: places and links with nominal capacities.
public struct TopologyGraph: Sendable {
    struct Node: Sendable, Equatable {
        let id: String
        /// What people call it: its label, or its id where the label is missing.
        var name: String
        var point: GeographicPoint?
    }

    /// All links between two nodes together, which act as one trunk; in a directed graph, those of one direction.
    struct Link: Sendable, Equatable {
        /// In a directed graph, from the first to the second.
        let ends: (Int, Int)
        /// The sum of the capacities that are known, in bit/s; nil: none is.
        var speed: Int?

        static func == (a: Link, b: Link) -> Bool { a.ends == b.ends && a.speed == b.speed }
    }

    let file: String
    /// True: what is sent goes over a link from its first end to its second, and not back.
    let isDirected: Bool
    var nodes: [Node]
    var links: [Link]
    /// What the file holds and the graph does not, as sentences for people.
    var notes: [String]

    /// The links of each node: the other end and the place in `links`.
    var adjacency: [[(other: Int, link: Int)]] { links(isBothWays: true) }

    /// The links over which each node can be sent to: the sending end and the place in `links`.
    var incoming: [[(other: Int, link: Int)]] { links(isBothWays: !isDirected) }

    private func links(isBothWays: Bool) -> [[(other: Int, link: Int)]] {
        var lists = [[(other: Int, link: Int)]](repeating: [], count: nodes.count)
        for (l, link) in links.enumerated() {
            if isBothWays { lists[link.ends.0].append((link.ends.1, l)) }
            lists[link.ends.1].append((link.ends.0, l))
        }
        return lists
    }

    /// The node with this name or, if no name fits, this id.
    func node(named name: String) throws(InvalidInput) -> Int {
        if let v = nodes.firstIndex(where: { $0.name == name }) ?? nodes.firstIndex(where: { $0.id == name }) {
            return v
        }
        throw InvalidInput(
            file: file, "graph", "no node \"\(name)\"",
            allowed: "one of \(nodes.count) nodes: \(nodes.map(\.name).listed)")
    }
}
