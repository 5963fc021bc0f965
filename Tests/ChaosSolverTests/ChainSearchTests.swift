import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosSolver

/// The search over the chain against solving every size.
@Suite struct ChainSearchTests {
    private typealias N = InstanceParts.NeighborParts
    private static let giga = 1_000_000_000

    /// The least makespan of all sizes, the largest size among equals, worked out without the search.
    private static func best(_ instance: Instance) -> ShardAssignment? {
        var best: ShardAssignment?
        for size in instance.shardSizes.sizes.reversed() {
            let result = Threshold().solve(FixedSizeProblem(instance, shardSize: size))
            guard let assignment = result.assignment else { continue }
            if best.map({ assignment.makespan < $0.makespan }) ?? true { best = assignment }
        }
        return best
    }

    private static func isWrong(_ instance: Instance) -> Bool {
        guard let quick = try? ChainSearch().solve(instance),
            let every = try? ChainSearch(solvesEverySize: true).solve(instance),
            let byGreedy = try? ChainSearch(Greedy()).solve(instance)
        else { return true }
        guard quick.best == best(instance), every.best == quick.best, byGreedy == quick else { return true }
        guard quick.sizes.map(\.shardSize) == instance.shardSizes.sizes else { return true }
        for (short, long) in zip(quick.sizes, every.sizes) {
            switch short.finding {
            case .makespan, .infeasible, .beyondRange:
                if short != long { return true }
            case .cannotBeat(let incumbent, _, let reached):
                if reached >= short.shards { return true }
                switch long.finding {
                case .makespan(let time): if time <= incumbent { return true }
                case .beyondRange: break
                case .infeasible, .cannotBeat: return true
                }
            }
        }
        return false
    }

    @Test func agreesWithSolvingEverySize() {
        for seed in 0..<600 as Range<UInt64> {
            let instance = RandomInstance.any(seed: seed)
            if Self.isWrong(instance) {
                Issue.record("seed \(seed): \(Shrinking.report(instance, while: Self.isWrong))")
                return
            }
        }
    }

    @Test func withoutOverheadTheSmallestSizeIsAsGoodAsAny() throws {
        for seed in 0..<300 as Range<UInt64> {
            var parts = InstanceParts(RandomInstance.any(seed: seed))
            for i in parts.neighbors.indices { parts.neighbors[i].overhead = 0 }
            let instance = try parts.instance()
            let problem = FixedSizeProblem(instance, shardSize: instance.shardSizes.smallest)
            let smallest = Threshold().solve(problem).assignment?.makespan
            #expect(try ChainSearch().solve(instance).best?.makespan == smallest, "seed \(seed)")
        }
    }

