import ChaosDocuments
import Foundation
import NIOCore
import NIOSSL
import Synchronization
import X509

/// Who a node is and whom it trusts, as its connections need it: TLS 1.3, with certificates at both ends.
///
/// A value for some time: when files have changed, another one takes its place. Tickets by which a handshake could be left
/// out are keyed anew with each, and a connection that was resumed by one shows no institution.
public final class Credentials: Sendable {
    /// What the certificates of a node are for: whoever speaks something else parts before it has said a word.
    public static let applicationProtocol = "chaos"

    /// Whose node this is.
    public let institution: Institution
    public let trust: Trust
    /// After which the certificate, or one on its way to the authority, is not valid.
    public let expiry: Date
    let chain: [Certificate]
    let secret: Certificate.PrivateKey
    private let key: NIOSSLPrivateKey
    private let client: NIOSSLContext
    private let server: NIOSSLContext

    /// Reads the files.
    /// - Parameters:
    ///   - certificate: a file with the node's certificate and what leads to its authority.
    ///   - key: a file with its key.
    ///   - trust: a folder with the certificates of institutions, that of the node's own among them.
    /// - Throws: `FileError`, `InvalidInput`: what is wrong in which file.
    public convenience init(certificate: String, key: String, trust folder: String) throws {
        let chain = try PEMCertificates.read(certificate)
        let secret = try PEMCertificates.readKey(key)
        guard secret.publicKey == chain[0].publicKey else {
            throw InvalidInput(
                file: key, "", "the key of another certificate", allowed: "the key of \(certificate)")
        }
        let trust = try Trust(folder: folder)
        let verified: Trust.Verified
        do {
            verified = try waitFor { () async throws(Trust.Refusal) in try await trust.verify(chain) }
        } catch {
            let names = trust.institutions.map(\.name).joined(separator: ", ")
            throw InvalidInput(
                file: certificate, "", "\(error)",
                allowed: "a certificate that is valid now, of an institution in \(folder): \(names)")
        }
        let privateKey = try NIOSSLPrivateKey(bytes: Array(secret.serializeAsPEM().pemString.utf8), format: .pem)
        try self.init(chain, secret, privateKey, verified.institution, until: verified.expiry, trusting: trust)
    }

    /// All that is wrong with the files.
    /// - Parameters: as above; nil: the file is not known.
    public static func faults(certificate: String?, key: String?, trust folder: String?) -> [any Error] {
        var faults: [any Error] = []
        func attempt(_ body: () throws -> Void) { do { try body() } catch { faults.append(error) } }
        if let certificate { attempt { _ = try PEMCertificates.read(certificate) } }
        if let key { attempt { _ = try PEMCertificates.readKey(key) } }
        if let folder { attempt { faults += try Trust.reading(folder).faults } }
        // What they say together.
        if faults.isEmpty, let certificate, let key, let folder {
            attempt { _ = try Credentials(certificate: certificate, key: key, trust: folder) }
        }
        return faults
    }

    private init(
        _ chain: [Certificate], _ secret: Certificate.PrivateKey, _ key: NIOSSLPrivateKey, _ institution: Institution,
        until expiry: Date, trusting trust: Trust
    ) throws {
        self.secret = secret
        (self.chain, self.key, self.institution, self.expiry, self.trust) = (chain, key, institution, expiry, trust)
        let own = try chain.map {
            NIOSSLCertificateSource.certificate(
                try NIOSSLCertificate(bytes: PEMCertificates.der(of: $0), format: .der))
        }
        let anchors = try trust.anchors.map {
            try NIOSSLCertificate(bytes: PEMCertificates.der(of: $0.certificate), format: .der)
        }
        func context(_ configuration: TLSConfiguration) throws -> NIOSSLContext {
            var configuration = configuration
            configuration.minimumTLSVersion = .tlsv13
            configuration.trustRoots = .certificates(anchors)
            configuration.certificateVerification = .noHostnameVerification
            configuration.applicationProtocols = [Self.applicationProtocol]
            configuration.verifySignatureAlgorithms = [
                .ed25519, .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha256,
                .rsaPssRsaeSha384, .rsaPssRsaeSha512,
            ]
            return try NIOSSLContext(configuration: configuration)
        }
        var dialling = TLSConfiguration.makeClientConfiguration()
        (dialling.certificateChain, dialling.privateKey) = (own, .privateKey(key))
        client = try context(dialling)
        server = try context(.makeServerConfiguration(certificateChain: own, privateKey: .privateKey(key)))
    }

    /// The same node, trusting others.
    public func trusting(_ trust: Trust) throws -> Credentials {
        try Credentials(chain, secret, key, institution, until: expiry, trusting: trust)
    }

    // MARK: Connections

    /// The handler of a connection that this node has dialled.
    /// - Parameter refused: is told why a peer's certificate is not taken, on any thread.
    public func clientHandler(refused: @escaping @Sendable (String) -> Void) throws -> NIOSSLHandler {
        let verify = verify(refused)
        return try NIOSSLClientHandler(
            context: client, serverHostname: nil, customVerificationCallbackWithMetadata: verify)
    }

    /// The handler of a connection that was dialled.
    public func serverHandler(refused: @escaping @Sendable (String) -> Void) -> NIOSSLHandler {
        NIOSSLServerHandler(context: server, customVerificationCallbackWithMetadata: verify(refused))
    }

    private func verify(
        _ refused: @escaping @Sendable (String) -> Void
    ) -> NIOSSLCustomVerificationCallbackWithMetadata {
        { [trust] certificates, promise in
            promise.completeWithTask {
                do {
                    // More than are looked at are not even read.
                    let chain = try certificates.prefix(Trust.mostCertificates + 1).map {
                        try Certificate(derEncoded: $0.toDERBytes())
                    }
                    let others = try await trust.verify(chain).path.dropFirst().map {
                        try NIOSSLCertificate(bytes: PEMCertificates.der(of: $0), format: .der)
                    }
                    return .certificateVerified(
                        VerificationMetadata(ValidatedCertificateChain(certificates.prefix(1) + others)))
                } catch {
                    refused("\(error)")
                    return .failed
                }
            }
        }
    }
}

/// Waits for what is asynchronous, on a thread that may wait.
private func waitFor<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () async throws(Failure) -> Value
) throws(Failure) -> Value {
    let result = Mutex(Result<Value, Failure>?.none)
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        let found: Result<Value, Failure>
        do throws(Failure) { found = .success(try await body()) } catch { found = .failure(error) }
        result.withLock { $0 = found }
        done.signal()
    }
    done.wait()
    return try result.withLock { $0! }.get()
}
