import ChaosDocuments

/// How a network's parameters are updated from the mean gradient g of a batch, the penalty included.
///
/// Every operation is one of + − × ÷ √ of IEEE 754, rounded to nearest, in the order written here, the same for each
/// parameter whatever its place: vectors of any width give the same bits. Swift and LLVM join no multiplication and
/// addition on their own, and nothing here asks for it.
public enum Optimizer: Sendable, Equatable, CustomStringConvertible {
    /// Stochastic gradient descent with momentum (Polyak 1964, in the form of Sutskever et al. 2013 without Nesterov's
    /// step): v ← momentum · v + g; p ← p − rate · v.
    case momentum(rate: Float, momentum: Float = 0.9)
    /// Adam (Kingma and Ba 2015, algorithm 1), bias-corrected: m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
    /// p ← p − rate · (m ÷ (1 − β₁ᵗ)) ÷ (√(v ÷ (1 − β₂ᵗ)) + ε). The powers of β are formed by multiplication in Float64
    /// and are part of the state.
    case adam(rate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)

    /// How many numbers are kept for each parameter beside itself.
    var moments: Int {
        switch self {
        case .momentum: 1
        case .adam: 2
        }
    }

    public var description: String {
        switch self {
        case .momentum(let rate, let momentum): "momentum rate \(rate) momentum \(momentum)"
        case .adam(let rate, let beta1, let beta2, let epsilon):
            "adam rate \(rate) beta1 \(beta1) beta2 \(beta2) epsilon \(epsilon)"
        }
    }

    func check(into faults: inout FaultList) {
        let (rate, decays, epsilon): (Float, [(String, Float)], Float)
        switch self {
        case .momentum(let r, let momentum): (rate, decays, epsilon) = (r, [("momentum", momentum)], 1)
        case .adam(let r, let b1, let b2, let e): (rate, decays, epsilon) = (r, [("beta1", b1), ("beta2", b2)], e)
        }
        for (name, value) in [("rate", rate), ("epsilon", epsilon)] where !(value > 0 && value.isFinite) {
            faults.add("optimizer.\(name)", "\(value)", allowed: "a number above 0")
        }
        for (name, value) in decays where !(value >= 0 && value < 1) {
            faults.add("optimizer.\(name)", "\(value)", allowed: "0 … 1, 1 excluded")
        }
    }

    /// One update.
    /// - Parameters:
    ///   - values: the parameters, then the moments, each as many.
    ///   - sum: the gradient as the sum over `samples` samples.
    ///   - penalty: λ for each run of parameters, which follow each other; λ · p is added to the mean gradient.
    func update(
        _ values: UnsafeMutableBufferPointer<Float>, by sum: UnsafeBufferPointer<Float>, samples: Int,
        penalty: [(Range<Int>, Float)], header: inout StateHeader
    ) {
        let parameters = values.baseAddress!
        let first = parameters + sum.count
        let gradient = sum.baseAddress!
        let n = Float(samples)
        switch self {
        case .momentum(let rate, let momentum):
            for (range, lambda) in penalty {
                for i in range {
                    let g = gradient[i] / n + lambda * parameters[i]
                    first[i] = momentum * first[i] + g
                    parameters[i] -= rate * first[i]
                }
            }
        case .adam(let rate, let beta1, let beta2, let epsilon):
            let second = first + sum.count
            header.firstPower *= Double(beta1)
            header.secondPower *= Double(beta2)
            let (firstScale, secondScale) = (Float(1 - header.firstPower), Float(1 - header.secondPower))
            let (rest1, rest2) = (1 - beta1, 1 - beta2)
            for (range, lambda) in penalty {
                for i in range {
                    let g = gradient[i] / n + lambda * parameters[i]
                    first[i] = beta1 * first[i] + rest1 * g
                    second[i] = beta2 * second[i] + rest2 * (g * g)
                    parameters[i] -= rate * (first[i] / firstScale) / ((second[i] / secondScale).squareRoot() + epsilon)
                }
            }
        }
    }
}
