import BigInt
import ChaosFormulation
import ChaosModel
import ChaosSolver
import ChaosTesting
import Testing

/// The MINLP and its reductions against the oracle of the model and against the solvers.
struct FormulationTests {
    /// Counts that need not be feasible: a random division of K shards, sometimes more, sometimes fewer.
    private static func counts(for instance: Instance, size: Int, _ random: inout SeededRandom) -> [Int] {
        let shards = instance.state.shardCount(ofSize: size)
        var counts = [Int](repeating: 0, count: instance.neighbors.count)
        for i in counts.indices {
            counts[i] = random.once(in: 3) ? 0 : random.int(0...2 * shards / counts.count + 1)
        }
        if random.once(in: 2) {
            let missing = shards - counts.reduce(0, +)
            if missing > 0 { counts[random.int(0...counts.count - 1)] += missing }
        }
        // Beyond K(s_1) a neighbour's count is excluded.
        return counts.map { min($0, shards) }
    }

    private static func rational(_ time: BigTime) -> Rational { Rational(time.numerator, time.denominator) }

    /// Values of a formulation with T in its own unit put in the place of the makespan.
    private static func with(_ makespan: Rational, _ formulation: some ShardAssignmentFormulation, _ values: [Rational])
        -> [Rational]
    {
        var values = values
        values[formulation.variables.makespan.index] = makespan
        return values
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func programHoldsExactlyWhatTheModelAllows(seed: UInt64) throws {
        let instance = seed % 3 == 2 ? RandomInstance.wide(seed: seed) : RandomInstance.small(seed: seed)
        let minlp = ShardAssignmentProgram(instance)
        var random = SeededRandom(seed: seed)
        for size in instance.shardSizes.sizes {
            let oracle = ReferenceOracle(instance, size: size)
            let milp = FixedSizeReduction(minlp, shardSize: size)
            #expect(milp.program.isLinear)
            for _ in 0..<3 {
                let counts = Self.counts(for: instance, size: size, &random)
                let assignment = ShardAssignment(shardSize: size, counts: counts, makespan: .zero)
                let all = minlp.values(of: assignment)
                let fixed = milp.values(of: assignment)
                guard let makespan = oracle.makespan(of: counts).map(Self.rational) else {
                    let ample = Rational(BigInt(1) << 160)
                    #expect(!minlp.program.violations(at: Self.with(ample, minlp, all)).isEmpty)
                    #expect(!milp.program.violations(at: Self.with(ample, milp, fixed)).isEmpty)
                    continue
                }
                #expect(minlp.program.violations(at: Self.with(makespan, minlp, all)) == [])
                #expect(milp.program.violations(at: Self.with(makespan, milp, fixed)) == [])
                let sooner = makespan - Rational(1, BigInt(1) << 64)
                #expect(!minlp.program.violations(at: Self.with(sooner, minlp, all)).isEmpty)
                #expect(!milp.program.violations(at: Self.with(sooner, milp, fixed)).isEmpty)
                guard makespan <= Rational(BigInt(ModelRange.longestMakespan)) else { continue }
                // The way back: exactly K(s) shards, never later.
                let back = try minlp.assignment(at: all)
                #expect(try milp.assignment(at: fixed) == back)
                #expect(back.counts.reduce(0, +) == instance.state.shardCount(ofSize: size))
                #expect(zip(back.counts, counts).allSatisfy(<=))
                #expect(Self.rational(try #require(oracle.makespan(of: back.counts))) == Rational(back.makespan))
                #expect(Rational(back.makespan) <= makespan)
            }
        }
    }

    @Test(arguments: 0..<80 as Range<UInt64>)
    func optimaSatisfyEveryForm(seed: UInt64) throws {
        let instance = seed % 3 == 2 ? RandomInstance.wide(seed: seed) : RandomInstance.small(seed: seed)
        guard let best = try ChainSearch().solve(instance).best else { return }
        let minlp = ShardAssignmentProgram(instance)
        let milp = FixedSizeReduction(minlp, shardSize: best.shardSize)
        let forms: [any ShardAssignmentFormulation] = [
            minlp, milp, ScaledReduction(minlp, reference: best.makespan),
            ScaledReduction(milp, reference: best.makespan),
        ]
        for form in forms {
            let values = form.values(of: best)
            #expect(form.program.violations(at: values) == [])
            #expect(try form.assignment(at: values) == best)
            #expect(
                form.program.objective.value(at: values)
                    == (form is ScaledReduction ? 1 : Rational(best.makespan)))
        }
    }

