import ChaosDocuments

/// How the learning rate depends on the step: a factor to that of each group of parameters.
///
/// A function of the step alone, with the same bits on every processor: Float64, only + − × ÷, in one order. So no replica
/// needs to be told the rate, whoever joins, and wherever a run goes on.
public struct RateSchedule: Sendable, Equatable {
    public enum Decay: Sendable, Equatable {
        /// The factor stays 1.
        case constant
        /// On a straight line to `floor`, which it has from step `steps` on.
        case linear(steps: Int, floor: Float)
        /// The same by half a period of the cosine (Loshchilov and Hutter 2017, without restarts).
        case cosine(steps: Int, floor: Float)
    }

    /// The greatest number of steps.
    static let mostSteps = 1 << 40

    /// In step t of these the factor is (t + 1) ÷ `warmup`.
    public let warmup: Int
    /// After the warm-up.
    public let decay: Decay

    public static let constant = RateSchedule(unchecked: 0, .constant)

    private init(unchecked warmup: Int, _ decay: Decay) {
        self.warmup = warmup
        self.decay = decay
    }

    /// - Parameters:
    ///   - warmup: 0 … 2^40.
    ///   - decay: its `steps` more than `warmup`, at most 2^40, its `floor` 0 … 1.
    /// - Throws: what is out of range, with the paths `warmup`, `steps`, `floor`.
    public init(warmup: Int = 0, _ decay: Decay) throws(InvalidInput) {
        var faults = FaultList()
        if !(0...Self.mostSteps).contains(warmup) { faults.add("warmup", "\(warmup)", allowed: "0 … 2^40") }
        switch decay {
        case .constant: break
        case .linear(let steps, let floor), .cosine(let steps, let floor):
            if !(max(0, warmup) + 1...Self.mostSteps + 1).contains(steps) {
                faults.add("steps", "\(steps)", allowed: "more than warmup, which is \(warmup), and at most 2^40")
            }
            if !(0...1).contains(floor) { faults.add("floor", "\(floor)", allowed: "0 … 1") }
        }
        try faults.throwIfAny()
        self.init(unchecked: warmup, decay)
    }

    /// The factor of a step, 0 … 1.
    /// - Precondition: `step` is not negative.
    public func factor(ofStep step: Int) -> Double {
        if step < warmup { return Double(step + 1) / Double(warmup) }
        switch decay {
        case .constant: return 1
        case .linear(let steps, let floor):
            return Self.between(1, Double(floor), 1 - progress(step, of: steps))
        case .cosine(let steps, let floor):
            let progress = progress(step, of: steps)
            // At both ends the polynomial is off by a rounding, and a rate must not be below its floor.
            if progress == 0 || progress == 1 { return progress == 0 ? 1 : Double(floor) }
            return Self.between(1, Double(floor), (1 + Self.cosine(ofHalfTurns: progress)) / 2)
        }
    }

    /// How much of the way is gone, 0 … 1.
    private func progress(_ step: Int, of steps: Int) -> Double {
        Double(min(step, steps) - warmup) / Double(steps - warmup)
    }

    private static func between(_ high: Double, _ low: Double, _ part: Double) -> Double {
        low + (high - low) * part
    }

    /// cos(πx) for 0 ≤ x ≤ 1, within 10⁻¹⁵: odd about ½, and there −sin(π(x − ½)) by its Taylor series up to the nineteenth
    /// power. Not by a library, of which each has bits of its own.
    static func cosine(ofHalfTurns x: Double) -> Double {
        let angle = Double.pi * (x - 0.5)
        let square = angle * angle
        var sum = 0.0
        for k in stride(from: 9, through: 1, by: -1) {
            sum = (1 + sum) * (-square / Double(2 * k * (2 * k + 1)))
        }
        return -(angle + angle * sum)
    }
}

extension RateSchedule: CustomStringConvertible {
    public var description: String {
        let start = warmup == 0 ? "" : "warmup \(warmup), "
        return switch decay {
        case .constant: start + "constant"
        case .linear(let steps, let floor): start + "linear to \(floor) at \(steps)"
        case .cosine(let steps, let floor): start + "cosine to \(floor) at \(steps)"
        }
    }
}
