import ChaosModel

/// The derivations of a `SizeCertificate`: its doc comment tells the proof.
struct BoundProof {
    let rows: FixedSizeRows
    private let bound: Rational
    private let cuts: Cuts
    /// The limits alone leave too few shards: the claim is that nothing is feasible.
    let isInfeasible: Bool

    /// - Returns: nil if K shards can be complete before the bound.
    init?(_ rows: FixedSizeRows, _ bound: ExactTime) {
        let attainable = (0..<rows.neighborCount).reduce(Int128(0)) { $0 + Int128(rows.upper($1)) }
        isInfeasible = attainable < Int128(rows.shards)
        cuts = isInfeasible ? Cuts(uncut: rows) : Cuts(rows, before: bound)
        guard cuts.reached < Int128(rows.shards) else { return nil }
        self.rows = rows
        self.bound = Rational(bound)
    }

    /// Adds the derivations.
    func write(to lines: inout VIPRLines) throws {
        let capacity = try addGroupCapacities(&lines)
        _ = try addJoins(of: cuts.branches[...], capacity, &lines) { try addAbsurdity($0, &$1) }
    }

    /// The most branches that one derivation joins. A checker keeps the assumptions of each derivation: joined one by one,
    /// all branches would leave as many assumptions as half their number squared.
    private static let fanout = 32

    /// T ≥ bound, if the branches together complete more shards than they can before it: branch by branch if they are few,
    /// and else block by block, each of them proved in the same way.
    /// - Parameter absurdity: adds 0 ≥ 1, of these assumptions that each branch or block completes no more than it can.
    /// - Returns: the number of the last line.
    private func addJoins(
        of branches: ArraySlice<Int>, _ capacity: [Int: (number: Int, most: Rational)],
        _ lines: inout VIPRLines, absurdity: ([Int], inout VIPRLines) throws -> Int
    ) throws -> Int {
        var size = 1
        while size * Self.fanout < branches.count { size *= Self.fanout }
        let blocks = stride(from: branches.startIndex, to: branches.endIndex, by: size).map {
            branches[$0..<min($0 + size, branches.endIndex)]
        }
        let few = try blocks.map { block in
            try lines.add(
                VIPRLine(
                    name: "few\(Self.name(of: block))", sense: "L", bound: Rational(most(of: block)),
                    left: left(of: block), reason: .assumption))
        }
        var proof = try absurdity(few, &lines)
        for (block, few) in zip(blocks, few) {
            let (many, late) = try addLate(block, capacity, &lines)
            proof = try lines.add(
                VIPRLine(
                    name: "bound\(Self.name(of: block))", sense: "G", bound: bound, left: .objective,
                    reason: .join(proof, few, late, many)))
        }
        return proof
    }

    /// The assumption that a block completes more shards than it can before the bound, and T ≥ bound from it.
    private func addLate(
        _ block: ArraySlice<Int>, _ capacity: [Int: (number: Int, most: Rational)],
        _ lines: inout VIPRLines
    ) throws -> (many: Int, late: Int) {
        if block.count == 1 { return try addLateBranch(block.first!, capacity, &lines) }
        let name = Self.name(of: block)
        let many = try lines.add(
            VIPRLine(
                name: "many\(name)", sense: "G", bound: Rational(most(of: block) + 1), left: left(of: block),
                reason: .assumption))
        let late = try addJoins(of: block, capacity, &lines) { few, lines in
            try lines.add(
                VIPRLine(
                    name: "absurd\(name)", sense: "G", bound: 1, left: .terms([]),
                    reason: .combination([(many, Rational.one)] + few.map { ($0, -Rational.one) })))
        }
        return (many, late)
    }

    private static func name(of block: ArraySlice<Int>) -> String {
        block.count == 1 ? "\(block.first!)" : "\(block.first!)-\(block.last!)"
    }

    /// The shards that the branches of a block can complete before the bound.
    private func most(of block: ArraySlice<Int>) -> Int128 {
        block.reduce(0) { $0 + cuts.most[$1] }
    }

