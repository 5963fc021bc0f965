import ChaosDocuments
import ChaosModel

/// Random instances by family and size, for tests, benchmarks and scale. The same generator gives the same instance on
/// every machine.
public struct InstanceGenerator: Sendable, Equatable {
    /// What an instance has besides links of 50 Mbit/s … 10 Gbit/s with latencies of 1 … 150 ms.
    public enum Family: String, Sendable, CaseIterable {
        /// Nothing else.
        case flat
        /// Byte limits on most neighbours; together they suffice at the smallest size.
        case limits
        /// Shared capacities three levels deep, and an ingress round all.
        case groups
        /// A fixed cost a shard of 0 … 20 ms.
        case overheads
        /// A few equal bandwidths, latencies and overheads, so that most completion times are equal to others.
        case ties
        /// Bandwidths that differ by a factor of 100.
        case heterogeneous
        /// Neighbours that become ready within the first 10 s.
        case ready
        /// All of it.
        case mixed
    }

    public var family: Family
    /// 1 … 10^7.
    public var neighbors: Int
    public var seed: UInt64
    public var state: TrainingState
    public var shardSizes: [Int]

    public init(
        _ family: Family, neighbors: Int, seed: UInt64, state: TrainingState = TrainingState(bytes: 1 << 30),
        shardSizes: [Int] = InstanceRecipe.usualShardSizes
    ) {
        self.family = family
        self.neighbors = neighbors
        self.seed = seed
        self.state = state
        self.shardSizes = shardSizes
    }

    /// Cost: O(neighbours).
    /// - Throws: `InvalidInput` if a figure of the generator is out of the model's range.
    public func instance() throws(InvalidInput) -> Instance {
        guard (1...ModelRange.mostNeighbors).contains(neighbors) else {
            throw InvalidInput("neighbors", "\(neighbors)", allowed: "1 … 10^7")
        }
        var random = SeededRandom(seed: seed)
        let groups = has(.groups) ? groups(&random) : []
        // Groups 1 … are below the ingress; a neighbour is in one of those.
        let list = (0..<neighbors).map { i in neighbor(i, groups: groups.count, &random) }
        return try Instance(
            name: "\(family.rawValue)-\(neighbors)-\(seed)", source: "chaos generate",
            comment: "Family \(family.rawValue), \(neighbors) neighbors, seed \(seed).", state: state,
            shardSizes: shardSizes, joiner: "joiner", neighbors: list, groups: groups)
    }

    private func has(_ trait: Family) -> Bool { family == trait || family == .mixed }

    private func neighbor(_ i: Int, groups: Int, _ random: inout SeededRandom) -> Neighbor {
        let million = 1_000_000
        var bandwidth = random.int(50 * million...10_000 * million)
        if has(.heterogeneous) { bandwidth = random.once(in: 2) ? bandwidth : max(1, bandwidth / 100) }
        var latency = random.int(million...150 * million)
        var overhead = has(.overheads) ? random.int(0...20 * million) : 0
        if family == .ties {
            bandwidth = random.element(of: [1000, 2000, 4000]) * million
            latency = random.element(of: [0, 10, 20]) * million
            overhead = random.element(of: [0, 0, 1]) * million
        }
        var limit: Int?
        if has(.limits), i > 0, !random.once(in: 4) {
            // Twice an equal share on average; with the first neighbour's lack of a limit every state is covered.
            limit = Int(
                min(
                    Int128(ModelRange.mostBytes),
                    Int128(state.bytes) * Int128(random.int(0...400)) / 100 / Int128(neighbors)))
        }
        return Neighbor(
            id: "n\(i)", bandwidth: bandwidth, latency: latency,
            ready: has(.ready) ? random.int(0...10_000 * million) : 0, overhead: overhead, limit: limit,
            group: groups > 1 ? random.int(1...groups - 1) : groups == 1 ? 0 : nil)
    }

    /// An ingress, some sites below it, and as many uplinks below the sites.
    private func groups(_ random: inout SeededRandom) -> [CapacityGroup] {
        let giga = 1_000_000_000
        // About the square root of the neighbours, found without a Double.
        var sites = 1
        while sites * sites < neighbors { sites += 1 }
        // The mean link has 5 Gbit/s, so these capacities bind about as often as the links do.
        func capacity(of members: Int) -> Int {
            let mean = Int128(members) * Int128(random.int(1 * giga...6 * giga))
            return Int(min(mean, Int128(ModelRange.mostBandwidth)))
        }
        var groups = [CapacityGroup(id: "ingress", bandwidth: capacity(of: neighbors))]
        guard neighbors > 1 else { return groups }
        let share = max(1, neighbors / sites)
        for s in 0..<sites { groups.append(CapacityGroup(id: "site\(s)", bandwidth: capacity(of: share), parent: 0)) }
        for u in 0..<sites {
            groups.append(
                CapacityGroup(
                    id: "uplink\(u)", bandwidth: capacity(of: max(1, share / 2)), parent: 1 + random.int(0...sites - 1))
            )
        }
        return groups
    }
}
