import ChaosDocuments

/// A network as a GraphML file of the Internet Topology Zoo describes it: places and links with nominal capacities.
public struct TopologyGraph: Sendable {
    struct Node: Sendable, Equatable {
        let id: String
        /// What people call it: its label, or its id where the label is missing.
        var name: String
        var point: GeographicPoint?
    }

    /// All links between two nodes together, which act as one trunk.
    struct Link: Sendable, Equatable {
        let ends: (Int, Int)
        /// The sum of the capacities that are known, in bit/s; nil: none is.
        var speed: Int?

        static func == (a: Link, b: Link) -> Bool { a.ends == b.ends && a.speed == b.speed }
    }

    let file: String
    var nodes: [Node]
    var links: [Link]

    /// The links of each node: the other end and the place in `links`.
    var adjacency: [[(other: Int, link: Int)]] {
        var lists = [[(other: Int, link: Int)]](repeating: [], count: nodes.count)
        for (l, link) in links.enumerated() {
            lists[link.ends.0].append((link.ends.1, l))
            lists[link.ends.1].append((link.ends.0, l))
        }
        return lists
    }

    /// The node with this name or, if no name fits, this id.
    func node(named name: String) throws(InvalidInput) -> Int {
        if let v = nodes.firstIndex(where: { $0.name == name }) ?? nodes.firstIndex(where: { $0.id == name }) {
            return v
        }
        let known = nodes.prefix(40).map(\.name).joined(separator: ", ") + (nodes.count > 40 ? ", …" : "")
        throw InvalidInput(file: file, "graph", "no node \"\(name)\"", allowed: "one of \(nodes.count) nodes: \(known)")
    }
}
