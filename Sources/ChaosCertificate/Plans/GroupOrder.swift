import ChaosModel

/// The forest of an instance's groups, ordered so that one loop passes sums from below upwards, whatever its depth.
struct GroupOrder {
    /// Every group after all groups inside it.
    let childrenFirst: [Int32]
    /// For each group the group around it, or -1.
    let parents: [Int32]
    /// a_g: for each group the least start of the neighbours below it, in ns; nil where there are none.
    let starts: [Int?]

    /// Cost: O(|N| + |G|).
    init(_ instance: Instance) {
        let parents = instance.groups.map { Int32($0.parent ?? -1) }
        var pending = [Int32](repeating: 0, count: parents.count)
        for parent in parents where parent >= 0 { pending[Int(parent)] += 1 }
        var order: [Int32] = []
        order.reserveCapacity(parents.count)
        for g in parents.indices where pending[g] == 0 { order.append(Int32(g)) }
        var next = 0
        while next < order.count {
            let parent = parents[Int(order[next])]
            next += 1
            if parent >= 0 {
                pending[Int(parent)] -= 1
                if pending[Int(parent)] == 0 { order.append(parent) }
            }
        }
        var starts = [Int](repeating: .max, count: parents.count)
        for neighbor in instance.neighbors {
            if let g = neighbor.group { starts[g] = min(starts[g], PlanTimes.start(of: neighbor)) }
        }
        for g in order where parents[Int(g)] >= 0 {
            let parent = Int(parents[Int(g)])
            starts[parent] = min(starts[parent], starts[Int(g)])
        }
        childrenFirst = order
        self.parents = parents
        self.starts = starts.map { $0 == .max ? nil : $0 }
    }

    /// For each group the sum over the neighbours below it.
    /// - Precondition: no sum overflows.
    func sums(of counts: [Int], in instance: Instance) -> [Int] {
        var below = [Int](repeating: 0, count: parents.count)
        for (neighbor, count) in zip(instance.neighbors, counts) {
            if let g = neighbor.group { below[g] += count }
        }
        for g in childrenFirst where parents[Int(g)] >= 0 { below[Int(parents[Int(g)])] += below[Int(g)] }
        return below
    }
}
