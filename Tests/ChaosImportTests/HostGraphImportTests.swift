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
        #expect(imported.notes == ["left out, without an edge to the joiner: c"])
        var other = recipe
        other.ingress = .fixed(5)
        #expect(try read(Self.text).instance(joiner: "0", recipe: other).instance.groups[0].bandwidth == 5)
    }

    @Test(arguments: [
        ("", "", "no graph"), ("graph [", "line 1", "the end of the file"), ("graph ]", "line 1", "a closing bracket"),
        ("graph [\n node", "line 2", "the end of the file"), ("graph [ a \"x", "line 1", "a text that is not closed"),
        ("graph [ id x ]", "line 1", "\"x\" for id"), ("[", "line 1", "a list without a key"),
        ("graph [\nnode [ id 0 host_bandwidth_up \"1 Mbit\" ]\n]", "line 2, node.host_bandwidth_down", "missing"),
        (
            "graph [\nnode [ id 0 host_bandwidth_up \"1 Mbit\"\n host_bandwidth_down \"fast\" ]\n]",
            "line 3, node.host_bandwidth_down", "\"fast\""
        ),
        ("graph [\nedge [ source 0 target 1 latency 5 ]\n]", "line 2, edge.latency", "\"5\""),
        ("graph [\nedge [ source 0 ]\n]", "line 2", "an edge without source or target"),
        ("graph [ node 5 ]", "line 1", "node without a list"),
    ])
    func faultsOfTheFile(_ text: String, _ path: String, _ found: String) throws {
        let invalid = try #require(faults { _ = try read(text) })
        #expect(invalid.faults.map(\.path) == [path])
        #expect(invalid.faults.map(\.found) == [found])
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
