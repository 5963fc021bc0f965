/// The shares that are known: how many shards each leaf gives, and the groups that have a share but are held back by their
/// own capacity, so that it is divided below them by a time of their own.
struct SettledShares {
    /// For each leaf of the whole problem.
    private(set) var counts: [Int]
    private var held: [Held] = []

    /// A group, as an inner node of the whole problem, with its share.
    struct Held {
        let inner: Int
        let share: Int
    }

    init(leaves: Int) { counts = [Int](repeating: 0, count: leaves) }

    /// - Parameter unit: a leaf, or a group that is held back, by its number in the whole problem.
    @inline(__always)
    mutating func settle(_ unit: Int, _ share: Int) {
        if unit < counts.count {
            counts[unit] = share
        } else {
            held.append(Held(inner: unit - counts.count, share: share))
        }
    }

    /// Nobody of these gives anything.
    mutating func settleNothing(_ leaves: Range<Int>) {
        for leaf in leaves { counts[leaf] = 0 }
    }

    /// Takes the groups that were found held back, without those inside another one: what they get follows from the
    /// division of its share.
    /// - Parameter end: for each inner node, the first one after its subtree.
    mutating func takeHeld(_ end: [Int32]) -> [Held] {
        var outermost: [Held] = []
        var next = 0
        for group in held.sorted(by: { $0.inner < $1.inner }) where group.inner >= next {
            outermost.append(group)
            next = Int(end[group.inner])
        }
        held.removeAll(keepingCapacity: true)
        return outermost
    }
}
