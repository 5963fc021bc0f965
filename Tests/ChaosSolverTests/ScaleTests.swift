import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosSolver

/// Sizes and depths at which a solver could overflow, recurse or crawl. None of these tests looks at a clock: they end,
/// and the answer is right.
@Suite struct ScaleTests {
    private typealias N = InstanceParts.NeighborParts
    private typealias G = InstanceParts.GroupParts

    /// The certificate in the solver's own arithmetic: F(strictly before T) < K ≤ F(T), and the counts take T.
    private static func expectOptimal(
        _ instance: Instance, size: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let problem = FixedSizeProblem(instance, shardSize: size)
        let assignment = try #require(Threshold().solve(problem).assignment, sourceLocation: sourceLocation)
        #expect(assignment.counts.reduce(0, +) == problem.shards, sourceLocation: sourceLocation)
        #expect(problem.makespan(of: assignment.counts) == assignment.makespan, sourceLocation: sourceLocation)
        let (reached, before) = problem.capacity(by: assignment.makespan)
        #expect(before < problem.shards && problem.shards <= reached, sourceLocation: sourceLocation)
    }

    @Test func manyNeighborsAndTheMostShards() throws {
        var random = SeededRandom(seed: 1)
        let neighbors = (0..<100_000).map { _ in
            N(
                bandwidth: random.int(1_000_000...1 << 40), latency: random.int(0...1 << 30),
                overhead: random.once(in: 3) ? random.int(0...1000) : 0,
                limit: random.once(in: 5) ? random.anyLength(upTo: 1 << 50) : nil)
        }
        let instance = try InstanceParts(bytes: 1 << 53, neighbors: neighbors).instance()
        try Self.expectOptimal(instance, size: 1)
    }

    @Test func manyNeighborsInNestedGroups() throws {
        var random = SeededRandom(seed: 2)
        let groups = (0..<1000).map { g in
            G(bandwidth: random.int(1 << 30...1 << 45), parent: g < 10 ? nil : random.int(0...g - 1))
        }
        let neighbors = (0..<30_000).map { _ in
            N(bandwidth: random.int(1_000_000...1 << 40), latency: random.int(0...1 << 30), group: random.int(0...999))
        }
        try Self.expectOptimal(
            try InstanceParts(bytes: 1 << 53, neighbors: neighbors, groups: groups).instance(), size: 1)
    }

    @Test(arguments: [1, 999, 1000, 1001, 25_500])
    func manyIdenticalNeighbors(bytes: Int) throws {
        let parts = InstanceParts(
            bytes: bytes, neighbors: Array(repeating: N(bandwidth: 8_000_000_000, latency: 5), count: 1000))
        let instance = try parts.instance()
        let problem = FixedSizeProblem(instance, shardSize: 1)
        #expect(try Greedy().solve(problem) == Threshold().solve(problem))
        let each = bytes / 1000
        #expect(
            Threshold().solve(problem).assignment?.counts == (0..<1000).map { $0 < bytes % 1000 ? each + 1 : each })
    }

    /// A byte at 2^50 bit/s takes 2^-17 ns.
    @Test func shardsOfLessThanANanosecond() throws {
        for bytes in [1, 2, 3, 1000, 140_000] {
            let instance = try InstanceParts(
                bytes: bytes,
                neighbors: [
                    N(bandwidth: 1 << 50), N(bandwidth: (1 << 50) - 1), N(bandwidth: 1 << 50), N(bandwidth: 1 << 49),
                ]
            ).instance()
            let problem = FixedSizeProblem(instance, shardSize: 1)
            #expect(try Greedy().solve(problem) == Threshold().solve(problem))
            try Self.expectOptimal(instance, size: 1)
        }
        let most = try InstanceParts(
            bytes: 1 << 53, neighbors: (0..<100).map { N(bandwidth: (1 << 50) - $0) }
        ).instance()
        try Self.expectOptimal(most, size: 1)
    }

    /// 100 000 groups, each inside the last one.
    private static func chain(depth: Int, leaves: Int, bytes: Int, bandwidth: (Int) -> Int) throws -> Instance {
        try InstanceParts(
            bytes: bytes,
            neighbors: (0..<leaves).map { _ in N(bandwidth: 8_000_000_000, group: depth - 1) },
            groups: (0..<depth).map { G(bandwidth: bandwidth($0), parent: $0 == 0 ? nil : $0 - 1) }
        ).instance()
    }

    @Test func deepChainOfGroups() throws {
        let instance = try Self.chain(depth: 100_000, leaves: 3, bytes: 5) { _ in 1_000_000_000 }
        let problem = FixedSizeProblem(instance, shardSize: 1)
        let result = Threshold().solve(problem)
        #expect(
            result == .optimal(ShardAssignment(shardSize: 1, counts: [2, 2, 1], makespan: ExactTime(nanoseconds: 40))))
        #expect(try Greedy().solve(problem) == result)
    }

    @Test func deepChainOfGroupsInAFile() throws {
        let instance = try Self.chain(depth: 100_000, leaves: 1, bytes: 1) { $0 + 1 }
        #expect(try Instance(json: instance.jsonText) == instance)
        let parts = InstanceParts(instance)
        var cyclic = parts
        cyclic.groups[0].parent = 99_999
        do {
            _ = try cyclic.instance()
            Issue.record("a cycle was accepted")
        } catch {
            #expect(error.faults.count == 1)
            #expect(error.faults[0].found == "\"g0\" is above itself: g0 → g99999 → g99998 → g99997 → g99996 → …")
        }
    }

    /// Neighbours that complete shards at the same times, below many groups that hold nobody back: what passes through a
    /// group is not a completion of its own, or the search would list each one once for every level.
    @Test func identicalNeighborsBelowADeepChain() throws {
        let instance = try Self.chain(depth: 50_000, leaves: 50_000, bytes: 120_000) { _ in ModelRange.mostBandwidth }
        try Self.expectOptimal(instance, size: 1)
    }

    /// A slow neighbour and a slightly narrower group at each level: together they could do more than the level lets
    /// through, so that each one is held back by its own capacity and keeps most of its shards for the level inside.
    private static func caterpillar(levels: Int, bytes: Int) throws -> Instance {
        try InstanceParts(
            bytes: bytes,
            neighbors: (0..<levels).map {
                N(bandwidth: $0 == levels - 1 ? 8_000_000_000 : 2_000_000, latency: $0 % 3, group: $0)
            },
            groups: (0..<levels).map {
                G(bandwidth: 1_000_000 * (2 * levels - $0) + 1, parent: $0 == 0 ? nil : $0 - 1)
            }
        ).instance()
    }

    @Test(arguments: [1, 2, 3, 10, 60])
    func caterpillarsOfGroups(levels: Int) throws {
        for bytes in [1, levels, 997, 5000] {
            let instance = try Self.caterpillar(levels: levels, bytes: bytes)
            let problem = FixedSizeProblem(instance, shardSize: 1)
            #expect(try Greedy().solve(problem) == Threshold().solve(problem))
            try Self.expectOptimal(instance, size: 1)
        }
    }

    @Test func longCaterpillar() throws {
        let instance = try Self.caterpillar(levels: 300, bytes: 1 << 40)
        try Self.expectOptimal(instance, size: 1)
    }
}
