import Crypto
import SwiftASN1
import X509

/// An institution, known by the name and the key of its authority: whoever has a certificate that this authority has
/// issued acts for it.
public struct Institution: Sendable, Hashable, CustomStringConvertible {
    /// The common name of the authority, or what else it is called by, as a single line.
    public let name: String
    /// The SHA-256 of the authority's key, in hexadecimal digits: of SubjectPublicKeyInfo.
    public let fingerprint: String

    init(_ authority: Certificate) throws {
        name = authority.subject.displayName
        var serializer = DER.Serializer()
        try serializer.serialize(authority.publicKey)
        fingerprint = PEMCertificates.hexadecimal(SHA256.hash(data: serializer.serializedBytes))
    }

    public var description: String { name }
}
