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

    /// Makes a certificate with OpenSSL: NAME.pem and NAME.key.
    /// - Parameters:
    ///   - issuer: of NAME.pem and NAME.key; nil: it signs itself.
    ///   - extensions: as in `basicConstraints=critical,CA:TRUE`.
    static func make(
        _ name: String, by issuer: String?, _ extensions: [String], algorithm: [String] = Self.curve("prime256v1"),
        days: Int = 10, in folder: IdentityFolder
    ) throws {
        let path = folder.path
        let signed = issuer.map { ["-CA", "\(path)/\($0).pem", "-CAkey", "\(path)/\($0).key"] } ?? []
        try folder.run(
            "openssl",
            arguments: ["req", "-x509", "-newkey"] + algorithm + [
                "-noenc", "-keyout", "\(path)/\(name).key", "-out", "\(path)/\(name).pem", "-subj", "/CN=\(name)",
                "-days", "\(days)",
            ] + signed + extensions.flatMap { ["-addext", $0] })
        chmod("\(path)/\(name).key", 0o600)
    }

    private static func curve(_ name: String) -> [String] { ["ec", "-pkeyopt", "ec_paramgen_curve:\(name)"] }
    static let isAuthority = ["basicConstraints=critical,CA:TRUE"]
    static let isNode = ["basicConstraints=critical,CA:FALSE"]

    /// A chain of these, trusting an authority.
    private static func files(
        _ names: [String], trusting authority: String, in folder: IdentityFolder
    ) throws -> (certificate: String, key: String, trust: String) {
        let path = "\(folder.path)/\(names.joined(separator: "-"))"
        let chain = try names.flatMap { try DocumentIO.read("\(folder.path)/\($0).pem") }
        try DocumentIO.write(String(decoding: chain, as: UTF8.self), to: path + ".chain")
        try DocumentIO.createFolder(path + ".trust")
        try? FileManager.default.copyItem(
            atPath: "\(folder.path)/\(authority).pem", toPath: "\(path).trust/\(authority).crt")
        return (path + ".chain", "\(folder.path)/\(names[0]).key", path + ".trust")
    }

    /// An institution may use the tool that it has.
    @Test func takesWhatOpensslHasMade() throws {
        let folder = try IdentityFolder()
        let algorithms = [
            "P-256": Self.curve("prime256v1"), "P-384": Self.curve("secp384r1"), "P-521": Self.curve("secp521r1"),
            "RSA": ["rsa:2048"], "Ed25519": ["ed25519"],
        ]
        for (name, algorithm) in algorithms {
            try Self.make("root " + name, by: nil, Self.isAuthority, algorithm: algorithm, in: folder)
            try Self.make("node " + name, by: "root " + name, Self.isNode, algorithm: algorithm, days: 5, in: folder)
            let files = try Self.files(["node " + name], trusting: "root " + name, in: folder)
            #expect(try Self.read(files).institution.name == "root " + name)
        }
        // By way of another authority, whose certificate must come with it and may expire first.
        try Self.make("middle", by: "root P-256", Self.isAuthority, days: 3, in: folder)
        let names = ["critical,DNS:n.example", "serverAuth,clientAuth", "critical,serverAuth,clientAuth"]
        let extensions = ["subjectAltName=" + names[0], "extendedKeyUsage=" + names[2]]
        try Self.make("far", by: "middle", Self.isNode + extensions, days: 4, in: folder)
        let alone = try Self.files(["far"], trusting: "root P-256", in: folder)
        #expect(try Self.fault(alone).contains("a certificate by middle, which is not trusted"))
        let credentials = try Self.read(try Self.files(["far", "middle"], trusting: "root P-256", in: folder))
        #expect(credentials.institution.name == "root P-256")
        #expect(credentials.expiry.timeIntervalSinceNow < 3 * 86_400)
    }

    /// Whoever has a node's certificate cannot make others, nor whoever has one for a web page.
    @Test func takesNobodyElsesCertificates() throws {
        let folder = try IdentityFolder()
        try Self.make("root", by: nil, Self.isAuthority, in: folder)
        try Self.make("node", by: "root", Self.isNode, in: folder)
        try Self.make("forged", by: "node", Self.isNode, in: folder)
        let forged = try Self.files(["forged", "node"], trusting: "root", in: folder)
        #expect(try Self.fault(forged).contains("by root, and is not"))
        // As `openssl x509 -req` makes them where nothing else is said.
        let path = folder.path
        try folder.run(
            "openssl", "req", "-new", "-key", path + "/node.key", "-out", path + "/old.csr", "-subj", "/CN=old")
        try folder.run(
            "openssl", "x509", "-req", "-in", path + "/old.csr", "-CA", path + "/root.pem", "-CAkey",
            path + "/root.key", "-CAcreateserial", "-days", "5", "-out", path + "/old.pem")
        try FileManager.default.copyItem(atPath: path + "/node.key", toPath: path + "/old.key")
        try DocumentIO.write("basicConstraints=critical,CA:FALSE\n", to: path + "/extensions")
        try FileManager.default.copyItem(atPath: path + "/node.key", toPath: path + "/by-old.key")
        try folder.run(
            "openssl", "x509", "-req", "-in", path + "/old.csr", "-CA", path + "/old.pem", "-CAkey",
            path + "/old.key", "-CAcreateserial", "-days", "5", "-extfile", path + "/extensions", "-out",
            path + "/by-old.pem")
        let text = try folder.run("openssl", "x509", "-in", path + "/old.pem", "-noout", "-text")
        if text.contains("Version: 1 ") {
            for names in [["old"], ["by-old", "old"]] {
                let fault = try Self.fault(try Self.files(names, trusting: "root", in: folder))
                #expect(fault.contains("one of another version; allowed: a certificate of X.509, version 3"))
            }
        }
        for purpose in ["serverAuth", "clientAuth", "codeSigning"] {
            try Self.make(purpose, by: "root", Self.isNode + ["extendedKeyUsage=" + purpose], in: folder)
            let fault = try Self.fault(try Self.files([purpose], trusting: "root", in: folder))
            #expect(fault.contains("for another purpose"))
        }
        // What is no authority's is trusted by nobody.
        #expect(try Self.fault(try Self.files(["node"], trusting: "node", in: folder)).contains("may not issue others"))
    }

    /// Chains that a stranger makes long, to keep this node busy.
    @Test func looksAtShortChainsOnly() throws {
        let folder = try IdentityFolder()
        try Self.make("root", by: nil, Self.isAuthority, in: folder)
        try Self.make("a", by: nil, Self.isAuthority, in: folder)
        try Self.make("n", by: "a", Self.isNode, in: folder)
        let long = try Self.files(["n"] + Array(repeating: "a", count: 12), trusting: "root", in: folder)
        #expect(try Self.fault(long).contains("13 certificates; allowed: at most 4"))
    }

    /// Only what lies in the folder itself, and one authority's certificate of before and after its renewal.
    @Test func trustsWhatIsInTheFolder() throws {
        let folder = try IdentityFolder()
        for name in ["one", "two"] { try folder.authority(name) }
        let files = try folder.node("n", of: "one", trusting: ["one"])
        try DocumentIO.createFolder(files.trust + "/old.pem")
        try FileManager.default.copyItem(
            atPath: folder.path + "/two/authority.pem", toPath: files.trust + "/old.pem/two.pem")
        try FileManager.default.copyItem(
            atPath: folder.path + "/two/authority.pem", toPath: files.trust + "/two.pem.removed")
        try folder.run(
            "openssl", "req", "-x509", "-key", folder.path + "/one/authority.key", "-subj", "/CN=one", "-days", "50",
            "-addext", "basicConstraints=critical,CA:TRUE", "-out", files.trust + "/renewed.pem")
        #expect(try Self.read(files).trust.institutions.map(\.name) == ["one"])
        // One file that is none leaves the others out of doubt.
        try DocumentIO.write("nothing", to: files.trust + "/x.pem")
        let (trust, faults) = try Trust.reading(files.trust)
        #expect(trust.institutions.map(\.name) == ["one"] && faults.count == 1)
        #expect(throws: InvalidInput.self) { try Trust(folder: files.trust) }
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
        #expect(
            try Self.fault((forged.certificate, forged.key, good.trust)).contains(
                "a certificate that says it is by one, and is not"))
        try FileManager.default.copyItem(
            atPath: folder.path + "/one/authority.pem", toPath: good.trust + "/other.pem")
        #expect(try Self.fault(good).contains("a second authority that is called one"))
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
