import ChaosDocuments
import ChaosIdentity
import ChaosTesting
import Foundation
import Testing

/// What `chaosd identity` makes, looked at by OpenSSL as well.
@Suite struct AuthorityTests {
    @Test func opensslTakesWhatIsIssued() throws {
        let folder = try IdentityFolder()
        try folder.authority("Uni Ä")
        let node = try folder.node("node 1", of: "Uni Ä", trusting: ["Uni Ä"])
        for purpose in ["sslserver", "sslclient"] {
            let said = try folder.run(
                "openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile",
                "\(folder.path)/Uni Ä/authority.pem", node.certificate)
            #expect(said.contains(": OK"))
        }
        let text = try folder.run("openssl", "x509", "-in", node.certificate, "-noout", "-text", "-nameopt", "utf8")
        #expect(text.contains("CN=node 1") || text.contains("CN = node 1"))
        #expect(text.contains("CA:FALSE") && text.contains("Digital Signature"))
        let key = try folder.run("openssl", "pkey", "-in", node.key, "-pubout")
        #expect(try folder.run("openssl", "x509", "-in", node.certificate, "-pubkey", "-noout") == key)
        for file in [node.key, "\(folder.path)/Uni Ä/authority.key"] {
            #expect(try DocumentIO.readPrivate(file, atMost: 4096) != nil)
        }
    }

    @Test func nothingIsOverwritten() throws {
        let folder = try IdentityFolder()
        let authority = try folder.authority("one")
        let files = try folder.node("n", of: "one", trusting: ["one"])
        let before = try [files.certificate, files.key, "\(folder.path)/one/authority.key"].map {
            try DocumentIO.read($0)
        }
        #expect(throws: (any Error).self) { try Authority.create("one", in: "\(folder.path)/one", days: 1) }
        #expect(throws: (any Error).self) {
            try authority.issue("n", certificateFile: files.certificate, keyFile: "\(folder.path)/other", days: 1)
        }
        #expect(!DocumentIO.exists("\(folder.path)/other"))
        #expect(throws: (any Error).self) {
            try authority.issue("n", certificateFile: "\(folder.path)/other", keyFile: files.key, days: 1)
        }
        #expect(!DocumentIO.exists("\(folder.path)/other"))
        let after = try [files.certificate, files.key, "\(folder.path)/one/authority.key"].map {
            try DocumentIO.read($0)
        }
        #expect(before == after)
    }

    /// What lasts longer than its authority would fail unforeseen.
    @Test func noCertificateOutlivesItsAuthority() throws {
        let folder = try IdentityFolder()
        let authority = try folder.authority("one", days: 30)
        let error = try #require(throws: InvalidInput.self) {
            try authority.issue(
                "n", certificateFile: folder.path + "/n.pem", keyFile: folder.path + "/n.key", days: 31)
        }
        #expect("\(error)".contains("days: 31; allowed: at most 30"))
        #expect(!DocumentIO.exists(folder.path + "/n.key"))
    }

    /// A key without its certificate would be in the way of the next attempt.
    @Test func leavesNoKeyAlone() throws {
        let folder = try IdentityFolder()
        let authority = try folder.authority("one")
        #expect(throws: FileError.self) {
            try authority.issue(
                "n", certificateFile: folder.path + "/none/n.pem", keyFile: folder.path + "/n.key", days: 1)
        }
        #expect(!DocumentIO.exists(folder.path + "/n.key"))
    }

    @Test(arguments: [("", 1), (String(repeating: "n", count: 65), 1), ("a\nb", 1), ("n", 0), ("n", 36_501)])
    func refusesWhatIsOutOfRange(_ name: String, _ days: Int) throws {
        let folder = try IdentityFolder()
        #expect(throws: InvalidInput.self) { try Authority.create(name, in: folder.path + "/a", days: days) }
        #expect(!DocumentIO.exists(folder.path + "/a"))
    }

    @Test func showsWhatIsInAFile() throws {
        let folder = try IdentityFolder()
        try folder.authority("one")
        let node = try folder.node("n", of: "one", trusting: ["one"])
        let shown = try #require(try CertificateSummary.read(node.certificate).first)
        #expect((shown.name, shown.issuer) == ("n", "one"))
        let said = try folder.run("openssl", "x509", "-in", node.certificate, "-noout", "-fingerprint", "-sha256")
        #expect(said.lowercased().replacing(":", with: "").contains(shown.fingerprint))
        #expect(throws: InvalidInput.self) { try CertificateSummary.read(node.key) }
        #expect(throws: FileError.self) { try CertificateSummary.read(folder.path + "/none") }
    }
}
