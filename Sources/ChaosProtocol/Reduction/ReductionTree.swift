/// The tree along which the members of a view reduce their gradients. It follows from the view alone, so that all nodes
/// have the same one without a word.
///
/// Every chunk crosses each link of the tree once in each direction, so the slowest link of the tree bounds the rate of
/// the whole. Among all spanning trees the maximum spanning tree has the fastest slowest link; Kruskal's algorithm finds
/// it. Then the root is put where the longest way to it takes least, for that way is gone up and down in each step.
///
/// - A link without a measured bandwidth counts as less than any measured one; ties go by the order of links.
/// - A link without a measured round trip counts as the slowest measured one between members; ties go by least id. So the
///   tree of the members depends on nothing of learners.
/// - Members are joined over links among members only. A learner hangs below the member to which it has the best link
///   or, if it has none to a member, below another learner, over as few of them as possible: it slows nobody down.
public struct ReductionTree: Hashable, Sendable {
    public let root: NodeID
    /// Whether every member hangs on the root. Otherwise the links of the view do not join its members, and none of its
    /// steps can be done.
    public let joinsAllMembers: Bool
    let members: [NodeID]
    let learners: [NodeID]
    /// The place of the parent of each node: members are at the first places, learners behind them; -1: none.
    var parents: [Int]

    /// Nil for the root, and for whoever does not hang on it. Cost: O(log nodes).
    public func parent(of node: NodeID) -> NodeID? {
        guard let place = place(of: node), parents[place] >= 0 else { return nil }
        return self.node(at: parents[place])
    }

    /// Ascending. Cost: O(members).
    public func memberChildren(of node: NodeID) -> [NodeID] { children(of: node, among: members, from: 0) }

    /// Ascending. Cost: O(learners).
    public func learnerChildren(of node: NodeID) -> [NodeID] {
        children(of: node, among: learners, from: members.count)
    }

    private func children(of node: NodeID, among nodes: [NodeID], from first: Int) -> [NodeID] {
        guard let place = place(of: node) else { return [] }
        return nodes.indices.filter { parents[first + $0] == place }.map { nodes[$0] }
    }

    private func place(of node: NodeID) -> Int? { Self.place(of: node, members, learners) }

    private static func place(of node: NodeID, _ members: [NodeID], _ learners: [NodeID]) -> Int? {
        let i = members.lowerBound(of: node)
        if i < members.count, members[i] == node { return i }
        let j = learners.lowerBound(of: node)
        return j < learners.count && learners[j] == node ? members.count + j : nil
    }

    private func node(at place: Int) -> NodeID {
        place < members.count ? members[place] : learners[place - members.count]
    }

    /// Cost: O(links log links + links × the longest chain of learners).
    /// - Precondition: the view has no fault.
    public init(_ view: View) {
        let members = view.members
        let learners = view.learners.map(\.node)
        let edges = Self.edges(of: view, members, learners)
        let inner = edges.filter { $0.a < members.count && $0.b < members.count }
        self.init(members, learners, Self.spanning(inner, members.count).map { inner[$0] }, learnersOver: edges)
    }

    /// - Parameters:
    ///   - members: ascending.
    ///   - learners: ascending.
    ///   - chosen: the links of the tree, which make no circle.
    ///   - edges: over which learners may hang on it, the best first.
    init(_ members: [NodeID], _ learners: [NodeID], _ chosen: [Edge], learnersOver edges: [Edge]) {
        var branches = [[Branch]](repeating: [], count: members.count)
        for edge in chosen {
            branches[edge.a].append(Branch(place: edge.b, length: edge.roundTrip))
            branches[edge.b].append(Branch(place: edge.a, length: edge.roundTrip))
        }
        let root = Self.center(of: branches)
        let below = Self.preorder(from: root, branches)
        var parents = [Int](repeating: -1, count: members.count + learners.count)
        for step in below { parents[step.place] = step.parent }
        Self.hang(learnersFrom: members.count, on: &parents, over: edges)

        self.root = members[root]
        self.members = members
        self.learners = learners
        self.parents = parents
        joinsAllMembers = below.count == members.count - 1
        stopIfBroken(unless: nil)
    }

    /// Kruskal's algorithm: the places of the edges that join what those before them do not, of edges in this order.
    static func spanning(_ edges: some Sequence<(offset: Int, element: Edge)>, _ members: Int) -> [Int] {
        var forest = DisjointSets(count: members)
        return edges.compactMap { forest.join($0.element.a, $0.element.b) ? $0.offset : nil }
    }

    static func spanning(_ edges: [Edge], _ members: Int) -> [Int] { spanning(edges.enumerated(), members) }

