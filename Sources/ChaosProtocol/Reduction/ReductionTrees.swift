/// Several trees for one gradient: a single one leaves all but n − 1 links of the members idle, and on a mesh of n the best
/// is n / 2 times as fast.
///
/// The chunks are dealt out to the trees in turn. The first tree is that of the view (`ReductionTree`): along it views
/// begin, updates are handed over, and learners hang. Each further one is, of all spanning trees, one whose fullest link is
/// the least full: the greatest (trees over the link so far + 1) / bandwidth is least. Kruskal's algorithm finds it, with
/// links in this order. On a mesh of equal links that makes stars, with another node in the middle each time.
///
/// They are longer than the first, so small gradients are no faster by them. There are several only where an estimate of the
/// time of an exchange is less than half of that along the first alone, for chunks that cross a link in both roles wait for
/// each other: on networks of the library the simulator took up to 1.8 times a bound of several, and 1.07 times that of one.
///
/// Whole numbers decide, and only links between members count, so all members have the same trees in all of an era.
extension ReductionTree {
    /// With 16 trees networks of the library come to 0.64 to 1.0 of the best rate, with 64 to 0.9 at least.
    static let mostTrees = 64
    /// Where there are more members, one tree must do: making the others takes too long.
    static let mostMembers = 64

    /// Those of a view: several where they promise to be twice as fast. Cost: O(trees · (links · log links + members · depth)).
    /// - Parameters:
    ///   - view: whose they are.
    ///   - settings: which tell how long a gradient is, and in how many chunks.
    ///   - tree: that of the view, if it is at hand.
    static func trees(_ view: View, _ settings: ReductionSettings, _ tree: ReductionTree? = nil) -> [ReductionTree] {
        let trees = trees(view, chunks: settings.chunks, tree)
        if trees.count == 1 || settings.hasTreesAtAnyRate { return trees }
        let links = zip(view.links, view.qualities).filter { view.isBetweenMembers($0.0) }
        // What is not measured promises nothing.
        guard settings.gradientBytes > 0, links.allSatisfy({ $0.1.bandwidth != nil }) else { return [trees[0]] }
        let edges = edges(of: view, view.members, trees[0].learners)
        let (one, several) = (
            bound(of: [trees[0]], edges, settings.gradientBytes), bound(of: trees, edges, settings.gradientBytes)
        )
        return 2 * several < one ? trees : [trees[0]]
    }

    /// As many as there can be, however long they take; one where there are no two.
    /// - Parameters:
    ///   - view: whose they are.
    ///   - chunks: of an update; no more trees are made.
    ///   - tree: that of the view, if it is at hand.
    package static func trees(_ view: View, chunks: Int, _ tree: ReductionTree? = nil) -> [ReductionTree] {
        let first = tree ?? ReductionTree(view)
        let members = view.members
        guard chunks > 1, first.joinsAllMembers, (3...mostMembers).contains(members.count) else { return [first] }
        let edges = edges(of: view, members, first.learners).filter { $0.a < members.count && $0.b < members.count }
        guard edges.count >= members.count else { return [first] }
        var uses = [Int](repeating: 0, count: edges.count)
        var chosen = spanning(edges, members.count)
        var trees = [first]
        while true {
            for place in chosen { uses[place] += 1 }
            guard trees.count < min(chunks, mostTrees) else { return trees }
            let order = edges.indices.sorted { a, b in
                // Bandwidths are at most 2^50. What is not measured counts as less than whatever is.
                let (x, y) = ((uses[a] + 1) * max(1, edges[b].bandwidth), (uses[b] + 1) * max(1, edges[a].bandwidth))
                return (x, a) < (y, b)
            }
            chosen = spanning(order.lazy.map { ($0, edges[$0]) }, members.count)
            trees.append(ReductionTree(members, [], chosen.map { edges[$0] }, learnersOver: []))
        }
    }

    /// What goes one way over a link.
    private struct Traffic {
        var trees = 0
        /// In nanoseconds, of all trees the least: until the first byte has come from the farthest member, and from the last
        /// byte on the link to the farthest member that needs it, together.
        var latency = Int.max
    }

    /// In nanoseconds, about the time that an exchange along these trees takes at least, each with an equal part of the
    /// gradient: what the fullest link carries one way, and a way from member to member by it.
    /// - Parameters:
    ///   - trees: at least one, of the same members.
    ///   - edges: with bandwidths.
    ///   - bytes: of the gradient.
    private static func bound(of trees: [ReductionTree], _ edges: [Edge], _ bytes: Int) -> Int128 {
        let count = trees[0].members.count
        var links: [Int: Edge] = [:]
        for edge in edges { links[edge.a * count + edge.b] = edge }
        func link(_ a: Int, _ b: Int) -> Edge { links[min(a, b) * count + max(a, b)]! }
        var traffic: [Int: Traffic] = [:]
        for tree in trees {
            let (heights, depths) = tree.distances { link($0, $1).roundTrip / 2 }
            let farthest = heights.max() ?? 0
            for place in 0..<count where tree.parents[place] >= 0 {
                let parent = tree.parents[place]
                for (way, before, after) in [
                    (place * count + parent, depths[place], heights[place] + farthest),
                    (
                        parent * count + place, farthest + heights[parent],
                        heights[place] - heights[parent] + depths[place]
                    ),
                ] {
                    traffic[way, default: Traffic()].trees += 1
                    traffic[way]!.latency = min(traffic[way]!.latency, before + after)
                }
            }
        }
        return traffic.map { way, traffic in
            let bandwidth = Int128(link(way / count, way % count).bandwidth)
            let bits = 8_000_000_000 * Int128(bytes) * Int128(traffic.trees) / Int128(trees.count)
            return Int128(traffic.latency) + bits / max(1, bandwidth)
        }.max() ?? 0
    }

    /// Of each member the distance to the root, and to the farthest below it. Cost: O(members · depth).
    /// - Parameter length: of a link between two places.
    private func distances(_ length: (Int, Int) -> Int) -> (heights: [Int], depths: [Int]) {
        var heights = [Int](repeating: 0, count: members.count)
        for place in members.indices {
            var at = place
            while parents[at] >= 0 {
                heights[place] += length(at, parents[at])
                at = parents[at]
            }
        }
        var depths = [Int](repeating: 0, count: members.count)
        for place in members.indices {
            var at = place
            while at >= 0 {
                depths[at] = max(depths[at], heights[place] - heights[at])
                at = parents[at]
            }
        }
        return (heights, depths)
    }
}
