import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosTesting
import Foundation
import Testing

@testable import ChaosScenario

/// Networks from elsewhere: instances, maps, seeds.
@Suite struct NetworkSourceTests {
    static func read(_ text: String, _ files: [String: String] = [:]) throws -> Scenario {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString)").path
        try DocumentIO.createFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, content) in files { try DocumentIO.write(content, to: "\(folder)/\(name)") }
        try DocumentIO.write("format: chaos-scenario\nversion: 1\n" + text, to: "\(folder)/x.yaml")
        return try Scenario(contentsOf: "\(folder)/x.yaml")
    }

    static func message(_ text: String, _ files: [String: String] = [:]) -> String {
        do { return "\(try read(text, files))" } catch { return "\(error)" }
    }

    static func instance(_ neighbors: String) -> String {
        #"{"format":"chaos-instance","version":1,"state":{"bytes":1000},"shard_sizes":[10],"neighbors":[\#(neighbors)]}"#
    }

    static let two = instance(
        #"{"id":"a","bandwidth":"5 Mbit/s","latency":"3 ms"},{"id":"b","bandwidth":"7 Mbit/s","latency":7}"#)

    @Test func anInstanceGivesTheJoinersLinks() throws {
        let scenario = try Self.read(
            "network: {instance: i.json, bandwidth: 1 Gbit/s, latency: 2 ms}\n"
                + "events: [{at: 1 s, join: 3}, {at: 2 s, join: 4, links: [{to: 1, latency: 9 ms}]}]\n",
            ["i.json": Self.two])
        #expect(scenario.founders == [1, 2] && scenario.links == [Link(1, 2)])
        #expect(scenario.training.stateBytes == 1000)
        #expect(scenario.steps.first?.event == .join(3, links: [1, 2]))
        #expect(
            scenario.capacities == [
                Link(1, 3): LinkCapacity(bandwidth: 5_000_000, latency: 1_500_000),
                Link(2, 3): LinkCapacity(bandwidth: 7_000_000, latency: 4),
                Link(1, 4): LinkCapacity(bandwidth: 1_000_000_000, latency: 9_000_000),
            ])
        #expect(scenario.network.capacity == LinkCapacity(bandwidth: 1_000_000_000, latency: 2_000_000))
        let crashed = try Self.read(
            "network: {instance: i.json}\ntraining: {state: 5}\nevents: [{at: 1 s, crash: 2}, {at: 2 s, join: 3}]\n",
            ["i.json": Self.two])
        #expect(crashed.steps[1].event == .join(3, links: [1]))
        #expect(crashed.training.stateBytes == 5)
    }

    @Test func aFileThatDoesNotServe() {
        #expect(Self.message("network: {instance: nowhere.json}\n").contains("nowhere.json: No such file"))
        #expect(
            Self.message("network: {instance: i.json}\n", ["i.json": "{}"]).contains(
                "i.json: format: the key is missing"))
        let limited = Self.instance(#"{"id":"a","bandwidth":1,"limit":5,"overhead":1}"#)
        let message = Self.message("network: {instance: i.json}\n", ["i.json": limited])
        #expect(message.contains("i.json: neighbors[0].overhead") && message.contains("i.json: neighbors[0].limit"))
        // A fault of the scenario itself comes first.
        #expect(Self.message("network: {instance: nowhere.json}\nseed: x\n").contains("x.yaml: seed"))
        #expect(Self.message("network: {topology: t}\n", ["t": "<graphml/>"]).contains("t: no element graph"))
    }

    /// Three places on the equator, a degree apart, and one without coordinates behind them.
    static let map = """
        <graphml><key id="a" for="node" attr.name="Latitude"/><key id="o" for="node" attr.name="Longitude"/>
        <key id="s" for="edge" attr.name="LinkSpeedRaw"/><graph>
        <node id="x"/><node id="p"><data key="a">0</data><data key="o">0</data></node>
        <node id="q"><data key="a">0</data><data key="o">1</data></node>
        <node id="r"><data key="a">0</data><data key="o">2</data></node>
        <edge source="p" target="q"><data key="s">5000000</data></edge><edge source="q" target="r"/>
        </graph></graphml>
        """

    @Test func aMapGivesNodesAndLinks() throws {
        let scenario = try Self.read("network: {topology: t.graphml}\n", ["t.graphml": Self.map])
        // A degree of the great circle is 111.195 km, at 2/3 of the speed of light 556.36 µs.
        let latency = 556_360
        #expect(scenario.founders == [1, 2, 3] && scenario.links == [Link(1, 2), Link(2, 3)])
        for link in scenario.links {
            let capacity = try #require(scenario.capacities[link])
            #expect(capacity.bandwidth == 5_000_000 && abs(capacity.latency - latency) < 100)
        }
        let other = try Self.read("network: {topology: t.graphml, bandwidth: 9 kbit/s}\n", ["t.graphml": Self.map])
        #expect(other.capacities[Link(1, 2)]?.bandwidth == 5_000_000)
        #expect(other.capacities[Link(2, 3)]?.bandwidth == 9000)
        let isolated = Self.map.replacing("<edge source=\"q\" target=\"r\"/>", with: "")
        #expect(
            Self.message("network: {topology: t.graphml}\n", ["t.graphml": isolated])
                .contains("network: no way from node 1 to 3"))
        let unknown = Self.map.replacing("LinkSpeedRaw", with: "speed")
        #expect(
            Self.message("network: {topology: t.graphml}\n", ["t.graphml": unknown]).contains("or network.bandwidth"))
    }

    @Test(arguments: [(2, 1), (3, 2), (50, 1), (50, 4), (40, 39), (1000, 4)])
    func generatedNetworks(nodes: Int, degree: Int) throws {
        func text(_ seed: Int) -> String {
            "seed: \(seed)\nnetwork: {generated: {nodes: \(nodes), degree: \(degree), "
                + "bandwidth: [10 Mbit/s, 1 Gbit/s], latency: [1 ms, 100 ms]}}\n"
        }
        let scenario = try Self.read(text(1))
        #expect(scenario == (try Self.read(text(1))))
        if nodes > 3 { #expect(scenario.capacities != (try Self.read(text(2))).capacities) }
        // That it is connected, reading has checked.
        #expect(scenario.founders == (1...nodes).map { NodeID(UInt64($0)) })
        #expect(scenario.links.count == max(nodes - 1, nodes * degree / 2))
        #expect(Set(scenario.links).count == scenario.links.count)
        for link in scenario.links {
            let capacity = try #require(scenario.capacities[link])
            #expect((10_000_000...1_000_000_000).contains(capacity.bandwidth))
            #expect((1_000_000...100_000_000).contains(capacity.latency))
        }
    }

    /// Chances in proportion to 1 / number: within five standard deviations, with a fixed seed.
    @Test func logarithmicNumbers() {
        var random = SeededRandom(seed: 3)
        var counts = [Int](repeating: 0, count: 13)
        let rounds = 100_000
        for _ in 0..<rounds { counts[random.logarithmic(3...12)] += 1 }
        let whole = (3...12).reduce(0) { $0 + 1 / Double($1) }
        for number in 3...12 {
            let chance = 1 / Double(number) / whole
            let deviation = (Double(rounds) * chance * (1 - chance)).squareRoot()
            #expect(abs(Double(counts[number]) - Double(rounds) * chance) < 5 * deviation, "\(number): \(counts)")
        }
        for range in [
            1...1, 1...1 << 50, (1 << 50)...(1 << 50), (1 << 50) - 1...1 << 50, 7...8, (1 << 40) + 1...(1 << 40) + 2,
        ] {
            for _ in 0..<1000 { #expect(range.contains(random.logarithmic(range))) }
        }
        // Each decade is as frequent as another.
        let decade = (0..<20_000).count { _ in random.logarithmic(1_000_000...100_000_000) < 10_000_000 }
        #expect(abs(decade - 10_000) < 400)
    }
}