    /// A link between two places.
    struct Edge {
        let a: Int
        let b: Int
        let bandwidth: Int
        let roundTrip: Int
    }

    /// The best first. An unmeasured round trip counts as the greatest measured, or 0 if none is. The sum over a way of
    /// 4096 nodes stays below 2^62.
    static func edges(of view: View, _ members: [NodeID], _ learners: [NodeID]) -> [Edge] {
        let slowest =
            zip(view.links, view.qualities).lazy.filter { view.isBetweenMembers($0.0) }.compactMap(\.1.roundTrip).max()
            ?? 0
        let order = view.links.indices.sorted {
            (view.qualities[$1].bandwidth ?? 0, $0) < (view.qualities[$0].bandwidth ?? 0, $1)
        }
        return order.compactMap { i in
            guard let a = place(of: view.links[i].a, members, learners),
                let b = place(of: view.links[i].b, members, learners)
            else { return nil }
            let quality = view.qualities[i]
            return Edge(a: a, b: b, bandwidth: quality.bandwidth ?? 0, roundTrip: quality.roundTrip ?? slowest)
        }
    }

    /// A link of the tree, as one of its ends sees it.
    private struct Branch {
        let place: Int
        let length: Int
    }

    /// The places that hang on `root`, each after its parent, without the root.
    private static func preorder(
        from root: Int, _ branches: [[Branch]]
    ) -> [(place: Int, parent: Int, length: Int)] {
        var order: [(place: Int, parent: Int, length: Int)] = []
        order.reserveCapacity(branches.count)
        func add(below place: Int, parent: Int) {
            for branch in branches[place] where branch.place != parent {
                order.append((branch.place, place, branch.length))
            }
        }
        add(below: root, parent: -1)
        var next = 0
        while next < order.count {
            add(below: order[next].place, parent: order[next].parent)
            next += 1
        }
        return order
    }

    /// The member whose greatest distance to any other is least. Cost: O(members): one pass up finds the greatest
    /// distance within each subtree, one down that by way of the parent.
    private static func center(of branches: [[Branch]]) -> Int {
        let order = preorder(from: 0, branches)
        // The two greatest distances downwards, by different children, and the greatest upwards.
        var first = [Int](repeating: 0, count: branches.count)
        var second = first
        for (place, parent, length) in order.reversed() {
            let depth = first[place] + length
            if depth > first[parent] {
                (first[parent], second[parent]) = (depth, first[parent])
            } else {
                second[parent] = max(second[parent], depth)
            }
        }
        var upwards = [Int](repeating: 0, count: branches.count)
        for (place, parent, length) in order {
            let elsewhere = first[place] + length == first[parent] ? second[parent] : first[parent]
            upwards[place] = max(upwards[parent], elsewhere) + length
        }
        func eccentricity(_ place: Int) -> Int { max(first[place], upwards[place]) }
        // Places are in the order of ids.
        return order.map(\.place).reduce(0) { best, place in
            (eccentricity(place), place) < (eccentricity(best), best) ? place : best
        }
    }

    /// The parents of the learners: layer by layer, the best link to the layer before.
    private static func hang(learnersFrom first: Int, on parents: inout [Int], over edges: [Edge]) {
        // Of members 0, of learners the layer that they hang in; nil: none yet.
        var layers = parents.indices.map { $0 < first ? 0 : nil }
        let toLearners = edges.filter { $0.a >= first || $0.b >= first }
        var layer = 0
        var goesOn = !toLearners.isEmpty
        while goesOn {
            goesOn = false
            for edge in toLearners {
                for (place, other) in [(edge.a, edge.b), (edge.b, edge.a)]
                where layers[place] == nil && layers[other] == layer {
                    parents[place] = other
                    layers[place] = layer + 1
                    goesOn = true
                }
            }
            layer += 1
        }
    }
}

/// Union by size, with path halving (Tarjan and van Leeuwen 1984).
private struct DisjointSets {
    private var parents: [Int]
    private var sizes: [Int]

    init(count: Int) {
        parents = Array(0..<count)
        sizes = Array(repeating: 1, count: count)
    }

    private mutating func representative(of element: Int) -> Int {
        var element = element
        while parents[element] != element {
            parents[element] = parents[parents[element]]
            element = parents[element]
        }
        return element
    }

    /// - Returns: whether they were in different sets.
    mutating func join(_ one: Int, _ other: Int) -> Bool {
        var (a, b) = (representative(of: one), representative(of: other))
        guard a != b else { return false }
        if sizes[a] < sizes[b] { swap(&a, &b) }
        parents[b] = a
        sizes[a] += sizes[b]
        return true
    }
}
