import BigInt
import ChaosFormulation
import ChaosModel

/// The derivations of a `SizeCertificate`: its doc comment tells the proof.
struct BoundProof {
    private let rows: FixedSizeRows
    private let bound: Rational

    init(_ rows: FixedSizeRows, _ bound: Rational) {
        self.rows = rows
        self.bound = bound
    }

    /// Adds the derivations and the claim to the document; false if K shards can be complete before the bound.
    func write(to document: inout VIPRDocument) -> Bool {
        let program = document.program
        let shards = rows.covered.shards.ceiling
        let isLimited = rows.nodes.indices.allSatisfy {
            rows.nodes[$0].isGroup || program.variables[rows.nodes[$0].count].upper != nil
        }
        let attainable = rows.nodes.reduce(BigInt(0)) { sum, node in
            node.isGroup ? sum : sum + (program.variables[node.count].upper?.floor ?? 0)
        }
        let isInfeasible = isLimited && attainable < shards
        let cuts = isInfeasible ? Cuts(uncut: rows, program) : Cuts(rows, program, before: bound)
        guard cuts.reached < shards else { return false }
        document.lowerBound = isInfeasible ? nil : bound

        let capacity = addGroupCapacities(cuts, &document)
        _ = addJoins(of: cuts.branches[...], cuts, capacity, &document) { addAbsurdity(cuts, $0, &$1) }
        return true
    }

    /// The most branches that one derivation joins. A checker keeps the assumptions of each derivation: joined one by one,
    /// all branches would leave as many assumptions as half their number squared.
    private static let fanout = 32

    /// T ≥ bound, if the branches together complete more shards than they can before it: branch by branch if they are few,
    /// and else block by block, each of them proved in the same way.
    /// - Parameter absurdity: adds 0 ≥ 1, of these assumptions that each branch or block completes no more than it can.
    /// - Returns: the number of the last line.
    private func addJoins(
        of branches: ArraySlice<Int>, _ cuts: Cuts, _ capacity: [Int: (number: Int, most: Rational)],
        _ document: inout VIPRDocument, absurdity: ([Int], inout VIPRDocument) -> Int
    ) -> Int {
        var size = 1
        while size * Self.fanout < branches.count { size *= Self.fanout }
        let blocks = stride(from: branches.startIndex, to: branches.endIndex, by: size).map {
            branches[$0..<min($0 + size, branches.endIndex)]
        }
        let few = blocks.map { block in
            document.add(
                VIPRLine(
                    name: "few\(Self.name(of: block))", sense: "L", bound: Rational(most(of: block, cuts)),
                    left: left(of: block), reason: .assumption))
        }
        var proof = absurdity(few, &document)
        for (block, few) in zip(blocks, few) {
            let (many, late) = addLate(block, cuts, capacity, &document)
            proof = document.add(
                VIPRLine(
                    name: "bound\(Self.name(of: block))", sense: "G", bound: bound, left: .objective,
                    reason: .join(proof, few, late, many)))
        }
        return proof
    }

