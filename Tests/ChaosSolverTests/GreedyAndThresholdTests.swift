import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosSolver

/// Threshold must return the very plan of greedy: the same counts for every neighbour, ties included, at every size.
@Suite struct GreedyAndThresholdTests {
    private static func differ(_ instance: Instance) -> Bool {
        let forest = Forest(instance)
        return instance.shardSizes.sizes.contains { size in
            let problem = FixedSizeProblem(instance, forest: forest, shardSize: size)
            return (try? Greedy().solve(problem)) != Threshold().solve(problem)
        }
    }

    @Test(arguments: 0..<8)
    func sameAssignmentOnRandomInstances(part: Int) {
        for seed in UInt64(part * 300)..<UInt64(part * 300 + 300) {
            let instance = RandomInstance.any(seed: seed)
            if Self.differ(instance) {
                Issue.record("seed \(seed): \(Shrinking.report(instance, while: Self.differ))")
                return
            }
        }
    }
}
