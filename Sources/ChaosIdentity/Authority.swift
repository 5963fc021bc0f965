import ChaosDocuments
import Crypto
import Foundation
import X509

/// The authority of an institution that has no other: a key, and a certificate for it that others can trust.
public struct Authority {
    /// In an authority's folder.
    public static let certificateFile = "authority.pem"
    public static let keyFile = "authority.key"
    /// The longest name of an institution or a node, in bytes: X.520's bound of a common name.
    public static let mostNameBytes = 64
    /// How long a certificate may be valid.
    public static let mostDays = 36_500

    let certificate: Certificate
    private let key: Certificate.PrivateKey

    // MARK: Making one

    /// Makes an authority, and writes it into a folder, which is made if it is not there.
    /// - Parameters:
    ///   - name: of the institution, 1 … 64 bytes.
    ///   - days: how long it is valid from now on, 1 … 36 500.
    /// - Throws: what is out of range; `FileError`, also where there is one already.
    public static func create(_ name: String, in folder: String, days: Int) throws {
        try check(name, days)
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            SubjectKeyIdentifier(hash: key.publicKey)
        }
        let certificate = try Self.certificate(
            of: key.publicKey, subject, by: subject, key, days: days, extensions)
        try DocumentIO.createFolder(folder)
        try write(key, to: "\(folder)/\(keyFile)", certificate: [certificate], to: "\(folder)/\(certificateFile)")
    }

    /// - Parameter folder: that `create` has written, or one with such files of another tool.
    public init(in folder: String) throws {
        certificate = try PEMCertificates.read("\(folder)/\(Self.certificateFile)")[0]
        key = try PEMCertificates.readKey("\(folder)/\(Self.keyFile)")
        guard key.publicKey == certificate.publicKey else {
            throw InvalidInput(
                file: "\(folder)/\(Self.keyFile)", "", "the key of another certificate",
                allowed: "the key of \(folder)/\(Self.certificateFile)")
        }
    }

    // MARK: Issuing

    /// Makes a key and a certificate for a node.
    /// - Parameters:
    ///   - name: of the node, for people, 1 … 64 bytes.
    ///   - certificateFile: for the certificate; it must not be there.
    ///   - keyFile: for the key, which nobody else may read; it must not be there.
    ///   - days: how long it is valid from now on, 1 … 36 500.
    /// - Throws: what is out of range; `FileError`.
    public func issue(_ name: String, certificateFile: String, keyFile: String, days: Int) throws {
        try issue(name, certificateFile: certificateFile, keyFile: keyFile, from: Date(), days: days)
    }

    /// - Parameter start: a certificate that begins, or ended, at another time is for tests.
    package func issue(
        _ name: String, certificateFile: String, keyFile: String, from start: Date, days: Int
    ) throws {
        try Self.check(name, days)
        // A day that has begun counts, and ends with the authority.
        let left = Int((certificate.notValidAfter.timeIntervalSince(start) / 86_400).rounded(.up))
        guard days <= left else {
            throw InvalidInput(
                "days", "\(days)", allowed: "at most \(max(0, left)), when the certificate of the authority expires")
        }
        let own = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName {
            OrganizationName(certificate.subject.displayName)
            CommonName(name)
        }
        let issuer =
            try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
            ?? SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([.serverAuth, .clientAuth])
            SubjectKeyIdentifier(hash: own.publicKey)
            AuthorityKeyIdentifier(keyIdentifier: issuer)
        }
        let issued = try Self.certificate(
            of: own.publicKey, subject, by: certificate.subject, key, from: start, days: days,
            atMost: certificate.notValidAfter, extensions)
        try Self.write(own, to: keyFile, certificate: [issued], to: certificateFile)
    }

    private static func check(_ name: String, _ days: Int) throws(InvalidInput) {
        var faults = FaultList()
        if !(1...mostNameBytes).contains(name.utf8.count) || SingleLine.of(name) != name {
            faults.add("name", "\"\(name)\"", allowed: "1 … \(mostNameBytes) bytes without control characters")
        }
        if !(1...mostDays).contains(days) { faults.add("days", "\(days)", allowed: "1 … \(mostDays)") }
        try faults.throwIfAny()
    }

    private static func certificate(
        of key: Certificate.PublicKey, _ subject: DistinguishedName, by issuer: DistinguishedName,
        _ issuerKey: Certificate.PrivateKey, from start: Date = Date(), days: Int,
        atMost last: Date = .distantFuture, _ extensions: Certificate.Extensions
    ) throws -> Certificate {
        // Clocks differ.
        let start = start - 300
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key, notValidBefore: start,
            notValidAfter: min(start + Double(days) * 86_400, last), issuer: issuer, subject: subject,
            extensions: extensions,
            issuerPrivateKey: issuerKey)
    }

    /// The key first: a certificate without one would be of no use.
    private static func write(
        _ key: Certificate.PrivateKey, to keyFile: String, certificate chain: [Certificate], to certificateFile: String
    ) throws {
        let text = try chain.map { try $0.serializeAsPEM().pemString + "\n" }.joined()
        let secret = try key.serializeAsPEM().pemString + "\n"
        if DocumentIO.exists(certificateFile) {
            throw InvalidInput(file: certificateFile, "", "a file that is there", allowed: "a name that is free")
        }
        try DocumentIO.create(keyFile, Array(secret.utf8), isPrivate: true)
        do {
            try DocumentIO.create(certificateFile, Array(text.utf8), isPrivate: false)
        } catch {
            // Of no use, and in the way of the next attempt.
            DocumentIO.remove(keyFile)
            throw error
        }
    }
}
