import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosSolver

/// The solvers of this library in the suite that every solver passes.
@Suite struct ConformanceTests {
    private static func expectAllPass(
        _ suite: SolverConformance, atLeast expected: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let (failures, ran) = suite.run()
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))", sourceLocation: sourceLocation)
        #expect(ran >= expected, "only \(ran) cases ran", sourceLocation: sourceLocation)
    }

    @Test func greedy() {
        Self.expectAllPass(SolverConformance(Greedy(), options: .init(mostShards: 1_000_000)), atLeast: 260)
    }

    @Test func threshold() {
        Self.expectAllPass(SolverConformance(Threshold(), options: .init(expectsGreedyPlan: true)), atLeast: 260)
    }

    @Test func brute() {
        Self.expectAllPass(
            SolverConformance(BruteForce(), options: .init(mostShards: 12, mostNeighbors: 4)), atLeast: 70)
    }

    /// The suite's own oracle, held against looking at every assignment.
    @Test func certificateOfTheSuiteAgreesWithEnumeration() throws {
        var compared = 0
        for one in SolverConformance.cases where one.shards <= 12 && one.instance.neighbors.count <= 4 {
            let oracle = ReferenceOracle(one.instance, size: one.shardSize)
            guard let best = oracle.enumeratedOptimum() else {
                #expect(oracle.attainable < oracle.shards, "\(one)")
                continue
            }
            #expect(oracle.isOptimum(best), "\(one)")
            let later = BigTime(best.numerator * 1000 + 1, over: best.denominator * 1000)
            #expect(!oracle.isOptimum(later), "\(one)")
            compared += 1
        }
        #expect(compared >= 60)
    }

    /// Solvers with a planted mistake do not pass.
    @Test func wrongSolversFail() {
        struct Wrong: FixedSizeSolver {
            let name: String
            let change: @Sendable (FixedSizeProblem, ShardAssignment) -> FixedSizeResult
            func solve(_ problem: FixedSizeProblem) throws -> FixedSizeResult {
                guard let right = Threshold().solve(problem).assignment else { return Threshold().solve(problem) }
                return change(problem, right)
            }
        }
        let wrong = [
            Wrong(name: "one shard too few") { _, right in
                var counts = right.counts
                counts[counts.firstIndex { $0 > 0 }!] -= 1
                return .optimal(
                    ShardAssignment(shardSize: right.shardSize, counts: counts, makespan: right.makespan))
            },
            Wrong(name: "a makespan too early") { _, right in
                .optimal(ShardAssignment(shardSize: right.shardSize, counts: right.counts, makespan: .zero))
            },
            Wrong(name: "a shard moved to the next neighbour") { problem, right in
                var counts = right.counts
                let from = counts.firstIndex { $0 > 0 }!
                counts[from] -= 1
                counts[(from + 1) % counts.count] += 1
                return .optimal(
                    ShardAssignment(
                        shardSize: right.shardSize, counts: counts, makespan: problem.makespan(of: counts)))
            },
            Wrong(name: "never an answer") { _, _ in .beyondRange },
        ]
        for solver in wrong { #expect(!SolverConformance(solver).run().failures.isEmpty, "\(solver.name)") }
        let last = Wrong(name: "the last of equal neighbours first") { problem, right in
            var parts = InstanceParts(problem.instance)
            guard parts.groups.isEmpty else { return .optimal(right) }
            parts.neighbors.reverse()
            guard let mirrored = try? parts.instance() else { return .optimal(right) }
            let answer = Threshold().solve(FixedSizeProblem(mirrored, shardSize: right.shardSize)).assignment!
            return .optimal(
                ShardAssignment(
                    shardSize: right.shardSize, counts: answer.counts.reversed(), makespan: answer.makespan))
        }
        #expect(SolverConformance(last).run().failures.isEmpty)
        #expect(!SolverConformance(last, options: .init(expectsGreedyPlan: true)).run().failures.isEmpty)
    }
}
