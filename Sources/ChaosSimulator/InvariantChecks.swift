import ChaosProtocol

extension Simulation {
    /// What a run has shown so far.
    struct Record: Sendable {
        /// The views that anybody has installed, by number.
        var decided: [Int: View] = [:]
        /// The stays in which a learner has got the state.
        var caughtUp: Set<View.Learner> = []
        /// The greatest number of a view under which all its members worked.
        var worked = 0
        /// How many members work under each view.
        var workers: [Int: Int] = [:]
        /// The sums that have been found to be updates without fault.
        var whole: Set<UInt64> = []
        /// The state of members by the number of the view and of its updates, of the latest views.
        var states: [Int: [Int: UInt64]] = [:]
        /// When each view was begun first, and last.
        var begun: [Int: (first: Int, last: Int)] = [:]
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
    mutating func checkOneGoesOn(after slot: Int, _ now: Int) throws(Violation) {
        noteWork(of: slot)
        guard let number = nodes[slot].work, number != record.worked,
            let view = nodes[slot].protocolNode.negotiation.view, record.workers[number] == view.members.count
        else { return }
        guard number > record.worked else {
            throw Violation(
                invariant: .oneGoesOn, finding: "\(view) is worked under after view \(record.worked)", time: now)
        }
        record.worked = number
    }

    /// Counts whoever has acted, or died, under the view that it works under now.
    mutating func noteWork(of slot: Int) {
        let isAlive = nodes[slot].isAlive
        let number = isAlive ? nodes[slot].protocolNode.negotiation.view?.number : nil
        let isHalted = !isAlive || nodes[slot].protocolNode.negotiation.isHalted
        guard nodes[slot].worked != (number, isHalted) else { return }
        nodes[slot].worked = (number, isHalted)
        let isMember = isAlive && nodes[slot].protocolNode.negotiation.role == .member
        let work = isMember && !isHalted ? number : nil
        guard work != nodes[slot].work else { return }
        if let old = nodes[slot].work { record.workers[old, default: 0] -= 1 }
        if let work { record.workers[work, default: 0] += 1 }
        nodes[slot].work = work
    }

    // MARK: State

    mutating func checkBegun(_ number: Int, with step: Int, at slot: Int, _ now: Int) throws(Violation) {
        guard let view = record.decided[number], view.role(of: nodes[slot].id) == .member else { return }
        if record.begun[number] == nil {
            record.begun[number] = (now, now)
            for member in view.members {
                guard let other = slots[member], nodes[other].isAlive, nodes[other].trainer.applied > step,
                    nodes[other].protocolNode.negotiation.view?.number == number
                else { continue }
                throw Violation(
                    invariant: .updatesOnce,
                    finding: "view \(number) begins with step \(step), and \(member) has applied"
                        + " \(nodes[other].trainer.applied)",
                    time: now)
            }
        }
        record.begun[number]?.last = now
        try check(stateOf: slot, after: step, in: number, now)
    }

    /// After an update.
    mutating func checkState(at slot: Int, _ now: Int) throws(Violation) {
        guard nodes[slot].protocolNode.negotiation.role == .member, let begun = nodes[slot].protocolNode.begun,
            let number = nodes[slot].protocolNode.negotiation.view?.number
        else { return }
        let applied = nodes[slot].trainer.applied
        if applied > begun { try check(stateOf: slot, after: applied, in: number, now) }
    }

    private mutating func check(stateOf slot: Int, after updates: Int, in view: Int, _ now: Int) throws(Violation) {
        let id = nodes[slot].id
        func fail(_ finding: String) -> Violation { Violation(invariant: .sameState, finding: finding, time: now) }
        guard nodes[slot].trainer.applied == updates, let state = nodes[slot].trainer.state else {
            let applied = nodes[slot].trainer.applied
            throw fail("\(id) has applied \(applied) updates in view \(view), others \(updates)")
        }
        if let other = record.states[view]?[updates] {
            guard other == state else {
                throw fail("\(id) has another state after \(updates) updates in view \(view) than others")
            }
            return
        }
        record.states[view, default: [:]][updates] = state
        // Whoever is further behind than this has left the view.
        record.states[view]?[updates - 8] = nil
        record.states[view - 64] = nil
    }