    private func left(of block: ArraySlice<Int>) -> VIPRLine.Left {
        .sum(block.map { rows.count($0) }.sorted())
    }

    /// 0 ≥ K - F: the covering row against the bounds of all cut nodes.
    private func addAbsurdity(_ few: [Int], _ lines: inout VIPRLines) throws -> Int {
        let minus = Rational(-1)
        var multipliers = [(rows.covering, Rational.one)]
        for few in few { multipliers.append((few, minus)) }
        for i in cuts.full { multipliers.append((rows.upperBound(i), minus)) }
        for g in cuts.summed { multipliers.append((rows.sum(g), minus)) }
        return try lines.add(
            VIPRLine(
                name: "absurd", sense: "G", bound: Rational(Int128(rows.shards) - cuts.reached), left: .terms([]),
                reason: .combination(multipliers)))
    }

    /// m_g ≤ M_g·w_g for all groups below a group that is branched on: the number and M_g of each.
    private func addGroupCapacities(
        _ lines: inout VIPRLines
    ) throws -> [Int: (number: Int, most: Rational)] {
        var capacity: [Int: (number: Int, most: Rational)] = [:]
        for v in cuts.branches where rows.isGroup(v) && rows.start(v) != 0 {
            for g in rows.subtree(of: v).reversed() where rows.isGroup(g) {
                // Σ children - m_g = 0, taken the other way round: m_g ≤ Σ children ≤ Σ M_c u_c ≤ Σ M_c w_g.
                var multipliers: [(Int, Rational)] = [(rows.sum(g), -1)]
                var most = Rational.zero
                for c in rows.children(of: g).lazy.map({ Int($0) }) {
                    var own = Rational.zero
                    if rows.isGroup(c), let inner = capacity[c] {
                        multipliers.append((inner.number, 1))
                        own = inner.most
                    } else if let serving = rows.serving(c) {
                        multipliers.append((serving, 1))
                        own = Rational(rows.upper(c))
                    } else {
                        // Without such a row the neighbour can serve nothing: n_i ≤ 0.
                        multipliers.append((rows.upperBound(c), 1))
                    }
                    if own != 0, let passing = rows.passing(c) {
                        multipliers.append((passing, own))
                        most += own
                    }
                }
                let number = try lines.add(
                    VIPRLine(
                        name: "through\(g)", sense: "L", bound: 0,
                        left: .terms([(rows.count(g), .one), (rows.serves(g), -most)].filter { $0.1 != 0 }),
                        reason: .combination(multipliers)))
                capacity[g] = (number, most)
            }
        }
        return capacity
    }

    /// x_v ≥ k_v + 1 and what follows from it: T ≥ bound. - Returns: the numbers of the first and the last line.
    private func addLateBranch(
        _ v: Int, _ capacity: [Int: (number: Int, most: Rational)], _ lines: inout VIPRLines
    ) throws -> (many: Int, late: Int) {
        let least = Rational(cuts.most[v] + 1)
        let many = try lines.add(
            VIPRLine(name: "many\(v)", sense: "G", bound: least, left: .sum([rows.count(v)]), reason: .assumption))
        var multipliers = [(rows.done(v), Rational(-1)), (many, rows.pace(v))]
        if rows.start(v) != 0 {
            let (row, most) =
                capacity[v].map { ($0.number, $0.most) } ?? (rows.serving(v)!, Rational(rows.upper(v)))
            let serves = try lines.add(
                VIPRLine(
                    name: "serves\(v)", sense: "G", bound: 1, left: .sum([rows.serves(v)]),
                    reason: .rounding([(row, -1 / most), (many, 1 / most)])))
            multipliers.append((serves, Rational(rows.start(v))))
        }
        let late = try lines.add(
            VIPRLine(
                name: "late\(v)", sense: "G", bound: bound, left: .objective, reason: .combination(multipliers)))
        return (many, late)
    }
}
