import Foundation
import NIOSSL
import X509

/// Whose node is at the other end of a connection, as its certificates have shown, and for how long they show it.
public struct ShownIdentity: Sendable {
    public let institution: Institution
    /// The node's, in DER.
    public let certificate: [UInt8]
    /// After which one of the certificates is not valid.
    public let expiry: Date
    private let chain: [Certificate]

    /// - Returns: nil: the other end has shown no certificate in this handshake.
    public init?(of handler: NIOSSLHandler) {
        guard let shown = handler.peerValidatedCertificateChain else { return nil }
        self.init(shown.compactMap { try? $0.toDERBytes() })
    }

    /// - Parameter shown: in DER: the node's certificate, those that lead to the authority, and the authority's.
    init?(_ shown: [[UInt8]]) {
        guard let path = try? shown.map({ try Certificate(derEncoded: $0) }), let anchor = path.last,
            let institution = try? Institution(anchor)
        else { return nil }
        (self.institution, certificate) = (institution, shown[0])
        expiry = Trust.expiry(of: path)
        chain = path.count > 1 ? path.dropLast() : path
    }

    /// Looks again whether the certificates are valid: the authority's may have been renewed meanwhile.
    /// - Returns: when they expire then.
    /// - Throws: why they are not.
    public func verifiedAgain(in trust: Trust) async throws(Trust.Refusal) -> Date {
        let verified = try await trust.verify(chain)
        guard verified.institution == institution else {
            throw Trust.Refusal(description: "a certificate of \(verified.institution) now; allowed: of \(institution)")
        }
        return verified.expiry
    }
}
