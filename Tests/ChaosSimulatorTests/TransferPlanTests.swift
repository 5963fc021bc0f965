import ChaosCertificate
import ChaosDocuments
import ChaosImport
import ChaosModel
import ChaosSimulator
import ChaosSolver
import ChaosTesting
import Testing

/// Plans against simulation: what the model promises is what happens.
struct TransferPlanTests {
    // MARK: Without groups

    @Test func libraryIsCovered() {
        #expect(TransferLibrary.withoutGroups.count == 73)
        #expect(TransferLibrary.withGroups.count == 46)
    }

    /// Simulator = plan = certificate, to the last fraction of a nanosecond.
    @Test(arguments: TransferLibrary.withoutGroups)
    func simulatorPlanAndCertificateAgree(_ item: TransferLibrary.Case) throws {
        let report = try TransferSimulation(item.instance).run(item.plan)
        #expect(report.transfers.map(\.neighbor) == item.plan.assignments.map(\.neighbor))
        #expect(report.transfers.map(\.finish) == item.plan.assignments.map(\.finish))
        #expect(report.finish == item.plan.makespan)
        #expect(report.bytes == item.instance.state.bytes)
        let verdict = PlanChecker(item.instance).check(item.plan).verdict
        #expect(verdict == .optimal)
    }

    /// Whichever way the latency is spent, and for every plan, good or bad.
    @Test func everyPlanWithoutGroupsFinishesWhenTheModelSays() throws {
        var compared = 0
        for seed in 0..<500 as Range<UInt64> {
            var parts = InstanceParts(RandomInstance.any(seed: seed))
            parts.groups = []
            for i in parts.neighbors.indices { parts.neighbors[i].group = nil }
            let instance = try parts.instance()
            var random = SeededRandom(seed: seed)
            let plan = Self.randomPlan(of: instance, &random)
            let split = LatencySplit(requestShare: random.int(0...1000))
            let report = try TransferSimulation(instance, latency: split).run(plan)
            #expect(report.transfers.map(\.finish) == plan.assignments.map(\.finish), "seed \(seed)")
            #expect(report.finish == plan.makespan, "seed \(seed)")
            compared += plan.assignments.count
        }
        #expect(compared > 1000)
    }

    // MARK: With groups

    @Test func noPlanOfTheLibraryFinishesBeforeItsMakespan() {
        for (item, report) in zip(TransferLibrary.withGroups, TransferLibrary.reports) {
            #expect(report.finish >= item.plan.makespan, "\(item)")
            for (transfer, run) in zip(report.transfers, item.plan.assignments) {
                #expect(transfer.finish >= run.finish, "\(item)")
            }
            #expect(report.bytes == item.instance.state.bytes)
            #expect(PlanChecker(item.instance).check(item.plan).verdict == .optimal)
        }
    }

    @Test(arguments: 0..<4) func noRandomPlanFinishesBeforeItsMakespan(part: UInt64) throws {
        var behind = 0
        for seed in part * 150..<(part + 1) * 150 {
            let instance = RandomInstance.any(seed: seed)
            if instance.groups.isEmpty { continue }
            var random = SeededRandom(seed: seed)
            let plans = [Self.randomPlan(of: instance, &random), try TransferLibrary.plan(of: instance)].compactMap {
                $0
            }
            for plan in plans {
                let report = try TransferSimulation(instance).run(plan)
                #expect(report.finish >= plan.makespan, "seed \(seed)")
                if report.finish > plan.makespan { behind += 1 }
            }
        }
        #expect(behind > 50)
    }

    @Test(arguments: [InstanceGenerator.Family.groups, .mixed])
    func noGeneratedPlanFinishesBeforeItsMakespan(_ family: InstanceGenerator.Family) throws {
        for (neighbors, seed) in [(1, 1), (10, 2), (60, 3), (200, 4)] as [(Int, UInt64)] {
            let instance = try InstanceGenerator(
                family, neighbors: neighbors, seed: seed, shardSizes: [1 << 20, 1 << 22, 1 << 24]
            ).instance()
            let plan = try #require(try TransferLibrary.plan(of: instance))
            #expect(try TransferSimulation(instance).run(plan).finish >= plan.makespan)
        }
    }

    /// When all are ready together, have no overhead and share by what they have to send, C_g is what happens.
    @Test func sharesByLoadKeepTheMakespan() throws {
        var bound = 0
        for item in TransferLibrary.withGroups {
            let instance = try Self.readyTogether(item.instance)
            let plan = try #require(try TransferLibrary.plan(of: instance))
            let counts = plan.assignment(of: instance).counts
            let oracle = TransferOracle(instance, size: plan.shardSize, counts: counts, weights: counts)
            #expect(oracle.finishes().max() == Rational(plan.makespan), "\(item)")
            if plan.assignments.map(\.finish).max()! < plan.makespan { bound += 1 }
        }
        // A test in which no group holds anybody back would prove nothing.
        #expect(bound > 20)
    }

