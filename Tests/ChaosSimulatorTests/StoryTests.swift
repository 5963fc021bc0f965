import ChaosJudgement
import ChaosProtocol
import ChaosScenario
import Testing

/// What a story tells of a run.
struct StoryTests {
    /// A pull that the joiner's end cuts off is told too, and how far the training was at any time.
    @Test func pullsInVainAndStepsAreTold() throws {
        let second = 1_000_000_000
        let scenario = Scenario(
            seed: 1, founders: [1, 2], links: [Link(1, 2)],
            network: NetworkConditions(capacity: LinkCapacity(bandwidth: 100_000_000)),
            training: VirtualTraining(stateBytes: 256 << 20, batch: 32, samplesPerSecond: 50),
            steps: [
                .event(.join(3, links: [1, 2]), after: second), .event(.crash(3), after: 2 * second),
                .event(.join(4, links: [1, 2]), after: second), .calm(after: second),
            ])
        let story = Story.of(scenario)
        #expect(story.outcome.violation == nil)
        let (vain, good) = (try #require(story.joins.first), try #require(story.joins.last))
        #expect(vain.node == 3 && vain.complete == nil && vain.began == nil)
        let pull = try #require(vain.failed.first)
        #expect(vain.failed.count == 1 && pull.lowerBound > second && pull.upperBound == 3 * second)
        let (began, complete) = (try #require(good.began), try #require(good.complete))
        #expect(good.node == 4 && good.failed.isEmpty && complete > began)

        let steps = stride(from: 0, through: story.outcome.duration, by: second / 10).map { story.step(at: $0) }
        let known = steps.compactMap { $0 }
        #expect(known == known.sorted() && known.last ?? 0 > 5 && story.step(at: -1) == nil)
        #expect(known.last == story.accounts.map(\.steps).max())
    }

    /// Sizes and offsets beyond 32 bits: a state of 16 GiB and some bytes, from three neighbours with 100 Gbit/s each.
    @Test func aStateOf16GiBComes() throws {
        let (second, bytes) = (1_000_000_000, 16 << 30 + 5)
        var scenario = Scenario(
            seed: 1, founders: [1, 2, 3], links: [Link(1, 2), Link(1, 3), Link(2, 3)],
            network: NetworkConditions(capacity: LinkCapacity(bandwidth: 100_000_000_000)),
            training: VirtualTraining(stateBytes: bytes, batch: 30, samplesPerSecond: 50),
            steps: [.event(.join(4, links: [1, 2, 3]), after: second), .calm(after: 5 * second)])
        // Few, so that it does not take minutes.
        scenario.settings.receiver.shardSizes = [64 << 20]
        let story = Story.of(scenario)
        #expect(story.outcome.violation == nil)
        let join = try #require(story.joins.first)
        let (began, complete) = (try #require(join.began), try #require(join.complete))
        // At most what the three links carry.
        #expect(complete - began > bytes * 8 / 300)
        #expect(complete - began < bytes * 8 / 100)
    }
}
