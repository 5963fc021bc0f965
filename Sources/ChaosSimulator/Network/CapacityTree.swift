import ChaosModel

/// The groups of one tree of shared capacities, and how they divide what they have among the flows below them.
///
/// Groups are numbered in pre-order, so that those below v are v ..< end[v]; 0 is the group round all others.
/// Rates are whole numbers of a unit that the caller chooses.
struct CapacityTree: Sendable, Equatable {
    let capacities: [Int128]
    /// For each group: the first after those below it.
    let end: [Int]

    /// The trees of a forest, and for each of its groups the tree and the number there. Cost: O(|G|).
    /// - Parameter unit: how many units of rate are 1 bit/s.
    /// - Precondition: parents are indices of other groups and make no cycle, as in every `Instance`.
    static func trees(
        of groups: [CapacityGroup], unit: Int128
    ) -> (trees: [CapacityTree], places: [(tree: Int, position: Int)]) {
        var children = [[Int]](repeating: [], count: groups.count)
        for (g, group) in groups.enumerated() { if let parent = group.parent { children[parent].append(g) } }
        var trees: [CapacityTree] = []
        var places = [(tree: Int, position: Int)](repeating: (-1, -1), count: groups.count)
        for root in groups.indices where groups[root].parent == nil {
            var order: [Int] = []
            var open = [root]
            while let g = open.popLast() {
                places[g] = (trees.count, order.count)
                order.append(g)
                open.append(contentsOf: children[g].reversed())
            }
            var end = order.indices.map { $0 + 1 }
            for v in order.indices.reversed() {
                guard let parent = groups[order[v]].parent else { continue }
                let above = places[parent].position
                end[above] = max(end[above], end[v])
            }
            trees.append(CapacityTree(capacities: order.map { Int128(groups[$0].bandwidth) * unit }, end: end))
        }
        precondition(places.allSatisfy { $0.tree >= 0 }, "the groups are no forest: their parents make a cycle")
        return (trees, places)
    }

    /// The max-min fair rates of flows (Bertsekas and Gallager 1992, section 6.5.2): none can have more unless another
    /// that has no more than it gets less.
    ///
    /// From the leaves to the root every group cuts its flows to one level, the greatest at which they pass. That is
    /// progressive filling: a flow has the least of its own bandwidth and the levels of the groups above it. Where that
    /// least level is set, all other flows have at most that level, so no group above cuts one of them below what it has
    /// here, and the group stays full.
    ///
    /// Levels are rounded down, so no capacity is ever exceeded; a full group leaves less than one unit for each of its
    /// flows unused.
    ///
    /// Cost: O(|G|), and O(k log k) for each group that k flows are below and that cannot pass them all.
    /// - Parameters:
    ///   - positions: the group of each flow, ascending.
    ///   - bandwidths: of each flow, positive.
    func fairRates(positions: [Int], bandwidths: [Int128]) -> [Int128] {
        var rates = bandwidths
        // first[v] ..< first[end[v]] are the flows below v.
        var first = [Int](repeating: 0, count: capacities.count + 1)
        for position in positions { first[position + 1] += 1 }
        for v in capacities.indices { first[v + 1] += first[v] }
        for v in capacities.indices.reversed() {
            let flows = first[v]..<first[end[v]]
            guard rates[flows].reduce(0, +) > capacities[v] else { continue }
            let level = Self.level(of: capacities[v], among: rates[flows].sorted())
            for flow in flows where rates[flow] > level { rates[flow] = level }
        }
        return rates
    }

    /// The greatest whole level such that the wishes, each cut to it, fit the capacity, which they exceed uncut.
    private static func level(of capacity: Int128, among ascendingWishes: [Int128]) -> Int128 {
        var rest = capacity
        for (k, wish) in ascendingWishes.enumerated() {
            let share = rest / Int128(ascendingWishes.count - k)
            if wish > share { return share }
            rest -= wish
        }
        preconditionFailure("the wishes fit the capacity")
    }
}
