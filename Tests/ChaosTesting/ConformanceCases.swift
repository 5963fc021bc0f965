import ChaosModel

extension SolverConformance {
    /// All cases: the named ones, then seeded random ones.
    public static let cases: [Case] = named + random(count: 60)

    /// Seeded random problems: small ones, which every solver can take, and wide ones.
    public static func random(count: Int) -> [Case] {
        (0..<UInt64(count)).flatMap { seed -> [Case] in
            let tiny = RandomInstance.small(seed: seed, mostNeighbors: 4, mostBytes: 12)
            let small = RandomInstance.small(seed: seed + 1_000_000)
            let wide = RandomInstance.wide(seed: seed)
            return [
                Case("tiny, seed \(seed)", tiny, size: tiny.shardSizes.smallest),
                Case("small, seed \(seed)", small, size: small.shardSizes.smallest),
                Case("small, second size, seed \(seed)", small, size: small.shardSizes.sizes[1]),
                Case("wide, seed \(seed)", wide, size: wide.shardSizes.smallest, isAtRangeEnd: true),
            ]
        }
    }

    private static let giga = 1_000_000_000

    private static func make(_ parts: InstanceParts) -> Instance {
        do {
            return try parts.instance()
        } catch {
            preconditionFailure("a conformance case is no valid instance: \(error)")
        }
    }

    private typealias N = InstanceParts.NeighborParts
    private typealias G = InstanceParts.GroupParts

