import ChaosModel

/// The groups of which it is known that their own capacity holds them back at every time from one on: no search has to look
/// below them there. Without it each group of a deep chain would look at all below it again.
///
/// Let φ_i(T) = clamp((T - a_i) / p_i, 0, limit) be what neighbour i delivers if shards are divisible: F_i ≤ φ_i < F_i + 1,
/// and φ_i is concave from a_i on. Likewise cap_g ≤ λ_g < cap_g + 1 with the line λ_g. For times t < t' take neighbours with
/// a_i > t as 0. Below a group let Σφ be the sum of its children: φ_i, or λ_h for a group h of which this is known already,
/// or min(λ_h, Σφ of h) for another one. All are concave on [t, t'], at least the exact counts at the ends, and less than e
/// above ΣF in between, where e is 1 for each neighbour and each group that is held back, and max(1, e_h) for another one.
/// If
///
///     Σ F_child ≥ cap_g + 1 + e    at t and at t', late neighbours as 0 at t'
///
/// then Σφ > λ_g + e at both ends, hence between them, Σφ - λ_g being concave; so Σ F_child > Σφ - e > λ_g ≥ cap_g: the group
/// is held back on all of [t, t'].
struct HeldGroups {
    /// For each inner node the tick from which on it is held back; the greatest if it is not known.
    private(set) var since: [Int128]
    /// For each inner node the tick from which on this is known of all below; the greatest if they were never surveyed.
    private(set) var surveyed: [Int128]

    init(inner: Int) {
        since = [Int128](repeating: .max, count: inner)
        surveyed = since
    }

    /// The visits of a pass below an inner node at a time or later.
    /// - Parameters:
    ///   - base: the node.
    ///   - tree: the whole forest.
    ///   - tick: the time, not after the end of the last survey.
    ///   - visits: takes them, as in `PassTree.evaluate`.
    /// - Returns: the least tick of which the same visits are enough.
    func visits(below base: Int, in tree: PassTree, from tick: Int128, _ visits: inout [Int32]) -> Int128 {
        visits.removeAll(keepingCapacity: true)
        visits.append(Int32(base))
        var least = Int128(0)
        var j = base + 1
        while j < Int(tree.end[base]) {
            if since[j] <= tick {
                visits.append(~Int32(j))
                least = max(least, since[j])
                j = Int(tree.end[j])
            } else {
                visits.append(Int32(j))
                j += 1
            }
        }
        return least
    }

    /// Finds the groups below an inner node that are held back all the time between two times.
    /// Cost: two passes over all below.
    mutating func survey(below base: Int, in tree: PassTree, from first: Int128, to last: Int128) {
        let (times, leafCount) = ([PassTime(tick: first), PassTime(tick: last)], tree.leafCount)
        let inner = base..<Int(tree.end[base])
        // For each inner node Σ F_child at both times and e, of what has been added so far.
        var sums = [(early: Int, late: Int, error: Int)](repeating: (0, 0, 0), count: inner.count)
        for j in inner.reversed() {
            surveyed[j] = first
            var (early, late, error) = sums[j - base]
            for k in Int(tree.firstLeaf[j])..<Int(tree.firstLeaf[j + 1])
            where times[0].wait(from: tree.laws[k].start) >= 0 {
                early = min(PassTree.most, early &+ tree.count(k, times[0]))
                late = min(PassTree.most, late &+ tree.count(k, times[1]))
                error += 1
            }
            if j == base { break }
            let (least, most) = (tree.count(leafCount + j, times[0]), tree.count(leafCount + j, times[1]))
            let isHeld = early >= least + 1 + error && late >= most + 1 + error
            // What was known of later times stays true.
            if isHeld { since[j] = first }
            let above = Int(tree.parent[j]) - base
            sums[above].early = min(PassTree.most, sums[above].early &+ min(early, least))
            sums[above].late = min(PassTree.most, sums[above].late &+ min(late, most))
            sums[above].error += isHeld ? 1 : max(1, error)
        }
    }
}
