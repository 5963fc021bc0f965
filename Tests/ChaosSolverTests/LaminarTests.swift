import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosSolver

/// Random laminar families, deep chains among them, whose capacities are about what those below can do: each level may be
/// held back, free, or just at the edge.
@Suite struct LaminarTests {
    private typealias N = InstanceParts.NeighborParts
    private typealias G = InstanceParts.GroupParts

    /// - Parameters:
    ///   - groups: how many.
    ///   - bytes: the state, so many shards of one byte.
    private static func instance(seed: UInt64, groups: Int, bytes: Int) -> Instance {
        var random = SeededRandom(seed: seed)
        // A chain, a broom, or any tree.
        let kind = random.int(0...2)
        let parents = (0..<groups).map { g -> Int? in
            if g == 0 { return nil }
            switch kind {
            case 0: return g - 1
            case 1: return random.once(in: 4) ? random.int(0...g - 1) : g - 1
            default: return random.once(in: 5) ? nil : random.int(0...g - 1)
            }
        }
        let unit = random.once(in: 2) ? 1_000_000_000 : random.anyLength(upTo: 1 << 40)
        let hasTies = random.once(in: 2)
        let isLate = random.once(in: 2)
        let neighbors = (0..<groups + random.int(1...4)).map { i in
            N(
                bandwidth: unit * random.int(1...8) + (hasTies ? 0 : random.int(0...unit)),
                latency: isLate ? random.int(0...20) : 0, ready: random.once(in: 9) ? random.int(0...100) : 0,
                overhead: random.once(in: 5) ? random.int(0...3) : 0,
                limit: random.once(in: 7) ? random.int(0...2 * bytes) : nil,
                group: random.once(in: 9) ? nil : i < groups ? i : random.int(0...groups - 1))
        }
        // What those below can do, and then a little less, just that, a little more, or far more.
        var below = [Int](repeating: 1, count: groups)
        for neighbor in neighbors { if let g = neighbor.group { below[g] += neighbor.bandwidth } }
        var capacities = below
        for g in (0..<groups).reversed() {
            let part = [90, 99, 100, 100, 101, 150].randomElement(using: &random)!
            capacities[g] = max(1, min(ModelRange.mostBandwidth, below[g] / 100 * part + random.int(0...1)))
            if let p = parents[g] { below[p] = min(ModelRange.mostBandwidth, below[p] + min(below[g], capacities[g])) }
        }
        let parts = InstanceParts(
            bytes: bytes,
            neighbors: neighbors.map { neighbor in
                var neighbor = neighbor
                neighbor.bandwidth = min(neighbor.bandwidth, ModelRange.mostBandwidth)
                return neighbor
            },
            groups: zip(capacities, parents).map { G(bandwidth: $0, parent: $1) })
        do { return try parts.instance() } catch { preconditionFailure("the generator's own: \(error)") }
    }

    private static func differ(_ instance: Instance) -> Bool {
        let problem = FixedSizeProblem(instance, shardSize: 1)
        return Threshold().solve(problem) != SlowDivision.solve(problem)
    }

    private static func record(_ instance: Instance, _ seed: UInt64, while fails: (Instance) -> Bool) {
        Issue.record("seed \(seed): \(Shrinking.report(instance, while: fails))")
    }

    @Test(arguments: [3, 12, 60])
    func samePlanAsTheSlowDivision(groups: Int) {
        for seed in 0..<UInt64(2400 / groups) {
            // From fewer shards than neighbours to far more than a greedy could give.
            let bytes = [groups / 2 + 1, 40 * groups, 1 << 20, 1 << 45][Int(seed % 4)]
            let instance = Self.instance(seed: seed, groups: groups, bytes: bytes)
            if Self.differ(instance) { return Self.record(instance, seed, while: Self.differ) }
        }
    }

    @Test(arguments: [30, 200])
    func samePlanAsGreedy(groups: Int) throws {
        for seed in 0..<UInt64(1500 / groups) {
            let instance = Self.instance(seed: seed + 10_000, groups: groups, bytes: 20 * groups + Int(seed))
            let problem = FixedSizeProblem(instance, shardSize: 1)
            #expect(try Greedy().solve(problem) == Threshold().solve(problem), "seed \(seed)")
        }
    }

    /// What a survey says of a group holds at every time that it speaks of: a pass that looks below all groups counts the
    /// same.
    @Test func surveyedGroupsAreHeldBack() {
        var skipped = 0
        for seed in 0..<300 as Range<UInt64> {
            let instance = Self.instance(seed: seed + 20_000, groups: 25, bytes: 1 << 30)
            let problem = FixedSizeProblem(instance, shardSize: 1)
            guard let best = Threshold().solve(problem).assignment?.makespan else { continue }
            let tree = PassTree(problem)
            var random = SeededRandom(seed: seed)
            let last = PassTime(best).tick
            let first = random.once(in: 3) ? last / 1000 : last / Int128(random.int(2...9))
            var held = HeldGroups(inner: tree.innerCount)
            held.survey(below: 0, in: tree, from: first, to: last)
            var (visits, short, full) = ([Int32](), PassTree.Counts(of: tree), PassTree.Counts(of: tree))
            for part in 0...40 as ClosedRange<Int128> {
                let tick = first + (last - first) * part / 40
                _ = held.visits(below: 0, in: tree, from: tick, &visits)
                skipped += tree.innerCount - visits.count(where: { $0 >= 0 })
                for strictly in [false, true] {
                    let time = PassTime(tick: tick)
                    let sum = tree.evaluate(at: time, strictly: strictly, visits, &short).sum
                    #expect(
                        sum == tree.evaluate(at: time, strictly: strictly, tree.everyVisit, &full).sum, "seed \(seed)")
                    for visit in visits where visit < 0 {
                        let own = tree.unit(ofInner: Int(~visit))
                        #expect(short.units[own] == full.units[own], "seed \(seed)")
                    }
                }
            }
        }
        #expect(skipped > 1000, "the instances have too few groups that are held back")
    }
}
