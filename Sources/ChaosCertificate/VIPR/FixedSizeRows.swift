import BigInt
import ChaosModel

/// The MILP of a fixed size as certificates state it, without holding its rows: a certificate of 10^6 neighbours has five
/// million of them. They are those of `FixedSizeReduction`, in its order and by its names, which a test holds them against.
///
///     covered      Σ_i n_i ≥ K                          with one neighbour its lower bound
///     done[v]      a_v u_v + p_v x_v - T ≤ 0            x_v: n_i or m_g;  u_v: y_i or w_g
///     serves[i]    n_i - U_i y_i ≤ 0                    n_i ≤ 0 where U_i = 0
///     sum[g]       Σ_{children v of g} x_v - m_g = 0
///     passes[v]    u_v - w_g ≤ 0                        v in g
///
/// A node is a neighbour, by its index, or a group behind them, parents before children. Variables: T, all n, all y, and w
/// and m of each group. Constraints are numbered from the bounds of the variables on.
struct FixedSizeRows {
    let instance: Instance
    /// s in bytes.
    let shardSize: Int
    /// K.
    let shards: Int
    /// For each group that has a neighbour below: its index in the instance, and a_g.
    let groups: [Int32]
    private let groupStarts: [Int]
    /// For each node that of the group around, or -1.
    private let parent: [Int32]
    /// For each node its place among the rows `passes`; without a meaning where there is no group around.
    private let passing: [Int32]
    /// The nodes of those rows, in their order.
    private let passed: [Int32]
    /// The children of each group side by side, neighbours first, both in order; behind them the nodes without a group
    /// around.
    private let children: [Int32]
    private let firstChild: [Int32]

    /// n.
    var neighborCount: Int { instance.neighbors.count }
    var nodeCount: Int { parent.count }

    /// Cost: O(|N| + |G|).
    init(_ instance: Instance, shardSize: Int) {
        let forest = Forest(instance)
        let starts = forest.starts(of: instance)
        let n = instance.neighbors.count
        var (groups, groupStarts): ([Int32], [Int]) = ([], [])
        // Of a node of the forest its node here.
        var place = [Int32](repeating: -1, count: forest.count)
        for v in 1..<forest.count {
            if let g = forest.group(at: v) {
                place[v] = Int32(n + groups.count)
                groups.append(Int32(g))
                groupStarts.append(starts[v])
            } else {
                place[v] = forest.member[v]
            }
        }
        var parent = [Int32](repeating: -1, count: n + groups.count)
        var (passing, passed): ([Int32], [Int32]) = (parent, [])
        for v in 1..<forest.count {
            let (node, above) = (Int(place[v]), place[Int(forest.parent[v])])
            guard above >= 0 else { continue }
            parent[node] = above
            passing[node] = Int32(passed.count)
            passed.append(Int32(node))
        }
        // Counted, and then placed in the order of the nodes; those without a group around are the last list.
        let list = { (node: Int) in parent[node] < 0 ? groups.count : Int(parent[node]) - n }
        var firstChild = [Int32](repeating: 0, count: groups.count + 2)
        for node in parent.indices { firstChild[list(node) + 1] += 1 }
        for k in 0...groups.count { firstChild[k + 1] += firstChild[k] }
        var next = firstChild
        var children = parent
        for node in parent.indices {
            children[Int(next[list(node)])] = Int32(node)
            next[list(node)] += 1
        }
        self.instance = instance
        self.shardSize = shardSize
        self.shards = instance.state.shardCount(ofSize: shardSize)
        self.groups = groups
        self.groupStarts = groupStarts
        self.parent = parent
        self.passing = passing
        self.passed = passed
        self.children = children
        self.firstChild = firstChild
    }

    // MARK: Nodes

    func isGroup(_ v: Int) -> Bool { v >= neighborCount }

    func children(of v: Int) -> ArraySlice<Int32> { list(v - neighborCount) }

    /// The nodes without a group around.
    var roots: ArraySlice<Int32> { list(groups.count) }

    private func list(_ k: Int) -> ArraySlice<Int32> { children[Int(firstChild[k])..<Int(firstChild[k + 1])] }

