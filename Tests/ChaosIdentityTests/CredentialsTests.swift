import ChaosDocuments
import ChaosIdentity
import ChaosTesting
import Foundation
import Testing

@Suite struct CredentialsTests {
    private static func read(_ files: (certificate: String, key: String, trust: String)) throws -> Credentials {
        try Credentials(certificate: files.certificate, key: files.key, trust: files.trust)
    }

    /// Why the files are refused, in words.
    private static func fault(_ files: (certificate: String, key: String, trust: String)) throws -> String {
        try #require(throws: InvalidInput.self) { try read(files) }.description
    }

    @Test func knowsWhoseNodeItIs() throws {
        let folder = try IdentityFolder()
        for name in ["one", "two"] { try folder.authority(name) }
        let credentials = try Self.read(try folder.node("n", of: "two", trusting: ["one", "two"]))
        #expect(credentials.institution.name == "two")
        #expect(credentials.trust.institutions.map(\.name) == ["one", "two"])
        let left = credentials.expiry.timeIntervalSinceNow
        #expect((9.9 * 86_400...10 * 86_400).contains(left))
    }

    /// An institution may use the tool that it has.
    @Test(arguments: ["EC", "RSA", "intermediate"]) func takesWhatOpensslHasMade(_ kind: String) throws {
        let folder = try IdentityFolder()
        let path = folder.path
        try DocumentIO.createFolder(path + "/trust")
        let algorithm = kind == "RSA" ? "rsa:2048" : "ec"
        let curve =
            kind == "RSA" ? ["-pkeyopt", "rsa_keygen_bits:2048"] : ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
        func request(_ name: String, _ more: [String]) throws {
            try folder.run(
                "openssl",
                arguments: ["req", "-newkey", algorithm] + curve + [
                    "-noenc", "-keyout", "\(path)/\(name).key", "-out", "\(path)/\(name).pem", "-subj", "/CN=\(name)",
                ] + more)
            chmod("\(path)/\(name).key", 0o600)
        }
        try request("Institute", ["-x509", "-days", "30"])
        try FileManager.default.moveItem(atPath: path + "/Institute.pem", toPath: path + "/trust/institute.crt")
        var issuer = (certificate: path + "/trust/institute.crt", key: path + "/Institute.key")
        if kind == "intermediate" {
            let middle = ["-CA", issuer.certificate, "-CAkey", issuer.key, "-days", "20", "-addext"]
            try request("middle", ["-x509"] + middle + ["basicConstraints=critical,CA:TRUE"])
            issuer = (path + "/middle.pem", path + "/middle.key")
        }
        let sign = ["-CA", issuer.certificate, "-CAkey", issuer.key, "-days", "10"]
        try request("node", ["-x509"] + sign + ["-addext", "basicConstraints=critical,CA:FALSE"])
        var chain = try DocumentIO.read(path + "/node.pem")
        if kind == "intermediate" {
            let files = (certificate: path + "/node.pem", key: path + "/node.key", trust: path + "/trust")
            #expect(try Self.fault(files).contains("a certificate by middle, which is not trusted"))
            chain += try DocumentIO.read(path + "/middle.pem")
        }
        try DocumentIO.write(String(decoding: chain, as: UTF8.self), to: path + "/chain.pem")
        let files = (certificate: path + "/chain.pem", key: path + "/node.key", trust: path + "/trust")
        #expect(try Self.read(files).institution.name == "Institute")
    }

    @Test func refusesWhatProvesNothing() throws {
        let folder = try IdentityFolder()
        for name in ["one", "two"] { try folder.authority(name) }
        let good = try folder.node("good", of: "one", trusting: ["one"])
        let untrusted = try folder.node("untrusted", of: "two", trusting: ["one"])
        #expect(try Self.fault(untrusted).contains("a certificate by two, which is not trusted"))
        let old = try folder.node("old", of: "one", trusting: ["one"], from: Date() - 20 * 86_400)
        #expect(try Self.fault(old).contains("has expired"))
        let early = try folder.node("early", of: "one", trusting: ["one"], from: Date() + 86_400)
        #expect(try Self.fault(early).contains("not valid yet"))
        #expect(
            try Self.fault((good.certificate, untrusted.key, good.trust)).contains("the key of another certificate"))
        // An authority of the same name, and the node of it.
        try FileManager.default.moveItem(atPath: folder.path + "/one", toPath: folder.path + "/real")
        try folder.authority("one")
        let forged = try folder.node("forged", of: "one", trusting: [])
        #expect(try Self.fault((forged.certificate, forged.key, good.trust)).contains("allowed: a certificate"))
        try FileManager.default.copyItem(
            atPath: folder.path + "/one/authority.pem", toPath: good.trust + "/other.pem")
        #expect(try Self.fault(good).contains("a second authority that is called one"))
    }

    /// A node's certificate is no authority's, even if its key signs another.
    @Test func aNodeIssuesNothing() throws {
        let folder = try IdentityFolder()
        try folder.authority("one")
        let node = try folder.node("n", of: "one", trusting: ["one"])
        try DocumentIO.createFolder(folder.path + "/false")
        try FileManager.default.copyItem(atPath: node.certificate, toPath: folder.path + "/false/authority.pem")
        try FileManager.default.copyItem(atPath: node.key, toPath: folder.path + "/false/authority.key")
        let files = try folder.node("m", of: "false", trusting: [])
        let chain = try DocumentIO.read(files.certificate) + DocumentIO.read(node.certificate)
        try DocumentIO.write(String(decoding: chain, as: UTF8.self), to: folder.path + "/chain.pem")
        #expect(throws: InvalidInput.self) { try Self.read((folder.path + "/chain.pem", files.key, node.trust)) }
    }

    @Test func refusesFilesThatAreNone() throws {
        let folder = try IdentityFolder()
        try folder.authority("one")
        let good = try folder.node("n", of: "one", trusting: ["one"])
        chmod(good.key, 0o640)
        #expect(
            try Self.fault(good).contains(
                "\(good.key): a private key that others may read; allowed: a file of mode 0600"))
        chmod(good.key, 0o600)
        try DocumentIO.write("nothing", to: folder.path + "/text")
        chmod(folder.path + "/text", 0o600)
        for files in [
            (folder.path + "/text", good.key, good.trust), (good.certificate, folder.path + "/text", good.trust),
            (good.certificate, good.certificate, good.trust), (good.key, good.key, good.trust),
            (good.certificate, good.key, folder.path + "/text"), (good.certificate, good.key, folder.path + "/none"),
        ] {
            #expect(throws: InvalidInput.self) { try Self.read(files) }
        }
        #expect(throws: FileError.self) { try Self.read((folder.path + "/none", good.key, good.trust)) }
        try DocumentIO.createFolder(folder.path + "/empty")
        #expect(try Self.fault((good.certificate, good.key, folder.path + "/empty")).contains("no certificate"))
        try DocumentIO.write("nothing", to: good.trust + "/x.pem")
        #expect(try Self.fault(good).contains("/x.pem: 0 certificates"))
    }
}
