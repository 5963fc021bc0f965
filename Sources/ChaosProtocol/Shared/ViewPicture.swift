extension View: CustomStringConvertible {
    /// One line: number, members, learners in parentheses, links.
    public var description: String {
        let nodes = members.map(\.description) + learners.map { "(\($0.node) since \(Self.name(ofView: $0.admitted)))" }
        let links = links.isEmpty ? "no links" : links.map(\.description).joined(separator: " ")
        let idle = idle.isEmpty ? "" : ", idle \(idle.map(\.description).joined(separator: " "))"
        return "view \(Self.name(ofView: number)): \(nodes.joined(separator: " ")), \(links)\(idle)"
    }

    /// A line for each node with its neighbours, learners in parentheses:
    ///
    ///     view 4
    ///        1  --  2 (3)
    ///        2  --  1
    ///       (3) --  1
    public var picture: [String] {
        let learning = Set(learners.map(\.node))
        func name(_ node: NodeID) -> String { learning.contains(node) ? "(\(node))" : "\(node)" }
        let nodes = everyone.sorted()
        let width = nodes.map { "\($0)".count }.max() ?? 1
        var neighbors: [NodeID: [NodeID]] = [:]
        for link in links {
            neighbors[link.a, default: []].append(link.b)
            neighbors[link.b, default: []].append(link.a)
        }
        return ["view \(Self.name(ofView: number))"]
            + nodes.map { node in
                let padding = String(repeating: " ", count: width - "\(node)".count)
                let cell = learning.contains(node) ? "\(padding)(\(node))" : "\(padding) \(node) "
                let others = (neighbors[node] ?? []).sorted().map(name).joined(separator: " ")
                return "  \(cell) --" + (others.isEmpty ? "" : "  \(others)")
            }
    }
}
