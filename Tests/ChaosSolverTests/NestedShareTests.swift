import ChaosModel
import Testing

@testable import ChaosSolver

/// All shards go into one group whose members could do far more by the makespan: the group's share equals K(s), and the
/// clamp at K(s) once hid that its members' sum was larger.
@Test func groupWithAllShardsIsDividedByItsOwnTime() throws {
    let instance = try Instance(
        state: TrainingState(bytes: 121), shardSizes: [1],
        neighbors: [
            Neighbor(id: "n0", bandwidth: 7_000_000_000, latency: 4, ready: 56, group: 0),
            Neighbor(id: "n1", bandwidth: 8_000_000_000, latency: 1, group: 0),
            Neighbor(id: "n2", bandwidth: 2_000_000_000, latency: 1, overhead: 4, group: 0),
        ],
        groups: [CapacityGroup(id: "g1", bandwidth: 1_000_000_000)])
    let problem = FixedSizeProblem(instance, shardSize: 1)
    #expect(Threshold().solve(problem).assignment?.counts == [24, 87, 10])
    #expect(try Greedy().solve(problem) == Threshold().solve(problem))
}
