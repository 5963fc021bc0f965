import ChaosDocuments
import ChaosProtocol
import ChaosScenario
import ChaosTesting
import Testing

@testable import ChaosPolicies

/// Scenarios played under policies.
struct TimelineTests {
    static let second = 1_000_000_000

    /// Two members that compute ten samples in a second, links of 80 Mbit/s without latency, a state of ten megabytes, which
    /// one link carries in a second; whatever happens happens after half a second.
    static func scenario(
        _ events: String, until: String = "20.1 s", state: Int = 10_000_000, gradient: Int = 1
    ) throws -> Scenario {
        try Scenario(
            yaml: """
                format: chaos-scenario
                version: 1
                founders: [1, 2]
                network: {links: mesh, bandwidth: 80 Mbit/s, latency: 0 s}
                training: {state: \(state), gradient: \(gradient), samples: 1000, batch: 10, samples_per_second: 5}
                settings: {shard_sizes: [1000000]}
                until: \(until)
                events: \(events)
                """)
    }

    static let join = "[{at: 0.5 s, join: 3, links: [1, 2]}]"

    /// Steps take 200 ns more, for the gradient.
    static func play(_ name: String, _ events: String = join) throws -> PolicyRecord {
        try TimelineSimulation.run(try scenario(events), try #require(Policies.named(name)))
    }

    /// Halted from the end of the first step for a second, in which one of two sends all; then 27 steps of two thirds.
    @Test func torchftJoins() throws {
        let record = try Self.play("torchft")
        #expect(record.halts.map(\.from) == [1_000_000_200])
        #expect(record.idle == 2 * Self.second)
        #expect(record.joins[0].whole == 2_000_000_200)
        #expect(record.joins[0].contributed == 2_666_666_866)
        #expect(record.steps == 28)
        #expect(record.bytes == 10_000_000)
        #expect(record.memberTime == 2 * 2_000_000_200 + 3 * (20_100_000_000 - 2_000_000_200))
    }

    /// For a tenth of a second from 0.5 s on it waits for further links; then half of the state comes from each in half a second,
    /// less what the gradients of a byte take of that, and the update. It takes part in the third step.
    @Test func chaosJoins() throws {
        let record = try Self.play("chaos")
        #expect(record.idle == 2 * 200)
        #expect(record.halts.isEmpty)
        #expect(record.joins[0].whole == 1_100_000_300)
        #expect(record.joins[0].contributed == 2_000_000_600 + 666_666_666)
        #expect(record.steps == 2 + 27)
    }

    /// At the first reallocation after a minute nothing is left of twenty seconds.
    @Test func polluxWaits() throws {
        let record = try Self.play("pollux")
        #expect(record.joins[0].contributed == nil)
        #expect(record.steps == 20)
    }

    /// Detection takes 5 s, and the step under way is lost: 0.5 s of one member that is left.
    @Test func torchftLosesAMember() throws {
        let record = try Self.play("torchft", "[{at: 1.5 s, crash: 2}]")
        #expect(record.handled == [.init(event: .crash, at: 1_500_000_000, time: 5_000_000_000)])
        #expect(record.idle == 5 * Self.second + 499_999_800)
        // One step, and steps of two seconds from 6.5 s on.
        #expect(record.steps == 1 + 6)
    }

    /// Noticed after half a second, and what was computed counts.
    @Test func chaosLosesAMember() throws {
        let record = try Self.play("chaos", "[{at: 1.5 s, crash: 2}]")
        #expect(record.idle == Self.second / 2)
        #expect(record.handled == [.init(event: .crash, at: 1_500_000_000, time: 500_000_000)])
        #expect(record.steps == 1 + 9)
    }

    /// Half of what it was to send has come: the other half comes from the one that is left.
    @Test func aSourceOfOursDies() throws {
        let record = try Self.play("chaos", "[{at: 0.5 s, join: 3, links: [1, 2]}, {at: 0.9 s, crash: 2}]")
        // 3 MB of each in 300 ms; noticed after half a second; 4 MB in 400 ms.
        #expect(record.joins[0].whole == 1_800_000_000)
        #expect(record.bytes == 10_000_000)
        #expect(record.bytesTwice == 0)
    }

    /// From zero, when that has been noticed.
    @Test func aSourceOfTorchftDies() throws {
        let record = try Self.play("torchft", "[{at: 0.5 s, join: 3, links: [1, 2]}, {at: 1.5 s, crash: 1}]")
        #expect(record.joins[0].whole == 7_500_000_000)
        #expect(record.bytesTwice == 0)
        let handled = try #require(record.handled.first)
        #expect(handled.time == 5_000_000_000)
    }

    /// All restart: the joiner is there at 31.5 s, and what was done since the last checkpoint is done again.
    @Test func checkpointsAreOld() throws {
        let scenario = try Self.scenario("[{at: 10.5 s, join: 3, links: [1, 2]}]", until: "60 s")
        let record = try TimelineSimulation.run(scenario, try #require(Policies.named("checkpoint")))
        #expect(record.stepsAgain == 10)
        #expect(record.joins[0].whole == 41_500_000_000)
        #expect(record.steps == 27)
    }

    /// Its only source leaves: it gets nothing, whoever announces that or not.
    @Test(arguments: ["leave: 1", "crash: 1", "cut: [1, 3]"]) func theOnlySourceGoes(_ event: String) throws {
        for policy in Policies.all {
            let events = "[{at: 0.5 s, join: 3, links: [1]}, {at: 1.2 s, \(event)}]"
            let record = try TimelineSimulation.run(try Self.scenario(events, until: "4 s", state: 20_000_000), policy)
            guard policy.keepsWhatHasCome else { continue }
            #expect(record.joins[0].whole == nil, "\(policy.name)")
        }
    }

    /// No times are too long to be added, and checkpoints cost no event each.
    @Test func extremes() throws {
        let scenario = try Scenario(
            yaml: """
                format: chaos-scenario
                version: 1
                founders: [1, 2, 3]
                network: {links: mesh, bandwidth: 1 bit/s}
                training: {state: 1000000, gradient: 2000000000}
                until: 10 min
                events: [{at: 1 s, leave: 3}]
                """)
        for policy in Policies.all { #expect(try TimelineSimulation.run(scenario, policy).steps == 0) }
    }

    /// Who has not computed anything has not contributed: a step of half an hour does not end in a minute.
    @Test func nobodyContributesWithoutAStep() throws {
        let scenario = try Scenario(
            yaml: """
                format: chaos-scenario
                version: 1
                founders: [1, 2]
                network: {links: mesh}
                training: {state: 1000, gradient: 8, samples: 100000, batch: 100000, samples_per_second: 20}
                until: 60 s
                events: [{at: 1 s, join: 3, links: [1, 2]}]
                """)
        for policy in Policies.all {
            #expect(try TimelineSimulation.run(scenario, policy).joins[0].contributed == nil, "\(policy.name)")
        }
    }

    @Test func severalJoinTogether() throws {
        let events = "[{at: 0.5 s, join: 3, links: [1, 2]}, {at: 0.6 s, join: 4, links: [1, 2]}]"
        let record = try Self.play("elan", events)
        // The second comes while the first is handled, and halts training again.
        #expect(record.halts.count == 2)
        #expect(record.joins.allSatisfy { $0.contributed != nil })
    }

    /// What holds for every policy and every run.
    @Test(arguments: ["scenarios", "random"]) func figuresAreSound(of kind: String) throws {
        var scenarios: [Scenario] = []
        if kind == "random" {
            scenarios = (1...60).map { Scenario.random(seed: $0) }
        } else {
            for name in ["bamboo", "join", "least-id-dies", "link-flaps", "neighbor-dies", "ten-a-minute"] {
                scenarios.append(try Scenario(contentsOf: PackageRoot.url("Instances/scenarios/\(name).yaml").path))
            }
        }
        for scenario in scenarios {
            for policy in Policies.all {
                let record = try TimelineSimulation.run(scenario, policy)
                let place = "\(policy.name), \(scenario.name ?? "seed \(scenario.seed)")"
                #expect(record.goodput >= 0, "\(place): \(record.goodput)")
                #expect(record.idle >= 0 && record.stepsAgain >= 0 && record.steps >= 0, "\(place)")
                #expect(record.idle <= record.memberTime + record.stepsAgain * record.duration, "\(place)")
                #expect(record.bytesTwice >= 0 && record.bytesTwice <= record.bytes, "\(place)")
                for join in record.joins {
                    #expect(join.whole ?? join.asked >= join.asked, "\(place)")
                    #expect(join.contributed ?? .max > join.whole ?? 0, "\(place)")
                }
                for halt in record.halts { #expect(halt.to >= halt.from, "\(place)") }
                for handled in record.handled { #expect(handled.time >= 0, "\(place)") }
                for join in record.joins { #expect(join.contributed ?? 0 <= record.duration, "\(place)") }
            }
        }
    }
}

/// Clusters with churn.
struct ChurnTests {
    @Test(arguments: [2, 8, 100]) func scenario(nodes: Int) throws {
        let scenario = ChurnScenario.scenario(nodes: nodes, seed: 4)
        #expect(scenario == ChurnScenario.scenario(nodes: nodes, seed: 4))
        #expect(scenario.steps.reduce(0) { $0 + $1.delay } == 3_600_000_000_000)
        let removals = scenario.steps.count { $0.event?.kind == .crash || $0.event?.kind == .leave }
        #expect(removals <= max(1, nodes * 7400 / 13_568))
        #expect(nodes < 100 || removals > 40)
        for policy in Policies.all {
            let record = try TimelineSimulation.run(scenario, policy)
            #expect(record.duration == 3_600_000_000_000)
            #expect(record.idle >= 0 && record.steps >= 0, "\(policy.name)")
        }
    }

    /// A line of three sites: from the first to the third the narrowest of both links, and both latencies.
    @Test func map() throws {
        let scenario = try Scenario(
            yaml: """
                format: chaos-scenario
                version: 1
                founders: [1, 2, 3]
                network:
                  links:
                    - {ends: [1, 2], bandwidth: 1 Gbit/s, latency: 5 ms}
                    - {ends: [2, 3], bandwidth: 2 Gbit/s, latency: 7 ms}
                until: 1 s
                """)
        let map = SiteMap(of: scenario)
        #expect(map.capacity(Link(1, 3)) == LinkCapacity(bandwidth: 1_000_000_000, latency: 12_000_000))
        #expect(map.capacity(Link(2, 6)) == LinkCapacity(bandwidth: 2_000_000_000, latency: 7_000_000))
        #expect(map.capacity(Link(1, 4)) == LinkCapacity(bandwidth: 10_000_000_000, latency: 100_000))
        let churn = ChurnScenario.scenario(nodes: 20, seed: 1, map: map)
        #expect(churn.capacities.allSatisfy { map.capacity($0.key) == $0.value })
    }
}
