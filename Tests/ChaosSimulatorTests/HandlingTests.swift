import ChaosJudgement
import ChaosModel
import ChaosProtocol
import ChaosScenario
import Testing

/// How soon training goes on after a failure, in a network that loses nothing.
struct HandlingTests {
    /// A failure is noticed within the failure bound and a heartbeat. Then reports, request, answer and decision cross the
    /// cluster, each in half a round trip, and readiness and beginning once more; where the way to the proposer has failed
    /// with the node, reports go with the next heartbeat.
    @Test(arguments: 1...60 as ClosedRange<UInt64>) func crashIsHandledInTime(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let ids = (1...random.int(3...9)).map { NodeID(UInt64($0)) }
        var links: Set<Link> = []
        // A ring: without any one of its nodes it is still connected.
        for i in ids.indices { links.insert(Link(ids[i], ids[(i + 1) % ids.count])) }
        for _ in 0..<random.int(0...10) {
            let ends = random.sample(2, below: ids.count).map { ids[$0] }
            links.insert(Link(ends[0], ends[1]))
        }
        let delay = 1_000_000 * random.int(1...40)
        let victim = random.element(of: ids)
        var scenario = Scenario(
            seed: seed, founders: ids, links: links.sorted(),
            network: NetworkConditions(
                leastDelay: delay, mostDelay: delay, silence: 1000, capacity: LinkCapacity(latency: 0)),
            training: VirtualTraining(batch: 32, samplesPerSecond: 50),
            steps: [
                .event(.crash(victim), after: 3_000_000_000 + random.int(0...200_000_000)),
                .calm(after: 4_000_000_000),
            ])
        scenario.settings.reduction.chunks = 2
        let story = Story.of(scenario)
        #expect(story.outcome.violation == nil)
        let change = try #require(story.changes.last)
        #expect(change.view.members == ids.filter { $0 != victim })
        let begun = try #require(change.begun)
        let monitor = scenario.settings.monitor
        let crossing = diameter(ids.filter { $0 != victim }, links) * delay
        #expect(begun - scenario.steps[0].delay <= monitor.failureBound + 2 * monitor.heartbeat + 6 * crossing)
        #expect(begun - scenario.steps[0].delay >= monitor.failureBound - monitor.heartbeat - delay)
    }

    private func diameter(_ nodes: [NodeID], _ links: Set<Link>) -> Int {
        var greatest = 0
        for start in nodes {
            var distance = [start: 0]
            var open = [start]
            while !open.isEmpty {
                let node = open.removeFirst()
                for other in nodes where other != node && distance[other] == nil && links.contains(Link(node, other)) {
                    distance[other] = distance[node]! + 1
                    open.append(other)
                }
            }
            greatest = max(greatest, distance.values.max()!)
        }
        return greatest
    }
}