    /// A pull that is sent: of nothing that is there, unless a liar has the receiver take it for wrong.
    func checkPull(of index: Int, _ size: Int, by slot: Int, _ now: Int) throws(Violation) {
        guard let shard = nodes[slot].trainer.received[index], !shard.isWrong,
            let step = nodes[slot].protocolNode.pulling?.step, !mayBeDeceived(slot, by: step)
        else { return }
        throw Violation(
            invariant: .pulledOnce, finding: "\(nodes[slot].id) pulls shard \(index) again, which is there", time: now)
    }

    /// A snapshot that is freed: nobody pulls it who has been told of it, is still where he was admitted, and
    /// can be reached.
    func checkFreed(_ step: Int, at slot: Int, _ now: Int) throws(Violation) {
        guard let view = nodes[slot].protocolNode.negotiation.view else { return }
        let id = nodes[slot].id
        for learner in view.learners where learner.node != id && view.links.contains(Link(learner.node, id)) {
            guard let other = slots[learner.node], nodes[other].isAlive,
                nodes[slot].protocolNode.isLinked(to: learner.node)
            else { continue }
            let pulling = nodes[other].protocolNode.pulling
            guard let pulling, pulling.admitted == learner.admitted, pulling.step == step,
                let told = nodes[slot].told[learner.node], told == (learner.admitted, step)
            else { continue }
            throw Violation(
                invariant: .snapshotKept,
                finding: "\(nodes[slot].id) frees the snapshot of step \(step) that \(learner.node) pulls", time: now)
        }
    }

    // MARK: Settling

    /// What keeps the cluster from being settled, or nil. Judged by what there is, not by what the nodes believe.
    var standstill: (Invariant, String)? {
        for part in network.components {
            let negotiations = part.compactMap { slots[$0].map { nodes[$0].protocolNode.negotiation } }
            guard let latest = negotiations.compactMap(\.view).max(by: { $0.number < $1.number }) else { continue }
            guard latest.isQuorum(part) else {
                let going = negotiations.filter { $0.role == .member && !$0.isHalted }.map(\.node).min()
                if let going {
                    return (.minorityHalts, "\(going) goes on with \(latest), and reaches only \(list(part))")
                }
                continue
            }
            if let unsettled = unsettled(part, latest) { return (.progress, unsettled) }
        }
        return nil
    }

    /// A part with a quorum: who leaves is gone by the end of a calm, unless all would leave; who joins is a member,
    /// unless a liar among its neighbours makes it impossible to tell what is right.
    private func unsettled(_ part: Set<NodeID>, _ latest: View) -> String? {
        let inside = part.compactMap { slots[$0].map { nodes[$0] } }.sorted { $0.id < $1.id }
        if inside.allSatisfy(\.leaves) { return nil }
        let right = View(
            number: latest.number, members: Array(part), links: network.living.filter { part.contains($0.a) })
        let hasLiar = inside.contains(where: \.lies)
        if !hasLiar, !latest.hasSameShape(as: right) { return "\(latest), but there are \(right)" }
        for node in inside where latest.role(of: node.id) == .member {
            let negotiation = node.protocolNode.negotiation
            guard negotiation.view == latest, !negotiation.isHalted else {
                let view = negotiation.view?.description ?? "no view"
                return "\(node.id) has \(view)\(negotiation.isHalted ? ", halted" : ""), others \(latest)"
            }
            guard let begun = node.protocolNode.begun else { return "\(node.id) has not begun \(latest)" }
            guard node.trainer.applied > begun else { return "\(node.id) has done no step under \(latest)" }
        }
        return nil
    }

    private func list(_ nodes: Set<NodeID>) -> String { nodes.sorted().map(\.description).joined(separator: " ") }

    /// Whether links between members join the members, and the links of the view all of its nodes.
    private func isConnected(_ view: View) -> Bool {
        let members = Set(view.members)
        let between = view.links.filter { members.contains($0.a) && members.contains($0.b) }
        return reached(from: view.members[0], by: between) == members
            && reached(from: view.members[0], by: view.links) == view.everyone
    }

    private func reached(from start: NodeID, by links: [Link]) -> Set<NodeID> {
        var neighbors: [NodeID: [NodeID]] = [:]
        for link in links {
            neighbors[link.a, default: []].append(link.b)
            neighbors[link.b, default: []].append(link.a)
        }
        var found: Set<NodeID> = [start]
        var open = [start]
        while let node = open.popLast() {
            for other in neighbors[node] ?? [] where found.insert(other).inserted { open.append(other) }
        }
        return found
    }
}