    /// Nodes of the subtree of v, v first, parents before children. No recursion.
    func subtree(of v: Int) -> [Int] {
        var list = [v]
        var next = 0
        while next < list.count {
            if isGroup(list[next]) { list.append(contentsOf: children(of: list[next]).lazy.map { Int($0) }) }
            next += 1
        }
        return list
    }

    /// U_i = min(K, ⌊u_i / s⌋).
    func upper(_ i: Int) -> Int { instance.neighbors[i].limit.map { min(shards, $0 / shardSize) } ?? shards }

    /// a_v in ns.
    func start(_ v: Int) -> Int { isGroup(v) ? groupStarts[v - neighborCount] : instance.neighbors[v].start }

    private func bandwidth(_ v: Int) -> Int {
        isGroup(v) ? instance.groups[Int(groups[v - neighborCount])].bandwidth : instance.neighbors[v].bandwidth
    }

    /// p_v·b_v = o_v·b_v + 8·10^9·s; below 2^101.
    private func shardCost(_ v: Int) -> UInt128 {
        let overhead = isGroup(v) ? 0 : instance.neighbors[v].overhead
        return UInt128(overhead) * UInt128(bandwidth(v))
            + UInt128(ModelRange.bitNanosecondsPerByte) * UInt128(shardSize)
    }

    /// p_v in ns.
    func pace(_ v: Int) -> Rational { Rational(BigInt(shardCost(v)), BigInt(bandwidth(v))) }

    /// Where a node has overheads, its count stands before T in its row.
    fileprivate func hasOverhead(_ v: Int) -> Bool { !isGroup(v) && instance.neighbors[v].overhead > 0 }

    /// max { n : C(n) < bound }, C(n) = a + n·p for n ≥ 1: n·p·b is whole, so it is at most ⌈(bound - a)·b⌉ - 1.
    /// - Precondition: the bound is at most 2^77 ns.
    func countInTime(_ v: Int, before bound: ExactTime) -> Int128 {
        let wait = bound.nanoseconds - Int128(start(v))
        guard wait >= 0 else { return 0 }
        let b = UInt128(bandwidth(v))
        let part = UInt128(bound.remainder) * b
        let whole = UInt128(wait) * b + (part + UInt128(bound.denominator) - 1) / UInt128(bound.denominator)
        return whole == 0 ? 0 : Int128((whole - 1) / shardCost(v))
    }

    /// C_v(n).
    func completion(of n: Int, at v: Int) -> ExactTime {
        PlanTimes.completion(
            of: n, size: shardSize, start: start(v), overhead: isGroup(v) ? 0 : instance.neighbors[v].overhead,
            bandwidth: bandwidth(v))
    }

    // MARK: Variables

    static let makespan = 0
    var variableCount: Int { 1 + 2 * nodeCount }
    /// x_v.
    func count(_ v: Int) -> Int { isGroup(v) ? 2 + 2 * v : 1 + v }
    /// u_v.
    func serves(_ v: Int) -> Int { isGroup(v) ? 1 + 2 * v : 1 + neighborCount + v }

    // MARK: Numbers of constraints

    /// T, n and y have a lower bound, n and y an upper one, and w; m has a lower one alone.
    var boundCount: Int { 1 + 4 * neighborCount + 3 * groups.count }
    var constraintCount: Int { firstGroupRow + 2 * groups.count }

    /// The covering row, or the bound in its place.
    var covering: Int { neighborCount == 1 ? 1 : boundCount }
    private var firstNeighborRow: Int { boundCount + (neighborCount == 1 ? 0 : 1) }
    private var firstPassingRow: Int { firstNeighborRow + 2 * neighborCount }
    private var firstGroupRow: Int { firstPassingRow + passed.count }

    func upperBound(_ i: Int) -> Int { 2 + 2 * i }
    func done(_ v: Int) -> Int { isGroup(v) ? firstGroupRow + 2 * (v - neighborCount) : firstNeighborRow + 2 * v }
    /// nil where U_i = 0: the row is a bound.
    func serving(_ i: Int) -> Int? { upper(i) == 0 ? nil : firstNeighborRow + 2 * i + 1 }
    func sum(_ g: Int) -> Int { done(g) + 1 }
    func passing(_ v: Int) -> Int? { parent[v] < 0 ? nil : firstPassingRow + Int(passing[v]) }
}

