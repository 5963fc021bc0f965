import ChaosTesting
import Testing

@testable import ChaosImport
@testable import ChaosModel

/// Places on the equator: c, j, m, a, b one degree apart and linked in a line, c to a besides, and x far out.
@Suite struct TopologyImportTests {
    private static func document(nodes: String, edges: String) -> String {
        """
        <?xml version="1.0" encoding="utf-8"?>
        <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
        <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="s"/>
        <key attr.name="label" attr.type="string" for="node" id="l"/>
        <key attr.name="label" attr.type="string" for="graph" id="g"/>
        <key attr.name="Longitude" attr.type="double" for="node" id="x"/>
        <key attr.name="Latitude" attr.type="double" for="node" id="y"/>
        <graph edgedefault="undirected"><data key="g">Net</data>
        \(nodes)
        \(edges)
        </graph></graphml>
        """
    }

    private static func node(_ id: String, _ label: String, _ longitude: String? = nil) -> String {
        "<node id=\"\(id)\"><data key=\"l\">\(label)</data>"
            + (longitude.map { "<data key=\"x\">\($0)</data><data key=\"y\">0.0</data>" } ?? "") + "</node>"
    }

    private static func edge(_ a: String, _ b: String, _ speed: String? = nil) -> String {
        "<edge source=\"\(a)\" target=\"\(b)\">" + (speed.map { "<data key=\"s\">\($0)</data>" } ?? "") + "</edge>"
    }

    private static let line = document(
        nodes: node("0", "j", "0") + node("1", "m", "1") + node("2", "a", "2") + node("3", "b", "3")
            + node("4", "c", "-1") + node("5", "x", "50"),
        edges: edge("0", "1", "1e9") + edge("1", "2", "500000000.0") + edge("2", "3", "2e9") + edge("2", "4")
            + edge("0", "4", "100"))

    private func graph(_ text: String) throws -> TopologyGraph {
        try TopologyGraph(graphML: Array(text.utf8), file: "net.graphml")
    }

    private var recipe: InstanceRecipe { InstanceRecipe(state: TrainingState(bytes: 1000), shardSizes: [10]) }

    /// One degree of the equator at 2/3 c: 6371008.8 m · π/180 / 199861638.67 m/s.
    private let degree = 556_360

    @Test func latencyIsTheGreatCircleAlongTheShortestPath() throws {
        let imported = try TopologyImport(try graph(Self.line), sharing: .none).instance(joiner: "j", recipe: recipe)
        let neighbors = imported.instance.neighbors
        #expect(neighbors.map(\.id) == ["a", "b", "c", "m"])
        #expect(zip(neighbors.map(\.latency), [2, 3, 1, 1]).allSatisfy { abs(Double($0) - $1 * Double(degree)) < 3 })
        #expect(imported.notes.contains("left out, out of reach: x"))
        #expect(imported.notes.contains("1 of 5 links have no capacity and get 500000000 bit/s"))
    }

    @Test func bandwidthIsTheLeastAlongThePath() throws {
        let instance = try TopologyImport(try graph(Self.line), sharing: .none).instance(joiner: "j", recipe: recipe)
            .instance
        #expect(instance.neighbors.map(\.bandwidth) == [500_000_000, 500_000_000, 100, 1_000_000_000])
    }

    /// Of paths with equal latency, the one with fewer links; of those, the one with the greater bottleneck.
    @Test func tiesBetweenPaths() {
        // 3 by way of 1 and 2, or directly; 6 by way of 4 or, with more capacity, of 5.
        let ends = [(0, 1), (1, 2), (2, 3), (0, 3), (0, 4), (4, 6), (0, 5), (5, 6)]
        var adjacency = [[(other: Int, link: Int)]](repeating: [], count: 7)
        for (l, (a, b)) in ends.enumerated() {
            adjacency[a].append((b, l))
            adjacency[b].append((a, l))
        }
        let paths = ShortestPaths(
            adjacency: adjacency, latencies: [10, 10, 10, 30, 10, 10, 10, 10], speeds: [9, 9, 9, 1, 5, 5, 6, 6], root: 0
        )
        #expect(paths.parent == [-1, 0, 1, 0, 0, 0, 5])
        #expect(paths.bottleneck.dropFirst() == [9, 9, 1, 5, 6, 6])
    }

