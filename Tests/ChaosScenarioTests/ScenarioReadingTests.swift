import ChaosDocuments
import ChaosProtocol
import ChaosTesting
import Testing

@testable import ChaosScenario

/// What a scenario file says, and where its faults are said to lie.
@Suite struct ScenarioReadingTests {
    static let head = "format: chaos-scenario\nversion: 1\n"
    static let square = "founders: [1, 2, 3, 4]\nnetwork: {links: [[1, 2], [2, 3], [3, 4], [4, 1]]}\n"

    static func read(_ text: String) throws -> Scenario { try Scenario(yaml: head + text, file: "x.yaml") }

    /// The faults of a text, each as "path: found"; empty if it is accepted.
    static func faults(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch let invalid as InvalidInput {
            for fault in invalid.faults { #expect(!fault.found.isEmpty && !fault.allowed.isEmpty) }
            return invalid.faults.map { "\($0.path): \($0.found)" }
        } catch {
            Issue.record("threw \(error)")
            return ["\(error)"]
        }
    }

    static func events(_ lines: String...) -> String { square + "events:\n" + lines.map { "  - {\($0)}\n" }.joined() }

    @Test func everyKeyIsRead() throws {
        let scenario = try Self.read(
            """
            name: all keys
            seed: 7
            until: 30 s
            founders: [3, 1, 2]
            network:
              links:
                - {ends: [2, 1], bandwidth: 200 Mbit/s, latency: 20 ms}
                - {ends: [2, 3], latency: 5 ms}
              bandwidth: 1 Gbit/s
              latency: 2 ms
              loss: 10
              duplication: 20
              jitter: 3 ms
              notice: 500 ms
              silence: 500
            training: {state: 64 MiB, gradient: 4 MiB, samples: 1437, batch: 32, samples_per_second: 900}
            speeds:
              - {node: 3, samples_per_second: 100}
              - {node: 5, samples_per_second: 50}
            settings:
              heartbeat: 50 ms
              failure_bound: 200 ms
              hello: 60 ms
              retry: 300 ms
              takeover: 400 ms
              longest_takeover: 4 s
              chunks: 8
              step_retry: 10 s
              shard_sizes: [64 KiB, 1 MiB]
            events:
              - {at: 1 s, join: 4, links: [1, {to: 2, bandwidth: 10 Mbit/s, latency: 30 ms}]}
              - {at: 1 s, join: 5, links: [4]}
              - {at: 2 s, cut: [1, 4]}
              - {at: 2.5 s, mend: [4, 1]}
              - {at: 3 s, isolate: [1, 2]}
              - {at: 4 s, heal: true}
              - {at: 5 s, slow: 3, factor: 10}
              - {at: 6 s, crawl: [2, 1], factor: 100}
              - {at: 7 s, pause: 3, for: 2 s}
              - {at: 8 s, lie: 4}
              - {at: 9 s, leave: 5}
              - {at: 10 s, crash: 1}
            """)
        let second = 1_000_000_000
        let conditions = NetworkConditions(
            loss: 10, duplication: 20, leastDelay: 0, mostDelay: 3_000_000, failureBound: 500_000_000, silence: 500,
            capacity: LinkCapacity(bandwidth: second, latency: 2_000_000))
        var expected = Scenario(
            name: "all keys", seed: 7, founders: [3, 1, 2], links: [Link(1, 2), Link(2, 3)], network: conditions,
            training: VirtualTraining(
                stateBytes: 64 << 20, gradientBytes: 4 << 20, samples: 1437, batch: 32, samplesPerSecond: 900),
            steps: [
                .event(.join(4, links: [1, 2]), after: second), .event(.join(5, links: [4]), after: 0),
                .event(.cut(Link(1, 4)), after: second), .event(.mend(Link(1, 4)), after: second / 2),
                .event(.isolate([1, 2]), after: second / 2), .event(.heal, after: second),
                .event(.slow(3, factor: 10), after: second), .event(.crawl(Link(1, 2), factor: 100), after: second),
                .event(.pause(3, for: 2 * second), after: second), .event(.lie(4), after: second),
                .event(.leave(5), after: second), .event(.crash(1), after: second), .wait(20 * second),
                .calm(after: 0),
            ])
        expected.capacities = [
            Link(1, 2): LinkCapacity(bandwidth: 200_000_000, latency: 20_000_000),
            Link(2, 3): LinkCapacity(bandwidth: second, latency: 5_000_000),
            Link(2, 4): LinkCapacity(bandwidth: 10_000_000, latency: 30_000_000),
        ]
        expected.speeds = [3: 100, 5: 50]
        expected.settings.monitor.heartbeat = 50_000_000
        expected.settings.monitor.failureBound = 200_000_000
        expected.settings.negotiation = NegotiationSettings(
            hello: 60_000_000, retry: 300_000_000, takeover: 400_000_000, longestTakeover: 4 * second)
        expected.settings.reduction.chunks = 8
        expected.settings.reduction.retry = 10 * second
        expected.settings.reduction.longestRetry = 10 * second
        expected.settings.receiver.shardSizes = [64 << 10, 1 << 20]
        #expect(scenario == expected)
    }

    @Test func mostKeysMayBeMissing() throws {
        let scenario = try Self.read("founders: [1, 2, 3]\nnetwork: {links: mesh}\n")
        #expect(
            scenario
                == Scenario(
                    seed: 0, founders: [1, 2, 3], links: [Link(1, 2), Link(1, 3), Link(2, 3)],
                    network: NetworkConditions(leastDelay: 0, mostDelay: 0), steps: [.calm(after: 0)]))
        #expect(try Self.read("founders: [9]\nnetwork: {links: []}\n").links == [])
    }