extension FixedSizeRows {
    /// Writes the sections VAR, INT, OBJ and CON of a certificate.
    func write(to text: inout VIPRText) throws {
        let names = VIPRNames(instance)
        text.append("VAR ", variableCount, "\nT\n")
        for prefix in ["n", "y"] {
            for i in 0..<neighborCount { try text.line { $0.append(names.neighbor(prefix, i)) } }
        }
        for g in groups {
            for prefix in ["w", "m"] { try text.line { $0.append(names.group(prefix, Int(g))) } }
        }
        text.append("INT ", variableCount - 1, "\n")
        for v in 1..<variableCount { try text.line { $0.append(v) } }
        text.append("OBJ min\n1 ", Self.makespan, " 1\nCON ", constraintCount, " ", boundCount, "\n")
        try writeBounds(to: &text)
        if neighborCount > 1 {
            text.append("covered G ", shards, " ", neighborCount)
            for i in 0..<neighborCount { try text.term(count(i)) }
            try text.endLine()
        }
        for i in 0..<neighborCount {
            try writeDone(i, names.neighbor("done", i), to: &text)
            text.append(names.neighbor("serves", i))
            let upper = upper(i)
            text.append(upper == 0 ? " L 0 1 " : " L 0 2 ", count(i), " 1")
            if upper > 0 { text.append(" ", serves(i), " ", -upper) }
            try text.endLine()
        }
        for v in passed.lazy.map({ Int($0) }) {
            let name =
                isGroup(v)
                ? names.group("group_passes", Int(groups[v - neighborCount])) : names.neighbor("passes", v)
            text.append(name)
            text.append(" L 0 2 ", serves(v), " 1 ", serves(Int(parent[v])), " -1")
            try text.endLine()
        }
        for (k, g) in groups.enumerated() {
            let v = neighborCount + k
            try writeDone(v, names.group("group_done", Int(g)), to: &text)
            text.append(names.group("sum", Int(g)))
            text.append(" E 0 ", children(of: v).count + 1)
            for child in childrenInOrder(of: v) { try text.term(count(child)) }
            text.append(" ", count(v), " -1")
            try text.endLine()
        }
    }

    private func writeBounds(to text: inout VIPRText) throws {
        func lower(_ variable: Int, _ bound: Int) throws {
            try text.line { $0.append("lower", variable, " G ", bound, " 1 ", variable, " 1") }
        }
        func upper(_ variable: Int, _ bound: Int) throws {
            try text.line { $0.append("upper", variable, " L ", bound, " 1 ", variable, " 1") }
        }
        try lower(Self.makespan, 0)
        for i in 0..<neighborCount {
            try lower(count(i), neighborCount == 1 ? shards : 0)
            try upper(count(i), self.upper(i))
        }
        for i in 0..<neighborCount {
            try lower(serves(i), 0)
            try upper(serves(i), 1)
        }
        for v in neighborCount..<nodeCount {
            try lower(serves(v), 0)
            try upper(serves(v), 1)
            try lower(count(v), 0)
        }
    }

    /// The terms in the order of the reduction: what an overhead adds to stands where the overhead stood.
    private func writeDone(_ v: Int, _ name: String, to text: inout VIPRText) throws {
        let (start, pace) = (start(v), pace(v))
        text.append(name)
        text.append(" L 0 ", start == 0 ? 2 : 3)
        if start != 0 { text.append(" ", serves(v), " ", start) }
        if !hasOverhead(v) { text.append(" ", Self.makespan, " -1") }
        text.append(" ", count(v), " ")
        text.append(pace)
        if hasOverhead(v) { text.append(" ", Self.makespan, " -1") }
        try text.endLine()
    }

    /// The children of a group in the order of the forest, which breaks ties.
    private func childrenInOrder(of v: Int) -> [Int] {
        children(of: v).map { Int($0) }.sorted { passing[$0] < passing[$1] }
    }
}
