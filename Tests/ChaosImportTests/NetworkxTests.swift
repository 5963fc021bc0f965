import ChaosTesting
import Foundation
import Testing

@testable import ChaosDocuments
@testable import ChaosImport

/// networkx as an independent reader of GML and GraphML: whatever both it and we take of a file is the same.
@Suite struct NetworkxTests {
    private struct Answer: Decodable {
        let file: String
        let refused: String?
        let graph: Graph?
    }

    private struct Graph: Decodable {
        let directed: Bool
        let nodes: [Node]
        let edges: [Edge]
        let nodeDefaults, edgeDefaults: [String: String]
    }

    private struct Node: Decodable {
        let id: String
        let values: [String: String]
    }

    private struct Edge: Decodable {
        let source, target: String
        let values: [String: String]
    }

    /// What Tests/read_with_networkx.py says of random graphs, of the same with some lines changed, and of maps.
    private func answers(seed: Int, count: Int, maps: [String], _ body: (Answer) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (status, lines) = try PythonTool.run(
            [PackageRoot.url("Tests/read_with_networkx.py").path, folder.path, "\(seed)", "\(count)"] + maps)
        #expect(status == .exited(0) && lines.count == 4 * count + maps.count)
        for line in lines { try body(JSONDecoder().decode(Answer.self, from: Data(line.utf8))) }
    }

    private func read(_ file: String) throws -> AttributedGraph {
        let bytes = try DocumentIO.read(file)
        return file.hasSuffix(".gml")
            ? try AttributedGraph(gml: bytes, file: file) : try AttributedGraph(graphML: bytes, file: file)
    }

    @Test(arguments: 1...4) func randomGraphsAreReadAlike(_ seed: Int) throws {
        var (written, changed) = (0, 0)
        try answers(seed: seed, count: 150, maps: []) { answer in
            let isChanged = answer.file.contains("-changed")
            guard let theirs = answer.graph else {
                // What networkx itself wrote it must be able to read, or this test says nothing.
                #expect(isChanged, "\(answer.file): \(answer.refused ?? "")")
                return
            }
            do {
                try compare(try read(answer.file), theirs, answer.file)
                if isChanged { changed += 1 } else { written += 1 }
            } catch let fault as InvalidInput where isChanged {
                // We are stricter; but each refusal has its place.
                #expect(fault.faults.allSatisfy { $0.path.hasPrefix("line ") || $0.found.hasPrefix("no ") }, "\(fault)")
            }
        }
        #expect(written == 300 && changed > 40, "\(written) written and \(changed) changed graphs were compared")
    }

