import CUpdate
import ChaosDocuments

/// What makes the next parameters and moments of the last ones and a gradient: optimizers by groups, and clipping.
///
/// A function of its arguments alone, with the same bits on every processor.
public struct UpdateRule: Sendable, Equatable {
    /// The most groups of parameters.
    public static let mostGroups = 4096

    public let groups: [ParameterGroup]
    /// How many parameters there are.
    public let parameters: Int
    /// The mean gradient is shortened to this Euclidean norm if it is longer, over all groups together; nil: never.
    public let maxNorm: Float?
    /// What is kept for each parameter beside itself (`Optimizer.moments`).
    public let moments: [String]

    /// - Parameters:
    ///   - groups: 1 … 4096, whose ranges together are all parameters, each once, and whose optimizers keep the same moments.
    ///   - parameters: 1 … 2^40.
    ///   - maxNorm: above 0.
    /// - Throws: everything that is not so, with paths such as `groups[1].optimizer.rate`.
    public init(groups: [ParameterGroup], parameters: Int, maxNorm: Float? = nil) throws(InvalidInput) {
        var faults = FaultList()
        if !(1...Self.mostGroups).contains(groups.count) {
            faults.add("groups", "\(groups.count) groups", allowed: "1 … \(Self.mostGroups)")
        }
        for (k, group) in groups.enumerated() {
            group.optimizer.check(into: &faults, at: "groups[\(k)].optimizer")
            if !(group.decay >= 0 && group.decay.isFinite) {
                faults.add("groups[\(k)].decay", "\(group.decay)", allowed: "a number from 0 on")
            }
            if let first = groups.first, group.optimizer.moments != first.optimizer.moments {
                faults.add(
                    "groups[\(k)].optimizer", "\(group.optimizer.moments.count) moments a parameter",
                    allowed: "\(first.optimizer.moments.count), as in groups[0]")
            }
        }
        if let maxNorm, !(maxNorm > 0 && maxNorm.isFinite) {
            faults.add("maxNorm", "\(maxNorm)", allowed: "a number above 0")
        }
        Self.checkCover(groups, parameters, into: &faults)
        try faults.throwIfAny()
        self.groups = groups
        self.parameters = parameters
        self.maxNorm = maxNorm
        moments = groups[0].optimizer.moments
    }

    /// Whether the ranges are all parameters, each once.
    private static func checkCover(_ groups: [ParameterGroup], _ parameters: Int, into faults: inout FaultList) {
        let ranges = groups.enumerated().flatMap { k, group in
            group.ranges.enumerated().map { (path: "groups[\(k)].ranges[\($0)]", range: $1) }
        }
        var end = 0
        for (path, range) in ranges.sorted(by: { ($0.range.lowerBound, $0.path) < ($1.range.lowerBound, $1.path) }) {
            guard range.lowerBound == end, !range.isEmpty, range.upperBound <= parameters else {
                let fault = range.isEmpty ? "no parameter" : "parameters \(range)"
                return faults.add(
                    path, fault, allowed: "\(end) ..< at most \(parameters): each parameter in one group")
            }
            end = range.upperBound
        }
        if end != parameters {
            faults.add(
                "groups", "no group for parameters \(end)..<\(parameters)", allowed: "each parameter in one group")
        }
    }

    /// What came of an update. But for the first, the numbers are spoiled.
    enum Outcome: Equatable {
        case updated
        /// The gradient has a number that is not finite.
        case gradientNotFinite
        /// The gradient has none, but the result.
        case resultNotFinite
    }

