import ChaosDocuments
import Foundation
import SwiftASN1
import X509

/// The institutions that a node trusts: the certificates in a folder.
public struct Trust: Sendable {
    /// In the order of their names.
    public let institutions: [Institution]
    let anchors: [(certificate: Certificate, institution: Institution)]

    /// Why a certificate is not taken.
    public struct Refusal: Error, CustomStringConvertible {
        public let description: String
    }

    /// Whose node it is that has a certificate, and how long that can be shown.
    public struct Verified: Sendable {
        public let institution: Institution
        /// The node's certificate, those that lead to the authority, and the authority's.
        let path: [Certificate]

        public var expiry: Date { Trust.expiry(of: path) }
    }

    /// When the first of these certificates expires.
    static func expiry(of path: [Certificate]) -> Date { path.map(\.notValidAfter).min() ?? .distantPast }

    /// The most certificates that are looked at in a chain: the time that it takes grows fast with them.
    static let mostCertificates = 4

    /// - Parameter folder: the files in it that end in .pem or .crt, one certificate in each.
    /// - Throws: `InvalidInput` for the first file that is none, and for two that cannot be told apart.
    public init(folder: String) throws {
        let (trust, faults) = try Self.reading(folder)
        if let fault = faults.first { throw fault }
        self = trust
    }

    /// Reads what can be read: whoever takes a file away must be obeyed, whatever is wrong with another one.
    /// - Returns: also why files were left out.
    /// - Throws: if there is no such folder, or nothing in it can be read.
    public static func reading(_ folder: String) throws -> (trust: Trust, faults: [any Error]) {
        guard DocumentIO.isFolder(folder) else {
            throw InvalidInput(
                file: folder, "", DocumentIO.exists(folder) ? "a file" : "nothing",
                allowed: "a folder with the certificates of institutions")
        }
        var (anchors, faults) = ([(certificate: Certificate, institution: Institution)](), [any Error]())
        for file in try DocumentIO.files(in: folder).sorted() where file.hasSuffix(".pem") || file.hasSuffix(".crt") {
            do {
                let anchor = try Self.anchor(file)
                // One that was renewed keeps its key, so both of it may lie there.
                if let other = anchors.first(where: { $0.institution.name == anchor.institution.name }),
                    other.institution != anchor.institution
                {
                    throw InvalidInput(
                        file: file, "", "a second authority that is called \(anchor.institution.name)",
                        allowed: "names by which institutions can be told apart")
                }
                anchors.append(anchor)
            } catch {
                faults.append(error)
            }
        }
        guard !anchors.isEmpty else {
            throw faults.first
                ?? InvalidInput(file: folder, "", "no certificate", allowed: "at least one file *.pem or *.crt")
        }
        return (Trust(anchors), faults)
    }

    private init(_ anchors: [(certificate: Certificate, institution: Institution)]) {
        self.anchors = anchors
        institutions = Set(anchors.map(\.institution)).sorted { $0.name < $1.name }
    }

    private static func anchor(_ file: String) throws -> (certificate: Certificate, institution: Institution) {
        let certificates = try PEMCertificates.read(file)
        guard certificates.count == 1 else {
            throw InvalidInput(
                file: file, "", "\(certificates.count) certificates", allowed: "one, of an institution's authority")
        }
        guard mayIssue(certificates[0]) else {
            throw InvalidInput(
                file: file, "", "a certificate that may not issue others",
                allowed: "that of an authority (basicConstraints CA:TRUE)")
        }
        return (certificates[0], try Institution(certificates[0]))
    }

    /// Whether it is an authority's, as it says itself.
    private static func mayIssue(_ certificate: Certificate) -> Bool {
        guard certificate.version == .v3,
            case .isCertificateAuthority? = try? certificate.extensions.basicConstraints
        else { return false }
        // One that cannot be read allows nothing.
        do { return try certificate.extensions.keyUsage?.keyCertSign ?? true } catch { return false }
    }

    // MARK: Verifying

    /// Who stands behind a certificate.
    /// - Parameter chain: the certificate, then what leads to an authority.
    /// - Throws: `Refusal`, also if one of them is not valid now.
    public func verify(_ chain: [Certificate]) async throws(Refusal) -> Verified {
        guard let leaf = chain.first else { throw Refusal(description: "no certificate") }
        guard chain.count <= Self.mostCertificates else {
            throw Refusal(description: "\(chain.count) certificates; allowed: at most \(Self.mostCertificates)")
        }
        guard chain.allSatisfy({ $0.version == .v3 }) else {
            throw Refusal(description: "a certificate of another version of X.509; allowed: 3")
        }
        // Several of one authority would be tried one after another, each with all others behind it.
        var between: [Certificate] = []
        for certificate in chain.dropFirst() where Self.mayIssue(certificate) {
            let isThere = between.contains {
                $0.subject == certificate.subject && $0.publicKey == certificate.publicKey
            }
            if !isThere { between.append(certificate) }
        }
        var verifier = Verifier(rootCertificates: CertificateStore(anchors.map(\.certificate))) {
            PurposePolicy()
            RFC5280Policy()
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(between)) {
        case .validCertificate(let path):
            guard let anchor = path.last, let found = anchors.first(where: { $0.certificate == anchor }) else {
                throw Refusal(description: "a certificate of no institution that is trusted")
            }
            return Verified(institution: found.institution, path: Array(path))
        case .couldNotValidate(let failures): throw refusal(of: chain, failures)
        }
    }

    private func refusal(of chain: [Certificate], _ failures: [CertificateValidationResult.PolicyFailure]) -> Refusal {
        let (leaf, now) = (chain[0], Date())
        let all = chain + anchors.map(\.certificate).filter { $0.subject == chain.last?.issuer }
        if let old = all.first(where: { now > $0.notValidAfter }) {
            return Refusal(description: "a certificate that has expired, of \(old.subject.displayName)")
        }
        if let early = all.first(where: { now < $0.notValidBefore }) {
            return Refusal(description: "a certificate that is not valid yet, of \(early.subject.displayName)")
        }
        if let failure = failures.first {
            return Refusal(description: SingleLine.of("\(failure.policyFailureReason)", most: 200))
        }
        let issuer = (chain.last ?? leaf).issuer
        return Refusal(
            description: anchors.contains { $0.certificate.subject == issuer }
                ? "a certificate that says it is by \(issuer.displayName), and is not"
                : "a certificate by \(issuer.displayName), which is not trusted")
    }
}

/// What the certificate of a node must be for, if it says what it is for: whoever may show one to the readers of a web page
/// acts for nobody's node. Names are nothing that a node is asked for.
private struct PurposePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
    ]

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) async -> PolicyEvaluationResult {
        do {
            guard let purposes = try chain.leaf.extensions.extendedKeyUsage else { return .meetsPolicy }
            let areRight =
                purposes.contains(.any) || purposes.contains(.serverAuth) && purposes.contains(.clientAuth)
            return areRight ? .meetsPolicy : .failsToMeetPolicy(reason: "a certificate for another purpose")
        } catch {
            return .failsToMeetPolicy(reason: "a certificate whose purpose cannot be read")
        }
    }
}
