import ChaosDocuments
import ChaosIdentity
import ChaosProtocol
import ChaosWire
import Foundation

/// How a node with certificates signs, and what it believes of others: one life of it has a key of its own (`LifeKey`), which
/// the key of its certificate has signed in a claim.
final class NodeSignatory: Signatory {
    let claim: Claim
    private let cluster: String
    private let key: LifeKey

    /// - Throws: `InvalidInput`: if the id is that of another key, or the certificates are too long to be shown to everyone.
    init(_ node: NodeID, of cluster: String, _ credentials: Credentials, _ key: LifeKey) throws {
        (self.cluster, self.key) = (cluster, key)
        guard !LifePublicKey.drawnIDs.contains(node.rawValue) || node.rawValue == key.id else {
            throw InvalidInput(
                "node", "\(node)", allowed: "1 … 2^62, for greater ones are drawn, each with a key; or no such key")
        }
        let content = Passport.Content(
            cluster: cluster, node: node, time: Int(Date().timeIntervalSince1970), key: key.publicKey,
            certificates: try credentials.certificates)
        let bytes = try content.bytes()
        claim = try Passport.claim(
            of: node, bytes, signature: try credentials.sign(.claim, bytes), proof: key.sign(.possession, bytes))
        guard claim.bytes.count <= MessageLimits.claim else {
            throw InvalidInput(
                "identity.certificate", "certificates that make a claim of \(claim.bytes.count) bytes",
                allowed: "at most \(MessageLimits.claim)")
        }
    }

    /// The same life with certificates that were renewed.
    func renewed(with credentials: Credentials) throws -> NodeSignatory {
        try NodeSignatory(claim.node, of: cluster, credentials, key)
    }

    func seal(_ report: Report) -> Seal { seal(.report, SignedContent.bytes(of: report)) }

    func seal(_ envelope: Envelope) -> Seal { seal(.envelope, SignedContent.bytes(of: envelope)) }

    private func seal(_ purpose: SignedPurpose, _ bytes: [UInt8]) -> Seal {
        Seal(content: bytes, signature: key.sign(purpose, bytes))
    }

    func author(of claim: Claim) -> (any Author)? { KnownAuthor(claim, in: cluster) }
}

/// One life of another node, whose certificate has signed its claim.
final class KnownAuthor: Author {
    let claim: Claim
    let certificates: NodeCertificates
    /// The node's own, in DER.
    let certificate: [UInt8]
    private let key: LifePublicKey
    private let time: Int

    /// - Returns: nil if the claim is none, or for another cluster, or to an id that goes with another key. Cost: a signature to be checked.
    init?(_ claim: Claim, in cluster: String) {
        guard let passport = try? Passport(claim), passport.content.cluster == cluster,
            let certificates = NodeCertificates(passport.content.certificates),
            let key = LifePublicKey(passport.content.key), key.mayHave(id: claim.node.rawValue),
            key.hasSigned(.possession, passport.signed, signature: passport.proof),
            certificates.hasSigned(.claim, passport.signed, signature: passport.signature)
        else { return nil }
        (self.claim, self.certificates, self.key) = (claim, certificates, key)
        certificate = passport.content.certificates[0]
        time = passport.content.time
    }

    func hasSigned(_ report: Report) -> Bool { hasSigned(.report, report.seal) }

    func hasSigned(_ envelope: Envelope) -> Bool { hasSigned(.envelope, envelope.seal) }

    /// A statement that has come was read from the content of its seal, so that content is what it says.
    private func hasSigned(_ purpose: SignedPurpose, _ seal: Seal?) -> Bool {
        seal.map { key.hasSigned(purpose, $0.content, signature: $0.signature) } ?? false
    }

    func isRenewed(by other: any Author) -> Bool {
        guard let other = other as? KnownAuthor, other.key == key else { return false }
        // Of two of one second either may be the later one; all nodes take the same.
        return other.time != time ? other.time > time : claim.bytes.lexicographicallyPrecedes(other.claim.bytes)
    }
}
