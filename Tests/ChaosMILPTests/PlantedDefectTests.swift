import ChaosMILP
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

/// Greedies with a defect planted in them, each of which the crosscheck has to catch.
@Suite(.timeLimit(.minutes(30))) struct PlantedDefectTests {
    private struct Planted: FixedSizeSolver {
        let name = "planted"
        let change: @Sendable (FixedSizeProblem, ShardAssignment) throws -> FixedSizeResult

        func solve(_ problem: FixedSizeProblem) throws -> FixedSizeResult {
            let right = try Greedy().solve(problem)
            guard let assignment = right.assignment else { return right }
            return try change(problem, assignment)
        }
    }

    /// A crosscheck that has nothing but the MILP solvers to find the defect with.
    private func check(_ solver: any FixedSizeSolver) throws -> Crosscheck {
        var check = Crosscheck(solver, workers: try Workers.all(), timeLimit: Workers.amply)
        check.twin = nil
        return check
    }

    private static func plan(_ problem: FixedSizeProblem, _ counts: [Int]) -> FixedSizeResult {
        .optimal(
            ShardAssignment(shardSize: problem.shardSize, counts: counts, makespan: problem.makespan(of: counts)))
    }

    /// Every solver beats the plan in every form, the scaled one included, and by the true optimum.
    private func expectBeaten(_ solver: any FixedSizeSolver, _ instance: Instance, _ comment: Comment) throws {
        let report = try check(solver).run(instance)
        #expect(report.hasDefect, comment)
        #expect(report.entries.count == Workers.solves, comment)
        for entry in report.entries {
            guard case .beaten(let better) = entry.verdict else {
                Issue.record("\(comment): \(entry)")
                continue
            }
            let problem = FixedSizeProblem(instance, shardSize: better.shardSize)
            #expect(better.makespan == Threshold().solve(problem).assignment?.makespan, comment)
            #expect(better.makespan == problem.makespan(of: better.counts), comment)
            #expect(better.counts.reduce(0, +) == problem.shards, comment)
        }
    }

    /// Instances of one size, so that the search over the chain has nothing to choose.
    private func instances(_ seeds: Range<UInt64>) throws -> [(seed: UInt64, instance: Instance)] {
        try seeds.map { seed in
            let instance = RandomInstance.small(seed: seed)
            return (
                seed,
                try Instance(
                    state: instance.state, shardSizes: [1], neighbors: instance.neighbors, groups: instance.groups)
            )
        }
    }

    /// One shard goes to another neighbour than it should: an honest plan, and a worse one.
    @Test func offByOneInACount() throws {
        var planted = 0
        for (seed, instance) in try instances(300..<330) where planted < 5 {
            let problem = FixedSizeProblem(instance, shardSize: 1)
            guard let right = try Greedy().solve(problem).assignment,
                let wrong = Self.oneMoved(right, problem)
            else { continue }
            planted += 1
            try expectBeaten(Planted { problem, _ in Self.plan(problem, wrong) }, instance, "seed \(seed)")
        }
        #expect(planted == 5)
    }

    /// Counts with one shard moved to where the limit allows it and the makespan grows.
    private static func oneMoved(_ right: ShardAssignment, _ problem: FixedSizeProblem) -> [Int]? {
        for from in right.counts.indices where right.counts[from] > 0 {
            for to in right.counts.indices where to != from {
                var counts = right.counts
                counts[from] -= 1
                counts[to] += 1
                let limit = problem.instance.neighbors[to].limit ?? .max
                if counts[to] <= limit, problem.makespan(of: counts) > right.makespan { return counts }
            }
        }
        return nil
    }

    /// A greedy that takes a link for twice as fast as it is.
    @Test func wrongCapacityOfALink() throws {
        var planted = 0
        for (seed, instance) in try instances(400..<440) where planted < 5 {
            let neighbors = instance.neighbors.enumerated().map { i, neighbor in
                Neighbor(
                    id: neighbor.id, bandwidth: neighbor.bandwidth * (i == 0 ? 2 : 1), latency: neighbor.latency,
                    ready: neighbor.ready, overhead: neighbor.overhead, limit: neighbor.limit, group: neighbor.group)
            }
            let misread = try Instance(
                state: instance.state, shardSizes: [1], neighbors: neighbors, groups: instance.groups)
            let problem = FixedSizeProblem(instance, shardSize: 1)
            guard let right = Threshold().solve(problem).assignment,
                let wrong = try Greedy().solve(FixedSizeProblem(misread, shardSize: 1)).assignment,
                problem.makespan(of: wrong.counts) > right.makespan
            else { continue }
            planted += 1
            try expectBeaten(Planted { problem, _ in Self.plan(problem, wrong.counts) }, instance, "seed \(seed)")
            // With the makespan that it believes in, the plan does not stand up by itself.
            let believing = try check(Planted { _, _ in .optimal(wrong) }).run(instance)
            #expect(believing.sizes[0].defects.count == 1)
            #expect(believing.sizes[0].defects.first?.contains("but its counts take") == true)
        }
        #expect(planted == 5)
    }

    private static let giga = 1_000_000_000

    private func group(of bandwidth: Int?, limit: Int? = nil) throws -> Instance {
        try Instance(
            state: TrainingState(bytes: 30), shardSizes: [1],
            neighbors: [
                Neighbor(id: "a", bandwidth: 8 * Self.giga, limit: limit, group: bandwidth.map { _ in 0 }),
                Neighbor(id: "b", bandwidth: 8 * Self.giga, group: bandwidth.map { _ in 0 }),
                Neighbor(id: "c", bandwidth: 2 * Self.giga),
            ],
            groups: bandwidth.map { [CapacityGroup(id: "g", bandwidth: $0)] } ?? [])
    }

    @Test func wrongCapacityOfAGroup() throws {
        let instance = try group(of: 4 * Self.giga)
        let blind = try Greedy().solve(FixedSizeProblem(try group(of: nil), shardSize: 1)).assignment
        let counts = try #require(blind).counts
        try expectBeaten(Planted { problem, _ in Self.plan(problem, counts) }, instance, "no group")
    }

    @Test func aLimitPassed() throws {
        let instance = try group(of: nil, limit: 3)
        let blind = try #require(
            try Greedy().solve(FixedSizeProblem(try group(of: nil), shardSize: 1)).assignment)
        let report = try check(Planted { _, _ in .optimal(blind) }).run(instance)
        #expect(report.hasDefect && report.entries.isEmpty)
        #expect(report.sizes[0].defects.first?.hasPrefix("no plan: n[a] = ") == true)
    }

    @Test func aShardMissing() throws {
        let report = try check(
            Planted { problem, right in
                var counts = right.counts
                counts[0] -= 1
                return Self.plan(problem, counts)
            }
        ).run(try group(of: nil))
        #expect(report.sizes.map(\.defects) == [["no plan: 29 shards in all; allowed: 30"]])
    }

    @Test func infeasibleWhereThereIsAPlan() throws {
        let says = Planted { problem, _ in
            .infeasible(Shortage(shardSize: problem.shardSize, needed: problem.shards, attainable: 0))
        }
        for instance in [try group(of: 4 * Self.giga), try group(of: nil, limit: 3)] {
            try expectBeaten(says, instance, "infeasible")
        }
    }

    /// No MILP solver can tell a tie broken otherwise: the plan is as good. The twin of ours can.
    @Test func wrongTie() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 10), shardSizes: [1],
            neighbors: (0..<4).map { Neighbor(id: "n\($0)", bandwidth: 8 * Self.giga) })
        let lastWins = Planted { problem, right in Self.plan(problem, right.counts.reversed()) }
        let alone = try check(lastWins).run(instance)
        #expect(!alone.hasDefect)
        #expect(alone.entries.map(\.verdict) == Array(repeating: .agrees, count: Workers.solves))
        let report = try Crosscheck(lastWins, workers: [], timeLimit: .seconds(1)).run(instance)
        #expect(report.hasDefect)
        #expect(
            report.sizes[0].defects == [
                "n0 gets 2 shards, 3 by threshold, a tie broken otherwise than by the model"
            ])
    }
}
