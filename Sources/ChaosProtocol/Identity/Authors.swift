/// Who is known to stand behind which id.
///
/// The first claim to an id that is heard of stands: as long as its node may matter, no other life can have the id, be it of
/// another institution or of the same process started again. Ids are drawn, so two honest ones hardly ever meet.
struct Authors: Sendable {
    /// Nil: nothing is signed, and everything is believed.
    var signatory: (any Signatory)?
    private var known = SortedDictionary<NodeID, any Author>()

    init(_ signatory: (any Signatory)?) { self.signatory = signatory }

    enum News: Sendable {
        /// It is here already, or there is no place for it.
        case none
        case new
        /// Nobody can have made it so.
        case wrong
        /// The id is another's.
        case taken
    }

    /// Cost: a signature to be checked, unless the claim is here.
    mutating func learn(_ claim: Claim, defect: PlantedDefect?) -> News {
        guard let signatory, claim.node != signatory.claim.node else { return .none }
        let old = known[claim.node]
        guard old?.claim != claim else { return .none }
        guard old != nil || known.keys.count < MessageLimits.nodes else { return .none }
        guard let author = signatory.author(of: claim) else { return .wrong }
        if let old, !old.isRenewed(by: author), defect != .idTakenAway {
            // The earlier of two claims of one life is no theft, and no news.
            return author.isRenewed(by: old) ? .none : .taken
        }
        known[claim.node] = author
        return .new
    }

    /// Whether a claim is another's than that which is known here.
    func contradict(_ claim: Claim) -> Bool {
        guard let signatory, let old = known[claim.node], old.claim != claim else { return false }
        guard let author = signatory.author(of: claim) else { return true }
        return !old.isRenewed(by: author) && !author.isRenewed(by: old)
    }

    func claim(of node: NodeID) -> Claim? {
        signatory?.claim.node == node ? signatory?.claim : known[node]?.claim
    }

    /// Of this node and all others, ascending by these.
    var claims: [Claim] { (signatory.map { [$0.claim] } ?? []) + known.values.map(\.claim) }

    /// What a node's word is worth.
    enum Word: Sendable {
        case good
        /// It has not said so.
        case forged
        /// Nobody knows who it is.
        case unknown
    }

    func word(of report: Report) -> Word { word(of: report.node, report.seal != nil) { $0.hasSigned(report) } }

    func word(of envelope: Envelope) -> Word {
        word(of: envelope.origin, envelope.seal != nil) { $0.hasSigned(envelope) }
    }

    private func word(of node: NodeID, _ isSealed: Bool, _ hasSigned: (any Author) -> Bool) -> Word {
        guard signatory != nil else { return .good }
        guard let author = known[node] else { return .unknown }
        return isSealed && hasSigned(author) ? .good : .forged
    }

    mutating func forget(unless isKept: (NodeID) -> Bool) { known.removeAll(unless: isKept) }

    var nodes: [NodeID] { known.keys }
}
