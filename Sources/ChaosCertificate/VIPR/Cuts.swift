import ChaosModel

/// Where F(strictly before a time) is cut, going down from the roots of the forest: nodes as in `FixedSizeRows`.
struct Cuts {
    /// F of each node.
    private(set) var most: [Int128]
    /// F of all roots together.
    private(set) var reached: Int128 = 0
    /// The nodes where time cuts.
    private(set) var branches: [Int] = []
    /// The neighbours that are not reached by a cut above and give all that they are willing to.
    private(set) var full: [Int] = []
    /// The groups whose sums turn m_g of a branched group into its neighbours' n_i.
    private(set) var summed: [Int] = []

    init(_ rows: FixedSizeRows, before bound: ExactTime) {
        most = [Int128](repeating: 0, count: rows.nodeCount)
        var isCut = [Bool](repeating: false, count: rows.nodeCount)
        for i in 0..<rows.neighborCount {
            let (own, upper) = (rows.countInTime(i, before: bound), Int128(rows.upper(i)))
            (most[i], isCut[i]) = own < upper ? (own, true) : (upper, false)
        }
        // Groups stand after neighbours and parents before children: backwards, children come before parents.
        for g in (rows.neighborCount..<rows.nodeCount).reversed() {
            let sum = rows.children(of: g).reduce(Int128(0)) { $0 + most[Int($1)] }
            let own = rows.countInTime(g, before: bound)
            (most[g], isCut[g]) = own < sum ? (own, true) : (sum, false)
        }
        descend(rows) { isCut[$0] }
    }

    /// No time cuts: every neighbour gives all that it is willing to.
    init(uncut rows: FixedSizeRows) {
        most = (0..<rows.nodeCount).map { rows.isGroup($0) ? 0 : Int128(rows.upper($0)) }
        descend(rows) { _ in false }
    }

    private mutating func descend(_ rows: FixedSizeRows, isCut: (Int) -> Bool) {
        var open = Array(rows.roots)
        while let next = open.popLast() {
            let v = Int(next)
            if isCut(v) {
                branches.append(v)
                reached += most[v]
                if rows.isGroup(v) { summed += rows.subtree(of: v).filter(rows.isGroup) }
            } else if rows.isGroup(v) {
                open += rows.children(of: v)
            } else {
                full.append(v)
                reached += most[v]
            }
        }
    }
}
