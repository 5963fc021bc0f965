import ChaosModel

/// F_s(T) below one node of the forest: how many shards can be complete by T, and strictly before it, at every node of
/// the subtree (Documentation/MODEL.md, section 4). One loop from the last node of the subtree to its first, so that
/// children come before parents.
struct CapacityPass {
    /// The node below which is evaluated; the arrays begin with it.
    let base: Int
    /// F(T) of node `base` + k at place k; for the base the sum over its children, clamped to `most`.
    private(set) var reached: [Int]
    /// The limit of F from the left at place k: the shards complete strictly before T.
    private(set) var before: [Int]

    /// 10^7 neighbours of 2^53 shards each do not fit 64 bits: sums stop here, far above any K(s), so that a sum that is
    /// clamped stays apart from K(s) itself.
    static let most = 1 << 62

    /// Nothing complete anywhere: right at any time up to the least start.
    init(below v: Int, in forest: Forest) {
        base = v
        reached = [Int](repeating: 0, count: Int(forest.end[v]) - v)
        before = reached
    }

    /// Evaluates all nodes below the base. For the base itself it is the sum of its children: its own capacity is not
    /// applied, because the question is always what the children can do.
    /// - Precondition: `time` is at most 2^76 ns.
    mutating func evaluate(at time: ExactTime, in problem: FixedSizeProblem) {
        let (base, nodes, most) = (base, reached.count, Self.most)
        problem.laws.withUnsafeBufferPointer { laws in
            problem.forest.parent.withUnsafeBufferPointer { parents in
                problem.forest.end.withUnsafeBufferPointer { ends in
                    reached.withUnsafeMutableBufferPointer { reached in
                        before.withUnsafeMutableBufferPointer { before in
                            reached.update(repeating: 0)
                            before.update(repeating: 0)
                            var k = nodes - 1
                            while k > 0 {
                                let u = base + k
                                var (count, isHit) = laws[u].capacity(by: time)
                                var strictly = isHit ? count - 1 : count
                                if Int(ends[u]) > u + 1 {
                                    count = min(reached[k], count)
                                    strictly = min(before[k], strictly)
                                }
                                reached[k] = count
                                before[k] = strictly
                                let p = Int(parents[u]) - base
                                reached[p] = min(most, reached[p] + count)
                                before[p] = min(most, before[p] + strictly)
                                k -= 1
                            }
                        }
                    }
                }
            }
        }
    }
}

extension FixedSizeProblem {
    /// F_s(T): the largest number of shards of this size that can be complete by T, and the largest number strictly
    /// before T; both at most K(s). Cost: O(|N| + |G|).
    /// - Precondition: `time` is at most 2^76 ns.
    public func capacity(by time: ExactTime) -> (reached: Int, before: Int) {
        var pass = CapacityPass(below: Forest.root, in: forest)
        pass.evaluate(at: time, in: self)
        return (min(shards, pass.reached[0]), min(shards, pass.before[0]))
    }
}
