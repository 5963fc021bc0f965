import ChaosJudgement
import ChaosProtocol

extension PullObservation {
    mutating func begin(admitted: Int, step: Int, from sources: [NodeID], _ now: Int) {
        pulls = (admitted, step, now, sources)
        (outstanding, idleSince) = ([:], [:])
    }

    mutating func noteLink(to peer: NodeID, isUp: Bool, _ now: Int) {
        if isUp {
            heard[peer] = now
            return
        }
        // What it told may be forgotten with the link.
        (told[peer], outstanding[peer], idleSince[peer]) = (nil, nil, nil)
    }

    /// A message of a neighbour arrives.
    mutating func note(_ message: ReplicationMessage, from peer: NodeID) {
        switch message {
        case .snapshot(let admitted, _, let step):
            if admitted >= told[peer]?.admitted ?? 0 { told[peer] = (admitted, step) }
        case .gone, .refusal: told[peer] = nil
        default: break
        }
    }
}

extension Simulation {
    /// No neighbour idles for long that could help: one that has told of the snapshot, can be reached, and is not asked for
    /// anything. What was asked for and is lost counts as asked for: `askedAgain` speaks of that.
    ///
    /// Whether one could help, the joiner may find out by waiting: for `idleness`, and the tick by which it notices.
    mutating func checkIdleness(at slot: Int, _ now: Int) throws(Violation) {
        guard let pulls = nodes[slot].pullObservation.pulls else { return }
        guard nodes[slot].protocolNode.pulling.map({ $0 == (pulls.admitted, pulls.step) }) == true,
            !nodes[slot].trainer.hasAllShards, !nodes.contains(where: \.lies), scenario.settings.policy.mostBytes == nil
        else {
            nodes[slot].pullObservation.idleSince = [:]
            return
        }
        let settings = scenario.settings.receiver
        for peer in pulls.sources {
            guard isIdle(peer, for: slot, pulls.admitted, pulls.step) else {
                nodes[slot].pullObservation.idleSince[peer] = nil
                continue
            }
            let since = nodes[slot].pullObservation.idleSince[peer] ?? now
            nodes[slot].pullObservation.idleSince[peer] = since
            guard now > since + settings.idleness + settings.tick else { continue }
            throw Violation(
                invariant: .noneIdle,
                finding: "\(nodes[slot].id) lacks shards, and has asked \(peer) for nothing for "
                    + "\(Double(now - since) / 1e6) ms",
                time: now)
        }
    }

    private func isIdle(_ peer: NodeID, for slot: Int, _ admitted: Int, _ step: Int) -> Bool {
        let observation = nodes[slot].pullObservation
        guard let told = observation.told[peer] else { return false }
        return told == (admitted, step) && nodes[slot].protocolNode.isLinked(to: peer)
            && observation.outstanding[peer]?.isEmpty ?? true
    }
}
