import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosSolver

/// The fluid lower bound is below the optimum, and not far below: by one shard of every node at most.
@Test func theFluidBoundIsBelowTheOptimumAndClose() throws {
    for seed in 0..<300 {
        let instance = RandomInstance.small(seed: UInt64(seed))
        for size in instance.shardSizes.sizes {
            let problem = FixedSizeProblem(instance, shardSize: size)
            guard let optimum = Threshold().solve(problem).assignment?.makespan else {
                #expect(FluidBound.time(problem) == nil)
                continue
            }
            let bound = try #require(FluidBound.time(problem))
            #expect(bound < optimum)
            // At the bound the whole shards are fewer than K by at most one for each neighbour, and one for rounding.
            let reached = problem.capacity(by: ExactTime(nanoseconds: bound.nanoseconds + 1)).reached
            #expect(problem.shards - reached <= instance.neighbors.count + instance.groups.count + 1)
        }
    }
}
