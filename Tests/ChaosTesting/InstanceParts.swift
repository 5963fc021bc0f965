import ChaosDocuments
import ChaosModel

/// An instance whose parts can be changed: what generators build and shrinking takes apart.
public struct InstanceParts: Sendable {
    public struct NeighborParts: Sendable {
        public var bandwidth: Int
        public var latency = 0
        public var ready = 0
        public var overhead = 0
        public var limit: Int?
        public var group: Int?

        public init(
            bandwidth: Int, latency: Int = 0, ready: Int = 0, overhead: Int = 0, limit: Int? = nil, group: Int? = nil
        ) {
            self.bandwidth = bandwidth
            self.latency = latency
            self.ready = ready
            self.overhead = overhead
            self.limit = limit
            self.group = group
        }
    }

    public struct GroupParts: Sendable {
        public var bandwidth: Int
        public var parent: Int?

        public init(bandwidth: Int, parent: Int? = nil) {
            self.bandwidth = bandwidth
            self.parent = parent
        }
    }

    public var bytes: Int
    public var sizes: [Int]
    public var neighbors: [NeighborParts]
    public var groups: [GroupParts]

    public init(bytes: Int, sizes: [Int] = [1], neighbors: [NeighborParts], groups: [GroupParts] = []) {
        self.bytes = bytes
        self.sizes = sizes
        self.neighbors = neighbors
        self.groups = groups
    }

    public init(_ instance: Instance) {
        bytes = instance.state.bytes
        sizes = instance.shardSizes.sizes
        neighbors = instance.neighbors.map {
            NeighborParts(
                bandwidth: $0.bandwidth, latency: $0.latency, ready: $0.ready, overhead: $0.overhead, limit: $0.limit,
                group: $0.group)
        }
        groups = instance.groups.map { GroupParts(bandwidth: $0.bandwidth, parent: $0.parent) }
    }

    /// The instance with these parts; neighbours are called n0, n1, …, groups g0, g1, …
    public func instance() throws(InvalidInput) -> Instance {
        try Instance(
            state: TrainingState(bytes: bytes), shardSizes: sizes,
            neighbors: neighbors.enumerated().map { i, n in
                Neighbor(
                    id: "n\(i)", bandwidth: n.bandwidth, latency: n.latency, ready: n.ready, overhead: n.overhead,
                    limit: n.limit, group: n.group)
            },
            groups: groups.enumerated().map { g, group in
                CapacityGroup(id: "g\(g)", bandwidth: group.bandwidth, parent: group.parent)
            })
    }
}