    @Test func ofEqualSizesTheLargestWins() throws {
        let instance = try InstanceParts(
            bytes: 8, sizes: [1, 2, 4, 8], neighbors: [N(bandwidth: 8 * Self.giga), N(bandwidth: 8 * Self.giga)]
        ).instance()
        let result = try ChainSearch().solve(instance)
        #expect(result.best == ShardAssignment(shardSize: 4, counts: [1, 1], makespan: ExactTime(nanoseconds: 4)))
        let last = try #require(result.sizes.last)
        #expect(
            last.finding == .cannotBeat(incumbent: ExactTime(nanoseconds: 4), incumbentSize: 4, reached: 0))
    }

    /// With an overhead neither the smallest nor the largest size is best.
    @Test func overheadCanMakeAMiddleSizeBest() throws {
        let instance = try InstanceParts(
            bytes: 16, sizes: [1, 2, 4, 8, 16],
            neighbors: [N(bandwidth: 8 * Self.giga, overhead: 2), N(bandwidth: 8 * Self.giga, overhead: 2)]
        ).instance()
        let result = try ChainSearch(solvesEverySize: true).solve(instance)
        // T*(s) = ⌈16/s/2⌉·(s + 2).
        #expect(result.sizes.map(\.finding) == [24, 16, 12, 10, 18].map { .makespan(ExactTime(nanoseconds: $0)) })
        #expect(result.best?.shardSize == 8)
    }

    @Test func infeasibleAtSomeSizes() throws {
        let instance = try InstanceParts(
            bytes: 10, sizes: [1, 4],
            neighbors: [N(bandwidth: 8 * Self.giga, limit: 5), N(bandwidth: 8 * Self.giga, limit: 7)]
        ).instance()
        for search in [ChainSearch(), ChainSearch(solvesEverySize: true)] {
            let result = try search.solve(instance)
            #expect(result.best?.shardSize == 1)
            #expect(!result.isInfeasible)
            #expect(
                result.sizes[1].finding == .infeasible(Shortage(shardSize: 4, needed: 3, attainable: 2)))
        }
    }

    @Test func infeasibleAtAllSizesIsExplained() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 100), shardSizes: [8, 16],
            neighbors: (0..<6).map { Neighbor(id: "n\($0)", bandwidth: 1, limit: [3, 9, 1, 20, 16, 8][$0]) })
        let result = try ChainSearch().solve(instance)
        #expect(result.best == nil && result.isInfeasible)
        let shortage = Shortage(shardSize: 8, needed: 13, attainable: 6)
        #expect(result.sizes[0].finding == .infeasible(shortage))
        #expect(shortage.missing == 7)
        // The largest limits first: those are what decides.
        #expect(
            shortage.explanation(for: instance)
                == "at shard size 8 the state needs 13 shards and the limits allow 6: 7 short; "
                + "n3 serves 2 (limit 20 bytes), n4 serves 2 (limit 16 bytes), n1 serves 1 (limit 9 bytes), "
                + "n5 serves 1 (limit 8 bytes), and 2 more")
        #expect(
            result.sizes[1].finding == .infeasible(Shortage(shardSize: 16, needed: 7, attainable: 2)))
    }

    @Test func beyondTheRangeOfTimes() throws {
        let instance = try InstanceParts(
            bytes: 1 << 53, sizes: [1 << 40, 1 << 53], neighbors: [N(bandwidth: 1)]
        ).instance()
        let result = try ChainSearch().solve(instance)
        #expect(result.best == nil && !result.isInfeasible)
        #expect(result.sizes.map(\.finding) == [.beyondRange, .beyondRange])
        // Just inside: 2^76 ns are 2^76 / 8·10^9 bytes at 1 bit/s.
        let most = Int(ModelRange.longestMakespan / 8_000_000_000)
        for (bytes, isInside) in [(most, true), (most + 1, false)] {
            let edge = try InstanceParts(bytes: bytes, sizes: [bytes], neighbors: [N(bandwidth: 1)]).instance()
            let result = try ChainSearch().solve(edge)
            #expect((result.best != nil) == isInside)
            #expect((result.sizes[0].finding == .beyondRange) == !isInside)
            #expect(try ChainSearch(Greedy()).solve(edge) == result)
            #expect(try ChainSearch(BruteForce()).solve(edge) == result)
        }
    }

    @Test func sizesBeyondTheRangeDoNotHideThoseInside() throws {
        let instance = try InstanceParts(
            bytes: 1 << 43, sizes: [1 << 42, 1 << 53], neighbors: [N(bandwidth: 1)]
        ).instance()
        let result = try ChainSearch(solvesEverySize: true).solve(instance)
        #expect(result.best?.shardSize == 1 << 42)
        #expect(result.sizes[1].finding == .beyondRange)
    }

    @Test func solversDeclineWhatIsTooLarge() throws {
        let instance = try InstanceParts(bytes: 1 << 53, neighbors: [N(bandwidth: 1 << 50), N(bandwidth: 1 << 50)])
            .instance()
        let problem = FixedSizeProblem(instance, shardSize: 1)
        #expect(throws: ProblemTooLarge.self) { try Greedy().solve(problem) }
        #expect(throws: ProblemTooLarge.self) { try BruteForce().solve(problem) }
    }
}
