import ChaosModel
import ChaosProtocol
import ChaosScenario

/// How long steps of a scenario's training take: the members divide a batch by their speeds, and then a gradient goes up and
/// down a tree of their links, of which the one with the widest narrowest link is taken. The same for every policy: what
/// differs between policies is who computes when.
struct StepTimes: Sendable {
    private struct Edge: Sendable {
        let link: Link
        let ends: (Int, Int)
        let capacity: LinkCapacity
    }

    let scenario: Scenario
    /// All nodes that there ever are have a place.
    private let places: [NodeID: Int]
    /// All links that there ever are, the widest first.
    private let edges: [Edge]

    init(scenario: Scenario) {
        self.scenario = scenario
        var links = Set(scenario.links)
        for step in scenario.steps {
            switch step.event {
            case .join(let node, let peers)?: links.formUnion(peers.map { Link(node, $0) })
            case .mend(let link)?: links.insert(link)
            default: break
            }
        }
        let places = Dictionary(uniqueKeysWithValues: scenario.nodes.enumerated().map { ($1, $0) })
        self.places = places
        let isEven = scenario.capacities.isEmpty
        edges = (isEven ? [] : links.sorted()).compactMap { link in
            guard let a = places[link.a], let b = places[link.b] else { return nil }
            return Edge(
                link: link, ends: (a, b), capacity: scenario.capacity(of: link))
        }.sorted {
            let (x, y) = ($0.capacity.bandwidth, $1.capacity.bandwidth)
            return x != y ? x > y : $0.link < $1.link
        }
    }

    func compute(_ members: [NodeID]) -> Int {
        let training = scenario.training
        let speed =
            scenario.speeds.isEmpty
            ? training.samplesPerSecond * members.count
            : members.reduce(0) { $0 + (scenario.speeds[$1] ?? training.samplesPerSecond) }
        return max(1, Int(clamping: Int128(training.batch) * 1_000_000_000 / Int128(max(1, speed))))
    }

    /// Cost: O(nodes + links) where links are not all alike.
    func shape(_ members: [NodeID], links: [NodeID: Set<NodeID>]) -> StepShape {
        let compute = compute(members)
        guard members.count > 1 else { return StepShape(compute: compute) }
        let narrowest = scenario.capacities.isEmpty ? scenario.network.capacity : bottleneck(members, links)
        return StepShape(
            compute: compute,
            sending: 2 * Situation.time(of: scenario.training.gradientBytes, at: narrowest.bandwidth),
            arriving: 2 * narrowest.latency, rate: narrowest.bandwidth)
    }

    /// The narrowest bandwidth and the greatest latency of a spanning tree of widest links.
    private func bottleneck(_ members: [NodeID], _ links: [NodeID: Set<NodeID>]) -> LinkCapacity {
        // -1: no member.
        var parent = [Int](repeating: -1, count: places.count)
        for member in members { if let place = places[member] { parent[place] = place } }
        func root(_ place: Int) -> Int {
            var place = place
            while parent[place] != place {
                parent[place] = parent[parent[place]]
                place = parent[place]
            }
            return place
        }
        var found: LinkCapacity?
        var missing = members.count - 1
        for edge in edges {
            if missing == 0 { break }
            guard parent[edge.ends.0] >= 0, parent[edge.ends.1] >= 0 else { continue }
            let (a, b) = (root(edge.ends.0), root(edge.ends.1))
            guard a != b, links[edge.link.a]?.contains(edge.link.b) ?? false else { continue }
            parent[a] = b
            missing -= 1
            found = LinkCapacity(
                bandwidth: min(found?.bandwidth ?? .max, edge.capacity.bandwidth),
                latency: max(found?.latency ?? 0, edge.capacity.latency))
        }
        return found ?? scenario.network.capacity
    }
}
