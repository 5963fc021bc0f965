import ChaosModel
import ChaosProtocol
import ChaosScenario

/// An hour of a cluster of any size, on a random network, with machines that go as often as spot machines do and others that
/// come in their place.
///
/// Network: a random tree and further links, four a node on average, with 100 Mbit/s to 10 Gbit/s each, in equal shares of
/// the logarithm, and 1 to 50 ms, or what a map gives (`SiteMap`). Training: 4.26 GB of state (GPT-2 medium with Adam), a
/// gradient of a byte a parameter, half a minute of computation a step, whatever the size. A newcomer comes up to two minutes
/// after each that goes, with four links.
public enum ChurnScenario {
    /// Removals of the g4dn trace of Bamboo (github.com/uclasystem/bamboo at 80809293): 74 in 135.68 hours of nodes.
    static let removals = (count: 7400, nodeHours: 13_568)
    private static let hour = 3_600_000_000_000
    private static let degree = 4

    public static let sizes = 2...1000

    private enum Happening {
        case removal(isCrash: Bool)
        case arrival(NodeID)
    }

    /// - Parameters:
    ///   - nodes: at the beginning, 2 … 1000.
    ///   - seed: draws everything.
    ///   - map: where the machines stand; nil: links are drawn.
    ///   - crashes: how many of a thousand go without a word; the others leave.
    public static func scenario(nodes: Int, seed: UInt64, map: SiteMap? = nil, crashes: Int = 500) -> Scenario {
        precondition(sizes.contains(nodes), "a cluster of churn has 2 … 1000 nodes")
        var random = SeededRandom(seed: seed)
        let founders = (1...nodes).map { NodeID(UInt64($0)) }
        var scenario = Scenario(
            name: "\(nodes) nodes with churn", seed: seed, founders: founders, links: [],
            network: NetworkConditions(),
            training: VirtualTraining(
                stateBytes: 4_257_878_016, gradientBytes: 354_823_168, samples: 1 << 30, batch: 30 * nodes,
                samplesPerSecond: 1),
            steps: [])
        func capacity() -> LinkCapacity {
            let decade = [100_000_000, 1_000_000_000][random.int(0...1)]
            // Tenths of a decade: 10^(k / 10), rounded to hundredths.
            let tenth = [100, 126, 158, 200, 251, 316, 398, 501, 631, 794][random.int(0...9)]
            return LinkCapacity(bandwidth: decade / 100 * tenth, latency: random.int(1...50) * 1_000_000)
        }
        func add(_ link: Link) -> Bool {
            guard scenario.capacities[link] == nil else { return false }
            let drawn = capacity()
            // Where no path leads there is a link of the usual kind: a map may be in parts.
            scenario.capacities[link] = map.map { $0.capacity(link) ?? LinkCapacity() } ?? drawn
            return true
        }
        var links: [Link] = []
        for k in 1..<nodes {
            let link = Link(founders[k], founders[random.int(0...k - 1)])
            if add(link) { links.append(link) }
        }
        let most = min(nodes * degree / 2, nodes * (nodes - 1) / 2)
        while links.count < most {
            let (a, b) = (random.int(0...nodes - 1), random.int(0...nodes - 1))
            guard a != b else { continue }
            let link = Link(founders[a], founders[b])
            if add(link) { links.append(link) }
        }
        scenario.links = links.sorted()
        let count = max(1, nodes * removals.count / removals.nodeHours)
        let times = (0..<count).map { _ in random.int(0...hour / 1_000_000 - 1) * 1_000_000 }.sorted()
        var happenings: [(time: Int, kind: Happening)] = []
        for (k, time) in times.enumerated() {
            let isCrash = random.int(1...1000) <= crashes
            let delay = random.int(1...120_000) * 1_000_000
            happenings.append((time, .removal(isCrash: isCrash)))
            happenings.append((time + delay, .arrival(NodeID(UInt64(nodes + 1 + k)))))
        }
        var (present, last) = (founders, 0)
        for (time, kind) in happenings.sorted(by: { $0.time < $1.time }) where time < hour {
            let event: Scenario.Event
            switch kind {
            case .removal(let isCrash):
                guard present.count > 2 else { continue }
                let lost = present.remove(at: random.int(0...present.count - 1))
                event = isCrash ? .crash(lost) : .leave(lost)
            case .arrival(let node):
                var peers: [NodeID] = []
                while peers.count < min(degree, present.count) {
                    let peer = random.element(of: present)
                    if !peers.contains(peer) { peers.append(peer) }
                }
                present.append(node)
                peers.sort()
                event = .join(node, links: peers)
                for peer in peers { _ = add(Link(node, peer)) }
            }
            scenario.steps.append(.event(event, after: time - last))
            last = time
        }
        scenario.steps.append(.wait(hour - last))
        return scenario
    }
}
