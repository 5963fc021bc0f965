import ChaosProtocol

/// Which links there are, and which of them carry anything.
struct VirtualNetwork: Sendable {
    private(set) var up: Set<Link> = []
    /// Every link that has ever been up.
    private(set) var known: Set<Link> = []
    private(set) var alive: Set<NodeID> = []
    /// Counts how often a link was cut: what is on its way when that happens is lost.
    private(set) var cuts: [Link: Int] = [:]

    mutating func start(_ node: NodeID) { alive.insert(node) }

    mutating func stop(_ node: NodeID) {
        alive.remove(node)
        for link in up where link.a == node || link.b == node { cuts[link, default: 0] += 1 }
    }

    /// - Returns: whether that changed anything.
    mutating func mend(_ link: Link) -> Bool {
        known.insert(link)
        return up.insert(link).inserted
    }

    /// - Returns: whether that changed anything.
    mutating func cut(_ link: Link) -> Bool {
        guard up.remove(link) != nil else { return false }
        cuts[link, default: 0] += 1
        return true
    }

    func carries(_ link: Link) -> Bool { up.contains(link) && alive.contains(link.a) && alive.contains(link.b) }

    /// The links between living nodes, ascending.
    var living: [Link] { up.filter { alive.contains($0.a) && alive.contains($0.b) }.sorted() }

    /// The living nodes in parts that hang together.
    var components: [Set<NodeID>] {
        var neighbors: [NodeID: [NodeID]] = [:]
        for link in living {
            neighbors[link.a, default: []].append(link.b)
            neighbors[link.b, default: []].append(link.a)
        }
        var rest = alive
        var parts: [Set<NodeID>] = []
        for start in alive.sorted() where rest.contains(start) {
            var part: Set<NodeID> = [start]
            var open = [start]
            while let node = open.popLast() {
                for other in neighbors[node] ?? [] where part.insert(other).inserted { open.append(other) }
            }
            rest.subtract(part)
            parts.append(part)
        }
        return parts
    }
}
