import ChaosModel

/// The nodes of a forest in the order of passes: the neighbours that are children of one node stand side by side, so that a
/// pass over them is a loop over a range that looks at nobody's parent.
///
/// The units of a pass are first all neighbours, the *leaves*, and behind them the root and the groups, the *inner* nodes,
/// both in pre-order of the inner nodes. So the leaves of a subtree are a range as its inner nodes are.
struct PassOrder: Sendable {
    /// For each inner node: the one around; the root is its own.
    let parent: [Int32]
    /// For each inner node: the first one after its subtree.
    let end: [Int32]
    /// For each inner node: the first of its leaves; and the number of leaves.
    let firstLeaf: [Int32]
    /// For each neighbour of the instance: its leaf.
    let leafOfNeighbor: [Int32]
    /// For each unit: its node of the forest.
    let node: [Int32]

    var leafCount: Int { leafOfNeighbor.count }
    var innerCount: Int { parent.count }

    /// Cost: O(|N| + |G|).
    init(_ forest: Forest) {
        let nodes = forest.member.count
        // Of an inner node its place among them; a neighbour's is not looked at.
        var placeOfNode = [Int32](repeating: 0, count: nodes)
        var (parent, inner): ([Int32], [Int32]) = ([], [])
        var leaves: [Int32] = []
        for v in 0..<nodes {
            let above = placeOfNode[Int(forest.parent[v])]
            if forest.member[v] >= 0 {
                leaves[Int(above)] += 1
            } else {
                placeOfNode[v] = Int32(inner.count)
                parent.append(above)
                inner.append(Int32(v))
                leaves.append(0)
            }
        }
        // From here on `leaves` says where the next leaf of each inner node goes.
        var firstLeaf: [Int32] = [0]
        firstLeaf.reserveCapacity(inner.count + 1)
        for j in inner.indices {
            let first = firstLeaf[j]
            firstLeaf.append(first + leaves[j])
            leaves[j] = first
        }
        let leafCount = nodes - inner.count
        var leafOfNeighbor = [Int32](repeating: 0, count: leafCount)
        var node = [Int32](repeating: 0, count: leafCount)
        node.reserveCapacity(nodes)
        for v in 0..<nodes where forest.member[v] >= 0 {
            let above = Int(placeOfNode[Int(forest.parent[v])])
            let leaf = leaves[above]
            leaves[above] = leaf + 1
            leafOfNeighbor[Int(forest.member[v])] = leaf
            node[Int(leaf)] = Int32(v)
        }
        node.append(contentsOf: inner)
        self.parent = parent
        end = Self.ends(parent)
        self.firstLeaf = firstLeaf
        self.leafOfNeighbor = leafOfNeighbor
        self.node = node
    }

    /// For each node of a forest in pre-order the first one after its subtree.
    static func ends(_ parent: [Int32]) -> [Int32] {
        var end = (0..<parent.count).map { Int32($0 + 1) }
        for j in stride(from: parent.count - 1, to: 0, by: -1) {
            end[Int(parent[j])] = max(end[Int(parent[j])], end[j])
        }
        return end
    }
}
