import ChaosDocuments
import Foundation
import X509

/// What a certificate says, for people: a line.
public struct CertificateSummary: CustomStringConvertible {
    public let file: String
    public let name: String
    public let issuer: String
    public let end: Date
    /// As `Institution.fingerprint`.
    public let fingerprint: String

    /// The certificates of a file.
    /// - Throws: `FileError`, `InvalidInput`.
    public static func read(_ file: String) throws -> [CertificateSummary] {
        try PEMCertificates.read(file).map { certificate in
            CertificateSummary(
                file: file, name: certificate.subject.displayName, issuer: certificate.issuer.displayName,
                end: certificate.notValidAfter, fingerprint: try Institution(certificate).fingerprint)
        }
    }

    public var description: String {
        let time = end.formatted(.iso8601)
        return "\(file): \(name), by \(issuer), until \(time), SHA-256 \(fingerprint)"
    }
}
