import ChaosModel

/// An instance with the shard size fixed: the MILP of Documentation/MODEL.md, section 4.4, in the form that the
/// combinatorial solvers use. For each node of the forest there is the affine law of its completion times.
public struct FixedSizeProblem: Sendable {
    public let instance: Instance
    public let forest: Forest
    /// s in bytes.
    public let shardSize: Int
    /// K(s), the number of shards to assign.
    public let shards: Int
    /// The nodes in the order of passes.
    let order: PassOrder
    /// The law of each unit of that order. The root has no capacity: of its law only the start is used, the time from
    /// which a search looks.
    let quickLaws: [QuickLaw]

    /// Cost: O(|N| + |G|).
    /// - Parameters:
    ///   - instance: of which the size is fixed.
    ///   - forest: the instance's own, to share it between sizes; nil: made here.
    ///   - shardSize: any size in 1 … 2^53 bytes, of the chain or not.
    public init(_ instance: Instance, forest: Forest? = nil, shardSize: Int) {
        let forest = forest ?? Forest(instance)
        self.init(instance, forest, PassOrder(forest), shardSize: shardSize)
    }

    /// The same instance at another size. Cost: O(|N| + |G|), and less than anew.
    func at(_ shardSize: Int) -> FixedSizeProblem {
        FixedSizeProblem(instance, forest, order, shardSize: shardSize)
    }

    private init(_ instance: Instance, _ forest: Forest, _ order: PassOrder, shardSize: Int) {
        precondition((1...ModelRange.mostBytes).contains(shardSize))
        let shards = instance.state.shardCount(ofSize: shardSize)
        self.instance = instance
        self.forest = forest
        self.shardSize = shardSize
        self.shards = shards
        self.order = order
        quickLaws = [QuickLaw](unsafeUninitializedCapacity: order.node.count) { laws, count in
            // In the order of the instance, whose neighbours take more memory than their laws.
            for i in instance.neighbors.indices {
                let leaf = Int(order.leafOfNeighbor[i])
                let law = Self.law(of: instance, neighbor: i, shardSize, shards)
                laws.initializeElement(at: leaf, to: QuickLaw(law, node: order.node[leaf]))
            }
            let leafCount = order.leafCount
            var starts = [Int](repeating: .max, count: order.innerCount)
            for j in stride(from: order.innerCount - 1, through: 0, by: -1) {
                for k in Int(order.firstLeaf[j])..<Int(order.firstLeaf[j + 1]) {
                    starts[j] = min(starts[j], laws[k].start)
                }
                let above = Int(order.parent[j])
                starts[above] = min(starts[above], starts[j])
                let node = order.node[leafCount + j]
                let law = Self.law(
                    of: instance, group: forest.group(at: Int(node)), start: starts[j], shardSize, shards)
                laws.initializeElement(at: leafCount + j, to: QuickLaw(law, node: node))
            }
            count = order.node.count
        }
    }

    @inline(__always)
    private static func law(of instance: Instance, neighbor i: Int, _ size: Int, _ shards: Int) -> CompletionLaw {
        instance.neighbors.withUnsafeBufferPointer { neighbors in
            var most = shards
            if let limit = neighbors[i].limit { most = min(shards, limit / size) }
            return CompletionLaw(
                start: neighbors[i].start, overhead: neighbors[i].overhead, bandwidth: neighbors[i].bandwidth,
                size: size, most: most)
        }
    }

    /// - Parameter group: nil for the root.
    private static func law(
        of instance: Instance, group: Int?, start: Int, _ size: Int, _ shards: Int
    ) -> CompletionLaw {
        CompletionLaw(
            start: start, overhead: 0, bandwidth: group.map { instance.groups[$0].bandwidth } ?? 1, size: size,
            most: shards)
    }

    /// The law of a unit of the order of passes.
    func law(ofUnit unit: Int) -> CompletionLaw {
        let quick = quickLaws[unit]
        if let i = forest.neighbor(at: Int(quick.node)) {
            return Self.law(of: instance, neighbor: i, shardSize, shards)
        }
        return Self.law(of: instance, group: forest.group(at: Int(quick.node)), start: quick.start, shardSize, shards)
    }

    /// The law of each node of the forest, the root's among them. Cost: O(|N| + |G|): to be asked for once.
    func laws() -> [CompletionLaw] {
        var laws = [CompletionLaw?](repeating: nil, count: forest.count)
        for unit in quickLaws.indices { laws[Int(quickLaws[unit].node)] = law(ofUnit: unit) }
        return laws.map { $0! }
    }

    /// C(n) of a unit of the order of passes. - Precondition: n is at most its limit.
    func completion(of n: Int, atUnit unit: Int) -> ExactTime { completion(of: n, law(ofUnit: unit)) }

    /// C(n) by a law of this problem. - Precondition: n is at most its limit.
    func completion(of n: Int, _ law: CompletionLaw) -> ExactTime {
        CompletionTime.affine(
            n, shardSize, start: law.start, overhead: law.overhead, bandwidth: law.bandwidth)
    }

    /// lim F_s: the number of shards that all neighbours together are willing to serve, at most K(s).
    /// Groups only delay, so they take no part.
    public var attainableShards: Int {
        var sum = 0
        for law in quickLaws[..<order.leafCount] { sum = min(shards, sum + law.most) }
        return sum
    }

    /// The exact makespan of counts given per neighbour: the latest completion of a neighbour or a group.
    /// Cost: O(|N| + |G|).
    public func makespan(of counts: [Int]) -> ExactTime {
        instance.makespan(of: counts, shardsOf: shardSize, in: forest)
    }
}
