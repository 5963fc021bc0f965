import ChaosCertificate
import ChaosTesting
import Foundation
import Testing

/// Certificates that others have written, in `Certificates`: those of SCIP 10's exact mode, and such as the reference
/// checker accepts although they prove nothing.
@Suite struct ForeignCertificateTests {
    private func check(_ name: String) throws -> VIPRChecker.Proved {
        try VIPRChecker.check(
            Data(contentsOf: PackageRoot.url("Tests/ChaosCertificateTests/Certificates/\(name).vipr")))
    }

    @Test(
        arguments: [
            ("scip10-knap", .infeasible), ("scip10-global", .range(-28, -28)), ("ver11", .range(0.5, 0.5)),
            ("range-proved-by-absurdity", .range(1, nil)),
        ] as [(String, Claim)])
    func soundOnesAreAccepted(name: String, claim: Claim) throws {
        let expected: VIPRChecker.Proved.Claim =
            switch claim {
            case .infeasible: .infeasible
            case .range(let low, let high): .range(low.flatMap { .init("\($0)") }, high.flatMap { .init("\($0)") })
            }
        #expect(try check(name).claim == expected)
    }

    enum Claim: Sendable {
        case infeasible
        case range(Double?, Double?)
    }

    /// The claim of the first is false: the optimum is 1/2. In the second x = 1 lies between the branches. The third lets a
    /// constraint go and uses it afterwards.
    @Test(
        arguments: [
            ("rnd-continuous", "allowed: whole coefficients of integer variables"),
            ("uns-fraction", "allowed: x <= k and x >= k + 1, k and x whole"),
            ("lastuse-too-early", "not after the certificate let it go"),
        ])
    func unsoundOnesAreRefused(name: String, reason: String) throws {
        let failure = #expect(throws: VIPRFailure.self) { _ = try check(name) }
        #expect(failure?.reason.contains(reason) == true, "\(failure as Any)")
    }

    /// What is left to the checker to find is not checked, and said so.
    @Test(arguments: ["weak", "incomplete"]) func unfinishedDerivationsAreRefused(word: String) throws {
        let url = PackageRoot.url("Tests/ChaosCertificateTests/Certificates/ver11.vipr")
        let text = try String(contentsOf: url, encoding: .utf8).replacing("lin 1", with: "lin \(word) 1")
        let failure = #expect(throws: VIPRFailure.self) { _ = try VIPRChecker.check(text.utf8) }
        #expect(failure?.reason.contains("is \(word)") == true, "\(failure as Any)")
    }
}
