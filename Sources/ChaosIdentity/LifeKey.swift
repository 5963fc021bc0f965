import Crypto
import SwiftASN1
import X509

/// What a signature is for: what is signed for one purpose counts for no other.
public enum SignedPurpose: String, Sendable {
    case claim = "chaos claim"
    case possession = "chaos key"
    case report = "chaos report"
    case envelope = "chaos envelope"

    /// What is really signed.
    func message(_ bytes: [UInt8]) -> [UInt8] { Array(rawValue.utf8) + [0] + bytes }
}

/// The key with which one life of a node signs what it says: drawn when the process starts, and gone with it. The key of the
/// certificate signs it once, in the claim, and so may be of any kind, and slow.
public struct LifeKey: Sendable, CustomStringConvertible {
    private let key: Curve25519.Signing.PrivateKey

    public init() { key = Curve25519.Signing.PrivateKey() }

    /// Nothing of it: whatever is printed may be read by others.
    public var description: String { "a key" }

    /// 32 bytes.
    public var publicKey: [UInt8] { [UInt8](key.publicKey.rawRepresentation) }

    /// The id that goes with the key, if one is drawn.
    public var id: UInt64 { LifePublicKey.id(of: publicKey) }

    /// 64 bytes of Ed25519.
    public func sign(_ purpose: SignedPurpose, _ bytes: [UInt8]) -> [UInt8] {
        // It throws when the library runs out of memory, as all else does then.
        try! [UInt8](key.signature(for: purpose.message(bytes)))
    }
}

/// The other half of such a key.
public struct LifePublicKey: Sendable, Hashable {
    public let bytes: [UInt8]
    private let key: Curve25519.Signing.PublicKey

    /// The ids that are drawn: each belongs to a key, so that nobody can have that of another life. To find a second key for
    /// one takes some 2^61 attempts.
    public static let drawnIDs: Range<UInt64> = (1 << 62) + 1..<1 << 63

    static func id(of key: [UInt8]) -> UInt64 {
        let hash = SHA256.hash(data: key).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        return 1 << 62 | hash >> 2 | 1
    }

    /// Whether a life with this key may have the id: one that was drawn with another key it may not.
    public func mayHave(id: UInt64) -> Bool { !Self.drawnIDs.contains(id) || id == Self.id(of: bytes) }

    /// - Returns: nil if the bytes are no key.
    public init?(_ bytes: [UInt8]) {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        (self.bytes, self.key) = (bytes, key)
    }

    public func hasSigned(_ purpose: SignedPurpose, _ bytes: [UInt8], signature: [UInt8]) -> Bool {
        key.isValidSignature(signature, for: purpose.message(bytes))
    }

    public static func == (a: LifePublicKey, b: LifePublicKey) -> Bool { a.bytes == b.bytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// The certificates of a node, as they come from it.
public struct NodeCertificates: Sendable {
    private let chain: [Certificate]

    /// - Parameter chain: in DER, the node's first, at most four.
    /// - Returns: nil if they cannot be read.
    public init?(_ chain: [[UInt8]]) {
        guard (1...Trust.mostCertificates).contains(chain.count) else { return nil }
        var certificates: [Certificate] = []
        for bytes in chain {
            guard let certificate = try? Certificate(derEncoded: bytes) else { return nil }
            certificates.append(certificate)
        }
        self.chain = certificates
    }

    /// Whether the key of the node's certificate has signed it. Whether anybody trusts the certificate is another question.
    public func hasSigned(_ purpose: SignedPurpose, _ bytes: [UInt8], signature: [UInt8]) -> Bool {
        let key = chain[0].publicKey
        return key.isValidSignature(
            signature, for: purpose.message(bytes), signatureAlgorithm: Credentials.algorithm(of: key))
    }

    /// The institution that stands behind them; nil: none of these.
    public func institution(in trust: Trust) async -> Institution? {
        (try? await trust.verify(chain))?.institution
    }

    /// Who has issued them as they say, as a single line: nobody has proved it.
    public var issuer: String { (chain.last ?? chain[0]).issuer.displayName }
}

extension Credentials {
    /// The node's certificate and what leads to its authority, in DER.
    public var certificates: [[UInt8]] { get throws { try chain.map(PEMCertificates.der) } }

    /// Signs with the key of the certificate.
    public func sign(_ purpose: SignedPurpose, _ bytes: [UInt8]) throws -> [UInt8] {
        let algorithm = Self.algorithm(of: secret.publicKey)
        return try secret.sign(bytes: purpose.message(bytes), signatureAlgorithm: algorithm).rawRepresentation
    }

    /// There are no other kinds of keys (`PEMCertificates.readKey`).
    static func algorithm(of key: Certificate.PublicKey) -> Certificate.SignatureAlgorithm {
        if P256.Signing.PublicKey(key) != nil { return .ecdsaWithSHA256 }
        if P384.Signing.PublicKey(key) != nil { return .ecdsaWithSHA384 }
        if P521.Signing.PublicKey(key) != nil { return .ecdsaWithSHA512 }
        if Curve25519.Signing.PublicKey(key) != nil { return .ed25519 }
        return .sha256WithRSAEncryption
    }
}
