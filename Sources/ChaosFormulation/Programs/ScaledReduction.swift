import BigInt
import ChaosModel

/// The reduction of a formulation to units in which floating-point solvers are right, given the makespan T̂ of some
/// assignment: times in T̂, bytes in the smallest size s_1 (at a fixed size no bytes are left).
///
///     minimise  T                                                  minimise  T'
///     a_i y_i + o_i n_i + (8·10^9 / b_i) · s · n_i ≤ T       →     (a_i/T̂) y_i + (o_i/T̂) n_i + (8·10^9 s_1 / (b_i T̂)) · s' · n_i ≤ T'
///     n_i ≤ M y_i                                                  n_i ≤ U_i y_i,  n_i ≤ U_i = min(M, cap_i(T̂) + 1)
///     a_g w_g + (8·10^9 / B_g) · s · m_g ≤ T                       the same in T̂;  m_g ≤ cap_g(T̂) + 1
///     s · Σ_i n_i ≥ S;  s · n_i ≤ u_i;  s = Σ_k s_k z_k            s' · Σ_i n_i ≥ S/s_1;  s' · n_i ≤ u_i/s_1;  s' = Σ_k (s_k/s_1) z_k
///     T = T̂ T',  s = s_1 s'
///
/// Takes the MINLP or the MILP of a fixed size; makes one of the same kind. If T̂ is the optimum, the scaled optimum is 1.
///
/// - cap_v(T̂) is the largest number of shards of the smallest size that neighbour or group v can complete by T̂, so a
///   solution with a makespan of T̂ or less keeps n_i ≤ cap_i(T̂) and m_g ≤ cap_g(T̂). The bounds leave one more than
///   that: no better solution is cut off, and a T̂ that is no optimum shows as a scaled optimum below 1.
/// - It excludes assignments that need more from some v, and these have makespans beyond T̂.
public struct ScaledReduction: ShardAssignmentFormulation {
    /// The formulation in its own units.
    public let original: any ShardAssignmentFormulation
    /// T̂, the unit of time.
    public let reference: ExactTime
    public let program: Program
    public let variables: ShardAssignmentVariables
    public var instance: Instance { original.instance }
    public var smallestSize: Int { original.smallestSize }
    private let substitution: Substitution

    /// Cost: O(|N| + |G|) operations on rationals.
    /// - Parameters:
    ///   - original: the formulation that is scaled.
    ///   - reference: the makespan of an assignment of the instance that `original` does not exclude; not 0. With a
    ///     smaller one that no assignment has, the bounds may leave no solution.
    public init(_ original: some ShardAssignmentFormulation, reference: ExactTime) {
        precondition(reference > .zero, "a makespan is positive")
        let time = Rational(reference)
        let bytes = Rational(original.smallestSize)
        let own = original.variables
        var replacements: [Int: Substitution.Replacement] = [own.makespan.index: .multiple(time)]
        if let size = own.size { replacements[size.index] = .multiple(bytes) }
        let scaled = Substitution(
            original.program, name: "\(original.program.name), scaled", replacing: replacements,
            unit: { Self.unit(of: $0, own, time: time, bytes: bytes) })

        var bounds: [Int: Rational] = [:]
        let variables = scaled.variables(own)
        let (instance, size) = (original.instance, original.smallestSize)
        for (neighbor, count) in zip(instance.neighbors, variables.counts) {
            let capacity = Self.capacity(
                by: time, start: neighbor.start, overhead: neighbor.overhead, bandwidth: neighbor.bandwidth, size: size)
            bounds[count.index] = Rational(capacity + 1)
        }
        let forest = Forest(instance)
        let starts = forest.starts(of: instance)
        var startOfGroup: [Int: Int] = [:]
        for v in 0..<forest.count { if let g = forest.group(at: v) { startOfGroup[g] = starts[v] } }
        for group in variables.groups {
            let capacity = Self.capacity(
                by: time, start: startOfGroup[group.group]!, overhead: 0,
                bandwidth: instance.groups[group.group].bandwidth, size: size)
            bounds[group.count.index] = Rational(capacity + 1)
        }

        // T̂·T' is minimised where T' is.
        var program = scaled.program
        program.objective = Expression()
        program.objective.add(1, variables.makespan)
        self.original = original
        self.reference = reference
        self.substitution = scaled
        self.program = program.tightening(upper: bounds)
        self.variables = variables.of(self.program)
    }

    /// Rows that bound T count in T̂, other rows with bytes in them in the smallest size.
    private static func unit(
        of row: Constraint, _ variables: ShardAssignmentVariables, time: Rational, bytes: Rational
    ) -> Rational {
        if row.expression.terms.contains(where: { $0.variable == variables.makespan.index }) { return time }
        guard let size = variables.size else { return .one }
        let hasBytes =
            row.expression.terms.contains { $0.variable == size.index }
            || row.expression.products.contains { $0.first == size.index || $0.second == size.index }
        return hasBytes ? bytes : .one
    }

    /// max { n : a + n·(o + 8·10^9·s / b) ≤ T }, and 0 before a.
    private static func capacity(
        by time: Rational, start: Int, overhead: Int, bandwidth: Int, size: Int
    ) -> BigInt {
        let wait = time - Rational(start)
        guard wait > 0 else { return 0 }
        let bits = BigInt(ModelRange.bitNanosecondsPerByte) * BigInt(size)
        return (wait / (Rational(overhead) + Rational(bits, BigInt(bandwidth)))).floor
    }

    public func values(of assignment: ShardAssignment) -> [Rational] {
        substitution.substituted(original.values(of: assignment))
    }

    public func assignment(at values: [Rational]) throws(UnusableSolution) -> ShardAssignment {
        try original.assignment(at: substitution.original(values))
    }
}
