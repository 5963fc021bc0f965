import ChaosDocuments
import Foundation
import X509

/// The institutions that a node trusts: the certificates in a folder.
public struct Trust: Sendable {
    /// In the order of their names.
    public let institutions: [Institution]
    private let anchors: CertificateStore

    /// Why a certificate is not taken.
    public struct Refusal: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter folder: the files in it that end in .pem or .crt, one certificate in each.
    /// - Throws: `InvalidInput` for a file that is none, and for two that cannot be told apart.
    public init(folder: String) throws {
        guard DocumentIO.isFolder(folder) else {
            throw InvalidInput(
                file: folder, "", DocumentIO.exists(folder) ? "a file" : "nothing",
                allowed: "a folder with the certificates of institutions")
        }
        let files = DocumentIO.files(below: folder).filter { $0.hasSuffix(".pem") || $0.hasSuffix(".crt") }.sorted()
        var found: [Institution] = []
        for file in files {
            let certificates = try PEMCertificates.read(file)
            guard certificates.count == 1 else {
                throw InvalidInput(
                    file: file, "", "\(certificates.count) certificates", allowed: "one, of an institution's authority")
            }
            let institution = try Institution(certificates[0])
            if found.contains(institution) { continue }
            guard !found.contains(where: { $0.name == institution.name }) else {
                throw InvalidInput(
                    file: file, "", "a second authority that is called \(institution.name)",
                    allowed: "names by which institutions can be told apart")
            }
            found.append(institution)
        }
        guard !found.isEmpty else {
            throw InvalidInput(file: folder, "", "no certificate", allowed: "at least one file *.pem or *.crt")
        }
        institutions = found.sorted { $0.name < $1.name }
        anchors = CertificateStore(found.map(\.authority))
    }

    /// Who stands behind a certificate.
    /// - Parameter chain: the certificate, then what leads to an authority.
    /// - Throws: `Refusal`, also if one of them is not valid now.
    public func institution(of chain: [Certificate]) async throws(Refusal) -> Institution {
        guard let leaf = chain.first else { throw Refusal(description: "no certificate") }
        if let purposes = try? leaf.extensions.extendedKeyUsage,
            !(purposes.contains(.any) || purposes.contains(.serverAuth) && purposes.contains(.clientAuth))
        {
            throw Refusal(description: "a certificate for another purpose than both ends of TLS")
        }
        var verifier = Verifier(rootCertificates: anchors) { RFC5280Policy() }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(chain.dropFirst())) {
        case .validCertificate(let path):
            if let anchor = path.last, let found = institutions.first(where: { $0.authority == anchor }) {
                return found
            }
            throw Refusal(description: "a certificate of no institution that is trusted")
        case .couldNotValidate(let failures):
            let now = Date()
            if now > leaf.notValidAfter { throw Refusal(description: "a certificate that has expired") }
            if now < leaf.notValidBefore { throw Refusal(description: "a certificate that is not valid yet") }
            guard let failure = failures.first else {
                let issuer = leaf.issuer.displayName
                throw Refusal(description: "a certificate by \(issuer), which is not trusted")
            }
            throw Refusal(description: SingleLine.of("\(failure.policyFailureReason)"))
        }
    }
}
