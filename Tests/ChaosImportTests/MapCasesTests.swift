import ChaosTesting
import Foundation
import Testing

@testable import ChaosDocuments
@testable import ChaosImport
@testable import ChaosModel

/// What maps hold beside plain nodes and edges: read, or refused with its place; nothing is dropped without a word.
@Suite struct MapCasesTests {
    private var recipe: InstanceRecipe { InstanceRecipe(state: TrainingState(bytes: 1000), shardSizes: [10]) }

    private func bytes(_ name: String) throws -> [UInt8] {
        try DocumentIO.read(PackageRoot.url("Tests/Inputs/import/\(name)").path)
    }

    private func hosts(_ name: String, joiner: String) throws -> ImportedInstance {
        try HostGraphImport(gml: try bytes(name), file: name).instance(joiner: joiner, recipe: recipe)
    }

    private func map(_ name: String, joiner: String) throws -> ImportedInstance {
        try TopologyImport(try TopologyGraph(graphML: try bytes(name), file: name), sharing: .none)
            .instance(joiner: joiner, recipe: recipe)
    }

    // MARK: GML

    /// The state travels from b to a, on the edge that leads there.
    @Test func ofADirectedGraphTheEdgeToTheJoinerCounts() throws {
        let imported = try hosts("directed.gml", joiner: "a")
        #expect(imported.instance.neighbors.map(\.latency) == [10_000_000])
        #expect(try hosts("directed.gml", joiner: "b").instance.neighbors.map(\.latency) == [500_000_000])
        #expect(imported.instance.comment?.contains("the edge from the neighbor to the joiner") == true)
    }