    /// Scaled by the makespan of a plan that is not optimal, the optimum is still there, and below 1.
    @Test(arguments: 0..<80 as Range<UInt64>)
    func scalingCutsOffNoBetterSolution(seed: UInt64) throws {
        let instance = RandomInstance.small(seed: seed)
        guard let best = try ChainSearch().solve(instance).best else { return }
        let minlp = ShardAssignmentProgram(instance)
        let milp = FixedSizeReduction(minlp, shardSize: best.shardSize)
        var random = SeededRandom(seed: seed)
        let oracle = ReferenceOracle(instance, size: best.shardSize)
        for _ in 0..<10 {
            let counts = Self.counts(for: instance, size: best.shardSize, &random)
            guard oracle.makespan(of: counts) != nil else { continue }
            let worse = try minlp.assignment(
                at: minlp.values(
                    of: ShardAssignment(shardSize: best.shardSize, counts: counts, makespan: .zero)))
            for scaled in [ScaledReduction(minlp, reference: worse.makespan), .init(milp, reference: worse.makespan)] {
                let values = scaled.values(of: best)
                #expect(scaled.program.violations(at: values) == [])
                #expect(
                    scaled.program.objective.value(at: values)
                        == Rational(best.makespan) / Rational(worse.makespan))
                #expect(try scaled.assignment(at: values) == best)
            }
        }
    }

    @Test func scaledBoundsLeaveOneShardMore() throws {
        // 8 Gbit/s: a byte takes a nanosecond. By 10 ns n0 completes 10 shards, n1 (from 7 ns on) 3, n2 none.
        let instance = try Instance(
            state: TrainingState(bytes: 1000), shardSizes: [1],
            neighbors: [
                Neighbor(id: "n0", bandwidth: 8_000_000_000), Neighbor(id: "n1", bandwidth: 8_000_000_000, ready: 7),
                Neighbor(id: "n2", bandwidth: 8_000_000_000, ready: 10, limit: 500),
                Neighbor(id: "n3", bandwidth: 8_000_000_000, limit: 5, group: 0),
            ],
            groups: [CapacityGroup(id: "g", bandwidth: 4_000_000_000)])
        let milp = FixedSizeReduction(ShardAssignmentProgram(instance), shardSize: 1)
        #expect(milp.variables.counts.map(\.upper) == [1000, 1000, 500, 5])
        let scaled = ScaledReduction(milp, reference: ExactTime(nanoseconds: 10))
        #expect(scaled.variables.counts.map(\.upper) == [11, 4, 1, 5])
        #expect(scaled.variables.groups.map(\.count.upper) == [6])
        let serves = scaled.program.constraints.filter { $0.name.hasPrefix("serves") }
        #expect(serves.map { $0.expression.terms[1].coefficient } == [-11, -4, -1, -5])
    }

    @Test func surplusIsTakenFromTheLastDone() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 10), shardSizes: [1],
            neighbors: [
                Neighbor(id: "fast", bandwidth: 8_000_000_000), Neighbor(id: "slow", bandwidth: 1_000_000_000),
            ])
        let form = ShardAssignmentProgram(instance)
        let values = form.values(of: ShardAssignment(shardSize: 1, counts: [10, 4], makespan: .zero))
        let assignment = try form.assignment(at: values)
        #expect(assignment.counts == [10, 0])
        #expect(assignment.makespan == ExactTime(nanoseconds: 10))
    }

    @Test func valuesOfNoAssignmentAreRefused() throws {
        let instance = try Instance(
            state: TrainingState(bytes: 10), shardSizes: [1, 2],
            neighbors: [Neighbor(id: "a", bandwidth: 1, limit: 7), Neighbor(id: "b", bandwidth: 1)])
        let form = ShardAssignmentProgram(instance)
        let good = form.values(of: ShardAssignment(shardSize: 2, counts: [2, 3], makespan: .zero))
        _ = try form.assignment(at: good)
        func complaint(_ change: (inout [Rational]) -> Void) -> String {
            var values = good
            change(&values)
            do {
                return "accepted \(try form.assignment(near: values))"
            } catch {
                return "\(error)"
            }
        }
        let (n, z) = (form.variables.counts, form.variables.choices)
        #expect(complaint { $0[n[0].index] = 4 } == "n[a] = 4; allowed: a whole number, 0 … 3 (the limit)")
        #expect(complaint { $0[n[1].index] = 2 } == "Σ n = 4; allowed: 5 shards of 2 bytes")
        #expect(complaint { $0[n[1].index] = -1 } == "n[b] = -1; allowed: a whole number, 0 … ")
        #expect(complaint { $0[z[0].index] = 1 } == "Σ z = 2 sizes chosen; allowed: exactly one size of the chain")
        #expect(
            complaint { $0[n[1].index] = Rational("3.00001")! }
                == "n[b] = 3.00001; allowed: within 1e-6 of a whole number")
        #expect(complaint { $0[n[1].index] = Rational("2.9999995")! }.hasPrefix("accepted"))
    }
}
