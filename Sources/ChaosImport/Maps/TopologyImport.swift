import ChaosDocuments
import ChaosModel

/// Instances from a map of a network: every place that the joiner reaches is a neighbour.
///
/// - In a directed graph, paths follow the links from the neighbour to the joiner, as the state does.
/// - Latency of a link: the great circle between its ends at 2/3 of the speed of light, rounded to ns once. Latency of
///   a neighbour: the sum along its path of least latency (`ShortestPaths`).
/// - Bandwidth of a neighbour: the least capacity along that path.
/// - Shared links: the paths form a tree, and a link of it that several chosen neighbours lie behind is a group.
/// - A node without coordinates gets the middle of the located nodes it is linked to, those found in earlier rounds
///   included; it carries paths but is no neighbour, for in the maps such nodes are mostly helpers. One that no located
///   node can be reached from is left out, with a note.
/// - A link without a capacity gets the lower median of the known ones, or what is set.
public struct TopologyImport: Sendable {
    /// Which shared links become groups.
    public enum Sharing: String, Sendable, CaseIterable {
        /// The links at the joiner that two or more chosen neighbours lie behind.
        case firstHop = "first-hop"
        /// Every such link of the tree, nested; links with the same neighbours behind them become one group with the
        /// least of their capacities.
        case tree
        case none
    }

    public var graph: TopologyGraph
    public var sharing: Sharing
    /// bit/s of links whose capacity is not known; nil: the lower median of the known ones.
    public var missingSpeed: Int?
    /// False: nodes without coordinates are left out with their links.
    public var interpolates: Bool

    public init(
        _ graph: TopologyGraph, sharing: Sharing = .firstHop, missingSpeed: Int? = nil, interpolates: Bool = true
    ) {
        self.graph = graph
        self.sharing = sharing
        self.missingSpeed = missingSpeed
        self.interpolates = interpolates
    }

    /// - Throws: `InvalidInput`: no such joiner, a joiner without a place, no neighbour, no capacity at all.
    public func instance(joiner name: String, recipe: InstanceRecipe) throws(InvalidInput) -> ImportedInstance {
        let joiner = try graph.node(named: name)
        var notes = graph.notes
        let points = graph.places(isInterpolated: interpolates, &notes)
        guard points[joiner] != nil else {
            throw refusal("the joiner \"\(name)\" has no coordinates", allowed: "a node with coordinates")
        }
        let missing = try graph.speedOfUnknown(set: missingSpeed, remedy: "--missing-speed", &notes)
        let incoming = graph.incoming.map { $0.filter { points[$0.other] != nil } }
        let latencies = graph.links.map { link -> Int in
            guard let a = points[link.ends.0], let b = points[link.ends.1] else { return 0 }
            return a.latency(to: b)
        }
        let paths = ShortestPaths(
            adjacency: incoming, latencies: latencies, speeds: graph.links.map { $0.speed ?? missing }, root: joiner)
        var candidates: [Candidate] = []
        var nodeOfName: [String: Int] = [:]
        var unreachable: [String] = []
        for v in graph.nodes.indices where v != joiner && graph.nodes[v].point != nil {
            let name = graph.nodes[v].name
            guard let latency = paths.latency[v] else {
                unreachable.append(name)
                continue
            }
            nodeOfName[name] = v
            candidates.append(
                Candidate(id: name, bandwidth: paths.bottleneck[v], latency: latency, roundTrip: 2 * latency))
        }
        if !unreachable.isEmpty { notes.append("left out, out of reach: \(unreachable.joined(separator: ", "))") }
        return try recipe.instance(
            joiner: graph.nodes[joiner].name, candidates: candidates, file: graph.file,
            derivation: derivation(missing), notes: notes
        ) { chosen in
            groups(of: chosen.map { nodeOfName[$0.id]! }, paths, speeds: graph.links.map { $0.speed ?? missing })
        }
    }

    private func refusal(_ found: String, allowed: String) -> InvalidInput {
        InvalidInput(file: graph.file, "graph", found, allowed: allowed)
    }

    /// The groups of the links that several of `chosen` lie behind.
    private func groups(of chosen: [Int], _ paths: ShortestPaths, speeds: [Int]) -> SourceGroups {
        var shared = SourceGroups(count: chosen.count)
        guard sharing != .none else { return shared }
        var behind = [Int](repeating: 0, count: graph.nodes.count)
        for v in chosen { behind[v] += 1 }
        for v in paths.order.reversed() where paths.parent[v] >= 0 { behind[paths.parent[v]] += behind[v] }
        // The group that the neighbours at and behind a node are in, as far as links between it and the root say.
        var groupAt = [Int?](repeating: nil, count: graph.nodes.count)
        for v in paths.order where paths.parent[v] >= 0 {
            let above = paths.parent[v]
            groupAt[v] = groupAt[above]
            let isFirstHop = above == paths.order[0]
            guard behind[v] > 1, isFirstHop || sharing == .tree else { continue }
            let speed = speeds[paths.link[v]]
            if let outer = groupAt[above], behind[above] == behind[v] {
                // The same neighbours as behind the link before it: the narrower of the two counts.
                let group = shared.groups[outer]
                shared.groups[outer] = CapacityGroup(
                    id: group.id, bandwidth: min(group.bandwidth, speed), parent: group.parent)
            } else {
                groupAt[v] = shared.groups.count
                shared.groups.append(
                    CapacityGroup(
                        id: "\(graph.nodes[v].name) – \(graph.nodes[above].name)", bandwidth: speed,
                        parent: groupAt[above]))
            }
        }
        shared.membership = chosen.map { groupAt[$0] }
        return shared
    }

    private func derivation(_ missing: Int) -> [String] {
        let toJoiner = graph.isDirected ? " to the joiner" : ""
        let name = graph.file.split(separator: "/").last.map(String.init) ?? graph.file
        var parts = [
            "links of \(name): latency by great circle at 2/3 of the speed of light along the path of least latency\(toJoiner), "
                + "bandwidth the least LinkSpeedRaw along it"
        ]
        if graph.links.contains(where: { $0.speed == nil }) { parts.append("links without one: \(missing) bit/s") }
        switch sharing {
        case .firstHop: parts.append("groups: shared links at the joiner")
        case .tree: parts.append("groups: all shared links of the tree of paths")
        case .none: break
        }
        return parts
    }
}