    @Test func sharedLinksAreGroups() throws {
        let source = TopologyImport(try graph(Self.line), sharing: .firstHop)
        let first = try source.instance(joiner: "j", recipe: recipe).instance
        #expect(first.groups == [CapacityGroup(id: "m – j", bandwidth: 1_000_000_000)])
        #expect(first.neighbors.map(\.group) == [0, 0, nil, 0])
        let tree = try TopologyImport(try graph(Self.line), sharing: .tree).instance(joiner: "j", recipe: recipe)
            .instance
        #expect(
            tree.groups == [
                CapacityGroup(id: "m – j", bandwidth: 1_000_000_000),
                CapacityGroup(id: "a – m", bandwidth: 500_000_000, parent: 0),
            ])
        #expect(tree.neighbors.map(\.group) == [1, 1, nil, 0])
    }

    /// With m not chosen, the same neighbours lie behind both links: one group with the narrower capacity.
    @Test func linksWithTheSameNeighborsBehindThemAreOneGroup() throws {
        var graph = try graph(Self.line)
        graph.nodes[1].point = nil
        let instance = try TopologyImport(graph, sharing: .tree).instance(joiner: "j", recipe: recipe).instance
        #expect(instance.neighbors.map(\.id) == ["a", "b", "c"])
        #expect(instance.groups == [CapacityGroup(id: "m – j", bandwidth: 500_000_000)])
    }

    @Test func nodesWithoutCoordinatesLieBetweenTheirNeighbors() throws {
        let text = Self.document(
            nodes: Self.node("0", "j", "0") + Self.node("1", "?") + Self.node("2", "?") + Self.node("3", "a", "4")
                + Self.node("4", "lost") + Self.node("5", "?"),
            edges: Self.edge("0", "1", "5") + Self.edge("1", "2", "5") + Self.edge("2", "5", "5")
                + Self.edge("5", "3", "5"))
        let imported = try TopologyImport(try graph(text)).instance(joiner: "j", recipe: recipe)
        #expect(imported.instance.neighbors.map(\.id) == ["a"])
        // The outer two coincide with j and a, the one between them is found in a second round.
        #expect(abs(imported.instance.neighbors[0].latency - 4 * degree) < 3)
        #expect(imported.notes == ["left out, without coordinates: lost"])
        let skipping = TopologyImport(try graph(text), interpolates: false)
        #expect(faults { _ = try skipping.instance(joiner: "j", recipe: recipe) } != nil)
        #expect(try graph(text).nodes.map(\.name) == ["j", "? (1)", "? (2)", "a", "lost", "? (5)"])
    }

    @Test func parallelLinksAddUpAndLoopsDoNotCount() throws {
        let text = Self.document(
            nodes: Self.node("0", "j", "0") + Self.node("1", "a", "1"),
            edges: Self.edge("0", "1", "5") + Self.edge("1", "0", "7") + Self.edge("0", "1") + Self.edge("0", "0", "9"))
        let graph = try graph(text)
        #expect(graph.links.map(\.speed) == [12])
    }

    @Test func labelsMayBeReplacedByIds() throws {
        #expect(try graph(Self.line).node(named: "3") == 3)
        #expect(
            faults { _ = try graph(Self.line).node(named: "z") }?.faults.first?.allowed
                == "one of 6 nodes: j, m, a, b, c, x")
    }

    @Test(arguments: [
        ("<graphml>", "no well-formed XML"), (String(line.dropLast(9)), "no well-formed XML"),
        ("", "no well-formed XML"), ("<graphml/>", "no element graph"),
        (document(nodes: node("0", "a", "0") + node("0", "b", "1"), edges: ""), "the node \"0\" a second time"),
        (document(nodes: node("0", "a", "0"), edges: edge("0", "9")), "an edge from \"0\" to \"9\""),
        (document(nodes: node("0", "a", "400"), edges: ""), "Latitude 0.0, Longitude 400"),
        (document(nodes: node("0", "a", "nan"), edges: ""), "Latitude 0.0, Longitude nan"),
        (document(nodes: node("0", "a", "0") + node("1", "b", "1"), edges: edge("0", "1", "-5")), "\"-5\""),
        (document(nodes: node("0", "a", "0") + node("1", "b", "1"), edges: edge("0", "1", "0")), "\"0\""),
    ])
    func faultsOfTheFile(_ text: String, _ found: String) throws {
        let invalid = try #require(faults { _ = try graph(text) })
        #expect(invalid.file == "net.graphml")
        #expect(invalid.faults[0].found.hasPrefix(found))
    }

    @Test func aJoinerWithoutPlaceAndANetworkWithoutCapacityAreRefused() throws {
        let text = Self.document(
            nodes: Self.node("0", "j", "0") + Self.node("1", "a", "1"), edges: Self.edge("0", "1"))
        #expect(
            faults { _ = try TopologyImport(try graph(text)).instance(joiner: "j", recipe: recipe) }?.faults[0].found
                == "no link with LinkSpeedRaw")
        let given = TopologyImport(try graph(text), missingSpeed: 77)
        #expect(try given.instance(joiner: "j", recipe: recipe).instance.neighbors[0].bandwidth == 77)
    }
}
