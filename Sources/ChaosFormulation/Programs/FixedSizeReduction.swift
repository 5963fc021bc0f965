import ChaosModel

/// The reduction of the MINLP to a MILP by fixing the shard size (Documentation/MODEL.md, section 4.4):
///
///     minimise  T                                                  minimise  T
///     s = Σ_k s_k z_k,  Σ_k z_k = 1                                (s a constant of the chain)
///     s · Σ_i n_i ≥ S                                              Σ_i n_i ≥ K(s)
///     a_i y_i + o_i n_i + (8·10^9 / b_i) · s · n_i ≤ T       →     a_i y_i + (o_i + 8·10^9 · s / b_i) n_i ≤ T
///     s · n_i ≤ u_i;  n_i ≤ K(s_1) y_i                             n_i ≤ U_i;  n_i ≤ U_i y_i
///     a_g w_g + (8·10^9 / B_g) · s · m_g ≤ T                       a_g w_g + (8·10^9 · s / B_g) m_g ≤ T
///     m_g = Σ …;  y_i ≤ w_g;  w_h ≤ w_g                            as before
///
/// with U_i = min(K(s), ⌊u_i / s⌋). Takes the MINLP and a size of its chain; makes a linear program.
///
/// - Derived, not written again: s and z are replaced by constants, which makes every product a linear term; rows of
///   integers alone are divided and rounded; U_i replaces K(s_1).
/// - Every solution is one of the MINLP with the same T. It excludes only solutions in which one neighbour gets more
///   than K(s) shards, and no assignment has that.
/// - With every o_i = 0 the MILP at s_1 has the optimum of the MINLP; with overheads the least of the MILPs over the
///   chain is that optimum (sections 4.2 and 4.3).
public struct FixedSizeReduction: ShardAssignmentFormulation {
    /// The MINLP.
    public let original: ShardAssignmentProgram
    /// s in bytes.
    public let shardSize: Int
    public let program: Program
    public let variables: ShardAssignmentVariables
    public var instance: Instance { original.instance }
    public var smallestSize: Int { shardSize }
    private let substitution: Substitution

    /// Cost: O(|N| + |G|) operations on rationals.
    /// - Precondition: `shardSize` is a size of the instance's chain.
    public init(_ original: ShardAssignmentProgram, shardSize: Int) {
        let sizes = original.instance.shardSizes.sizes
        precondition(sizes.contains(shardSize), "\(shardSize) is no size of the chain")
        var fixed: [Int: Substitution.Replacement] = [:]
        if let size = original.variables.size { fixed[size.index] = .constant(Rational(shardSize)) }
        for (size, choice) in zip(sizes, original.variables.choices) {
            fixed[choice.index] = .constant(size == shardSize ? .one : .zero)
        }
        let substitution = Substitution(
            original.program, name: "\(original.program.name) at \(shardSize)", replacing: fixed)
        let shards = Rational(original.instance.state.shardCount(ofSize: shardSize))
        let reduced = substitution.variables(original.variables)
        self.original = original
        self.shardSize = shardSize
        self.substitution = substitution
        self.program = substitution.program.roundingIntegerRows().tightening(
            upper: Dictionary(uniqueKeysWithValues: reduced.counts.map { ($0.index, shards) }))
        self.variables = reduced.of(program)
    }

    /// - Precondition: the assignment's shard size is that of the reduction.
    public func values(of assignment: ShardAssignment) -> [Rational] {
        precondition(assignment.shardSize == shardSize)
        return substitution.substituted(original.values(of: assignment))
    }

    public func assignment(at values: [Rational]) throws(UnusableSolution) -> ShardAssignment {
        try original.assignment(at: substitution.original(values))
    }
}

extension ShardAssignmentVariables {
    /// The same variables as they stand in a program whose bounds are others.
    func of(_ program: Program) -> ShardAssignmentVariables {
        let now = { (variable: Variable) in program.variables[variable.index] }
        return ShardAssignmentVariables(
            makespan: now(makespan), size: size.map(now), choices: choices.map(now), counts: counts.map(now),
            serves: serves.map(now),
            groups: groups.map { Group(group: $0.group, serves: now($0.serves), count: now($0.count)) })
    }
}
