import ChaosProtocol
import ChaosScenario

/// The founders of a scenario and the links between them as a map of sites, at which machines stand.
///
/// Between machines at two sites there is what the path of least latency gives: its narrowest link, and the sum of its
/// latencies. Machines at one site have 10 Gbit/s and 0.1 ms. That many pairs share a link of the map is left out.
public struct SiteMap: Sendable {
    private let sites: [NodeID]
    /// By the places of two sites.
    private let paths: [[LinkCapacity?]]

    /// Cost: O(sites · (sites² + links)).
    public init(of scenario: Scenario) {
        sites = scenario.founders.sorted()
        let places = Dictionary(uniqueKeysWithValues: sites.enumerated().map { ($1, $0) })
        var neighbors = [[(site: Int, capacity: LinkCapacity)]](repeating: [], count: sites.count)
        for link in scenario.links {
            guard let a = places[link.a], let b = places[link.b] else { continue }
            let capacity = scenario.capacity(of: link)
            neighbors[a].append((b, capacity))
            neighbors[b].append((a, capacity))
        }
        paths = sites.indices.map { Self.paths(from: $0, neighbors) }
    }

    /// Dijkstra's algorithm; of paths of one latency the first that is found.
    private static func paths(
        from start: Int, _ neighbors: [[(site: Int, capacity: LinkCapacity)]]
    ) -> [LinkCapacity?] {
        var best = [LinkCapacity?](repeating: nil, count: neighbors.count)
        best[start] = LinkCapacity(bandwidth: 10_000_000_000, latency: 0)
        var open = Set([start])
        while let next = open.min(by: { (best[$0]!.latency, $0) < (best[$1]!.latency, $1) }) {
            open.remove(next)
            for (site, capacity) in neighbors[next] {
                let latency = best[next]!.latency + capacity.latency
                guard latency < best[site]?.latency ?? .max else { continue }
                best[site] = LinkCapacity(
                    bandwidth: min(best[next]!.bandwidth, capacity.bandwidth), latency: latency)
                open.insert(site)
            }
        }
        best[start]?.latency = 100_000
        return best
    }

    /// Of machines numbered from 1, which stand at the sites in turn; nil: no path leads there.
    func capacity(_ link: Link) -> LinkCapacity? {
        func place(_ node: NodeID) -> Int { Int(node.rawValue - 1) % sites.count }
        return paths[place(link.a)][place(link.b)]
    }
}
