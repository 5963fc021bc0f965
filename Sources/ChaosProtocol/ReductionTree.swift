/// The tree along which the members of a view reduce their gradients. It follows from the view alone, so that all nodes
/// have the same one without a word.
///
/// Every chunk crosses each link of the tree once in each direction, so the slowest link of the tree bounds the rate of
/// the whole. Among all spanning trees the maximum spanning tree has the fastest slowest link; Kruskal's algorithm finds
/// it. Then the root is put where the longest way to it takes least, for that way is gone up and down in each step.
///
/// - A link without a measured bandwidth counts as less than any measured one; ties go by the order of links.
/// - A link without a measured round trip counts as the slowest measured one of the view; ties go by least id.
/// - Members are joined over links among members only. A learner hangs below the member to which it has the best link
///   or, if it has none to a member, below another learner, over as few of them as possible: it slows nobody down.
public struct ReductionTree: Hashable, Sendable {
    public let root: NodeID
    /// Whether every member hangs on the root. Otherwise the links of the view do not join its members, and none of its
    /// steps can be done.
    public let joinsAllMembers: Bool
    private let parents: [NodeID: NodeID]
    private let membersBelow: [NodeID: [NodeID]]
    private let learnersBelow: [NodeID: [NodeID]]

    /// Nil for the root, and for whoever does not hang on it.
    public func parent(of node: NodeID) -> NodeID? { parents[node] }
    /// Ascending.
    public func memberChildren(of node: NodeID) -> [NodeID] { membersBelow[node] ?? [] }
    /// Ascending.
    public func learnerChildren(of node: NodeID) -> [NodeID] { learnersBelow[node] ?? [] }

    /// Cost: O(links log links + learners × their longest chain).
    /// - Precondition: the view has no fault.
    public init(_ view: View) {
        let links = zip(view.links, view.qualities).sorted { x, y in
            (y.1.bandwidth ?? 0, x.0) < (x.1.bandwidth ?? 0, y.0)
        }
        let roundTrips = RoundTrips(view)
        let members = Set(view.members)

        var forest = DisjointSets(view.members)
        var neighbors: [NodeID: [NodeID]] = [:]
        for (link, _) in links where members.contains(link.a) && members.contains(link.b) {
            guard forest.join(link.a, link.b) else { continue }
            neighbors[link.a, default: []].append(link.b)
            neighbors[link.b, default: []].append(link.a)
        }

        let root = Self.center(of: neighbors, members: view.members, roundTrips)
        var parents: [NodeID: NodeID] = [:]
        for (node, parent) in Self.preorder(from: root, neighbors) { parents[node] = parent }
        joinsAllMembers = parents.count == members.count - 1
        membersBelow = Self.children(parents)
        let above = Self.hang(view.learners.map(\.node), below: members, over: links.map(\.0))
        learnersBelow = Self.children(above)
        self.parents = parents.merging(above) { parent, _ in parent }
        self.root = root
    }

    /// The nodes that hang on `root`, each after its parent; the root, which has none, comes not.
    private static func preorder(from root: NodeID, _ neighbors: [NodeID: [NodeID]]) -> [(NodeID, parent: NodeID)] {
        var order: [(NodeID, parent: NodeID)] = []
        var open: [(NodeID, NodeID?)] = [(root, nil)]
        while let (node, parent) = open.popLast() {
            if let parent { order.append((node, parent)) }
            for other in neighbors[node] ?? [] where other != parent { open.append((other, node)) }
        }
        return order
    }

    /// The member whose greatest distance to any other is least. Cost: O(members): one pass up finds the greatest
    /// distance within each subtree, one down that by way of the parent.
    private static func center(
        of neighbors: [NodeID: [NodeID]], members: [NodeID], _ roundTrips: RoundTrips
    ) -> NodeID {
        let top = members[0]
        let order = preorder(from: top, neighbors)
        /// The two greatest distances downwards, by different children.
        var depths: [NodeID: (first: Int, second: Int)] = [:]
        for (node, parent) in order.reversed() {
            let depth = (depths[node]?.first ?? 0) + roundTrips[Link(node, parent)]
            let (first, second) = depths[parent] ?? (0, 0)
            depths[parent] = depth > first ? (depth, first) : (first, max(second, depth))
        }
        var upwards: [NodeID: Int] = [top: 0]
        for (node, parent) in order {
            let length = roundTrips[Link(node, parent)]
            let (first, second) = depths[parent] ?? (0, 0)
            let elsewhere = (depths[node]?.first ?? 0) + length == first ? second : first
            upwards[node] = max(upwards[parent] ?? 0, elsewhere) + length
        }
        func eccentricity(_ node: NodeID) -> Int { max(depths[node]?.first ?? 0, upwards[node] ?? 0) }
        return (order.map(\.0) + [top]).min { (eccentricity($0), $0) < (eccentricity($1), $1) } ?? top
    }

    /// The parents of the learners: layer by layer, the best link to the layer before.
    private static func hang(
        _ learners: [NodeID], below members: Set<NodeID>, over links: [Link]
    ) -> [NodeID: NodeID] {
        var parents: [NodeID: NodeID] = [:]
        var layer = members
        var waiting = Set(learners)
        while !layer.isEmpty {
            var next: Set<NodeID> = []
            for link in links {
                for (node, other) in [(link.a, link.b), (link.b, link.a)]
                where waiting.contains(node) && layer.contains(other) && parents[node] == nil {
                    parents[node] = other
                    next.insert(node)
                }
            }
            waiting.subtract(next)
            layer = next
        }
        return parents
    }

    private static func children(_ parents: [NodeID: NodeID]) -> [NodeID: [NodeID]] {
        Dictionary(grouping: parents.keys) { parents[$0]! }.mapValues { $0.sorted() }
    }
}

/// The round trips of a view's links; an unmeasured one counts as the greatest measured, or 0 if none is. The sum over a
/// way of 4096 nodes stays below 2^62.
private struct RoundTrips {
    private var measured: [Link: Int] = [:]
    private var greatest = 0

    init(_ view: View) {
        for (link, quality) in zip(view.links, view.qualities) {
            guard let roundTrip = quality.roundTrip else { continue }
            measured[link] = roundTrip
            greatest = max(greatest, roundTrip)
        }
    }

    subscript(_ link: Link) -> Int { measured[link] ?? greatest }
}

/// Union by size, with path halving (Tarjan and van Leeuwen 1984).
private struct DisjointSets {
    private var parents: [NodeID: NodeID]
    private var sizes: [NodeID: Int]

    init(_ elements: [NodeID]) {
        parents = Dictionary(uniqueKeysWithValues: elements.map { ($0, $0) })
        sizes = Dictionary(uniqueKeysWithValues: elements.map { ($0, 1) })
    }

    private mutating func representative(of element: NodeID) -> NodeID {
        var element = element
        while let parent = parents[element], parent != element {
            let grandparent = parents[parent]!
            parents[element] = grandparent
            element = grandparent
        }
        return element
    }

    /// - Returns: whether they were in different sets.
    mutating func join(_ one: NodeID, _ other: NodeID) -> Bool {
        var (a, b) = (representative(of: one), representative(of: other))
        guard a != b else { return false }
        if sizes[a]! < sizes[b]! { swap(&a, &b) }
        parents[b] = a
        sizes[a]! += sizes[b]!
        return true
    }
}
