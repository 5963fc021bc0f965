import ChaosProtocol
import ChaosScenario

/// What there really is, whatever the nodes believe: against it is judged whether a cluster has settled.
public struct ClusterSurroundings: Sendable {
    /// The living nodes in parts that hang together by links that carry.
    public let parts: [Set<NodeID>]
    /// The links that carry.
    public let links: [Link]
    /// The nodes that have been told to leave.
    public let leaving: Set<NodeID>
    /// The nodes that send wrong shards.
    public let lying: Set<NodeID>
    /// The nodes that have nothing to compute with.
    public let idle: Set<NodeID>

    package init(
        _ network: NetworkState, leaving: Set<NodeID>, lying: Set<NodeID>, idle: Set<NodeID> = []
    ) {
        parts = network.components
        links = network.living
        self.leaving = leaving
        self.lying = lying
        self.idle = idle
    }
}

extension ClusterRecord {
    /// What keeps the cluster from being settled, with the promise that this breaks if it lasts; nil: it has settled.
    /// Cost: O(nodes + links).
    public func standstill(in surroundings: ClusterSurroundings) -> (Invariant, String)? {
        for part in surroundings.parts {
            let inside = part.sorted().compactMap { node in standings[node].map { (node, $0) } }
            if Set(inside.compactMap { $1.view?.epoch }).count > 1 {
                if let stalled = stalled(inside, surroundings.links) { return (.progress, stalled) }
                continue
            }
            guard let latest = inside.compactMap(\.1.view).max(by: { $0.number < $1.number }) else { continue }
            guard latest.isQuorum(part) else {
                let going = inside.first { $1.view?.role(of: $0) == .member && !$1.isHalted }?.0
                if let going {
                    let reached = part.sorted().map(\.description).joined(separator: " ")
                    return (.minorityHalts, "\(going) goes on with \(latest), and reaches only \(reached)")
                }
                continue
            }
            if let unsettled = unsettled(part, latest, surroundings) { return (.progress, unsettled) }
        }
        return nil
    }

    /// A part with a quorum: who leaves is gone by the end of a calm, unless all would leave; who joins is a member,
    /// unless a liar among its neighbours makes it impossible to tell what is right.
    /// Several clusters in one part, for an operator has let one of them begin: each goes on by itself, and whoever is halted
    /// follows. Who has followed one that is not here any more waits for it.
    private func stalled(_ inside: [(NodeID, Standing)], _ links: [Link]) -> String? {
        let members = inside.filter { $1.view?.role(of: $0) == .member }
        let going = members.filter { !$1.isHalted }
        let epochs = Set(going.compactMap { $1.view?.epoch })
        for (node, standing) in members where standing.isHalted {
            guard let view = standing.view else { continue }
            let neighbors = links.compactMap { $0.a == node ? $0.b : $0.b == node ? $0.a : nil }
            // Whom a later epoch names as a member it does not take for one unless he comes from the view before it.
            let later = neighbors.compactMap { standings[$0]?.view }.first {
                $0.epoch > view.epoch && epochs.contains($0.epoch) && $0.role(of: node) != .member
            }
            if let later { return "\(node) is halted with \(view), and a neighbour has \(later)" }

        }
        for epoch in epochs.sorted() {
            let own = going.filter { $1.view?.epoch == epoch }
            guard let latest = own.compactMap(\.1.view).max(by: { $0.number < $1.number }) else { continue }
            if let missing = latest.members.first(where: { member in !own.contains { $0.0 == member } }) {
                return "\(latest), but \(missing) does not work under it"
            }
            if let unfinished = unfinished(latest, latest.members) { return unfinished }
        }
        return nil
    }

    private func unsettled(_ part: Set<NodeID>, _ latest: View, _ surroundings: ClusterSurroundings) -> String? {
        if part.isSubset(of: surroundings.leaving) { return nil }
        let right = View(
            number: latest.number, members: Array(part), links: surroundings.links.filter { part.contains($0.a) },
            idle: part.filter(surroundings.idle.contains))
        if part.isDisjoint(with: surroundings.lying), !latest.hasSameShape(as: right) {
            return "\(latest), but there are \(right)"
        }
        return unfinished(latest, part.sorted())
    }

    private func unfinished(_ latest: View, _ nodes: [NodeID]) -> String? {
        for node in nodes where latest.role(of: node) == .member {
            let standing = standings[node] ?? Standing()
            guard standing.view == latest, !standing.isHalted else {
                let view = standing.view?.description ?? "no view"
                return "\(node) has \(view)\(standing.isHalted ? ", halted" : ""), others \(latest)"
            }
            guard let begun = standing.begun else { return "\(node) has not begun \(latest)" }
            guard standing.updates ?? 0 > begun else { return "\(node) has done no step under \(latest)" }
        }
        return nil
    }
}