    @Test func anEdgeFromTheJoinerAloneIsToldAndDoesNotCount() throws {
        let text = String(decoding: try bytes("directed.gml"), as: UTF8.self)
            .replacing("edge [ source 1", with: "node [ id 2 label \"c\" \(Self.host) ] edge [ source 2")
        let imported = try HostGraphImport(gml: Array(text.utf8), file: "x.gml").instance(joiner: "a", recipe: recipe)
        #expect(imported.instance.neighbors.map(\.id) == ["c"])
        #expect(
            imported.notes == ["left out, with an edge from the joiner and none to it, where the state travels: b"])
    }

    private static let host = "host_bandwidth_up \"1 Mbit\" host_bandwidth_down \"1 Mbit\""

    @Test func entitiesOfTextsAreResolved() throws {
        let imported = try hosts("networkx.gml", joiner: "Zürich")
        #expect(imported.instance.neighbors.map(\.id) == ["A & \"B\"", "日本"])
        #expect(imported.instance.neighbors.map(\.latency) == [10_000_000, 20_000_000])
        #expect(imported.notes == [])
    }

    @Test(arguments: [
        ("&uuml;&Uuml;&amp;&quot;&lt;&euro;&nbsp;&yuml;&thetasym;", "üÜ&\"<€\u{A0}ÿϑ"),
        ("&#xFC;&#252;&#x1F600;", "üü\u{1F600}"),
        ("&apos;&nosuch;&#XFC;&;&#;&#x;&# 7;&a b;", "&apos;&nosuch;&#XFC;&;&#;&#x;&# 7;&a b;"),
        ("&#99999999999;", "&#99999999999;"),
        ("&&amp;amp;&#38;#38;", "&&amp;&#38;"), ("a&", "a&"), ("&#1114112;", "&#1114112;"),
    ])
    func entities(_ text: String, _ expected: String) {
        #expect(CharacterEntities.resolve(text) == expected)
        #expect(CharacterEntities.resolve("&#55296;") == nil)
    }

    @Test func aByteOrderMarkIsPassedOver() throws {
        #expect(try hosts("bom.gml", joiner: "a").instance.neighbors.map(\.id) == ["b"])
    }

    /// An edge a second time and one to a node that is not there are refused; without them, the host that sends nothing
    /// is named for what it is.
    @Test func aHostThatSendsNothingIsToldFromOneWithoutAnEdge() throws {
        let invalid = try #require(faults { _ = try hosts("zero-up.gml", joiner: "a") })
        #expect(
            invalid.faults.map { "\($0.path): \($0.found)" } == [
                "line 7: the edge of line 6 a second time", "line 8: an edge from 0 to 7",
            ])
        let text = String(decoding: try bytes("zero-up.gml"), as: UTF8.self).split(separator: "\n")
            .filter { !$0.contains("99 ms") && !$0.contains("target 7") }.joined(separator: "\n")
        let imported = try HostGraphImport(gml: Array(text.utf8), file: "x.gml").instance(joiner: "a", recipe: recipe)
        #expect(imported.notes == ["left out, with a host_bandwidth_up of 0: b"])
        #expect(imported.instance.neighbors.map(\.latency) == [20_000_000])
    }

    // MARK: GraphML

    @Test func theDefaultOfAKeyHoldsAndCDATAIsText() throws {
        let imported = try map("default.graphml", joiner: "J")
        #expect(imported.instance.neighbors.map(\.id) == ["A & Co", "C"])
        #expect(imported.instance.neighbors.map(\.bandwidth) == [1_000_000, 10_000_000_000])
        #expect(imported.notes == [])
    }

    @Test(arguments: ["cdata-speed.graphml", "key-without-for.graphml"])
    func legalFormsAreRead(_ name: String) throws {
        #expect(try map(name, joiner: "J").instance.neighbors.map(\.bandwidth) == [1_000_000])
    }

    private func graph(_ body: String, keys: String = "", kind: String = "undirected") throws -> TopologyGraph {
        let text = """
            <graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
            <key id="s" for="edge" attr.name="LinkSpeedRaw"/><key id="x" for="node" attr.name="Longitude"/>
            <key id="y" attr.name="Latitude"><default>0</default></key>\(keys)
            <graph edgedefault="\(kind)">
            \(body)
            </graph></graphml>
            """
        return try TopologyGraph(graphML: Array(text.utf8), file: "x.graphml")
    }

    private static func node(_ id: String, _ x: Int, _ more: String = "") -> String {
        "<node id=\"\(id)\"><data key=\"x\">\(x)</data>\(more)</node>"
    }

    private static func edge(_ a: String, _ b: String, _ speed: Int? = nil) -> String {
        "<edge source=\"\(a)\" target=\"\(b)\">" + (speed.map { "<data key=\"s\">\($0)</data>" } ?? "") + "</edge>"
    }

    private static let three = node("j", 0) + node("a", 1) + node("b", 2)

    /// Paths follow the links to the joiner: from a by way of b, for the link between them leads away from it.
    @Test func directedLinksCarryOneWay() throws {
        let body =
            Self.edge("j", "a", 9) + Self.edge("a", "b", 7) + Self.edge("b", "j", 5) + Self.edge("b", "j", 1)
            + Self.three
        let graph = try graph(body, kind: "directed")
        let instance = try TopologyImport(graph, sharing: .tree).instance(joiner: "j", recipe: recipe).instance
        #expect(instance.neighbors.map(\.bandwidth) == [6, 6])
        #expect(instance.groups.map(\.id) == ["b – j"])
        #expect(instance.neighbors[0].latency > instance.neighbors[1].latency + 500_000)
        #expect(instance.comment?.contains("the path of least latency to the joiner") == true)
        // Both ways between the same nodes are two links, of which only the right one counts.
        let both = try self.graph(Self.three + Self.edge("a", "j", 3) + Self.edge("j", "a", 4), kind: "directed")
        let imported = try TopologyImport(both).instance(joiner: "j", recipe: recipe)
        #expect(imported.instance.neighbors.map(\.bandwidth) == [3])
        #expect(imported.notes == ["left out, out of reach: b"])
        #expect(
            faults { _ = try TopologyNetwork(both, missingSpeed: nil, remedy: "x") }?.faults[0].found == "directed")
    }

    @Test func whatDoesNotCountIsTold() throws {
        let ports = "<port name=\"p\"/><data key=\"g\"><y:ShapeNode><y:node/><data>1</data></y:ShapeNode></data>"
        let body =
            Self.three + Self.node("c", 3, ports) + Self.edge("j", "a", 5) + Self.edge("j", "a")
            + Self.edge("a", "a", 3)
            + Self.edge("a", "b", 1 << 50) + Self.edge("b", "a", 1)
        let graph = try graph(body, keys: "<key id=\"g\" for=\"node\" yfiles.type=\"nodegraphics\"/>")
        #expect(
            graph.notes == [
                "passed over, for an instance has nothing like it: data with elements inside (1)",
                "passed over, for an instance has nothing like it: port (1)",
                "left out, edges from a node to itself: 1",
                "without a capacity, beside a link that has one, and so without effect: 1",
                "parallel links whose sum is cut to 2^50 bit/s: 1",
            ])
        #expect(graph.links.map(\.speed) == [5, 1 << 50])
        let imported = try TopologyImport(graph).instance(joiner: "j", recipe: recipe)
        #expect(imported.notes.starts(with: graph.notes))
    }

    @Test(arguments: [
        ("<hyperedge><endpoint node=\"a\"/></hyperedge>", "a hyperedge"),
        ("<node id=\"n\"><graph edgedefault=\"undirected\"><node id=\"m\"/></graph></node>", "a graph inside node"),
        ("</graph><graph>", "a second graph"), ("<edge source=\"j\" target=\"z\"/>", "an edge from \"j\" to \"z\""),
        ("<edge source=\"j\" target=\"a\" directed=\"true\"/>", "\"true\""),
        (
            "<edge source=\"j\" target=\"a\" id=\"1\"/><edge source=\"a\" target=\"j\" id=\"1\"/>",
            "the edge \"1\" between the same nodes a second time"
        ),
        (
            "<edge source=\"j\" target=\"a\"><data key=\"s\">1</data><data key=\"s\">2</data></edge>",
            "LinkSpeedRaw a second time"
        ),
        ("<edge source=\"j\" target=\"a\"><data key=\"nosuch\">1</data></edge>", "data of the key \"nosuch\""),
        ("<data>1</data>", "data without key"),
        ("<edge source=\"j\"><edge source=\"j\" target=\"a\"/></edge>", "an edge without source or target"),
    ])
    func whatWouldChangeTheGraphIsRefused(_ body: String, _ found: String) throws {
        let invalid = try #require(faults { _ = try graph(Self.three + "\n" + body) })
        #expect(invalid.faults[0].found == found && invalid.faults[0].path.hasPrefix("line 6"), "\(invalid)")
    }

    @Test(arguments: [
        ("<key id=\"k\" for=\"vertex\" attr.name=\"a\"/>", "a key for \"vertex\""),
        ("<key id=\"k\"/>", "a key without id or attr.name"),
        ("<key id=\"x\" attr.name=\"a\"/>", "the key \"x\" a second time, as a"),
        (
            "<key id=\"z\" for=\"node\" attr.name=\"Latitude\"><default>1</default></key>",
            "another default for Latitude: \"1\""
        ),
    ])
    func keysThatContradictAreRefused(_ key: String, _ found: String) throws {
        let invalid = try #require(faults { _ = try graph(Self.three, keys: "\n" + key) })
        #expect(invalid.faults[0].found == found && invalid.faults[0].path == "line 4", "\(invalid)")
    }

    /// The parser would drop these texts, or what stands behind the document, without a word.
    @Test(arguments: [
        (
            "<!DOCTYPE graphml [\n<!ENTITY x \"y\">]>\n<graphml><graph/></graphml>", "line 2",
            "a declaration of an entity"
        ),
        (
            "<!DOCTYPE graphml SYSTEM \"a.dtd\">\n<graphml><graph><data key=\"&x;\"/></graph></graphml>", "line 2",
            "no well-formed XML"
        ),
        ("<graphml><graph/></graphml>\nmore", "line 2", "no well-formed XML"),
        ("<gexf><graph/></gexf>", "line 1", "the element gexf"),
    ])
    func documentsThatAreNone(_ text: String, _ path: String, _ found: String) throws {
        for encoding in [String.Encoding.utf8, .utf16] {
            let bytes = [UInt8](try #require(text.data(using: encoding)))
            let invalid = try #require(faults { _ = try TopologyGraph(graphML: bytes, file: "x.graphml") })
            #expect(invalid.faults[0].found.hasPrefix(found), "\(invalid)")
            #expect(invalid.faults[0].path.hasPrefix(path) || encoding == .utf16, "\(invalid)")
        }
    }

    @Test func namesWithAPrefixAreReadToo() throws {
        let text = """
            <g:graphml xmlns:g="http://graphml.graphdrawing.org/xmlns" xmlns:other="http://x"><g:graph edgedefault="undirected">
            <g:node id="a"/><other:node id="b"/><g:node id="c"/><g:edge source="a" target="c"/></g:graph></g:graphml>
            """
        let graph = try AttributedGraph(graphML: Array(text.utf8), file: "x.graphml")
        #expect(graph.nodes.map(\.id) == ["a", "c"] && graph.edges.count == 1)
        #expect(graph.notes == ["passed over, for an instance has nothing like it: other:node (1)"])
    }
}
