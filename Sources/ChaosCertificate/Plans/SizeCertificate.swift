import ChaosDocuments
import ChaosModel

/// A certificate for third parties: the MILP of one shard size, the claim that no solution has a makespan below T, and
/// its proof, in the VIPR format (Documentation/MODEL.md, sections 4.4 and 4.7). That its rows state the instance is to be
/// read off them, and a test holds them against those of `FixedSizeReduction`. `VIPRChecker`, which checks the proof, knows
/// nothing but rational numbers.
///
/// The text is made as it is written, row by row and line by line, so that memory is for the instance and a few numbers for
/// each neighbour and group.
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
    public var isInfeasible: Bool { proof.isInfeasible }
    /// How many lines the proof has.
    public var derivations: Int { lines.count }
    /// About how many lines the text has.
    public var textLines: Int { 2 * proof.rows.variableCount + proof.rows.constraintCount + derivations }
    private let instance: Instance
    private let bound: ExactTime
    private let solution: ShardAssignment?
    private let proof: BoundProof
    private let lines: VIPRLines

    /// The certificate that no assignment of the plan's size is better than the plan, with the plan as its solution.
    /// Cost: linear in the MILP, in operations on rationals.
    /// - Throws: `Refusal`.
    public init(of assignment: ShardAssignment, for instance: Instance) throws {
        try self.init(instance, assignment.shardSize, assignment.makespan, assignment)
    }

    /// The certificate that no assignment of the size is complete before the bound, or that it has none at all.
    /// - Throws: `Refusal`.
    public init(size: Int, bound: ExactTime, for instance: Instance) throws {
        try self.init(instance, size, bound, nil)
    }

    /// The certificate of one size of those that together certify that the assignment is an optimum of the MINLP: each has
    /// the assignment's makespan as its bound, and that of the assignment's own size has it as its solution.
    /// - Throws: `Refusal`.
    public init(of assignment: ShardAssignment, atSize size: Int, for instance: Instance) throws {
        try self.init(
            instance, size, assignment.makespan, size == assignment.shardSize ? assignment : nil)
    }

    /// One certificate for each size of the chain, smallest first.
    /// - Throws: `Refusal`.
    public static func all(for assignment: ShardAssignment, of instance: Instance) throws -> [SizeCertificate] {
        try instance.shardSizes.sizes.map { try SizeCertificate(of: assignment, atSize: $0, for: instance) }
    }

    private init(_ instance: Instance, _ size: Int, _ bound: ExactTime, _ solution: ShardAssignment?) throws {
        let rows = FixedSizeRows(instance, shardSize: size)
        if let solution {
            let violated = rows.violations(by: solution)
            guard violated.isEmpty else { throw Refusal.notFeasible(rows: violated) }
        }
        guard let proof = BoundProof(rows, bound) else { throw Refusal.noBound(shardSize: size, makespan: bound) }
        var lines = VIPRLines(first: rows.constraintCount)
        try proof.write(to: &lines)
        shardSize = size
        self.instance = instance
        self.bound = bound
        self.solution = solution
        self.proof = proof
        self.lines = lines
    }

    /// Writes the certificate in pieces of about 64 KiB. Cost: linear in its length.
    /// - Throws: what the sink throws.
    public func write(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        try withoutActuallyEscaping(sink) { sink in
            var text = VIPRText(sink)
            try write(to: &text)
            try text.finish()
        }
    }

    private func write(to text: inout VIPRText) throws {
        let name = "\(instance.name ?? "shard_assignment") at \(shardSize)"
        for comment in [
            "\(name): times in ns, shards of \(shardSize) bytes",
            isInfeasible
                ? "the limits leave too few shards" : "no plan of this size is complete before \(bound) ns",
        ] {
            text.append("% ", SingleLine.of(comment, most: 200), "\n")
        }
        text.append("VER 1.0\n")
        try proof.rows.write(to: &text)
        if isInfeasible {
            text.append("RTP infeas\nSOL 0\n")
        } else if let solution {
            text.append("RTP range ", bound.description, " ", bound.description, "\nSOL 1\nplan ")
            try proof.rows.write(solution, to: &text)
        } else {
            text.append("RTP range ", bound.description, " inf\nSOL 0\n")
        }
        var lines = lines
        try lines.write(to: &text) { try proof.write(to: &$0) }
    }

    /// The certificate as bytes of a text file.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        // The sink does not throw.
        try? write { bytes.append(contentsOf: $0) }
        return bytes
    }
}
