import BigInt
import ChaosModel

/// The MINLP of an instance, as in Documentation/MODEL.md, section 3: choose the shard size and the number of shards of
/// each neighbour so that the last shard arrives as early as possible.
///
///     minimise  T
///     subject to
///       size            s = Σ_k s_k z_k                                        one size
///       one_size        Σ_k z_k = 1                                            of the chain
///       covered         s · Σ_i n_i ≥ S                                        bilinear: the state is covered
///       done[i]         a_i y_i + o_i n_i + (8·10^9 / b_i) · s · n_i ≤ T       bilinear: neighbour i is done
///       limit[i]        s · n_i ≤ u_i                                          bilinear, where i has a limit
///       serves[i]       n_i ≤ K(s_1) y_i
///       group_done[g]   a_g w_g + (8·10^9 / B_g) · s · m_g ≤ T                 bilinear: group g is done
///       sum[g]          m_g = Σ_{i in g} n_i + Σ_{h in g} m_h
///       passes[i]       y_i ≤ w_g                                              i in g
///       group_passes[h] w_h ≤ w_g                                              h in g
///       n_i, m_g ≥ 0 integer;  y_i, w_g, z_k binary;  s_1 ≤ s ≤ s_m;  T ≥ 0
///
/// - `y_i` is there because C_i(0) = 0: the start a_i counts only from the first shard on.
/// - "In g" is directly below g. By induction over the forest m_g is the sum over all neighbours below g, and y_i ≤ w_g
///   holds for each of them: the rows of the model, in a size that does not grow with the depth.
/// - A group without a neighbour below has no effect and no variables.
/// - Units: ns for times, bytes for s. The bounds n_i ≤ K(s_1) and s_1 ≤ s ≤ s_m follow from the rows; they stand as
///   bounds because solvers of bilinear programs branch on boxes.
/// - More than K(s_1) shards from one neighbour, or more than K(s) in all, are never of use: fewer are done no later.
public struct ShardAssignmentProgram: ShardAssignmentFormulation {
    public let instance: Instance
    public let program: Program
    public let variables: ShardAssignmentVariables
    public var smallestSize: Int { instance.shardSizes.smallest }
    let forest: Forest

    /// Cost: O(|D| + |N| + |G|).
    public init(_ instance: Instance) {
        let forest = Forest(instance)
        var program = Program(name: instance.name ?? "shard_assignment")
        let (size, variables) = program.addVariables(of: instance, forest)
        program.objective.add(1, variables.makespan)
        program.addSizeRows(of: instance, size, variables)
        program.addNeighborRows(of: instance, size, variables)
        program.addGroupRows(of: instance, forest, size, variables)
        self.instance = instance
        self.forest = forest
        self.program = program
        self.variables = variables
    }

    public func values(of assignment: ShardAssignment) -> [Rational] {
        var values = [Rational](repeating: .zero, count: program.variables.count)
        values[variables.makespan.index] = Rational(assignment.makespan)
        if let size = variables.size { values[size.index] = Rational(assignment.shardSize) }
        for (size, choice) in zip(instance.shardSizes.sizes, variables.choices) where size == assignment.shardSize {
            values[choice.index] = .one
        }
        for (i, count) in assignment.counts.enumerated() where count > 0 {
            values[variables.counts[i].index] = Rational(count)
            values[variables.serves[i].index] = .one
        }
        let below = forest.sums(of: assignment.counts)
        var nodes = (0..<forest.count).lazy.filter { forest.group(at: $0) != nil }.makeIterator()
        for group in variables.groups {
            let count = below[nodes.next()!]
            values[group.count.index] = Rational(count)
            values[group.serves.index] = count > 0 ? .one : .zero
        }
        return values
    }

    public func assignment(at values: [Rational]) throws(UnusableSolution) -> ShardAssignment {
        precondition(values.count == program.variables.count)
        let chosen = zip(instance.shardSizes.sizes, variables.choices).filter { values[$0.1.index] == 1 }
        guard chosen.count == 1 else {
            throw UnusableSolution(
                name: "Σ z", found: "\(chosen.count) sizes chosen", allowed: "exactly one size of the chain")
        }
        let size = chosen[0].0
        let shards = instance.state.shardCount(ofSize: size)
        var counts: [Int] = []
        counts.reserveCapacity(variables.counts.count)
        var missing = BigInt(shards)
        for (i, variable) in variables.counts.enumerated() {
            let value = values[variable.index]
            let most = instance.neighbors[i].limit.map { $0 / size }
            guard value.isWhole, value >= 0, most.map({ value <= Rational($0) }) ?? true else {
                throw UnusableSolution(
                    name: variable.name, found: "\(value)",
                    allowed: "a whole number, 0 … \(most.map { "\($0) (the limit)" } ?? "")")
            }
            missing -= value.numerator
            // Beyond K(s) nothing is of use, and what is of use fits 64 bits.
            counts.append(value > Rational(shards) ? shards : Int(value.numerator))
        }
        guard missing <= 0 else {
            throw UnusableSolution(
                name: "Σ n", found: "\(BigInt(shards) - missing)", allowed: "\(shards) shards of \(size) bytes")
        }
        trim(&counts, to: shards, size: size)
        return ShardAssignment(
            shardSize: size, counts: counts, makespan: instance.makespan(of: counts, shardsOf: size, in: forest))
    }