    static let faulty: [(String, String)] = [
        ("", "network: the key is missing"), ("colour: red\n" + square, "colour: an unknown key"),
        ("seed: -1\n" + square, "seed: -1"),
        ("until: 2 fortnights\n" + square, #"until: "2 fortnights" has the unit "fortnights""#),
        ("founders: 4\nnetwork: {links: mesh}\n", "founders: 4"),
        ("network: {links: mesh}\n", "founders: the key is missing"),
        ("founders: [1, 2, 1]\nnetwork: {links: mesh}\n", "founders[2]: node 1 a second time"),
        ("founders: [0]\nnetwork: {links: mesh}\n", "founders[0]: 0"),
        ("founders: []\nnetwork: {links: mesh}\n", "founders: 0 nodes"),
        ("founders: [1, 2]\nnetwork: {}\n", "network: no links"), ("founders: [1, 2]\nnetwork: 7\n", "network: 7"),
        ("founders: [1, 2]\nnetwork: {links: mesh, topology: x}\n", "network: links and topology"),
        ("founders: [1, 2]\nnetwork: {links: ring}\n", #"network.links: "ring""#),
        ("founders: [1, 2]\nnetwork: {links: [[1, 1]]}\n", "network.links[0][1]: node 1 a second time"),
        ("founders: [1, 2]\nnetwork: {links: [[1]]}\n", "network.links[0]: 1 nodes"),
        ("founders: [1, 2]\nnetwork: {links: [{ends: [1, 2, 3]}]}\n", "network.links[0].ends: 3 nodes"),
        ("founders: [1, 2]\nnetwork: {links: [{latency: 1 ms}]}\n", "network.links[0].ends: the key is missing"),
        ("founders: [1, 2]\nnetwork: {links: [[1, 3], [1, 2]]}\n", "network.links[0]: node 3"),
        ("founders: [1, 2]\nnetwork: {links: [[1, 2], [2, 1]]}\n", "network.links[1]: link 1-2 a second time"),
        ("founders: [1, 2, 3]\nnetwork: {links: [[1, 2]]}\n", "network: no way from node 1 to 3"),
        ("founders: [1, 2]\nnetwork: {links: mesh, bandwidth: 0}\n", "network.bandwidth: 0"),
        ("founders: [1, 2]\nnetwork: {links: mesh, latency: 2 h}\n", "network.latency: 7200000000000"),
        ("founders: [1, 2]\nnetwork: {links: mesh, loss: 1001}\n", "network.loss: 1001"),
        ("founders: [1, 2]\nnetwork: {generated: {nodes: 9, degree: 3}}\n", "founders: a list of nodes"),
        ("network: {generated: {nodes: 9, degree: 9}}\n", "network.generated.degree: 9"),
        ("network: {generated: {nodes: 9}}\n", "network.generated.degree: the key is missing"),
        ("network: {generated: {nodes: 9, degree: 3, bandwidth: [5, 4]}}\n", "network.generated.bandwidth: 5 before 4"),
        ("network: {generated: {nodes: 5000, degree: 3}}\n", "network.generated.nodes: 5000"),
        ("training: {state: 0}\n" + square, "training.state: 0"),
        ("training: {samples: 10}\n" + square, "training.batch: 32"),
        ("speeds: [{node: 5, samples_per_second: 1}]\n" + square, "speeds[0].node: node 5"),
        (
            "speeds: [{node: 1, samples_per_second: 1}, {node: 1, samples_per_second: 2}]\n" + square,
            "speeds[1].node: node 1 a second time"
        ),
        ("settings: {heartbeat: 1 s}\n" + square, "settings.failure_bound: 500000000 ns"),
        ("settings: {chunks: 4097}\n" + square, "settings.chunks: 4097"),
        ("settings: {shard_sizes: []}\n" + square, "settings.shard_sizes: no size"),
        ("settings: {shard_sizes: [4, 6]}\n" + square, "settings.shard_sizes[1]: 6"),
        ("settings: {shard_sizes: [128 MiB]}\n" + square, "settings.shard_sizes[0]: 134217728"),
        ("settings: {shard_sizes: 5}\n" + square, "settings.shard_sizes: 5"),
        ("training: {state: 20 MB}\nsettings: {shard_sizes: [1]}\n" + square, "training.state: 20000000 bytes"),
        ("training: {batch: 2000000, samples: 3000000}\n" + square, "training.batch: 2000000"),
        ("network: {links: mesh, jitter: 11 s}\nfounders: [1, 2]\n", "network.jitter: 11000000000"),
        ("network: {links: mesh, silence: -1}\nfounders: [1, 2]\n", "network.silence: -1"),
        ("settings: {hello: 0}\n" + square, "settings.hello: 0"),
        ("settings: {longest_takeover: 1 ms}\n" + square, "settings.longest_takeover: 1000000 ns"),
        ("events: {}\n" + square, "events: an object"), ("events: [5]\n" + square, "events[0]: 5"),
        ("until: 1 s\n" + events("at: 2 s, crash: 1"), "until: 1 s"),
        (events("crash: 1"), "events[0].at: the key is missing"),
        (events("at: 1 s"), "events[0]: nothing that happens"),
        (events("at: 1 s, crash: 1, leave: 2"), "events[0]: crash and leave"),
        (events("at: 2 s, crash: 1", "at: 1 s, crash: 2"), "events[1].at: 1 s"),
        (events("at: -1, crash: 1"), "events[0].at: -1"),
        (events("at: 1 s, crash: 5"), "events[0].crash: node 5, which is not there at 1 s"),
        (
            events("at: 1 s, crash: 1", "at: 2 s, slow: 1, factor: 2"),
            "events[1].slow: node 1, which is not there any more at 2 s"
        ),
        (events("at: 1 s, lie: 5", "at: 2 s, join: 5, links: [1]"), "events[0].lie: node 5, which is not there at 1 s"),
        (events("at: 1 s, leave: 1", "at: 2 s, leave: 1"), "events[1].leave: node 1 a second time"),
        (events("at: 1 s, join: 1, links: [2]"), "events[0].join: node 1, whose name is used"),
        (events("at: 1 s, crash: 1", "at: 2 s, join: 1, links: [2]"), "events[1].join: node 1, whose name is used"),
        (events("at: 1 s, join: 5"), "events[0].links: the key is missing"),
        (events("at: 1 s, join: 5, links: []"), "events[0].links: no link"),
        (events("at: 1 s, join: 5, links: [1, 1]"), "events[0].links[1]: node 1 a second time"),
        (events("at: 1 s, join: 5, links: [1, 5]"), "events[0].links[1]: node 5, which is not there at 1 s"),
        (events("at: 1 s, join: 5, links: [{latency: 1 ms}]"), "events[0].links[0].to: the key is missing"),
        (events("at: 1 s, cut: [1, 1]"), "events[0].cut[1]: node 1 a second time"),
        (events("at: 1 s, cut: [1, 3]"), "events[0].cut: link 1-3, which has not been up by 1 s"),
        (events("at: 1 s, mend: [1, 9]"), "events[0].mend: node 9, which is not there at 1 s"),
        (events("at: 1 s, crawl: [1, 3], factor: 2"), "events[0].crawl: link 1-3, which has not been up by 1 s"),
        (events("at: 1 s, isolate: []"), "events[0].isolate: no node"),
        (events("at: 1 s, isolate: [4, 3, 2, 1]"), "events[0].isolate: all nodes"),
        (events("at: 1 s, heal: false"), "events[0].heal: false"),
        (events("at: 1 s, slow: 1"), "events[0].factor: the key is missing"),
        (events("at: 1 s, slow: 1, factor: 0"), "events[0].factor: 0"),
        (events("at: 1 s, pause: 1"), "events[0].for: the key is missing"),
        (events("at: 1 s, crash: 1, factor: 2"), "events[0].factor: the key beside crash"),
        (events("at: 1 s, leave: 1, links: [2]"), "events[0].links: the key beside leave"),
        (events("at: 1 s, slow: 1, factor: 2, for: 1 s"), "events[0].for: the key beside slow"),
    ]

    @Test(arguments: faulty)
    func aFault(_ text: String, _ fault: String) {
        #expect(Self.faults(text) == [fault])
    }

    @Test func allFaultsAtOnce() {
        let text =
            "seed: x\nnetwork: {links: [[1, 2]], loss: -1}\nfounders: [1, 2]\n"
            + "events: [{at: 1 s, crash: 7}, {at: 0 s, crash: 8}, {at: 1 s}]\nspeeds: [{node: 1}]\n"
        #expect(
            Self.faults(text) == [
                #"seed: "x""#, "network.loss: -1", "events[2]: nothing that happens",
                "speeds[0].samples_per_second: the key is missing",
            ])
        #expect(
            Self.faults(Self.events("at: 1 s, crash: 7", "at: 0 s, crash: 8")) == [
                "events[0].crash: node 7, which is not there at 1 s", "events[1].at: 0 s",
                "events[1].crash: node 8, which is not there at 1 s",
            ])
    }

    @Test func aMeshHasABound() throws {
        func text(_ nodes: Int) -> String { "founders: \(Array(1...nodes))\nnetwork: {links: mesh}\n" }
        #expect(try Self.read(text(362)).links.count == 362 * 361 / 2)
        #expect(Self.faults(text(363)) == ["network: a mesh of 363 nodes"])
        #expect(Self.faults(text(4097)) == ["founders: 4097 nodes"])
    }

    /// No time that a file may name makes a sum overflow.
    @Test func theLongestTimes() throws {
        let nodes = (1...362).map(String.init).joined(separator: ", ")
        let scenario = try Self.read(
            "founders: [\(nodes)]\nnetwork: {links: mesh, latency: 1 h, jitter: 10 s, notice: 1 h}\n"
                + "settings: {failure_bound: 1 h, hello: 1 h, retry: 1 h, takeover: 1 h, longest_takeover: 1 h}\nuntil: \(1 << 50)\n"
        )
        #expect(scenario.calmBound > 0)
        #expect(scenario.steps == [.wait(1 << 50), .calm(after: 0)])
    }
}