    /// At 8 Gbit/s a byte takes a nanosecond: the optima of these cases can be worked out by hand.
    private static let named: [Case] = [
        Case("one byte", make(InstanceParts(bytes: 1, neighbors: [N(bandwidth: 8 * giga)])), optimum: "1"),
        Case(
            "one byte, the second neighbour is sooner",
            make(InstanceParts(bytes: 1, neighbors: [N(bandwidth: 8 * giga, latency: 5), N(bandwidth: 2 * giga)])),
            optimum: "4"),
        Case(
            "one neighbour does it all",
            make(
                InstanceParts(
                    bytes: 10, neighbors: [N(bandwidth: 8 * giga, latency: 3, ready: 4, overhead: 2)])),
            optimum: "37"),
        Case(
            "ties everywhere",
            make(InstanceParts(bytes: 10, neighbors: Array(repeating: N(bandwidth: 8 * giga), count: 4))),
            optimum: "3"),
        Case(
            "ties between different laws",
            make(
                InstanceParts(
                    bytes: 9,
                    neighbors: [
                        N(bandwidth: 8 * giga, latency: 2), N(bandwidth: 4 * giga), N(bandwidth: 8 * giga, overhead: 1),
                        N(bandwidth: 8 * giga, ready: 2),
                    ])), optimum: "5"),
        Case(
            "fractions of a nanosecond",
            make(InstanceParts(bytes: 5, neighbors: [N(bandwidth: 7 * giga), N(bandwidth: 3 * giga)])), optimum: "32/7"),
        Case(
            "a limit binds",
            make(InstanceParts(bytes: 10, neighbors: [N(bandwidth: 8 * giga, limit: 3), N(bandwidth: giga)])),
            optimum: "56"),
        Case(
            "a limit below one shard",
            make(
                InstanceParts(bytes: 10, sizes: [4], neighbors: [N(bandwidth: 8 * giga, limit: 3), N(bandwidth: giga)])),
            size: 4, optimum: "96"),
        Case(
            "limits leave exactly enough",
            make(
                InstanceParts(
                    bytes: 10, neighbors: [N(bandwidth: 8 * giga, limit: 4), N(bandwidth: 8 * giga, limit: 6)])),
            optimum: "6"),
        Case(
            "limits leave one short",
            make(
                InstanceParts(
                    bytes: 10, neighbors: [N(bandwidth: 8 * giga, limit: 4), N(bandwidth: 8 * giga, limit: 5)]))),
        Case(
            "limit 0 everywhere",
            make(InstanceParts(bytes: 1, neighbors: [N(bandwidth: 8 * giga, limit: 0), N(bandwidth: giga, limit: 0)]))),
        Case(
            "the last shard is short",
            make(InstanceParts(bytes: 9, sizes: [4], neighbors: [N(bandwidth: 8 * giga), N(bandwidth: 8 * giga)])),
            size: 4, optimum: "8"),
        Case(
            "a shard larger than the state",
            make(InstanceParts(bytes: 3, sizes: [1024], neighbors: [N(bandwidth: 8 * giga)])), size: 1024,
            optimum: "1024"),
        Case(
            "a late neighbour gets nothing",
            make(InstanceParts(bytes: 4, neighbors: [N(bandwidth: 8 * giga, ready: 100), N(bandwidth: 8 * giga)])),
            optimum: "4"),
        Case(
            "overhead decides",
            make(InstanceParts(bytes: 12, neighbors: [N(bandwidth: 8 * giga, overhead: 9), N(bandwidth: 2 * giga)])),
            optimum: "36"),
        Case(
            "a group holds its members back",
            make(
                InstanceParts(
                    bytes: 10,
                    neighbors: [
                        N(bandwidth: 8 * giga, group: 0), N(bandwidth: 8 * giga, group: 0), N(bandwidth: 4 * giga),
                    ], groups: [G(bandwidth: 4 * giga)])), optimum: "10"),
        Case(
            "a group that holds nobody back",
            make(
                InstanceParts(
                    bytes: 10, neighbors: [N(bandwidth: 8 * giga, group: 0), N(bandwidth: 8 * giga, group: 0)],
                    groups: [G(bandwidth: 80 * giga)])), optimum: "5"),
        Case(
            "all shards through one group",
            make(
                InstanceParts(
                    bytes: 121,
                    neighbors: [
                        N(bandwidth: 7 * giga, latency: 4, ready: 56, group: 0),
                        N(bandwidth: 8 * giga, latency: 1, group: 0),
                        N(bandwidth: 2 * giga, latency: 1, overhead: 4, group: 0),
                    ], groups: [G(bandwidth: giga)])), optimum: "969"),
        Case(
            "nested groups, each binding",
            make(
                InstanceParts(
                    bytes: 12,
                    neighbors: [
                        N(bandwidth: 8 * giga, group: 2), N(bandwidth: 8 * giga, group: 1),
                        N(bandwidth: 8 * giga, group: 0), N(bandwidth: giga),
                    ],
                    groups: [
                        G(bandwidth: 4 * giga), G(bandwidth: 2 * giga, parent: 0), G(bandwidth: giga, parent: 1),
                    ])), optimum: "20"),
        Case(
            "an inner group wider than the outer one",
            make(
                InstanceParts(
                    bytes: 8, neighbors: [N(bandwidth: 8 * giga, group: 1), N(bandwidth: 8 * giga, group: 1)],
                    groups: [G(bandwidth: 4 * giga), G(bandwidth: 80 * giga, parent: 0)])), optimum: "16"),
        Case(
            "an empty group",
            make(
                InstanceParts(
                    bytes: 3, neighbors: [N(bandwidth: 8 * giga, group: 1)],
                    groups: [G(bandwidth: 1), G(bandwidth: 8 * giga), G(bandwidth: 1, parent: 1)])), optimum: "3"),
        Case(
            "a group starts with its soonest member",
            make(
                InstanceParts(
                    bytes: 4,
                    neighbors: [
                        N(bandwidth: 8 * giga, ready: 50, group: 0),
                        N(bandwidth: 8 * giga, latency: 10, limit: 1, group: 0),
                    ], groups: [G(bandwidth: 8 * giga)])), optimum: "53"),
        Case(
            "limits inside a group",
            make(
                InstanceParts(
                    bytes: 10,
                    neighbors: [
                        N(bandwidth: 8 * giga, limit: 2, group: 0), N(bandwidth: 8 * giga, limit: 2, group: 0),
                        N(bandwidth: 2 * giga),
                    ], groups: [G(bandwidth: 8 * giga)])), optimum: "24"),
        Case(
            "two sizes, equal optimum: the smaller",
            make(InstanceParts(bytes: 8, sizes: [2, 4], neighbors: [N(bandwidth: 8 * giga), N(bandwidth: 8 * giga)])),
            size: 2, optimum: "4"),
        Case(
            "two sizes, equal optimum: the larger",
            make(InstanceParts(bytes: 8, sizes: [2, 4], neighbors: [N(bandwidth: 8 * giga), N(bandwidth: 8 * giga)])),
            size: 4, optimum: "4"),
        Case(
            "shards of less than a nanosecond",
            make(InstanceParts(bytes: 1000, neighbors: [N(bandwidth: 1 << 50), N(bandwidth: (1 << 50) - 1)])),
            isAtRangeEnd: true),
        Case(
            "the least of everything", make(InstanceParts(bytes: 1, neighbors: [N(bandwidth: 1)])), isAtRangeEnd: true,
            optimum: "8000000000"),
        Case(
            "the longest time of one shard",
            make(
                InstanceParts(
                    bytes: 1 << 53, sizes: [1 << 53],
                    neighbors: [N(bandwidth: 1 << 20, latency: 1 << 50, ready: 1 << 50, overhead: 1 << 50)])),
            size: 1 << 53, isAtRangeEnd: true),
        Case(
            "the range of times is passed",
            make(InstanceParts(bytes: 1 << 53, sizes: [1 << 53], neighbors: [N(bandwidth: 1)])), size: 1 << 53,
            isAtRangeEnd: true),
        Case(
            "all shards at the fastest link",
            make(InstanceParts(bytes: 1 << 53, neighbors: [N(bandwidth: 1 << 50)])), isAtRangeEnd: true,
            optimum: "64000000000"),
        Case(
            "most shards, most overhead",
            make(
                InstanceParts(bytes: 1 << 53, neighbors: Array(repeating: N(bandwidth: 1 << 50, overhead: 1), count: 3))
            ),
            isAtRangeEnd: true),
    ]
}

extension SolverConformance.Case {
    init(_ name: String, _ instance: Instance, size: Int = 1, isAtRangeEnd: Bool = false, optimum: String? = nil) {
        self.name = name
        self.instance = instance
        shardSize = size
        self.isAtRangeEnd = isAtRangeEnd
        self.optimum = optimum
    }
}
