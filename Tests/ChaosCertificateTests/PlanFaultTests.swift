import ChaosCertificate
import ChaosModel
import ChaosSolver
import Testing

/// Every way of being wrong, on one plan: 8 Gbit/s are a byte a nanosecond.
@Suite struct PlanFaultTests {
    let instance: Instance
    let plan: Plan

    init() throws {
        instance = try Instance(
            name: "faults", state: TrainingState(bytes: 24), shardSizes: [1, 2, 4],
            neighbors: [
                Neighbor(id: "a", bandwidth: 7_000_000_000, overhead: 1, limit: 9),
                Neighbor(id: "b", bandwidth: 8_000_000_000, latency: 2, group: 0),
                Neighbor(id: "c", bandwidth: 8_000_000_000, ready: 3, group: 0),
                Neighbor(id: "d", bandwidth: 8_000_000_000, ready: 1000),
            ],
            groups: [CapacityGroup(id: "g", bandwidth: 12_000_000_000)])
        let best = try #require(try ChainSearch().solve(instance).best)
        plan = Plan(best, for: instance, isOptimal: true, algorithm: "test")
    }

    private func spoiled(_ change: (inout Draft) -> Void) -> [PlanFault] {
        var draft = Draft(plan)
        change(&draft)
        guard case .wrong(let faults, let count) = PlanChecker(instance).check(draft.plan).verdict else { return [] }
        #expect(count == faults.count)
        return faults
    }

    @Test func thePlanItselfIsOptimal() {
        #expect(PlanChecker(instance).check(plan).verdict == .optimal)
        #expect(plan.assignments.map(\.neighbor) == ["a", "b", "c"])
    }

