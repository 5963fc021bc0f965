import CUpdate

/// The update of one group in one step.
enum UpdateKernel {
    case plain(chaos_sgd)
    case momentum(chaos_sgd)
    case adam(chaos_adam)

    init(_ group: ParameterGroup, scale: Float, factor: Double, update: Int) {
        func adam(
            _ rate: Double, _ beta1: Float, _ beta2: Float, _ epsilon: Float, penalty: Float, keep: Float
        ) -> UpdateKernel {
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

    /// Whether finite numbers below 2^40, of a gradient, of parameters and moments, certainly become finite ones, if second
    /// moments are not negative. With factors up to 2^20, and a mean not above the sum, no intermediate result comes near
    /// 2^127, Float32's limit: g < 2^61, v < 2^123, a velocity < 2^62; a parameter changes by less than 2^112, for what is
    /// divided by is at least epsilon.
    var isTame: Bool {
        switch self {
        case .plain(let c), .momentum(let c):
            Self.areTame([c.penalty, c.momentum, c.own, c.ahead, c.rate]) && c.scale <= 1
        case .adam(let c):
            Self.areTame([c.penalty, c.keep, c.step, c.root])
                && [c.scale, c.beta1, c.rest1, c.beta2, c.rest2].allSatisfy { (0...1).contains($0) }
                && c.epsilon >= 0x1p-30
        }
    }

    private static func areTame(_ factors: [Float]) -> Bool { factors.allSatisfy { $0.magnitude <= 0x1p20 } }

    /// Updates a range of `count` parameters and their moments, which follow each other in `values`.
    func run(
        _ values: UnsafeMutablePointer<Float>, _ sum: UnsafePointer<Float>, _ range: Range<Int>, of count: Int
    ) -> Magnitude {
        let (parameters, gradient) = (values + range.lowerBound, sum + range.lowerBound)
        let (first, second) = (parameters + count, parameters + 2 * count)
        let greatest =
            switch self {
            case .plain(var with): chaos_update_plain(parameters, gradient, range.count, &with)
            case .momentum(var with): chaos_update_momentum(parameters, first, gradient, range.count, &with)
            case .adam(var with): chaos_update_adam(parameters, first, second, gradient, range.count, &with)
            }
        return Magnitude(greatest)
    }
}
