import ChaosCertificate
import ChaosModel
import ChaosProcess
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

/// The Swift solver and checker against the greedy, the search and the checker that are extracted from the proofs.
@Suite struct OracleTests {
    private static let oracle = PackageRoot.url("Proofs/oracle/chaos-oracle").path

    private static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: oracle) }

    private func ask(_ query: OracleQuery) throws -> [OracleQuery.Answer] {
        let result = try Command(Self.oracle, input: Array(query.text.utf8), timeLimit: .hanging).run()
        #expect(result.isSuccess, "\(result.ending) \(result.output.text.suffix(500)) \(result.errors.text)")
        return try query.read(result.output.text)
    }

    /// 20,000 seeded instances in four lots, one oracle process a lot.
    @Test(.enabled(if: isBuilt, "make oracle builds it"), arguments: 0..<4 as Range<UInt64>)
    func solverAndCheckerAgreeWithTheProofs(lot: UInt64) throws {
        var query = OracleQuery()
        var expected: [(seed: UInt64, what: String, OracleQuery.Answer)] = []
        for seed in lot * 5000..<(lot + 1) * 5000 {
            let instance =
                seed % 5 == 4
                ? RandomInstance.wide(seed: seed, mostNeighbors: 6, mostShards: 40)
                : RandomInstance.small(seed: seed, mostNeighbors: 6, mostBytes: 60)
            var random = SeededRandom(seed: seed)
            let size = instance.shardSizes.sizes.randomElement(using: &random)!
            let search = try ChainSearch().solve(instance)
            let atSize = Threshold().solve(FixedSizeProblem(instance, shardSize: size))
            let checker = PlanChecker(instance)
            query.add(instance) { ask in
                ask.greedy(size: size)
                expected.append((seed, "greedy", Self.answer(of: atSize)))
                ask.solve()
                let best: OracleQuery.Answer? = search.best.map { .plan($0) }
                expected.append((seed, "solve", best ?? (search.isInfeasible ? .infeasible : .beyondRange)))
                for assignment in [search.best, atSize.assignment].compactMap({ $0 }) {
                    for (what, spoiled) in Self.spoiled(assignment, instance, &random) {
                        ask.check(spoiled)
                        expected.append((seed, what, Self.answer(of: checker.check(spoiled).verdict)))
                    }
                }
            }
        }
        let answers = try ask(query)
        try #require(answers.count == expected.count)
        var kinds: [String: Int] = [:]
        for (answer, (seed, what, own)) in zip(answers, expected) {
            #expect(answer == own, "seed \(seed), \(what)")
            kinds["\(what): \(Self.kind(of: answer))", default: 0] += 1
        }
        for kind in [
            "greedy: plan", "greedy: infeasible", "solve: plan", "solve: infeasible", "itself: optimal",
            "itself: feasible", "moved: makespan", "moved, timed: optimal", "moved, timed: feasible", "lost: total",
            "gained: total", "later: makespan", "sooner: makespan", "other size: total", "no size: size",
            "past the limit: limit",
        ] {
            #expect(kinds[kind, default: 0] >= 20, "\(kind): \(kinds[kind, default: 0]) times")
        }
    }

    /// Every file of the library: its plan as the extracted checker sees it, spoiled plans too, and the greedy's plan at
    /// every size that has not too many shards for a greedy.
    @Test(.enabled(if: isBuilt, "make oracle builds it")) func theLibraryAgreesWithTheProofs() throws {
        let folder = PackageRoot.url("Instances").path
        let files = (FileManager.default.subpaths(atPath: folder) ?? []).filter { $0.hasSuffix(".json") }.sorted()
        try #require(files.count >= 80)
        var query = OracleQuery()
        var expected: [(String, OracleQuery.Answer)] = []
        var greedyPlans = 0
        for file in files {
            let instance = try Instance(contentsOf: "\(folder)/\(file)")
            let checker = PlanChecker(instance)
            var random = SeededRandom(seed: UInt64(instance.state.bytes))
            let best = try ChainSearch().solve(instance).best
            query.add(instance) { ask in
                for size in instance.shardSizes.sizes where instance.state.shardCount(ofSize: size) <= 3000 {
                    ask.greedy(size: size)
                    let own = Threshold().solve(FixedSizeProblem(instance, shardSize: size))
                    expected.append(("\(file), greedy \(size)", Self.answer(of: own)))
                    greedyPlans += 1
                }
                guard let best else { return }
                for (what, spoiled) in Self.spoiled(best, instance, &random) {
                    ask.check(spoiled)
                    expected.append(("\(file), \(what)", Self.answer(of: checker.check(spoiled).verdict)))
                }
            }
        }
        #expect(greedyPlans >= 80)
        let answers = try ask(query)
        try #require(answers.count == expected.count)
        for (answer, (what, own)) in zip(answers, expected) { #expect(answer == own, "\(what)") }
    }

    private static func kind(of answer: OracleQuery.Answer) -> String {
        switch answer {
        case .plan: "plan"
        case .infeasible: "infeasible"
        case .beyondRange: "beyond range"
        case .optimal: "optimal"
        case .feasible: "feasible"
        case .wrong(.sizeNotInChain): "size"
        case .wrong(.totalNotK): "total"
        case .wrong(.limitPassed): "limit"
        case .wrong(.makespanNotExact): "makespan"
        }
    }

    private static func answer(of result: FixedSizeResult) -> OracleQuery.Answer {
        switch result {
        case .optimal(let assignment): .plan(assignment)
        case .infeasible: .infeasible
        case .beyondRange: .beyondRange
        }
    }

    /// What the oracle has to say where this is said here: of several reasons the first in its order.
    private static func answer(of verdict: PlanReport.Verdict) -> OracleQuery.Answer {
        switch verdict {
        case .optimal: return .optimal
        case .feasible: return .feasible
        case .wrong(let faults, _):
            let reasons = faults.map { fault -> OracleQuery.Reason in
                switch fault {
                case .sizeNotInChain: .sizeNotInChain
                case .totalNotK, .countOutOfRange: .totalNotK
                case .limitPassed: .limitPassed
                default: .makespanNotExact
                }
            }
            return .wrong(OracleQuery.Reason.allCases.first { reasons.contains($0) }!)
        }
    }

    /// An assignment and every way to spoil it that one can think of.
    private static func spoiled(
        _ plan: ShardAssignment, _ instance: Instance, _ random: inout SeededRandom
    ) -> [(String, ShardAssignment)] {
        var list = [("itself", plan)]
        func add(_ what: String, size: Int? = nil, counts: [Int]? = nil, makespan: ExactTime? = nil) {
            let spoiled = ShardAssignment(
                shardSize: size ?? plan.shardSize, counts: counts ?? plan.counts, makespan: makespan ?? plan.makespan)
            list.append((what, spoiled))
        }
        let givers = plan.counts.indices.filter { plan.counts[$0] > 0 }
        let giver = givers.randomElement(using: &random)!
        let taker = plan.counts.indices.randomElement(using: &random)!
        var moved = plan.counts
        moved[giver] -= 1
        add("lost", counts: moved)
        moved[taker] += 1
        if taker != giver {
            add("moved", counts: moved)
            let time = instance.makespan(of: moved, shardsOf: plan.shardSize)
            if time.nanoseconds < ModelRange.longestMakespan { add("moved, timed", counts: moved, makespan: time) }
        }
        var gained = plan.counts
        gained[taker] += 1
        add("gained", counts: gained)
        let (sooner, later) = around(plan.makespan)
        add("sooner", makespan: sooner)
        add("later", makespan: later)
        if let other = instance.shardSizes.sizes.filter({ $0 != plan.shardSize }).randomElement(using: &random) {
            add("other size", size: other)
        }
        add("no size", size: plan.shardSize * 7 + 1)
        if let (i, limit) = instance.neighbors.enumerated().compactMap({ i, n in n.limit.map { (i, $0) } })
            .randomElement(using: &random)
        {
            // As many shards as it takes to pass the limit, taken from the others.
            var counts = plan.counts
            var missing = limit / plan.shardSize + 1 - counts[i]
            for k in counts.indices where k != i && missing > 0 {
                let taken = min(missing, counts[k])
                counts[k] -= taken
                counts[i] += taken
                missing -= taken
            }
            if missing <= 0 { add("past the limit", counts: counts) }
        }
        return list
    }

    /// The nearest times that a plan file could hold with the denominator 2^50, before and after.
    private static func around(_ time: ExactTime) -> (sooner: ExactTime, later: ExactTime) {
        let parts = Int128(1) << 50
        let (floor, rest) = (Int128(time.remainder) * parts).quotientAndRemainder(dividingBy: Int128(time.denominator))
        func at(_ ticks: Int128) -> ExactTime {
            let all = time.nanoseconds * parts + ticks
            return ExactTime(nanoseconds: all / parts, remainder: UInt64(all % parts), denominator: UInt64(parts))
        }
        return (at(rest == 0 ? floor - 1 : floor), at(floor + 1))
    }

    @Test func answersAreReadStrictly() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 10), shardSizes: [1, 2],
            neighbors: [Neighbor(id: "a", bandwidth: 8), Neighbor(id: "b", bandwidth: 16, limit: 9)])
        let plan = ShardAssignment(shardSize: 1, counts: [3, 7], makespan: ExactTime("3500000000")!)
        var query = OracleQuery()
        query.add(instance) {
            $0.greedy(size: 1)
            $0.solve()
            $0.check(plan)
        }
        #expect(
            query.text == """
                instance 10
                sizes 2 1 2
                groups 0
                neighbors 2
                8 0 0 0 -1 -1
                16 0 0 0 9 -1
                greedy 1
                solve
                check 1 3500000000 1 3 7 done
                end

                """)
        let right = "plan 3500000000 1 3 7\nplan 1 3500000000 1 3 7\noptimal\n"
        #expect(try query.read(right) == [.plan(plan), .plan(plan), .optimal])
        for (line, text) in [
            (1, ""), (1, "plan 1 3500000000 1 3 7\n"), (1, "plan 3500000000 0 3 7\n"), (1, "error 1: no\n"),
            (2, "infeasible\nplan 3500000000 1 3 7\n"), (3, "infeasible\ninfeasible\n"),
            (3, "infeasible\ninfeasible\nplan 1 1 1 1\n"), (3, "infeasible\ninfeasible\nwrong something\n"),
            (3, "infeasible\ninfeasible\noptimal it is\n"), (4, right + "optimal\n"),
        ] {
            do {
                _ = try query.read(text)
                Issue.record("read \(text)")
            } catch {
                #expect(error.line == line, "\(error)")
            }
        }
    }
}
