/// The tree of paths of least latency between one node of a network and all others. Equal latencies: fewer links, then the greater
/// bottleneck, then the node that stands first in the file.
struct ShortestPaths {
    /// Latency in ns from the root; nil: out of reach.
    private(set) var latency: [Int?]
    /// The node before each on its path, -1 for the root and what is out of reach.
    private(set) var parent: [Int]
    /// The link to `parent`.
    private(set) var link: [Int]
    /// The least capacity along the path in bit/s.
    private(set) var bottleneck: [Int]
    /// The reached nodes, each after its parent.
    private(set) var order: [Int] = []

    /// Cost: O(nodes² + links): networks of maps are small.
    /// - Parameter adjacency: for paths that lead to the root, where links have a direction, those into each node.
    init(adjacency: [[(other: Int, link: Int)]], latencies: [Int], speeds: [Int], root: Int) {
        let n = adjacency.count
        latency = Array(repeating: nil, count: n)
        parent = Array(repeating: -1, count: n)
        link = Array(repeating: -1, count: n)
        bottleneck = Array(repeating: 0, count: n)
        var hops = [Int](repeating: 0, count: n)
        var isDone = [Bool](repeating: false, count: n)
        latency[root] = 0
        bottleneck[root] = .max
        func rank(_ latency: Int, _ hops: Int, _ bottleneck: Int) -> (Int, Int, Int) { (latency, hops, -bottleneck) }
        while true {
            var nearest: Int?
            for v in 0..<n where !isDone[v] {
                guard let distance = latency[v] else { continue }
                guard let best = nearest, let least = latency[best] else {
                    nearest = v
                    continue
                }
                if rank(distance, hops[v], bottleneck[v]) < rank(least, hops[best], bottleneck[best]) { nearest = v }
            }
            guard let v = nearest, let distance = latency[v] else { break }
            isDone[v] = true
            order.append(v)
            for (w, l) in adjacency[v] where !isDone[w] {
                let found = rank(distance + latencies[l], hops[v] + 1, min(bottleneck[v], speeds[l]))
                if let known = latency[w], rank(known, hops[w], bottleneck[w]) <= found { continue }
                (latency[w], hops[w], bottleneck[w]) = (found.0, found.1, -found.2)
                parent[w] = v
                link[w] = l
            }
        }
    }
}
