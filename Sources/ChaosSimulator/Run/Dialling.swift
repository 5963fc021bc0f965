import ChaosJudgement
import ChaosProtocol
import ChaosScenario

/// Links that nodes make by themselves, and operators who let nodes go on.
extension Simulation {
    private static let redialling = 500_000_000

    mutating func note(_ slot: Int, dials nodes: some Collection<NodeID>) {
        let isNew = self.nodes[slot].dialled.isEmpty
        self.nodes[slot].dialled = Set(nodes)
        if isNew { schedule(.dial(slot), after: scenario.network.mostDelay) }
    }

    mutating func dial(by slot: Int) {
        guard nodes[slot].isAlive else { return }
        for other in nodes[slot].dialled.sorted() where isReachable(other, from: nodes[slot].id) {
            let link = Link(nodes[slot].id, other)
            if !network.known.contains(link) { change(link, isUp: true) }
        }
        schedule(.dial(slot), after: Self.redialling)
    }

    /// Whether a node could be dialled now: one that is behind a router cannot.
    private func isReachable(_ node: NodeID, from other: NodeID) -> Bool {
        guard scenario.dialable.contains(node), let slot = slot(node), nodes[slot].isAlive else { return false }
        return isolated.allSatisfy { $0.contains(node) == $0.contains(other) }
    }

    /// Whose loss would part nodes that could be linked, where all have as many links as there may be; nil: nobody's.
    var weakSpot: NodeID? {
        guard !scenario.dialable.isEmpty, scenario.settings.negotiation.mostLinks >= 8 else { return nil }
        let living = network.alive.sorted()
        var whole = network
        let (known, parts) = (Set(network.known), network.components)
        // Whoever has never heard of another cannot dial him.
        for part in parts {
            for a in part {
                for b in part where a < b && (isReachable(a, from: b) || isReachable(b, from: a)) {
                    if !known.contains(Link(a, b)) { _ = whole.mend(Link(a, b)) }
                }
            }
        }
        return living.first { node in
            var (now, best) = (network, whole)
            now.stop(node)
            best.stop(node)
            return now.components.count > best.components.count
        }
    }

    /// An operator tells a node that all members which it cannot reach are gone for good.
    mutating func proceed(_ id: NodeID) throws(Violation) {
        guard let slot = slot(id), nodes[slot].isAlive, nodes[slot].held == nil else { return }
        let negotiation = nodes[slot].protocolNode.negotiation
        let gone = Set(negotiation.view?.members ?? []).subtracting(negotiation.reachableMembers)
        record.toldToProceed(id)
        try act(slot) { node, now in (try? node.onProceed(without: gone, at: now)) ?? [] }
    }
}
