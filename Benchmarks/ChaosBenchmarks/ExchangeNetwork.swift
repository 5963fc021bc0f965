import ChaosProtocol
import ChaosScenario

/// The members of a cluster and the links between them, on which a step's exchange is computed.
struct ExchangeNetwork {
    let name: String
    /// Ascending.
    let members: [NodeID]
    let links: [(link: Link, capacity: LinkCapacity)]

    /// The founders of a scenario, with the links that there are between them at first.
    init(contentsOf path: String) throws {
        let scenario = try Scenario(contentsOf: path)
        name = String(path.split(separator: "/").last!.split(separator: ".")[0])
        members = scenario.founders.sorted()
        links = scenario.links.sorted().map { ($0, scenario.capacity(of: $0)) }
    }

    /// The trees that there are for a gradient, each with an equal part of it.
    /// - Parameters:
    ///   - isMeasured: whether the view knows the links as they are, or nothing of them as a founding view.
    ///   - chunks: of the gradient; no more trees are made.
    func trees(isMeasured: Bool, chunks: Int) -> [ExchangeTree] {
        let qualities = links.map {
            ($0.link, LinkQuality(bandwidth: $0.capacity.bandwidth, roundTrip: 2 * $0.capacity.latency))
        }
        let view = View(
            number: 1, members: members, links: links.map(\.link),
            qualities: isMeasured ? Dictionary(uniqueKeysWithValues: qualities) : [:])
        return ReductionTree.trees(view, chunks: chunks).map { tree in
            ExchangeTree(
                parents: Dictionary(
                    uniqueKeysWithValues: members.compactMap { node in tree.parent(of: node).map { (node, $0) } }))
        }
    }

    /// In bit/s, the greatest rate at which parts of a gradient can go up and down these trees at once.
    /// - Parameters:
    ///   - trees: each has an equal part of the gradient.
    ///   - haveLines: whether all links of a node share a line that carries, each way, what its fastest link does.
    func rate(of trees: [ExchangeTree], haveLines: Bool) -> Double {
        var uses: [Link: Int] = [:]
        var degrees: [NodeID: Int] = [:]
        for link in trees.flatMap(\.links) {
            uses[link, default: 0] += 1
            for end in [link.a, link.b] { degrees[end, default: 0] += 1 }
        }
        let parts = Double(trees.count)
        let rates = links.compactMap { entry in
            uses[entry.link].map { Double(entry.capacity.bandwidth) * parts / Double($0) }
        }
        let lines = lines
        let shared = haveLines ? degrees.map { Double(lines[$0.key]!) * parts / Double($0.value) } : []
        return (rates + shared).min() ?? .infinity
    }

    /// In seconds, how long a byte is on its way between the two members that are farthest from each other: a member waits for
    /// it however much the links carry.
    var diameter: Double {
        var distances = [[Double]](
            repeating: [Double](repeating: .infinity, count: members.count), count: members.count)
        for i in members.indices { distances[i][i] = 0 }
        for (link, capacity) in links {
            let (a, b) = (members.firstIndex(of: link.a)!, members.firstIndex(of: link.b)!)
            (distances[a][b], distances[b][a]) = (Double(capacity.latency) / 1e9, Double(capacity.latency) / 1e9)
        }
        for k in members.indices {
            for i in members.indices {
                for j in members.indices { distances[i][j] = min(distances[i][j], distances[i][k] + distances[k][j]) }
            }
        }
        return distances.flatMap { $0 }.max() ?? 0
    }

    /// What the line of each node is taken to carry: nobody has measured more of it than its fastest link.
    var lines: [NodeID: Int] {
        var lines: [NodeID: Int] = [:]
        for (link, capacity) in links {
            for end in [link.a, link.b] { lines[end] = max(lines[end] ?? 0, capacity.bandwidth) }
        }
        return lines
    }

    /// A time in seconds that no exchange along these trees is below, however fine its chunks: over one of the links, one
    /// way, goes what all trees send over it, begun when the first byte has come from the farthest member, and the last byte
    /// goes on to the farthest.
    func bound(of trees: [ExchangeTree], bytes: Int) -> Double {
        let capacities = Dictionary(uniqueKeysWithValues: links.map { ($0.link, $0.capacity) })
        struct Use {
            var count = 0
            var before = Double.infinity
            var after = Double.infinity
        }
        var uses: [[NodeID]: Use] = [:]
        for tree in trees {
            func latency(_ node: NodeID) -> Double {
                tree.parents[node].map { Double(capacities[Link(node, $0)]!.latency) / 1e9 } ?? 0
            }
            /// To the root.
            func height(_ node: NodeID) -> Double { latency(node) + (tree.parents[node].map(height) ?? 0) }
            /// To the farthest below.
            func depth(_ node: NodeID) -> Double {
                members.filter { tree.parents[$0] == node }.map { latency($0) + depth($0) }.max() ?? 0
            }
            let farthest = members.map(height).max() ?? 0
            for (node, parent) in tree.parents {
                for (way, before, after) in [
                    ([node, parent], depth(node), height(node) + farthest),
                    ([parent, node], farthest + height(parent), latency(node) + depth(node)),
                ] {
                    uses[way, default: Use()].count += 1
                    uses[way]!.before = min(uses[way]!.before, before)
                    uses[way]!.after = min(uses[way]!.after, after)
                }
            }
        }
        return uses.map { way, use in
            let bits = 8 * Double(bytes) * Double(use.count) / Double(trees.count)
            return use.before + bits / Double(capacities[Link(way[0], way[1])]!.bandwidth) + use.after
        }.max() ?? 0
    }
}

/// A tree over all members: the parent of each but the root.
struct ExchangeTree {
    let parents: [NodeID: NodeID]

    var links: [Link] { parents.map { Link($0.key, $0.value) } }
}
