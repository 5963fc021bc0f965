import ChaosModel
import ChaosProtocol
import ChaosScenario

/// How long steps of a scenario's training take: the members divide a batch by their speeds, and then a gradient goes up and
/// down a tree of their links, of which the one with the widest narrowest link is taken. The same for every policy: what
/// differs between policies is who computes when.
struct StepTimes: Sendable {
    let scenario: Scenario

    func compute(_ members: [NodeID]) -> Int {
        let training = scenario.training
        let speed = members.reduce(0) { $0 + (scenario.speeds[$1] ?? training.samplesPerSecond) }
        return max(1, Int(clamping: Int128(training.batch) * 1_000_000_000 / Int128(max(1, speed))))
    }

    /// Cost: O(links · log links) where links are not all alike.
    func step(_ members: [NodeID], links: [NodeID: Set<NodeID>]) -> Int {
        let compute = compute(members)
        guard members.count > 1 else { return compute }
        let narrowest = scenario.capacities.isEmpty ? scenario.network.capacity : bottleneck(members, links)
        return compute + 2 * Situation.time(of: scenario.training.gradientBytes, at: narrowest.bandwidth)
            + 2 * narrowest.latency
    }

    func capacity(_ link: Link) -> LinkCapacity { scenario.capacities[link] ?? scenario.network.capacity }

    /// The narrowest bandwidth and the greatest latency of a spanning tree of widest links.
    private func bottleneck(_ members: [NodeID], _ links: [NodeID: Set<NodeID>]) -> LinkCapacity {
        let set = Set(members)
        var edges = members.flatMap { a in
            (links[a] ?? []).filter { $0 > a && set.contains($0) }.map { (link: Link(a, $0), capacity(Link(a, $0))) }
        }
        edges.sort { $0.1.bandwidth != $1.1.bandwidth ? $0.1.bandwidth > $1.1.bandwidth : $0.link < $1.link }
        var parent = Dictionary(uniqueKeysWithValues: members.map { ($0, $0) })
        func root(_ node: NodeID) -> NodeID {
            var node = node
            while let next = parent[node], next != node { node = next }
            return node
        }
        var found: LinkCapacity?
        for (link, capacity) in edges {
            let (a, b) = (root(link.a), root(link.b))
            if a == b { continue }
            parent[a] = b
            found = LinkCapacity(
                bandwidth: min(found?.bandwidth ?? .max, capacity.bandwidth),
                latency: max(found?.latency ?? 0, capacity.latency))
        }
        return found ?? scenario.network.capacity
    }
}