    /// The raw maps are not part of the package.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: PackageRoot.url("../shared/data/topology_zoo").path)))
    func mapsAreReadAlike() throws {
        let folder = PackageRoot.url("../shared/data")
        let maps = (FileManager.default.subpaths(atPath: folder.path) ?? [])
            .filter { $0.hasSuffix(".graphml") || $0.hasSuffix(".gml") }.sorted().map {
                folder.appending(path: $0).path
            }
        #expect(maps.count > 20)
        try answers(seed: 0, count: 0, maps: maps) { answer in
            try compare(try read(answer.file), try #require(answer.graph, "\(answer.refused ?? "")"), answer.file)
        }
    }

    /// Those of the cases that networkx reads with their defaults and directions.
    @Test(arguments: [
        "directed.gml", "networkx.gml", "default.graphml", "cdata-speed.graphml", "key-without-for.graphml",
    ])
    func casesAreReadAlike(_ name: String) throws {
        let path = PackageRoot.url("Tests/Inputs/import/\(name)").path
        try answers(seed: 0, count: 0, maps: [path]) { answer in
            try compare(try read(path), try #require(answer.graph, "\(answer.refused ?? "")"), path)
        }
    }

    private func compare(_ ours: AttributedGraph, _ theirs: Graph, _ file: String) throws {
        #expect(ours.isDirected == theirs.directed, "\(file)")
        #expect(ours.nodes.map(\.id) == theirs.nodes.map(\.id), "\(file)")
        #expect(
            ours.nodeDefaults.mapValues { loose($0.text) } == theirs.nodeDefaults.mapValues(loose(told:)), "\(file)")
        #expect(
            ours.edgeDefaults.mapValues { loose($0.text) } == theirs.edgeDefaults.mapValues(loose(told:)), "\(file)")
        func ends(_ source: String, _ target: String) -> [String] {
            theirs.directed ? [source, target] : [source, target].sorted()
        }
        func text(_ ends: [String], _ values: [String: String]) -> String {
            "\(ends) \(values.sorted { $0.key < $1.key })"
        }
        if file.hasSuffix(".gml") {
            let (nodes, edges) = try lists(of: file)
            #expect(nodes == theirs.nodes.map { $0.values.mapValues(exact(told:)) }, "\(file)")
            let ourEdges = zip(ours.edges, edges).map { edge, values in
                text(ends(ours.nodes[edge.source].id, ours.nodes[edge.target].id), values)
            }
            let theirEdges = theirs.edges.map { text(ends($0.source, $0.target), $0.values.mapValues(exact(told:))) }
            #expect(ourEdges.sorted() == theirEdges.sorted(), "\(file)")
            // The attributes that are no lists and groups are those of the pairs.
            for (node, values) in zip(ours.nodes, nodes) {
                for (key, attribute) in node.attributes where attribute.nextLine == nil {
                    #expect(values[key].map(loose(told:)) == loose(attribute.text), "\(file): \(key)")
                }
            }
        } else {
            #expect(
                ours.nodes.map { $0.attributes.mapValues { loose($0.text) } }
                    == theirs.nodes.map { $0.values.mapValues(loose(told:)) }, "\(file)")
            let ourEdges = ours.edges.map { edge in
                text(
                    ends(ours.nodes[edge.source].id, ours.nodes[edge.target].id),
                    edge.attributes.mapValues { loose($0.text) })
            }
            let theirEdges = theirs.edges.map { text(ends($0.source, $0.target), $0.values.mapValues(loose(told:))) }
            #expect(ourEdges.sorted() == theirEdges.sorted(), "\(file)")
        }
    }

    // MARK: Values

    /// GraphML's values are texts to us, so numbers and truth values are compared as such, and all else letter by letter.
    private func loose(_ text: String) -> String {
        if text == "True" || text == "False" { return text.lowercased() }
        return Double(text).map { "number \($0)" } ?? "text \(text)"
    }

    private func loose(told text: String) -> String {
        let text = String(text.dropFirst())
        return text == "true" || text == "false" ? text : loose(text)
    }

    /// GML tells numbers from texts.
    private func exact(told text: String) -> String {
        text.hasPrefix("r") ? "r\(Double(text.dropFirst()).map { "\($0)" } ?? "?")" : text
    }

    /// The attributes of nodes and of edges, with lists and groups told by their members as the script tells them.
    private func lists(of file: String) throws -> (nodes: [[String: String]], edges: [[String: String]]) {
        let document = try GMLReader.read(try DocumentIO.read(file), file: file)
        let graph = try #require(document.first { $0.key == "graph" }?.value.pairs)
        func values(_ owner: String, but left: Set<String>) -> [[String: String]] {
            graph.filter { $0.key == owner }.map { pair in
                var result: [String: String] = [:]
                flatten((pair.value.pairs ?? []).filter { !left.contains($0.key) }, "", &result)
                return result
            }
        }
        // networkx makes keys of edges of the key.
        return (values("node", but: ["id"]), values("edge", but: ["source", "target", "key"]))
    }

    private func flatten(_ pairs: [GMLReader.Pair], _ prefix: String, _ result: inout [String: String]) {
        for (key, group) in Dictionary(grouping: pairs, by: \.key) {
            var values = group.map(\.value)
            if values.count == 1 {
                flatten(values[0], prefix + key, &result)
                continue
            }
            if case .text("_networkx_list_start") = values[0] { values.removeFirst() }
            for (i, value) in values.enumerated() { flatten(value, "\(prefix)\(key)[\(i)]", &result) }
        }
    }

    private func flatten(_ value: GMLReader.Value, _ name: String, _ result: inout [String: String]) {
        switch value {
        case .text(let text): result[name] = "t" + text
        case .number(let text): result[name] = Int(text).map { "i\($0)" } ?? "r\(Double(text).map { "\($0)" } ?? "?")"
        case .list(let pairs): flatten(pairs, name + ".", &result)
        }
    }
}
