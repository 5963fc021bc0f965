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
    let pieces: [Piece]

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
        pieces = Self.pieces(of: groups)
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

    // MARK: Updates

    /// What one gradient will change. Cost: one pass over the gradient.
    /// - Parameters:
    ///   - sum: the gradient as the sum over `samples` samples, one number for each parameter.
    ///   - samples: 1 or more.
    ///   - count: how many updates there have been before this one.
    ///   - factor: to the rates of all groups, 0 … 1 (`RateSchedule`).
    /// - Returns: nil: a number of the gradient is not finite.
    func prepare(
        _ sum: UnsafeBufferPointer<Float>, samples: Int, after count: Int, factor: Double = 1
    ) -> PreparedUpdate? {
        precondition(sum.count == parameters)
        var (squares, greatest) = (0.0, Magnitude.infinite)
        if maxNorm != nil {
            squares = chaos_sum_of_squares(sum.baseAddress!, sum.count)
            greatest = Magnitude(ofNumbersWithSquares: squares)
        } else {
            greatest = Magnitude(of: sum)
        }
        guard greatest.isFinite else { return nil }
        let scale = Self.scale(squares, samples, maxNorm)
        let kernels = groups.map { UpdateKernel($0, scale: scale, factor: factor, update: count + 1) }
        return PreparedUpdate(rule: self, kernels: kernels, sum: sum, gradient: greatest)
    }

    /// How many parameters are a piece of work at most.
    static let pieceSize = 1 << 18

    /// A range of parameters that is updated by itself, with its group.
    struct Piece: Sendable, Equatable {
        let group: Int
        let range: Range<Int>
    }

    private static func pieces(of groups: [ParameterGroup]) -> [Piece] {
        groups.enumerated().flatMap { group, parameters in
            parameters.ranges.flatMap { range in
                stride(from: range.lowerBound, to: range.upperBound, by: pieceSize).map {
                    Piece(group: group, range: $0..<min($0 + pieceSize, range.upperBound))
                }
            }
        }
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
