import ChaosProtocol

extension Simulation {
    /// What a run has shown so far.
    struct Record: Sendable {
        /// The views that anybody has installed, by number.
        var decided: [Int: View] = [:]
        /// The stays in which a learner has caught up.
        var caughtUp: Set<View.Learner> = []
        /// The greatest number of a view under which all its members worked.
        var worked = 0
    }

    mutating func check(installed view: View, at node: NodeID, _ now: Int) throws(Violation) {
        func fail(_ invariant: Invariant, _ finding: String) -> Violation {
            Violation(invariant: invariant, finding: finding, time: now)
        }
        if let other = record.decided[view.number] {
            guard other == view else { throw fail(.agreement, "\(node) installed \(view), others \(other)") }
            return
        }
        record.decided[view.number] = view
        guard isConnected(view) else { throw fail(.connection, "\(node) installed \(view)") }
        guard view.number > 1 else { return }
        guard let before = record.decided[view.number - 1] else {
            throw fail(.succession, "\(node) installed \(view), and nobody the view before")
        }
        let everyone = before.everyone
        guard view.members.allSatisfy(everyone.contains), view.members.contains(where: before.members.contains) else {
            throw fail(.succession, "\(node) installed \(view) after \(before)")
        }
        for learner in before.learners where view.members.contains(learner.node) {
            guard record.caughtUp.contains(learner) else {
                throw fail(.readiness, "\(learner.node), admitted by \(learner.admitted), is a member in \(view)")
            }
        }
    }

    /// A step needs every member. So the view of whoever has acted is looked at: whether all its members work under it.
    mutating func checkOneGoesOn(after node: NodeID, _ now: Int) throws(Violation) {
        guard let view = nodes[node]?.view, view.number != record.worked else { return }
        let works = view.members.allSatisfy { member in
            guard network.alive.contains(member), let other = nodes[member] else { return false }
            return other.view == view && !other.isHalted
        }
        guard works else { return }
        guard view.number > record.worked else {
            throw Violation(
                invariant: .oneGoesOn, finding: "\(view) is worked under after view \(record.worked)", time: now)
        }
        record.worked = view.number
    }

    /// What keeps the cluster from being settled, or nil. Judged by what there is, not by what the nodes believe.
    var standstill: (Invariant, String)? {
        for part in network.components {
            let latest = part.compactMap { nodes[$0]?.view }.max { $0.number < $1.number }
            guard let latest, latest.isQuorum(part) else {
                for node in part.sorted() {
                    guard let negotiation = nodes[node], negotiation.role == .member, !negotiation.isHalted else {
                        continue
                    }
                    return (.minorityHalts, "\(node) goes on with \(negotiation.view!), and reaches only \(list(part))")
                }
                continue
            }
            // Who leaves is gone by then. Only the last ones, if all would leave, cannot.
            guard !part.isSubset(of: leavers) else { continue }
            let right = View(
                number: latest.number, members: Array(part),
                links: network.living.filter { part.contains($0.a) })
            if !latest.hasSameShape(as: right) { return (.progress, "\(latest), but there are \(right)") }
            for node in part.sorted() where nodes[node]?.view != latest || nodes[node]?.isHalted == true {
                let view = nodes[node]?.view?.description ?? "no view"
                return (.progress, "\(node) has \(view)\(nodes[node]!.isHalted ? ", halted" : ""), others \(latest)")
            }
        }
        return nil
    }

    private func list(_ nodes: Set<NodeID>) -> String { nodes.sorted().map(\.description).joined(separator: " ") }

    private func isConnected(_ view: View) -> Bool {
        var neighbors: [NodeID: [NodeID]] = [:]
        for link in view.links {
            neighbors[link.a, default: []].append(link.b)
            neighbors[link.b, default: []].append(link.a)
        }
        var found: Set<NodeID> = [view.members[0]]
        var open = [view.members[0]]
        while let node = open.popLast() {
            for other in neighbors[node] ?? [] where found.insert(other).inserted { open.append(other) }
        }
        return found == view.everyone
    }
}
