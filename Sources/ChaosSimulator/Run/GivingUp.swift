import ChaosJudgement
import ChaosProtocol

/// What a joiner has heard of the neighbours that it pulls from.
struct PullObservation: Sendable {
    /// The admission and the step of the snapshot that is pulled, since when, and from whom.
    var pulls: (admitted: Int, step: Int, since: Int, sources: [NodeID])?
    /// When a shard of each neighbour came last, or the link to it.
    var heard: [NodeID: Int] = [:]
    /// The admission and the step of the snapshot that each neighbour has told of.
    var told: [NodeID: (admitted: Int, step: Int)] = [:]
    /// Shards that each has been asked for, and that have not come from it.
    var outstanding: [NodeID: Set<Int>] = [:]
    /// Since when a neighbour that serves has not been asked for anything.
    var idleSince: [NodeID: Int] = [:]
    /// When the last pause of the node ended.
    var resumedAt = 0
}

extension Simulation {
    /// A joiner gives up for want of neighbours. Since the calm began nothing was lost: if there is one that has the
    /// snapshot and could send it, then what was lost before has not been asked for again.
    ///
    /// A pull is repeated after a time, and each time after twice the last one. So in the last half of the time of silence
    /// it was repeated at least once, if that half lies in the calm.
    func checkGivenUp(by slot: Int, _ now: Int) throws(Violation) {
        guard isCalm, let pulls = nodes[slot].pullObservation.pulls, !nodes.contains(where: \.lies) else { return }
        let id = nodes[slot].id
        for neighbor in nodes
        where pulls.sources.contains(neighbor.id) && couldServe(neighbor, pulls.step, pulls.admitted, to: id) {
            let heard = max(nodes[slot].pullObservation.heard[neighbor.id] ?? 0, pulls.since)
            let since = max(heard, nodes[slot].pullObservation.resumedAt, neighbor.pullObservation.resumedAt)
            // Whoever was held up hears only then of what was closed before the calm.
            let calm = max(calmSince, nodes[slot].pullObservation.resumedAt)
            guard now - calm > (now - since) / 2 + 1_500_000_000 else { continue }
            throw Violation(
                invariant: .askedAgain,
                finding:
                    "\(id) finds nobody to pull the state before step \(pulls.step) from, and \(neighbor.id) serves it",
                time: now)
        }
    }

    /// One that serves for another admission, in another epoch perhaps, has another state, though the step may be the same.
    private func couldServe(_ neighbor: VirtualNode, _ step: Int, _ admitted: Int, to id: NodeID) -> Bool {
        guard neighbor.isAlive, neighbor.held == nil, neighbor.slowness == 1, neighbor.trainer.snapshots[step] != nil,
            let told = neighbor.told[id], told.step == step, told.admitted == admitted,
            neighbor.protocolNode.negotiation.view?.role(of: id) == .learner(admitted: told.admitted)
        else { return false }
        let link = Link(id, neighbor.id)
        return network.carries(link) && !neighbor.queued.contains { $0.destination == id }
            && !scenario.steps.contains { if case .event(.crawl(link, _), _) = $0 { true } else { false } }
    }
}