    /// One update. Cost: one pass over the numbers, and with `maxNorm` one over the gradient before.
    /// - Parameters:
    ///   - values: the parameters, then the moments, each as many.
    ///   - sum: the gradient as the sum over `samples` samples, one number for each parameter.
    ///   - samples: 1 or more.
    ///   - count: how many updates there have been before this one.
    ///   - factor: to the rates of all groups, 0 … 1 (`RateSchedule`).
    func update(
        _ values: UnsafeMutableBufferPointer<Float>, by sum: UnsafeBufferPointer<Float>, samples: Int, after count: Int,
        factor: Double = 1
    ) -> Outcome {
        precondition(sum.count == parameters && values.count == parameters * (1 + moments.count))
        var squares = 0.0
        if maxNorm != nil {
            squares = chaos_sum_of_squares(sum.baseAddress!, sum.count)
            guard squares.isFinite else { return .gradientNotFinite }
        }
        let scale = Self.scale(squares, samples, maxNorm)
        var outcome = Outcome.updated
        for group in groups {
            let kernel = Kernel(group, scale: scale, factor: factor, update: count + 1)
            for range in group.ranges {
                switch kernel.run(values.baseAddress!, sum.baseAddress!, range, of: parameters) {
                case .updated: break
                case .gradient_not_finite: return .gradientNotFinite
                case .result_not_finite: outcome = .resultNotFinite
                }
            }
        }
        return outcome
    }

    /// What makes the clipped mean of a sum: as `torch.nn.utils.clip_grad_norm_`, maxNorm ÷ (norm + 10⁻⁶) where that is below
    /// 1, divided by the number of samples.
    private static func scale(_ squares: Double, _ samples: Int, _ maxNorm: Float?) -> Float {
        guard let maxNorm else { return Float(1 / Double(samples)) }
        let norm = squares.squareRoot() / Double(samples)
        return Float(min(1, Double(maxNorm) / (norm + 1e-6)) / Double(samples))
    }

    /// x to the power of n ≥ 0 by repeated squaring, in one order, so that it has the same bits everywhere.
    static func power(_ x: Double, _ n: Int) -> Double {
        var (result, square, rest) = (1.0, x, n)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}

/// The update of one group in one step.
private enum Kernel {
    case plain(chaos_sgd)
    case momentum(chaos_sgd)
    case adam(chaos_adam)

    init(_ group: ParameterGroup, scale: Float, factor: Double, update: Int) {
        func adam(
            _ rate: Double, _ beta1: Float, _ beta2: Float, _ epsilon: Float, penalty: Float, keep: Float
        ) -> Kernel {
            let first = 1 - UpdateRule.power(Double(beta1), update)
            let second = 1 - UpdateRule.power(Double(beta2), update)
            return .adam(
                chaos_adam(
                    scale: scale, penalty: penalty, beta1: beta1, rest1: 1 - beta1, beta2: beta2, rest2: 1 - beta2,
                    keep: keep, step: Float(rate / first), root: Float(1 / second.squareRoot()),
                    epsilon: epsilon))
        }
        func scheduled(_ rate: Float) -> Double { Double(rate) * factor }
        switch group.optimizer {
        case .sgd(let rate, let momentum, let nesterov):
            let sgd = chaos_sgd(
                scale: scale, penalty: group.decay, momentum: momentum, own: nesterov ? 1 : 0,
                ahead: nesterov ? momentum : 1, rate: Float(scheduled(rate)))
            self = momentum == 0 ? .plain(sgd) : .momentum(sgd)
        case .adam(let rate, let beta1, let beta2, let epsilon):
            self = adam(scheduled(rate), beta1, beta2, epsilon, penalty: group.decay, keep: 1)
        case .adamW(let rate, let beta1, let beta2, let epsilon):
            let keep = Float(1 - scheduled(rate) * Double(group.decay))
            self = adam(scheduled(rate), beta1, beta2, epsilon, penalty: 0, keep: keep)
        }
    }

    func run(
        _ values: UnsafeMutablePointer<Float>, _ sum: UnsafePointer<Float>, _ range: Range<Int>, of count: Int
    ) -> chaos_update {
        let (parameters, gradient) = (values + range.lowerBound, sum + range.lowerBound)
        let (first, second) = (parameters + count, parameters + 2 * count)
        return switch self {
        case .plain(var with): chaos_update_plain(parameters, gradient, range.count, &with)
        case .momentum(var with): chaos_update_momentum(parameters, first, gradient, range.count, &with)
        case .adam(var with): chaos_update_adam(parameters, first, second, gradient, range.count, &with)
        }
    }
}