    /// The assumption that a block completes more shards than it can before the bound, and T ≥ bound from it.
    private func addLate(
        _ block: ArraySlice<Int>, _ cuts: Cuts, _ capacity: [Int: (number: Int, most: Rational)],
        _ document: inout VIPRDocument
    ) -> (many: Int, late: Int) {
        if block.count == 1 { return addLateBranch(block.first!, cuts, capacity, &document) }
        let name = Self.name(of: block)
        let many = document.add(
            VIPRLine(
                name: "many\(name)", sense: "G", bound: Rational(most(of: block, cuts) + 1), left: left(of: block),
                reason: .assumption))
        let late = addJoins(of: block, cuts, capacity, &document) { few, document in
            document.add(
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
    private func most(of block: ArraySlice<Int>, _ cuts: Cuts) -> BigInt {
        block.reduce(0) { $0 + cuts.most[$1] }
    }

    private func left(of block: ArraySlice<Int>) -> VIPRLine.Left {
        .terms(block.map { (rows.nodes[$0].count, .one) }.sorted { $0.0 < $1.0 })
    }

    /// 0 ≥ K - F: the covering row against the bounds of all cut nodes.
    private func addAbsurdity(_ cuts: Cuts, _ few: [Int], _ document: inout VIPRDocument) -> Int {
        let cover =
            rows.covered.row.map { document.number(ofRow: $0) } ?? document.lowerBoundNumber[rows.nodes[0].count]!
        var multipliers = [(cover, Rational.one / rows.covered.coefficient)]
        for few in few { multipliers.append((few, -1)) }
        for v in cuts.full {
            if let upper = document.upperBoundNumber[rows.nodes[v].count] { multipliers.append((upper, -1)) }
        }
        for g in cuts.summed {
            if let sum = rows.nodes[g].sum { multipliers.append((document.number(ofRow: sum), -1)) }
        }
        return document.add(
            VIPRLine(
                name: "absurd", sense: "G", bound: rows.covered.shards - Rational(cuts.reached), left: .terms([]),
                reason: .combination(multipliers)))
    }

    /// m_g ≤ M_g·w_g for all groups below a group that is branched on: the number and M_g of each.
    private func addGroupCapacities(
        _ cuts: Cuts, _ document: inout VIPRDocument
    ) -> [Int: (number: Int, most: Rational)] {
        var capacity: [Int: (number: Int, most: Rational)] = [:]
        for v in cuts.branches where rows.nodes[v].isGroup && rows.nodes[v].start != 0 {
            for g in rows.subtree(of: v).reversed() where rows.nodes[g].isGroup {
                guard let sum = rows.nodes[g].sum else { continue }
                // Σ children - m_g = 0, taken the other way round: m_g ≤ Σ children ≤ Σ M_c u_c ≤ Σ M_c w_g.
                var multipliers: [(Int, Rational)] = [(document.number(ofRow: sum), -1)]
                var most = Rational.zero
                for c in rows.children[g] {
                    let node = rows.nodes[c]
                    var own: Rational = 0
                    if node.isGroup, let inner = capacity[c] {
                        multipliers.append((inner.number, 1))
                        own = inner.most
                    } else if let serving = node.serving {
                        multipliers.append((document.number(ofRow: serving), 1))
                        own = -(document.program.constraints[serving].expression.terms[1].coefficient)
                    } else if let upper = document.upperBoundNumber[node.count] {
                        // Without such a row the neighbour can serve nothing: n_i ≤ 0.
                        multipliers.append((upper, 1))
                    }
                    if own != 0, let passing = node.passing {
                        multipliers.append((document.number(ofRow: passing), own))
                        most += own
                    }
                }
                let node = rows.nodes[g]
                let number = document.add(
                    VIPRLine(
                        name: "through\(g)", sense: "L", bound: 0,
                        left: .terms([(node.count, .one), (node.serves, -most)].filter { $0.1 != 0 }),
                        reason: .combination(multipliers)))
                capacity[g] = (number, most)
            }
        }
        return capacity
    }

    /// x_v ≥ k_v + 1 and what follows from it: T ≥ bound. - Returns: the numbers of the first and the last line.
    private func addLateBranch(
        _ v: Int, _ cuts: Cuts, _ capacity: [Int: (number: Int, most: Rational)], _ document: inout VIPRDocument
    ) -> (many: Int, late: Int) {
        let node = rows.nodes[v]
        let least = Rational(cuts.most[v] + 1)
        let many = document.add(
            VIPRLine(
                name: "many\(v)", sense: "G", bound: least, left: .terms([(node.count, .one)]), reason: .assumption))
        var multipliers = [(document.number(ofRow: node.done!), Rational(-1)), (many, node.pace)]
        if node.start != 0 {
            let (row, most): (Int, Rational)
            if let group = capacity[v] {
                (row, most) = (group.number, group.most)
            } else {
                row = document.number(ofRow: node.serving!)
                most = -document.program.constraints[node.serving!].expression.terms[1].coefficient
            }
            let serves = document.add(
                VIPRLine(
                    name: "serves\(v)", sense: "G", bound: 1, left: .terms([(node.serves, .one)]),
                    reason: .rounding([(row, -1 / most), (many, 1 / most)])))
            multipliers.append((serves, node.start))
        }
        let late = document.add(
            VIPRLine(
                name: "late\(v)", sense: "G", bound: bound, left: .objective, reason: .combination(multipliers)))
        return (many, late)
    }
}

/// Where F(strictly before a time) is cut, going down from the roots of the forest.
struct Cuts {
    /// F of each node.
    private(set) var most: [BigInt]
    /// F of all roots together.
    private(set) var reached: BigInt = 0
    /// The nodes where time cuts.
    private(set) var branches: [Int] = []
    /// The neighbours that are not reached by a cut above and give all that they are willing to.
    private(set) var full: [Int] = []
    /// The groups whose sums turn m_g of a branched group into its neighbours' n_i.
    private(set) var summed: [Int] = []

    init(_ rows: FixedSizeRows, _ program: Program, before bound: Rational) {
        most = [BigInt](repeating: 0, count: rows.nodes.count)
        var isCut = [Bool](repeating: false, count: rows.nodes.count)
        // Groups stand after neighbours and parents before children: backwards, children come before parents.
        for v in rows.nodes.indices.reversed() where rows.nodes[v].isGroup {
            for c in rows.children[v] where !rows.nodes[c].isGroup {
                (most[c], isCut[c]) = Self.neighbor(rows.nodes[c], program, before: bound)
            }
            let sum = rows.children[v].reduce(BigInt(0)) { $0 + most[$1] }
            let own = Self.inTime(rows.nodes[v], before: bound)
            (most[v], isCut[v]) = own < sum ? (own, true) : (sum, false)
        }
        for v in rows.roots where !rows.nodes[v].isGroup {
            (most[v], isCut[v]) = Self.neighbor(rows.nodes[v], program, before: bound)
        }
        descend(rows) { isCut[$0] }
    }

    /// No time cuts: every neighbour gives all that it is willing to.
    init(uncut rows: FixedSizeRows, _ program: Program) {
        most = rows.nodes.map { $0.isGroup ? 0 : program.variables[$0.count].upper?.floor ?? 0 }
        descend(rows) { _ in false }
    }

    private mutating func descend(_ rows: FixedSizeRows, isCut: (Int) -> Bool) {
        var open = rows.roots
        while let v = open.popLast() {
            if isCut(v) {
                branches.append(v)
                reached += most[v]
                if rows.nodes[v].isGroup { summed += rows.subtree(of: v).filter { rows.nodes[$0].isGroup } }
            } else if rows.nodes[v].isGroup {
                open += rows.children[v]
            } else {
                full.append(v)
                reached += most[v]
            }
        }
    }

    private static func neighbor(
        _ node: FixedSizeRows.Node, _ program: Program, before bound: Rational
    ) -> (BigInt, Bool) {
        let own = inTime(node, before: bound)
        guard let upper = program.variables[node.count].upper?.floor else { return (own, true) }
        return own < upper ? (own, true) : (upper, false)
    }

    /// max { n : C(n) < bound }, C(n) = a + n·p for n ≥ 1.
    private static func inTime(_ node: FixedSizeRows.Node, before bound: Rational) -> BigInt {
        max(0, ((bound - node.start) / node.pace).ceiling - 1)
    }
}
