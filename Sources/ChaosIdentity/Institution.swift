import Crypto
import SwiftASN1
import X509

/// An institution, known by the certificate of its authority: whoever has one that this authority has issued acts for it.
public struct Institution: Sendable, Hashable, CustomStringConvertible {
    /// The common name of the authority, or what else it is called by, as a single line.
    public let name: String
    /// The SHA-256 of the authority's certificate, in hexadecimal digits.
    public let fingerprint: String
    let authority: Certificate

    init(_ authority: Certificate) throws {
        self.authority = authority
        name = authority.subject.displayName
        let bytes = try PEMCertificates.der(of: authority)
        fingerprint = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    public var description: String { name }

    public static func == (x: Institution, y: Institution) -> Bool { x.fingerprint == y.fingerprint }
    public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}
