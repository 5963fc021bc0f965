import ChaosProtocol

/// Which links there are, and which of them carry anything.
package struct NetworkState: Sendable {
    private struct State: Sendable {
        var isUp = false
        /// Whether it is up and both ends are alive.
        var carries = false
        var cuts = 0
    }

    private var states: [Link: State] = [:]
    package private(set) var alive: Set<NodeID> = []

    package init() {}

    package mutating func start(_ node: NodeID) {
        alive.insert(node)
        for link in states.keys where link.a == node || link.b == node { update(link) }
    }

    package mutating func stop(_ node: NodeID) {
        alive.remove(node)
        for link in up where link.a == node || link.b == node {
            states[link]?.cuts += 1
            update(link)
        }
    }

    /// - Returns: whether that changed anything.
    package mutating func mend(_ link: Link) -> Bool {
        guard states[link]?.isUp != true else { return false }
        states[link, default: State()].isUp = true
        update(link)
        return true
    }

    /// - Returns: whether that changed anything.
    package mutating func cut(_ link: Link) -> Bool {
        guard states[link]?.isUp == true else { return false }
        states[link]!.isUp = false
        states[link]!.cuts += 1
        update(link)
        return true
    }

    private mutating func update(_ link: Link) {
        states[link]!.carries = states[link]!.isUp && alive.contains(link.a) && alive.contains(link.b)
    }

    /// Counts how often a link has failed, for what is on its way when that happens is lost; nil while it carries
    /// nothing.
    package func epoch(of link: Link) -> Int? { states[link].flatMap { $0.carries ? $0.cuts : nil } }

    package func carries(_ link: Link) -> Bool { epoch(of: link) != nil }

    /// Every link that has ever been up, ascending.
    package var known: [Link] { states.keys.sorted() }

    /// Ascending.
    package var up: [Link] { states.filter(\.value.isUp).keys.sorted() }

    /// The links between living nodes, ascending.
    package var living: [Link] { states.filter(\.value.carries).keys.sorted() }

    /// The living nodes in parts that hang together.
    package var components: [Set<NodeID>] {
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
