import ChaosProtocol

/// Signs in a simulation. A signature names a key and what was signed; nobody makes one with a key that he does not have, for
/// nobody is given any but his own. An id belongs to one key, as ids do that are drawn from a key.
final class SymbolicSignatory: Signatory {
    let claim: Claim
    private let key: UInt64
    private let defect: PlantedDefect?

    init(_ node: NodeID, _ defect: PlantedDefect?) {
        key = Self.key(of: node)
        claim = Self.claim(to: node, key)
        self.defect = defect
    }

    private static func key(of node: NodeID) -> UInt64 { Mixing.of(node.rawValue, 0xC1A1) }

    private static func claim(to node: NodeID, _ key: UInt64) -> Claim { Claim(node: node, bytes: bytes(key)) }

    fileprivate static func bytes(_ words: UInt64...) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    func seal(_ report: Report) -> Seal { seal(report.meaning) }

    func seal(_ envelope: Envelope) -> Seal { seal(envelope.meaning) }

    private func seal(_ meaning: UInt64) -> Seal { Seal(content: [], signature: Self.bytes(key, meaning)) }

    /// What a thief shows for another's id: with his own key, for he has no other.
    func stolenClaim(to node: NodeID) -> Claim { Self.claim(to: node, key) }

    func author(of claim: Claim) -> (any Author)? {
        let rightful = Self.claim(to: claim.node, Self.key(of: claim.node))
        return claim == rightful || defect == .idTakenAway ? SymbolicAuthor(claim) : nil
    }
}

private final class SymbolicAuthor: Author {
    let claim: Claim

    init(_ claim: Claim) { self.claim = claim }

    func hasSigned(_ report: Report) -> Bool { hasSigned(report.meaning, report.seal) }

    func hasSigned(_ envelope: Envelope) -> Bool { hasSigned(envelope.meaning, envelope.seal) }

    private func hasSigned(_ meaning: UInt64, _ seal: Seal?) -> Bool {
        seal?.signature == claim.bytes + SymbolicSignatory.bytes(meaning)
    }

    func isRenewed(by other: any Author) -> Bool { claim == other.claim }
}

extension Report {
    /// The same for statements that say the same, and hardly ever for others.
    fileprivate var meaning: UInt64 {
        var hasher = Hasher()
        hasher.combine(self)
        for part in [neighbors.hashValue, qualities.hashValue, resources.hashValue, wish.hashValue] {
            hasher.combine(part)
        }
        hasher.combine(uneven)
        hasher.combine(isIdle)
        hasher.combine(epoch)
        hasher.combine(address)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

extension Envelope {
    /// Likewise.
    fileprivate var meaning: UInt64 {
        let said = Envelope(
            origin: origin, sequence: sequence, destination: destination, insists: insists, body: body)
        return UInt64(bitPattern: Int64(said.hashValue))
    }
}
