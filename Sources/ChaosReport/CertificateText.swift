import ChaosCertificate
import ChaosDocuments
import ChaosText

/// What a certificate proves, for people.
public enum CertificateText {
    public static func lines(_ proved: VIPRChecker.Proved, title: String, _ style: TextStyle) -> [String] {
        let claim =
            switch proved.claim {
            case .infeasible: "nothing is feasible"
            case .range(let low?, let high?) where low == high: "the optimum is \(low)"
            case .range(let low, let high):
                "the optimum is in [\(low.map { "\($0)" } ?? "-∞"), \(high.map { "\($0)" } ?? "∞")]"
            }
        return [
            "\(SingleLine.of(title)): \(style.good("valid")): \(claim)",
            "  \(proved.variables) variables, \(proved.constraints) constraints, \(proved.solutions) solutions, "
                + "\(proved.derivations) derivations, all in exact arithmetic",
        ]
    }
}
