import ChaosJudgement
import ChaosProtocol

/// The invariants that only a simulation can judge; what a record of events tells, `ClusterRecord` does.
extension Simulation {
    /// Whether a shard of the state that is being pulled is there, is right, and cannot be taken for wrong.
    func holdsForGood(_ index: Int, _ slot: Int) -> Bool {
        guard let step = nodes[slot].protocolNode.pulling?.step else { return false }
        return !nodes[slot].trainer.needs(index) && !mayBeDeceived(slot, by: step)
    }

    /// A pull that is sent: of nothing that is there, unless a liar has the receiver take it for wrong.
    func checkPull(of index: Int, _ size: Int, by slot: Int, _ now: Int) throws(Violation) {
        guard holdsForGood(index, slot) else { return }
        throw Violation(
            invariant: .pulledOnce, finding: "\(nodes[slot].id) pulls shard \(index) again, which is there", time: now)
    }

    /// The shards among these that the node waits for from this neighbour, so that it is to ask for them again: that it
    /// need not do more than once within its time for repeating pulls.
    mutating func shardsAwaited(_ shards: [Int], by slot: Int, from peer: NodeID) -> [Int] {
        if let last = nodes[slot].connectionsClosedAt[peer], now < last + scenario.settings.receiver.retry { return [] }
        nodes[slot].connectionsClosedAt[peer] = now
        return shards.filter { nodes[slot].protocolNode.awaits(shard: $0, from: peer) && nodes[slot].trainer.needs($0) }
    }

    /// What was lost with a connection is asked for at once.
    func checkAskedAgain(_ shards: [Int], by slot: Int, of peer: NodeID, _ now: Int) throws(Violation) {
        guard let forgotten = shards.first(where: { !pulled.contains($0) }) else { return }
        throw Violation(
            invariant: .askedAgain,
            finding: "\(nodes[slot].id) does not ask \(peer) again for shard \(forgotten), which a connection has lost",
            time: now)
    }

    /// A snapshot that is freed: nobody pulls it who has been told of it, is still where he was admitted, and
    /// can be reached.
    func checkFreed(_ step: Int, at slot: Int, _ now: Int) throws(Violation) {
        try record.freed(step, by: nodes[slot].id, at: now) { learner in
            guard let other = slots[learner.node], nodes[slot].protocolNode.isLinked(to: learner.node),
                let told = nodes[slot].told[learner.node], told == (learner.admitted, step),
                let pulling = nodes[other].protocolNode.pulling
            else { return false }
            return pulling.admitted == learner.admitted && pulling.step == step
        }
    }

    /// An update is made of gradients of members: nothing of another epoch comes into it.
    func checkAuthors(ofStep step: Int, _ chunk: Int, at slot: Int) throws {
        let members = nodes[slot].protocolNode.reduction.view?.members ?? []
        for part in try nodes[slot].trainer.update(step, chunk).parts where !members.contains(part.node) {
            throw Violation(
                invariant: .epochsApart,
                finding: "\(nodes[slot].id) sums step \(step) with a gradient of \(part.node), which is no member",
                time: now)
        }
    }

    /// What keeps the cluster from being settled, or nil. Judged by what there is, not by what the nodes believe.
    var standstill: (Invariant, String)? {
        if let weakSpot {
            return (.linked, "without \(weakSpot) nodes would be parted that could be linked")
        }
        let present = nodes.filter(\.isAlive)
        return record.standstill(
            in: ClusterSurroundings(
                network, leaving: Set(present.filter(\.leaves).map(\.id)), lying: Set(present.filter(\.lies).map(\.id)),
                idle: Set(present.filter { $0.engineAwayUntil != nil }.map(\.id)))
        )
    }
}