    /// Whole transfers behind groups, against fair sharing in rational numbers.
    @Test func finishesAreThoseOfExactFairSharing() throws {
        var (compared, furthest) = (0, Rational.zero)
        for seed in 0..<600 as Range<UInt64> {
            let instance = RandomInstance.small(seed: seed, mostBytes: 60)
            if instance.groups.isEmpty { continue }
            var random = SeededRandom(seed: seed)
            let plan = Self.randomPlan(of: instance, &random)
            let counts = plan.assignment(of: instance).counts
            let exact = TransferOracle(instance, size: plan.shardSize, counts: counts).finishes()
            let report = try TransferSimulation(instance).run(plan)
            let senders = counts.indices.filter { counts[$0] > 0 }
            for (transfer, i) in zip(report.transfers, senders) {
                let difference = (Rational(transfer.finish) - exact[i]).magnitude
                #expect(difference < Rational("1/256")!, "seed \(seed): \(difference) ns")
                furthest = max(furthest, difference)
                compared += 1
            }
        }
        #expect(compared > 300)
        #expect(furthest > .zero)
    }

    /// The same over the library, where runs without overhead keep the fractions short enough.
    @Test func finishesOfTheLibraryAreThoseOfExactFairSharing() {
        for (item, report) in zip(TransferLibrary.withGroups, TransferLibrary.reports)
        where item.instance.hasNoOverhead {
            if item.file.contains("largest") { continue }
            let counts = item.plan.assignment(of: item.instance).counts
            let exact = TransferOracle(item.instance, size: item.plan.shardSize, counts: counts).finishes().max()!
            #expect((Rational(report.finish) - exact).magnitude < 1, "\(item)")
        }
    }

    /// C_g counts bytes after their latency. If one neighbour's latency comes after its bytes and another is late, bytes
    /// pass the group before C_g has begun.
    @Test func latencyAfterTheBytesEscapesTheBound() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 100), shardSizes: [50],
            neighbors: [
                Neighbor(id: "far", bandwidth: 8_000_000_000, latency: 100, group: 0),
                Neighbor(id: "late", bandwidth: 8_000_000_000, ready: 100, group: 0),
            ], groups: [CapacityGroup(id: "g", bandwidth: 8_000_000_000)])
        let plan = try #require(try TransferLibrary.plan(of: instance))
        #expect(plan.makespan == ExactTime(nanoseconds: 200))
        #expect(try TransferSimulation(instance).run(plan).finish == plan.makespan)
        let finish = try TransferSimulation(instance, latency: .response).run(plan).finish
        #expect(finish == ExactTime(nanoseconds: 150))
    }

    // MARK: Faults

    @Test func planThatCannotBePlayedIsRefused() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 1000), shardSizes: [1, 10],
            neighbors: [Neighbor(id: "a", bandwidth: 8), Neighbor(id: "b", bandwidth: 8)])
        func faults(_ size: Int, _ runs: (String, Int, Int)...) -> [String] {
            let plan = Plan(
                instance: .init(name: nil, sha256: ""), shardSize: size, shards: 0, makespan: .zero,
                assignments: runs.map { Plan.Run(neighbor: $0, first: $1, count: $2, finish: .zero) },
                isOptimal: false, algorithm: "")
            do {
                _ = try TransferSimulation(instance).run(plan)
                return []
            } catch {
                return error.faults.map(\.path)
            }
        }
        #expect(faults(10, ("a", 0, 100)) == [])
        #expect(faults(0, ("a", 0, 1)) == ["shard_size"])
        #expect(faults(10, ("c", 0, 1), ("a", 0, 0)) == ["assignments[0].neighbor", "assignments[1].count"])
        #expect(faults(10, ("a", -1, 101)) == ["assignments[0].count", "assignments[0].first"])
        #expect(faults(10, ("a", 0, 1), ("a", 1, 1)) == ["assignments[1].neighbor"])
        #expect(faults(10, ("a", 0, 100), ("b", 0, 1)) == ["assignments"])
    }

    @Test func endlessSimulationIsRefused() throws {
        let instance = try Instance(
            state: TrainingState(bytes: ModelRange.mostBytes), shardSizes: [1],
            neighbors: [Neighbor(id: "a", bandwidth: 1 << 50, overhead: 1, group: 0)],
            groups: [CapacityGroup(id: "g", bandwidth: 1 << 50)])
        let plan = try #require(try TransferLibrary.plan(of: instance))
        #expect(throws: InvalidInput.self) { try TransferSimulation(instance).run(plan) }
    }

    // MARK: Parts

    static func readyTogether(_ instance: Instance) throws -> Instance {
        var parts = InstanceParts(instance)
        for i in parts.neighbors.indices {
            (parts.neighbors[i].latency, parts.neighbors[i].ready, parts.neighbors[i].overhead) = (0, 0, 0)
        }
        return try parts.instance()
    }

    /// All shards of a size of the chain, given to neighbours by chance; limits are not looked at.
    static func randomPlan(of instance: Instance, _ random: inout SeededRandom) -> Plan {
        let size = random.element(of: instance.shardSizes.sizes)
        var left = instance.state.shardCount(ofSize: size)
        var counts = instance.neighbors.map { _ in 0 }
        while left > 0 {
            let count = random.int(1...left)
            counts[random.int(0...counts.count - 1)] += count
            left -= count
        }
        let assignment = ShardAssignment(
            shardSize: size, counts: counts, makespan: instance.makespan(of: counts, shardsOf: size))
        return Plan(assignment, for: instance, isOptimal: false, algorithm: "random")
    }
}