    @Test func eachFieldIsChecked() throws {
        let runs = plan.assignments
        #expect(
            spoiled { $0.sha256 = String(repeating: "0", count: 64) } == [
                .otherInstance(digest: String(repeating: "0", count: 64), expected: instance.sha256)
            ])
        #expect(spoiled { $0.shardSize = 3 } == [.sizeNotInChain(3)])
        #expect(spoiled { $0.shards += 1 } == [.shardsNotK(plan.shards + 1, expected: plan.shards)])
        #expect(spoiled { $0.runs[1].neighbor = "x" }.contains(.unknownNeighbor(run: 1, "x")))
        #expect(spoiled { $0.runs[2].neighbor = "b" }.contains(.repeatedNeighbor(run: 2, "b", firstRun: 1)))
        #expect(
            spoiled { draft in
                draft.runs.swapAt(0, 1)
                draft.runs[0].first = 0
                draft.runs[1].first = draft.runs[0].count
            } == [.outOfOrder(run: 1, "a", after: "b")])
        let second = runs[1].first
        #expect(
            spoiled { $0.runs[1].first += 1 } == [
                .notContiguous(run: 1, first: second + 1, expected: second),
                .notContiguous(run: 2, first: runs[2].first, expected: runs[2].first + 1),
            ])
        #expect(spoiled { $0.runs[1].first -= 1 }.contains(.notContiguous(run: 1, first: second - 1, expected: second)))
        #expect(spoiled { $0.runs[0].first = 1 }.contains(.notContiguous(run: 0, first: 1, expected: 0)))
        #expect(
            spoiled { $0.runs[0].count = 0 }.contains(
                .countOutOfRange(place: "assignments[0].count", 0, range: 1...plan.shards)))
        #expect(
            spoiled { $0.runs[0].count = .max }.contains(
                .countOutOfRange(place: "assignments[0].count", .max, range: 1...plan.shards)))
        #expect(
            spoiled { $0.runs[0].finish = $0.makespan }.contains(
                .finishNotExact(run: 0, neighbor: "a", plan.makespan, exact: runs[0].finish)))
    }

    @Test func lostShardsAreMissed() {
        let last = plan.assignments.count - 1
        #expect(
            spoiled { $0.runs[last].count -= 1 }.contains(.totalNotK(plan.shards - 1, expected: plan.shards)))
        #expect(spoiled { $0.runs.removeLast() }.contains { if case .totalNotK = $0 { true } else { false } })
        #expect(spoiled { $0.runs.removeAll() }.contains(.totalNotK(0, expected: plan.shards)))
    }

    @Test func limitsAreChecked() {
        let most = 9 / plan.shardSize
        let more = most + 1 - plan.assignments[0].count
        let faults = spoiled { draft in
            draft.runs[0].count += more
            draft.runs[1].first += more
            draft.runs[1].count -= more
        }
        #expect(
            faults.contains(.limitPassed(place: "assignments[0].count", neighbor: "a", most + 1, most: most)))
    }

    /// Five bytes one after the other take 5 ns, in shards of four bytes 8 ns.
    private func single() throws -> Instance {
        try Instance(
            state: TrainingState(bytes: 5), shardSizes: [1, 4], neighbors: [Neighbor(id: "n", bandwidth: 8_000_000_000)]
        )
    }

    @Test func makespanIsExact() throws {
        let late = ExactTime(nanoseconds: 5, remainder: 1, denominator: 1 << 50)
        let early = ExactTime(nanoseconds: 4, remainder: (1 << 50) - 1, denominator: 1 << 50)
        let exact = ExactTime(nanoseconds: 5)
        for (time, text) in [
            (late, "1/1125899906842624 ns too late"), (early, "1/1125899906842624 ns too early"),
        ] {
            let assignment = ShardAssignment(shardSize: 1, counts: [5], makespan: time)
            let fault = PlanFault.makespanNotExact(time, exact: exact, at: "neighbor \"n\"")
            #expect(PlanChecker(try single()).check(assignment).verdict == .wrong([fault], count: 1))
            #expect("\(fault)".contains(text))
        }
    }

    @Test func falseClaimsAreRefused() throws {
        let instance = try single()
        let worse = ShardAssignment(shardSize: 4, counts: [2], makespan: ExactTime(nanoseconds: 8))
        let honest = Plan(worse, for: instance, isOptimal: false, algorithm: "test")
        let boast = Plan(worse, for: instance, isOptimal: true, algorithm: "test")
        let report = PlanChecker(instance).check(honest)
        #expect(report.verdict == .feasible(betterSize: 1))
        // Seven bytes, and one shard of four bytes, are complete strictly before 8 ns.
        #expect(report.sizes.map(\.before) == [5, 1])
        #expect(report.sizes.map(\.isBetter) == [true, false])
        #expect(PlanChecker(instance).check(boast).verdict == .wrong([.falseClaim(betterSize: 1)], count: 1))
    }

    @Test func absurdNumbersDoNotCrash() throws {
        for value in [Int.min, -1, 0, 1 << 53, Int.max] {
            #expect(!spoiled { $0.runs[0].count = value }.isEmpty)
            #expect(!spoiled { $0.runs[1].first = value }.isEmpty)
            #expect(!spoiled { $0.shardSize = value }.isEmpty)
            #expect(!spoiled { $0.shards = value }.isEmpty)
            let counts = [value, value, value, value]
            let report = PlanChecker(instance).check(
                ShardAssignment(shardSize: 1, counts: counts, makespan: plan.makespan))
            guard case .wrong = report.verdict else { throw Unexpected() }
        }
        let short = ShardAssignment(shardSize: 1, counts: [24], makespan: plan.makespan)
        #expect(PlanChecker(instance).check(short).verdict == .wrong([.countsMissing(1, neighbors: 4)], count: 1))
        let late = try Instance(
            state: TrainingState(bytes: 1 << 53), shardSizes: [1 << 53], neighbors: [Neighbor(id: "n", bandwidth: 1)])
        let plan = ShardAssignment(
            shardSize: 1 << 53, counts: [1], makespan: ExactTime(nanoseconds: ModelRange.longestMakespan))
        #expect(
            PlanChecker(late).check(plan).verdict
                == .wrong([.beyondRange(at: "neighbor \"n\"")], count: 1))
    }

    @Test func manyFaultsAreCountedAndCut() throws {
        let many = try Instance(
            state: TrainingState(bytes: 1000), shardSizes: [1],
            neighbors: (0..<500).map { Neighbor(id: "n\($0)", bandwidth: 8_000_000_000) })
        let best = try #require(try ChainSearch().solve(many).best)
        var draft = Draft(Plan(best, for: many, isOptimal: true, algorithm: "test"))
        for k in draft.runs.indices { draft.runs[k].finish = .zero }
        guard case .wrong(let faults, 500) = PlanChecker(many).check(draft.plan).verdict else { throw Unexpected() }
        #expect(faults.count == PlanReport.mostFaults)
    }

    struct Unexpected: Error {}

    /// A plan whose parts can be changed.
    struct Draft {
        struct Run {
            var neighbor: String
            var first: Int
            var count: Int
            var finish: ExactTime
        }

        let original: Plan
        var sha256: String
        var shardSize: Int
        var shards: Int
        var makespan: ExactTime
        var runs: [Run]

        init(_ plan: Plan) {
            original = plan
            sha256 = plan.instance.sha256
            shardSize = plan.shardSize
            shards = plan.shards
            makespan = plan.makespan
            runs = plan.assignments.map {
                Run(neighbor: $0.neighbor, first: $0.first, count: $0.count, finish: $0.finish)
            }
        }

        var plan: Plan {
            Plan(
                instance: Plan.InstanceReference(name: original.instance.name, sha256: sha256), shardSize: shardSize,
                shards: shards, makespan: makespan,
                assignments: runs.map {
                    Plan.Run(neighbor: $0.neighbor, first: $0.first, count: $0.count, finish: $0.finish)
                },
                isOptimal: original.isOptimal, algorithm: original.algorithm)
        }
    }
}
