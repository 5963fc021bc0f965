import ChaosFormulation
import ChaosModel

/// The program of a fixed size, read by what its rows do: for each neighbour and group the rows that a proof combines.
///
///     covered      Σ_i n_i ≥ K                          with one neighbour its lower bound
///     done[v]      a_v u_v + p_v x_v - T ≤ 0            x_v: n_i or m_g;  u_v: y_i or w_g
///     serves[i]    n_i - U_i y_i ≤ 0
///     sum[g]       Σ_{children v of g} x_v - m_g = 0
///     passes[v]    u_v - w_g ≤ 0                        v in g
struct FixedSizeRows {
    /// A neighbour or a group.
    struct Node {
        /// x_v.
        let count: Int
        /// u_v.
        let serves: Int
        /// a_v.
        var start: Rational = 0
        /// p_v.
        var pace: Rational = 0
        /// Places of rows among the program's constraints.
        var done: Int?
        var serving: Int?
        var sum: Int?
        var passing: Int?
        /// The node of the group around.
        var parent: Int?
        var isGroup: Bool
    }

    /// Neighbours in their order, then groups, parents before children.
    private(set) var nodes: [Node] = []
    private(set) var children: [[Int]] = []
    /// The nodes without a group around.
    private(set) var roots: [Int] = []
    /// The covering row, its coefficient and K. Without a row it is the lower bound of the only n_i.
    private(set) var covered: (row: Int?, coefficient: Rational, shards: Rational) = (nil, 1, 0)

    /// The program is not of this form.
    struct UnknownForm: Error, CustomStringConvertible {
        let description: String
    }

    /// Cost: linear in the program.
    init(_ program: Program, _ variables: ShardAssignmentVariables) throws(UnknownForm) {
        var nodeOfCount: [Int: Int] = [:]
        var nodeOfServes: [Int: Int] = [:]
        for (count, serves) in zip(variables.counts, variables.serves) {
            nodes.append(Node(count: count.index, serves: serves.index, isGroup: false))
        }
        for group in variables.groups {
            nodes.append(Node(count: group.count.index, serves: group.serves.index, isGroup: true))
        }
        for (v, node) in nodes.enumerated() {
            nodeOfCount[node.count] = v
            nodeOfServes[node.serves] = v
        }
        var cover: (row: Int?, coefficient: Rational, shards: Rational)?
        let makespan = variables.makespan.index
        for (r, row) in program.constraints.enumerated() {
            let terms = row.expression.terms
            let counts = terms.filter { nodeOfCount[$0.variable] != nil }
            if row.sense == .atLeast, counts.count == terms.count, let c = terms.first?.coefficient, c > 0,
                terms.allSatisfy({ $0.coefficient == c }), cover == nil
            {
                cover = (r, c, row.bound / c)
            } else if row.sense == .equal, row.bound == 0, counts.count == terms.count,
                let own = terms.first(where: { $0.coefficient == -1 })
            {
                nodes[nodeOfCount[own.variable]!].sum = r
            } else if row.sense == .atMost, row.bound == 0, terms.contains(where: { $0.variable == makespan }),
                counts.count == 1
            {
                let v = nodeOfCount[counts[0].variable]!
                nodes[v].done = r
                nodes[v].pace = counts[0].coefficient
                nodes[v].start = terms.first { $0.variable == nodes[v].serves }?.coefficient ?? 0
            } else if row.sense == .atMost, row.bound == 0, terms.count == 2, counts.count == 1,
                terms[0].coefficient == 1, terms[0].variable == counts[0].variable
            {
                nodes[nodeOfCount[counts[0].variable]!].serving = r
            } else if row.sense == .atMost, row.bound == 0, terms.count == 2, terms[0].coefficient == 1,
                terms[1].coefficient == -1, let v = nodeOfServes[terms[0].variable],
                let g = nodeOfServes[terms[1].variable]
            {
                nodes[v].passing = r
                nodes[v].parent = g
            } else if counts.count != 1 || terms.count != 1 {
                throw UnknownForm(description: "row \(row.name) is none that a proof knows")
            }
        }
        if cover == nil, variables.counts.count == 1, let least = variables.counts[0].lower { cover = (nil, 1, least) }
        guard let cover else { throw UnknownForm(description: "no row asks for all shards") }
        covered = cover
        children = [[Int]](repeating: [], count: nodes.count)
        for (v, node) in nodes.enumerated() {
            if node.done == nil { throw UnknownForm(description: "variable \(node.count) has no completion time") }
            if let parent = node.parent { children[parent].append(v) } else { roots.append(v) }
        }
    }

    /// Nodes of the subtree of v, v first, parents before children. No recursion.
    func subtree(of v: Int) -> [Int] {
        var list = [v]
        var next = 0
        while next < list.count {
            list.append(contentsOf: children[list[next]])
            next += 1
        }
        return list
    }
}
