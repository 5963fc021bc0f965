import ChaosJudgement
import ChaosProtocol

/// A node that passes on what others have not said.
extension Simulation {
    /// What it sends beside a message that it passes on: the same with other words in the mouths of others, under the
    /// signatures that it has seen, or under its own.
    func forgeries(of message: Message, by slot: Int) -> [Message] {
        let id = nodes[slot].id
        guard let signatory = nodes[slot].signatory else { return [] }
        switch message {
        case .reports(let reports), .news(let reports):
            let forged = reports.filter { $0.node != id }.map { report in
                var forged = Report(
                    node: report.node, sequence: report.sequence + 1 << 40, neighbors: report.neighbors,
                    wish: .leave, epoch: report.epoch, seal: report.seal)
                if report.sequence % 2 == 0 { forged = forged.sealed(with: signatory.seal(forged)) }
                return forged
            }
            return forged.isEmpty ? [] : [.reports(forged)]
        case .relayed(let envelope) where envelope.origin != id:
            let body: Envelope.Body =
                switch envelope.body {
                case .promise(let ballot, let next, _): .promise(ballot, next: next, accepted: nil)
                case .refuse(let ballot, let next): .accepted(ballot, next: next)
                case .prepare(let ballot, let next), .accepted(let ballot, let next):
                    .refuse(promised: ballot, next: next)
                case .accept, .behind, .decided: .behind(view: 0)
                }
            var forged = Envelope(
                origin: envelope.origin, sequence: envelope.sequence + 1 << 40, destination: envelope.destination,
                insists: true, body: body, seal: envelope.seal)
            if envelope.sequence % 2 == 0 { forged = forged.sealed(with: signatory.seal(forged)) }
            return [.relayed(forged)]
        case .claims(let claims):
            let stolen = claims.filter { $0.node != id }.map { signatory.stolenClaim(to: $0.node) }
            return stolen.isEmpty ? [] : [.claims(stolen)]
        case .bundle(let messages): return messages.flatMap { forgeries(of: $0, by: slot) }
        default: return []
        }
    }

    /// What a node now believes of others after a message: what these have really said.
    func checkBelief(of message: Message, by slot: Int, _ now: Int) throws(Violation) {
        guard scenario.isSigned else { return }
        let negotiation = nodes[slot].protocolNode.negotiation
        switch message {
        case .reports(let reports), .news(let reports):
            for report in reports where report.sequence > 1 << 40 && negotiation.believes(report) {
                throw Violation(
                    invariant: .ownWords, finding: "\(nodes[slot].id) believes \(report), which a forger has made",
                    time: now)
            }
        case .relayed(let envelope) where envelope.sequence > 1 << 40 && negotiation.believes(envelope):
            throw Violation(
                invariant: .ownWords, finding: "\(nodes[slot].id) believes \(envelope), which a forger has made",
                time: now)
        case .claims(let claims):
            for claim in claims where negotiation.claim(of: claim.node) == claim {
                guard let owner = slots[claim.node], nodes[owner].signatory?.claim != claim else { continue }
                throw Violation(
                    invariant: .ownWords, finding: "\(nodes[slot].id) takes another for \(claim.node)", time: now)
            }
        case .bundle(let messages): for message in messages { try checkBelief(of: message, by: slot, now) }
        default: break
        }
    }
}