    /// Takes away what is beyond K(s), first from the neighbours that are done last. No count grows, so no completion
    /// time does.
    private func trim(_ counts: inout [Int], to shards: Int, size: Int) {
        // A sum of 10^7 counts up to 2^53 does not fit 64 bits.
        var excess = counts.reduce(Int128(0)) { $0 + Int128($1) } - Int128(shards)
        guard excess > 0 else { return }
        let finish = zip(counts, instance.neighbors).map { CompletionTime.of($0, shardsOf: size, from: $1) }
        for i in counts.indices.sorted(by: { finish[$0] > finish[$1] }) where excess > 0 {
            let less = min(Int128(counts[i]), excess)
            counts[i] -= Int(less)
            excess -= less
        }
    }
}

/// The variables and rows of the program, as its doc comment lists them.
extension Program {
    /// - Returns: s, and all variables by their role.
    fileprivate mutating func addVariables(
        of instance: Instance, _ forest: Forest
    ) -> (size: Variable, all: ShardAssignmentVariables) {
        let (sizes, neighbors) = (instance.shardSizes.sizes, instance.neighbors)
        let mostShards = Rational(instance.state.shardCount(ofSize: sizes[0]))
        let t = add("T", .continuous)
        let s = add(
            "s", .continuous, lower: Rational(instance.shardSizes.smallest),
            upper: Rational(instance.shardSizes.largest))
        let z = sizes.map { add("z[\($0)]", .binary, upper: 1) }
        let n = neighbors.map { add("n[\($0.id)]", .integer, upper: mostShards) }
        let y = neighbors.map { add("y[\($0.id)]", .binary, upper: 1) }
        // In the order of the forest: parents before children.
        let groups = (0..<forest.count).compactMap { forest.group(at: $0) }.map { g in
            let id = instance.groups[g].id
            return ShardAssignmentVariables.Group(
                group: g, serves: add("w[\(id)]", .binary, upper: 1), count: add("m[\(id)]", .integer))
        }
        return (
            s, ShardAssignmentVariables(makespan: t, size: s, choices: z, counts: n, serves: y, groups: groups)
        )
    }

    fileprivate mutating func addSizeRows(of instance: Instance, _ s: Variable, _ variables: ShardAssignmentVariables) {
        var size = Expression()
        size.add(1, s)
        for (sk, zk) in zip(instance.shardSizes.sizes, variables.choices) { size.add(Rational(-sk), zk) }
        add("size", size, .equal, 0)

        var choice = Expression()
        for zk in variables.choices { choice.add(1, zk) }
        add("one_size", choice, .equal, 1)

        var shards = Expression()
        for ni in variables.counts { shards.add(1, s, ni) }
        add("covered", shards, .atLeast, Rational(instance.state.bytes))
    }

    fileprivate mutating func addNeighborRows(
        of instance: Instance, _ s: Variable, _ variables: ShardAssignmentVariables
    ) {
        let mostShards = Rational(instance.state.shardCount(ofSize: instance.shardSizes.smallest))
        let (n, y) = (variables.counts, variables.serves)
        for (i, neighbor) in instance.neighbors.enumerated() {
            var done = Expression()
            done.add(Rational(neighbor.start), y[i])
            done.add(Rational(neighbor.overhead), n[i])
            done.add(-1, variables.makespan)
            done.add(Rational(BigInt(ModelRange.bitNanosecondsPerByte), BigInt(neighbor.bandwidth)), s, n[i])
            add("done[\(neighbor.id)]", done, .atMost, 0)

            if let limit = neighbor.limit {
                var served = Expression()
                served.add(1, s, n[i])
                add("limit[\(neighbor.id)]", served, .atMost, Rational(limit))
            }

            var serves = Expression()
            serves.add(1, n[i])
            serves.add(-mostShards, y[i])
            add("serves[\(neighbor.id)]", serves, .atMost, 0)
        }
    }

    fileprivate mutating func addGroupRows(
        of instance: Instance, _ forest: Forest, _ s: Variable, _ variables: ShardAssignmentVariables
    ) {
        let nodes = (0..<forest.count).filter { forest.group(at: $0) != nil }
        let groupOfNode = Dictionary(uniqueKeysWithValues: zip(nodes, variables.groups))
        var sums: [Int: Expression] = [:]
        for v in 1..<forest.count {
            guard let above = groupOfNode[Int(forest.parent[v])] else { continue }
            if let i = forest.neighbor(at: v) {
                sums[above.group, default: Expression()].add(1, variables.counts[i])
                add("passes[\(instance.neighbors[i].id)]", variables.serves[i], isAtMost: above.serves)
            }
            if let group = groupOfNode[v] {
                sums[above.group, default: Expression()].add(1, group.count)
                add("group_passes[\(instance.groups[group.group].id)]", group.serves, isAtMost: above.serves)
            }
        }
        let starts = forest.starts(of: instance)
        for (v, group) in zip(nodes, variables.groups) {
            let (id, bandwidth) = (instance.groups[group.group].id, instance.groups[group.group].bandwidth)
            var done = Expression()
            done.add(Rational(starts[v]), group.serves)
            done.add(-1, variables.makespan)
            done.add(Rational(BigInt(ModelRange.bitNanosecondsPerByte), BigInt(bandwidth)), s, group.count)
            add("group_done[\(id)]", done, .atMost, 0)

            var sum = sums[group.group] ?? Expression()
            sum.add(-1, group.count)
            add("sum[\(id)]", sum, .equal, 0)
        }
    }

    /// Adds the constraint x ≤ y.
    fileprivate mutating func add(_ name: String, _ x: Variable, isAtMost y: Variable) {
        var expression = Expression()
        expression.add(1, x)
        expression.add(-1, y)
        add(name, expression, .atMost, 0)
    }
}
