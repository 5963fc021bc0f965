/// The forest of an instance's groups and neighbours below one root, the joiner, in pre-order.
///
/// The nodes of the subtree of v are v ..< end[v], so a pass over a subtree is a loop over a range, backwards for
/// children before parents: no recursion, whatever the depth. Children stand in the order in which their first
/// neighbour stands in the instance, the order that breaks ties (Documentation/MODEL.md, section 4.6). Groups without a
/// neighbour below are left out.
public struct Forest: Sendable {
    /// For each node: the first node after its subtree.
    public let end: [Int32]
    /// For each node: its parent; the root is its own.
    public let parent: [Int32]
    /// For each node: the index of its neighbour, or -1 - g for group g; `Int32.min` for the root.
    public let member: [Int32]

    public static let root = 0

    public var count: Int { end.count }

    /// The index of the neighbour that node v is, or nil.
    public func neighbor(at v: Int) -> Int? { member[v] >= 0 ? Int(member[v]) : nil }

    /// The index of the group that node v is, or nil.
    public func group(at v: Int) -> Int? { member[v] < 0 && v != Self.root ? -1 - Int(member[v]) : nil }

    /// True when all neighbours are children of v.
    public func isFlat(below v: Int) -> Bool {
        // Leaves only: every child's subtree is the child alone.
        var c = v + 1
        while c < Int(end[v]) {
            guard Int(end[c]) == c + 1 else { return false }
            c += 1
        }
        return true
    }

    /// Cost: O(|N| + |G|) time and memory.
    public init(_ instance: Instance) {
        let (neighbors, groups) = (instance.neighbors, instance.groups)
        // Links by the members' own numbers: neighbour i is i, group g is n + g, the root is n + |G|.
        let n = neighbors.count
        let root = n + groups.count
        var firstChild = [Int32](repeating: -1, count: groups.count + 1)
        var lastChild = firstChild
        var nextSibling = [Int32](repeating: -1, count: root + 1)
        for i in 0..<n {
            // Walk up until a group that is already linked: so children come in the order of their first neighbour.
            var child = i
            var above = neighbors[i].group
            while true {
                let slot = above ?? groups.count
                let isNew = firstChild[slot] == -1
                if isNew { firstChild[slot] = Int32(child) } else { nextSibling[Int(lastChild[slot])] = Int32(child) }
                lastChild[slot] = Int32(child)
                guard isNew, let group = above else { break }
                child = n + group
                above = groups[group].parent
            }
        }
        var end: [Int32] = []
        var parent: [Int32] = []
        var member: [Int32] = []
        end.reserveCapacity(root + 1)
        parent.reserveCapacity(root + 1)
        member.reserveCapacity(root + 1)
        parent.append(0)
        member.append(Int32.min)
        end.append(0)
        var open = 0
        var next = firstChild[groups.count]
        while true {
            if next >= 0 {
                let v = Int32(member.count)
                let isLeaf = Int(next) < n
                parent.append(Int32(open))
                member.append(isLeaf ? next : Int32(n - 1) - next)
                end.append(v + 1)
                if isLeaf {
                    next = nextSibling[Int(next)]
                } else {
                    open = Int(v)
                    next = firstChild[Int(next) - n]
                }
            } else {
                end[open] = Int32(member.count)
                if open == 0 { break }
                next = nextSibling[n + (-1 - Int(member[open]))]
                open = Int(parent[open])
            }
        }
        self.end = end
        self.parent = parent
        self.member = member
    }

    /// a_v for every node: a neighbour's start; for a group and the root the least start of the neighbours below, in ns.
    public func starts(of instance: Instance) -> [Int] {
        var starts = [Int](repeating: .max, count: count)
        for v in stride(from: count - 1, through: 1, by: -1) {
            if let i = neighbor(at: v) { starts[v] = instance.neighbors[i].start }
            let p = Int(parent[v])
            if starts[v] < starts[p] { starts[p] = starts[v] }
        }
        return starts
    }
}
