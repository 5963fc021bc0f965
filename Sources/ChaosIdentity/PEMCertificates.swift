import ChaosDocuments
import SwiftASN1
import X509

/// Certificates and keys as files in the PEM format.
enum PEMCertificates {
    /// The most bytes of a file, and certificates in one.
    static let mostBytes = 1 << 20
    static let most = 16

    static func der(of certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
        digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The certificates of a file, at least one.
    /// - Throws: `FileError`, or `InvalidInput` with the file.
    static func read(_ path: String) throws -> [Certificate] {
        let documents = try documents(DocumentIO.read(path, atMost: mostBytes), of: path).filter {
            $0.discriminator == Certificate.defaultPEMDiscriminator
        }
        guard (1...most).contains(documents.count) else {
            throw InvalidInput(
                file: path, "", "\(documents.count) certificates", allowed: "1 … \(most), in the PEM format")
        }
        return try documents.enumerated().map { k, document in
            func fault(_ found: String) -> InvalidInput {
                InvalidInput(file: path, "certificate \(k + 1)", found, allowed: "a certificate of X.509, version 3")
            }
            do {
                let certificate = try Certificate(pemDocument: document)
                guard certificate.version == .v3 else { throw fault("one of another version") }
                return certificate
            } catch let error as InvalidInput {
                throw error
            } catch {
                throw fault("\(error)")
            }
        }
    }

    /// The private key of a file that nobody else may read.
    /// - Throws: as `read`; a message names no byte of the key.
    static func readKey(_ path: String) throws -> Certificate.PrivateKey {
        guard let bytes = try DocumentIO.readPrivate(path, atMost: mostBytes) else {
            throw InvalidInput(
                file: path, "", "a private key that others may read", allowed: "a file of mode 0600 (chmod 600)")
        }
        let documents = try documents(bytes, of: path).filter { $0.discriminator.hasSuffix("PRIVATE KEY") }
        guard documents.count == 1, let key = try? Certificate.PrivateKey(pemDocument: documents[0]) else {
            throw InvalidInput(
                file: path, "", documents.count == 1 ? "a key of another kind" : "\(documents.count) private keys",
                allowed:
                    "one private key without a password, in the PEM format: ECDSA on P-256, P-384 or P-521, RSA or Ed25519"
            )
        }
        return key
    }

    private static func documents(_ bytes: [UInt8], of path: String) throws -> [PEMDocument] {
        let text = String(decoding: bytes, as: UTF8.self)
        do { return try PEMDocument.parseMultiple(pemString: text) } catch {
            throw InvalidInput(file: path, "", "\(error)", allowed: "a file in the PEM format")
        }
    }
}

extension DistinguishedName {
    /// The common name, or the organization, or all of it, as a single line of at most 64 characters.
    var displayName: String {
        func attribute(_ type: ASN1ObjectIdentifier) -> String? {
            lazy.flatMap { $0 }.first { $0.type == type }.map { "\($0.value)" }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let name =
            attribute(.RDNAttributeType.commonName) ?? attribute(.RDNAttributeType.organizationName) ?? description
        return SingleLine.of(name, most: 64)
    }
}
