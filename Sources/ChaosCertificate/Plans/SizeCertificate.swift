import BigInt
import ChaosFormulation
import ChaosModel

/// A certificate for third parties: the MILP of one shard size, the claim that no solution has a makespan below T, and
/// its proof, in the VIPR format (Documentation/MODEL.md, sections 4.4 and 4.7). The program comes from
/// `ChaosFormulation`, which orders the groups by the `Forest` of ChaosModel as the solvers do: that it states the
/// instance is to be read off its rows. `VIPRChecker`, which checks the proof, knows nothing but rational numbers.
///
/// The proof. With k_v the number of shards that v can complete strictly before T, F(neighbour) = min(k_i, U_i) and
/// F(group) = min(k_g, Σ F(children)). Take the nodes where F is cut by time, going down from the roots: a neighbour with
/// k_i < U_i, or a group with k_g < Σ F(children), below which nothing more is needed. Each is a branch:
///
/// - x_v ≥ k_v + 1: then u_v ≥ 1 by rounding, and T ≥ a_v + p_v·(k_v + 1), which is not below the bound. For a group,
///   u_v ≥ 1 takes m_g ≤ M_g·w_g, one combination for each group from below upwards.
/// - x_v ≤ k_v for all of them: then Σ n_i ≤ F(roots) < K by the sums of the groups, against the covering row: absurd.
///
/// Each branch is joined once. Many branches are joined in blocks, and those in larger ones: a block B either completes at
/// most Σ k_v shards, or at least one more, and then the same proof inside it, with that in the covering row's place, gives
/// T ≥ bound. So no line rests on more than a few assumptions, which a checker must keep, and the certificate has a few
/// lines for each neighbour and group, whatever K is. Where the limits alone leave F < K there is no branch, and the last
/// line proves that nothing is feasible.
public struct SizeCertificate {
    /// Why there is no certificate.
    public enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        /// K shards can be complete strictly before the bound: it is none.
        case noBound(shardSize: Int, makespan: ExactTime)
        /// The assignment violates rows of the program.
        case notFeasible(rows: [String])

        public var description: String {
            switch self {
            case .noBound(let size, let makespan):
                "all shards of \(size) bytes can be complete strictly before \(makespan) ns; "
                    + "allowed: a bound that no plan of that size beats"
            case .notFeasible(let rows):
                "the plan violates \(rows.prefix(5).joined(separator: ", ")); allowed: a feasible plan"
            }
        }
    }

    /// s in bytes.
    public let shardSize: Int
    /// True if the certificate proves that the size has no assignment at all.
    public var isInfeasible: Bool { document.lowerBound == nil }
    /// How many lines the proof has.
    public var derivations: Int { document.lines.count }
    private var document: VIPRDocument

    /// The certificate that no assignment of the plan's size is better than the plan, with the plan as its solution.
    /// Cost: linear in the MILP, in operations on rationals.
    /// - Throws: `Refusal`.
    public init(of assignment: ShardAssignment, program: ShardAssignmentProgram) throws {
        try self.init(
            size: assignment.shardSize, bound: assignment.makespan, solution: assignment, program: program)
    }

    /// The certificate that no assignment of the size is complete before the bound, or that it has none at all.
    /// - Throws: `Refusal`.
    public init(size: Int, bound: ExactTime, program: ShardAssignmentProgram) throws {
        try self.init(size: size, bound: bound, solution: nil, program: program)
    }

    /// One certificate for each size of the chain, smallest first, with the assignment's makespan as their bound:
    /// together they certify that the assignment is an optimum of the MINLP.
    /// - Throws: `Refusal`.
    public static func all(
        for assignment: ShardAssignment, program: ShardAssignmentProgram
    ) throws -> [SizeCertificate] {
        try program.instance.shardSizes.sizes.map { size in
            size == assignment.shardSize
                ? try SizeCertificate(of: assignment, program: program)
                : try SizeCertificate(size: size, bound: assignment.makespan, program: program)
        }
    }

    private init(size: Int, bound: ExactTime, solution: ShardAssignment?, program: ShardAssignmentProgram) throws {
        let reduction = FixedSizeReduction(program, shardSize: size)
        shardSize = size
        document = VIPRDocument(reduction.program)
        if let solution {
            let values = reduction.values(of: solution)
            let violated = reduction.program.violations(at: values)
            guard violated.isEmpty else { throw Refusal.notFeasible(rows: violated) }
            document.solution = values
        }
        let proof = BoundProof(try FixedSizeRows(reduction.program, reduction.variables), Rational(bound))
        guard proof.write(to: &document) else { throw Refusal.noBound(shardSize: size, makespan: bound) }
        document.comments = [
            "\(reduction.program.name): times in ns, shards of \(size) bytes",
            document.lowerBound == nil
                ? "the limits leave too few shards" : "no plan of this size is complete before \(bound) ns",
        ]
    }

    /// Writes the certificate in pieces. - Throws: what the sink throws.
    public func write(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        try document.write(to: sink)
    }

    /// The certificate as bytes of a text file.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        // The sink does not throw.
        try? write { bytes.append(contentsOf: $0) }
        return bytes
    }
}
