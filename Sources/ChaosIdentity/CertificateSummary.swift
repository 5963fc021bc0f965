import ChaosDocuments
import Crypto
import Foundation
import X509

/// What a certificate says, for people: a line.
public struct CertificateSummary: CustomStringConvertible {
    public let file: String
    public let name: String
    public let issuer: String
    public let end: Date
    /// The SHA-256 of the certificate, in hexadecimal digits, as other tools print it.
    public let fingerprint: String

    /// The certificates of a file.
    /// - Throws: `FileError`, `InvalidInput`.
    public static func read(_ file: String) throws -> [CertificateSummary] {
        try PEMCertificates.read(file).map { certificate in
            CertificateSummary(
                file: file, name: certificate.subject.displayName, issuer: certificate.issuer.displayName,
                end: certificate.notValidAfter,
                fingerprint: PEMCertificates.hexadecimal(SHA256.hash(data: try PEMCertificates.der(of: certificate))))
        }
    }

    public var description: String {
        let time = end.formatted(.iso8601)
        return "\(file): \(name), by \(issuer), until \(time), SHA-256 \(fingerprint)"
    }
}
