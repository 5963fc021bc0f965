/// The makespan of counts, by its definition (Documentation/MODEL.md, section 2).
extension Instance {
    /// The latest completion C_i(n_i) of a neighbour or C_g(m_g) of a group. Limits are not looked at.
    /// Cost: O(|N| + |G|).
    /// - Parameters:
    ///   - counts: n_i for every neighbour, not negative, in all at most K(size).
    ///   - size: s in bytes.
    ///   - forest: the instance's own; nil: made here.
    public func makespan(of counts: [Int], shardsOf size: Int, in forest: Forest? = nil) -> ExactTime {
        let forest = forest ?? Forest(self)
        let below = forest.sums(of: counts)
        let starts = forest.starts(of: self)
        var latest = ExactTime.zero
        for v in 1..<forest.count {
            if let i = forest.neighbor(at: v) {
                latest = max(latest, CompletionTime.of(below[v], shardsOf: size, from: neighbors[i]))
            } else if let g = forest.group(at: v) {
                latest = max(latest, CompletionTime.of(below[v], shardsOf: size, through: groups[g], start: starts[v]))
            }
        }
        return latest
    }
}

extension Forest {
    /// For every node the sum of the counts of the neighbours below it; a neighbour's own count at its node.
    public func sums(of counts: [Int]) -> [Int] {
        var sums = [Int](repeating: 0, count: count)
        for v in stride(from: count - 1, through: 1, by: -1) {
            if let i = neighbor(at: v) { sums[v] = counts[i] }
            sums[Int(parent[v])] += sums[v]
        }
        return sums
    }
}
