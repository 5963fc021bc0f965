import ChaosTesting
import Testing

@testable import ChaosImport
@testable import ChaosModel

@Suite struct HostGraphImportTests {
    private static let text = """
        # homes
        graph [
          directed 0
          node [ id 0 label "j" host_bandwidth_down "1000 Kibit" host_bandwidth_up "8 Kibit" ]
          node [ id 1 label "a" host_bandwidth_down "1 Mbit" host_bandwidth_up "2 Mbit" ]
          node [ id 2 label "b" host_bandwidth_down "1 Mbit" host_bandwidth_up "3 Kibit" ]
          node [ id 3 label "c" host_bandwidth_down "1 Mbit" host_bandwidth_up "3 Kibit" ]
          edge [ source 0 target 1 latency "1500 us" packet_loss 0.0 ]
          edge [ source 2 target 0 latency "2 ms" ]
          edge [ source 0 target 0 latency "1 us" ]
        ]
        """

    private static let host = "host_bandwidth_up \"1 Mbit\" host_bandwidth_down \"1 Mbit\""

    private func read(_ text: String) throws -> HostGraphImport {
        try HostGraphImport(gml: Array(text.utf8), file: "homes.gml")
    }

    private var recipe: InstanceRecipe { InstanceRecipe(state: TrainingState(bytes: 1000), shardSizes: [10]) }

