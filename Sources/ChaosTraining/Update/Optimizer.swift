import ChaosDocuments

/// How parameters p follow the mean gradient of a batch. The names and settings are PyTorch's, and so are the formulas but
/// for the order of roundings; λ is the weight decay of the group of parameters (`ParameterGroup`).
///
/// Every operation is one of + − × ÷ √ of IEEE 754 in single precision, rounded to nearest, in the order written here, the
/// same for each parameter whatever its place (CUpdate.h). Factors that are the same for all parameters of a step are
/// formed in Float64 and rounded once. With them a step costs one division and one root a parameter.
public enum Optimizer: Sendable, Equatable, CustomStringConvertible {
    /// Stochastic gradient descent with g ← mean + λp: without momentum p ← p − rate · g. With it (Polyak 1964, in the form
    /// of Sutskever et al. 2013) v ← momentum · v + g; p ← p − rate · v, or, if `nesterov`, p ← p − rate · (g + momentum · v).
    case sgd(rate: Float, momentum: Float = 0, nesterov: Bool = false)
    /// Adam (Kingma and Ba 2015, algorithm 1) with g ← mean + λp: m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
    /// p ← p − (rate ÷ (1 − β₁ᵗ)) · m ÷ (√v ÷ √(1 − β₂ᵗ) + ε), where t counts the updates, this one included.
    case adam(rate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)
    /// AdamW (Loshchilov and Hutter 2019): Adam with g the mean itself, where p is multiplied by 1 − rate · λ instead.
    case adamW(rate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)

    /// What is kept for each parameter beside itself, by PyTorch's names.
    public var moments: [String] {
        switch self {
        case .sgd(_, let momentum, _): momentum == 0 ? [] : ["momentum_buffer"]
        case .adam, .adamW: ["exp_avg", "exp_avg_sq"]
        }
    }

    public var description: String {
        switch self {
        case .sgd(let rate, let momentum, let nesterov):
            "sgd rate \(rate)" + (momentum == 0 ? "" : " momentum \(momentum)") + (nesterov ? " nesterov" : "")
        case .adam(let rate, let beta1, let beta2, let epsilon):
            "adam rate \(rate) beta1 \(beta1) beta2 \(beta2) epsilon \(epsilon)"
        case .adamW(let rate, let beta1, let beta2, let epsilon):
            "adamw rate \(rate) beta1 \(beta1) beta2 \(beta2) epsilon \(epsilon)"
        }
    }

    /// Adds everything that is out of range: rate and ε must be above 0, momentum and betas 0 … 1 without 1, and
    /// Nesterov's step needs a momentum.
    func check(into faults: inout FaultList, at path: String) {
        let rate: Float
        let decays: [(String, Float)]
        switch self {
        case .sgd(let r, let momentum, let nesterov):
            (rate, decays) = (r, [("momentum", momentum)])
            if nesterov, momentum == 0 {
                faults.add("\(path).momentum", "0 with Nesterov's step", allowed: "a number above 0")
            }
        case .adam(let r, let beta1, let beta2, let epsilon), .adamW(let r, let beta1, let beta2, let epsilon):
            (rate, decays) = (r, [("beta1", beta1), ("beta2", beta2)])
            if !(epsilon > 0 && epsilon.isFinite) {
                faults.add("\(path).epsilon", "\(epsilon)", allowed: "a number above 0")
            }
        }
        if !(rate > 0 && rate.isFinite) { faults.add("\(path).rate", "\(rate)", allowed: "a number above 0") }
        for (name, value) in decays where !(value >= 0 && value < 1) {
            faults.add("\(path).\(name)", "\(value)", allowed: "0 … 1, 1 excluded")
        }
    }
}
