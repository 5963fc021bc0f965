import ChaosModel

/// What is left of a tree within a bracket of times (low, high]: F at two times often tells what F is between them.
///
///     Σ F_child(low) ≥ cap_g(high)    g is held back by its own capacity: a leaf with its own law
///     Σ F_child(high) ≤ cap_g(low)    g is free: its children are its parent's
///     F_v(low) = F_v(high)            v is settled: a constant
///
/// All three hold strictly before a time as well. So what is left has about as many units as there are completions in the
/// bracket, and is flat unless a group's capacity and its children meet just there.
struct Contraction {
    let tree: PassTree
    /// The counts of the new tree at the ends of the bracket.
    let low: PassTree.Counts
    let high: PassTree.Counts

    /// Cost: linear in what is visited.
    /// - Parameters:
    ///   - old: the tree; the new one begins with the first inner node that is visited.
    ///   - low: its counts at the lower end.
    ///   - high: its counts at the upper end.
    ///   - ends: the times of these.
    ///   - visits: as in `PassTree.evaluate`, the same for both.
    ///   - places: room for a number for each inner node of the old tree.
    ///   - settled: is told what has been settled.
    init(
        of old: PassTree, _ low: PassTree.Counts, _ high: PassTree.Counts, ends: (low: PassTime, high: PassTime),
        _ visits: [Int32], places: inout [Int32], _ settled: inout SettledShares
    ) {
        var draft = Draft()
        var next = Int32(0)
        for visit in visits {
            let isHeld = visit < 0
            let j = Int(isHeld ? ~visit : visit)
            // Below a group that is held back nothing is looked at.
            guard Int32(j) >= next else { continue }
            var place = Int32(0)
            if draft.inner.isEmpty {
                draft.addInner(j, above: 0)
            } else {
                let above = places[Int(old.parent[j])]
                let own = old.unit(ofInner: j)
                let capacity = (low: old.count(own, ends.low), high: old.count(own, ends.high))
                if isHeld || low.sums[j] >= capacity.high {
                    next = old.end[j]
                    if capacity.low == capacity.high {
                        draft.add(capacity.low, to: above)
                        settled.settle(old.unit(own), capacity.low)
                    } else {
                        draft.leaves.append(
                            Leaf(unit: Int32(own), above: above, low: capacity.low, high: capacity.high))
                    }
                    continue
                }
                if high.sums[j] <= capacity.low { place = above } else { place = draft.addInner(j, above: above) }
            }
            places[j] = place
            var sum = old.constant[j]
            for k in Int(old.firstLeaf[j])..<Int(old.firstLeaf[j + 1]) {
                let (from, to) = (low.units[k], high.units[k])
                if from == to {
                    sum = min(PassTree.most, sum &+ from)
                    settled.settle(old.unit(k), from)
                } else {
                    draft.leaves.append(Leaf(unit: Int32(k), above: place, low: from, high: to))
                }
            }
            draft.add(sum, to: place)
        }
        let order = draft.orderOfLeaves()
        let innerUnits = draft.inner.map { old.unit(ofInner: Int($0)) }
        let units = order.leaves.map { Int($0.unit) } + innerUnits
        tree = PassTree(
            old.problem, units.map { old.laws[$0] }, parent: draft.parent, end: PassOrder.ends(draft.parent),
            firstLeaf: order.first, constant: draft.constant, units: units.map { Int32(old.unit($0)) })
        self.low = PassTree.Counts(
            units: order.leaves.map(\.low) + innerUnits.map { low.units[$0] },
            sums: draft.inner.map { low.sums[Int($0)] })
        self.high = PassTree.Counts(
            units: order.leaves.map(\.high) + innerUnits.map { high.units[$0] },
            sums: draft.inner.map { high.sums[Int($0)] })
    }

    /// A unit of the old tree that is a leaf in the new one.
    private struct Leaf {
        let unit: Int32
        let above: Int32
        let low: Int
        let high: Int
    }

    private struct Draft {
        var leaves: [Leaf] = []
        /// Of the new inner nodes: their place in the old tree, the new one around, and what is settled below.
        private(set) var inner: [Int32] = []
        private(set) var parent: [Int32] = []
        private(set) var constant: [Int] = []

        @discardableResult
        mutating func addInner(_ j: Int, above: Int32) -> Int32 {
            inner.append(Int32(j))
            parent.append(above)
            constant.append(0)
            return Int32(inner.count - 1)
        }

        mutating func add(_ count: Int, to place: Int32) {
            constant[Int(place)] = min(PassTree.most, constant[Int(place)] &+ count)
        }

        /// The leaves of one inner node side by side, in the order in which they came, and the first of each.
        func orderOfLeaves() -> (leaves: [Leaf], first: [Int32]) {
            var first = [Int32](repeating: 0, count: inner.count + 1)
            for leaf in leaves { first[Int(leaf.above) + 1] += 1 }
            for j in inner.indices { first[j + 1] += first[j] }
            if inner.count == 1 { return (leaves, first) }
            var next = first
            var order = leaves
            for leaf in leaves {
                order[Int(next[Int(leaf.above)])] = leaf
                next[Int(leaf.above)] += 1
            }
            return (order, first)
        }
    }
}