    @Test func takesUpLinksDirectEdgesAndTheJoinersDownLink() throws {
        let imported = try read(Self.text).instance(joiner: "j", recipe: recipe)
        #expect(
            imported.instance.neighbors == [
                Neighbor(id: "a", bandwidth: 2_000_000, latency: 1_500_000, group: 0),
                Neighbor(id: "b", bandwidth: 3072, latency: 2_000_000, group: 0),
            ])
        #expect(imported.instance.groups == [CapacityGroup(id: "ingress", bandwidth: 1_024_000)])
        #expect(
            imported.notes == [
                "left out, edges from a node to itself: 1", "left out, without an edge to the joiner: c",
            ])
        var other = recipe
        other.ingress = .fixed(5)
        #expect(try read(Self.text).instance(joiner: "0", recipe: other).instance.groups[0].bandwidth == 5)
    }

    @Test(arguments: [
        ("", "", "no graph"), ("graph [", "line 1", "the end of the file"), ("graph ]", "line 1", "a closing bracket"),
        ("graph [\n node", "line 2", "the end of the file"), ("graph [ a \"x", "line 1", "a text that is not closed"),
        ("graph [ size x ]", "line 1", "\"x\" for size"), ("[", "line 1", "a list without a key"),
        ("graph [\nnode [ id 0 host_bandwidth_up \"1 Mbit\" ]\n]", "line 2, node.host_bandwidth_down", "missing"),
        (
            "graph [\nnode [ id 0 host_bandwidth_up \"1 Mbit\"\n host_bandwidth_down \"fast\" ]\n]",
            "line 3, node.host_bandwidth_down", "\"fast\""
        ),
        (
            "graph [\nnode [ \(host) id 0 ] node [ \(host) id 1 ]\nedge [ source 0 target 1 latency 5 ]\n]",
            "line 3, edge.latency", "\"5\""
        ),
        (
            "graph [\nnode [ \(host) id 0 ] node [ \(host) id 1 ]\nedge [ source 0 target 1 latency \"400 h\" ]\n]",
            "line 3, edge.latency", "\"400 h\""
        ),
        ("graph [\nnode [ id 0 ]\nedge [ source 0 target 1 ]\n]", "line 3", "an edge from 0 to 1"),
        ("graph [\nnode [ id 1 ]\nedge [ source 1 target \"1\" ]\n]", "line 3", "an edge from 1 to \"1\""),
        ("graph [\nnode [ id 0 ]\nnode [ id +00 ]\n]", "line 3", "the node 0 a second time"),
        ("graph [\nnode [ id 0 id 1 ]\n]", "line 2", "a node without id"),
        ("graph [\nnode [ id 0 graph [ node [ id 1 ] ] ]\n]", "line 2", "a graph inside a node"),
        ("graph [\ndirected yes\n]", "line 2", "\"yes\" for directed"),
        ("graph [\ndirected 2\n]", "line 2", "directed 2"),
        ("graph [\ndirected 1\ndirected 0\n]", "line 3", "directed a second time"),
        ("graph [ ]\ngraph [ ]", "line 2", "a second graph"),
        ("graph [ x 0x10 ]", "line 1", "\"0x10\" for x"), ("graph [ 5 6 ]", "line 1", "the key \"5\""),
        ("graph [ x 1e ]", "line 1", "\"1e\" for x"),
        ("graph [ x \"&#xD800;\" ]", "line 1", "\"&#xD800;\" for x"),
        (
            "graph [\nnode [ id 0 label \"a\" label \"b\" \(host) ]\n]", "line 2, node.label", "label a second time"
        ),
        (
            "graph [\nnode [ id 0 label \"a (1)\" \(host) ]\nnode [ id 1 label \"a\" \(host) ]\n"
                + "node [ id 2 label \"a\" \(host) ]\n]", "line 3, node",
            "the name \"a (1)\", which the node in line 2 has"
        ),
        ("graph [\nedge [ source 0 ]\n]", "line 2", "an edge without source or target"),
        ("graph [ node 5 ]", "line 1", "node without a list"),
    ])
    func faultsOfTheFile(_ text: String, _ path: String, _ found: String) throws {
        let invalid = try #require(faults { _ = try read(text) })
        #expect(invalid.faults.map(\.path) == [path])
        #expect(invalid.faults.map(\.found) == [found])
    }

    @Test func bytesThatAreNoUTF8AreRefusedWithTheirPlace() throws {
        let latin1: [UInt8] = Array("graph [\n# \u{FC} is fine here\n label \"Z".utf8) + [0xFC] + Array("rich\" ]".utf8)
        let invalid = try #require(faults { _ = try HostGraphImport(gml: latin1, file: "homes.gml") })
        #expect(invalid.faults.map(\.path) == ["line 3"])
        #expect(invalid.faults[0].found == "bytes that are no UTF-8 in the text of label")
    }

    /// Numbers as networkx writes them, words without quotes, and ids that are texts.
    @Test func readsWhatIsUnusual() throws {
        let graph = try AttributedGraph(
            gml: Array(
                """
                Creator "x" graph [ w +INF w -INF w NAN w .5 w 5. w -1.5E+3
                  node [ id a label NAN x 1 ] node [ id "b c" x 1 x 2 ] node [ id 7 ]
                  edge [ source a target "b c" ] edge [ source +7 target "a" ]
                ]
                """.utf8), file: "x.gml")
        #expect(graph.nodes.map(\.id) == ["a", "b c", "7"])
        #expect(try graph.names(label: "label") == ["NAN", "b c", "7"])
        #expect(graph.edges.map(\.source) == [0, 2] && graph.edges.map(\.target) == [1, 0])
        #expect(graph.nodes[1].attributes["x"] == AttributedGraph.Attribute(text: "1", line: 2, nextLine: 2))
    }

    @Test func ofParallelEdgesTheLeastLatencyCounts() throws {
        let text = Self.text.replacing("directed 0", with: "multigraph 1")
            .replacing("edge [ source 2", with: "edge [ source 0 target 1 latency \"1 us\" ] edge [ source 2")
            .replacing("packet_loss 0.0", with: "packet_loss 0.5")
            .replacing("latency \"2 ms\"", with: "latency \"2 ms\" packet_loss 0.01")
        let imported = try read(text).instance(joiner: "j", recipe: recipe)
        #expect(imported.instance.neighbors.map(\.latency) == [1000, 2_000_000])
        #expect(
            imported.notes.suffix(2) == [
                "with parallel edges, of which the one with the least latency counts: a",
                "with a packet_loss, which an instance does not have: b",
            ])
    }

    @Test func aJoinerThatTakesNothingNeedsAnIngress() throws {
        let source = try read(Self.text.replacing("1000 Kibit", with: "0 Kibit"))
        #expect(
            faults { _ = try source.instance(joiner: "j", recipe: recipe) }?.faults[0].path
                == "node j, host_bandwidth_down")
        var other = recipe
        other.ingress = .fixed(5)
        #expect(try source.instance(joiner: "j", recipe: other).instance.groups[0].bandwidth == 5)
    }

    @Test func deepBracketsAreRefused() throws {
        let depth = 200_000
        let text = String(repeating: "a [ ", count: depth) + String(repeating: "] ", count: depth)
        #expect(faults { _ = try read(text) }?.faults[0].found == "a list inside 100 lists")
    }

    @Test func anUnknownJoinerIsRefusedWithTheNames() throws {
        let invalid = faults { _ = try read(Self.text).instance(joiner: "z", recipe: recipe) }
        #expect(invalid?.faults[0].allowed == "one of 4 nodes: j, a, b, c")
    }
}
