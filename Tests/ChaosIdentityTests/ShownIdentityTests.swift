import ChaosDocuments
import ChaosTesting
import Foundation
import Testing

@testable import ChaosIdentity

@Suite struct ShownIdentityTests {
    private static func trust(_ certificate: String, in folder: IdentityFolder) throws -> Trust {
        let path = "\(folder.path)/trust-\(UUID().uuidString)"
        try DocumentIO.createFolder(path)
        try FileManager.default.copyItem(atPath: certificate, toPath: path + "/a.pem")
        return try Trust(folder: path)
    }

    /// What was shown by way of an authority's certificate that ends is shown on by its renewed one, and by no other.
    @Test func outlivesTheCertificateOfItsAuthority() async throws {
        let folder = try IdentityFolder()
        let path = folder.path
        try CredentialsTests.make("root", by: nil, CredentialsTests.isAuthority, days: 3, in: folder)
        try CredentialsTests.make("node", by: "root", CredentialsTests.isNode, days: 10, in: folder)
        try folder.run(
            "openssl", "req", "-x509", "-key", path + "/root.key", "-out", path + "/renewed.pem", "-subj", "/CN=root",
            "-days", "20", "-addext", CredentialsTests.isAuthority[0])
        let chain = try ["node", "root"].flatMap { try PEMCertificates.read("\(path)/\($0).pem") }
        let shown = try #require(ShownIdentity(try chain.map(PEMCertificates.der)))
        #expect(try shown.institution.name == "root" && shown.certificate == PEMCertificates.der(of: chain[0]))
        #expect(shown.expiry == chain[1].notValidAfter)
        let renewed = try Self.trust(path + "/renewed.pem", in: folder)
        #expect(try await shown.verifiedAgain(in: renewed) == chain[0].notValidAfter)
        try folder.authority("other")
        let others = try Self.trust(path + "/other/authority.pem", in: folder)
        await #expect(throws: Trust.Refusal.self) { try await shown.verifiedAgain(in: others) }
    }
}
