import ChaosDocuments
import ChaosModel
import ChaosTesting
import Foundation
import Testing
import Yams

@testable import ChaosYAML

/// What others write is read as what they meant.
@Suite struct YAMLRoundTripTests {
    /// A random value: as a tree of Yams, and as the JSON that it should be read as.
    struct Value {
        var random: SeededRandom

        static let texts = [
            "", "a", "true", "5", "-0", "null", "~", "1e3", "200 Mbit/s", "# no comment", "a: b", "- c", "&x", "*x",
            "!t",
            "é😀", "\t", "line\nbreak", "trailing \n", "\n", " x ", "\"", "\\", "'", "\u{1}\u{1B}", "\u{85}\u{2028}",
            "[1]", "{", "%", "@", "|", ">", "---", "...", "? q", "yes", "0x10", "<<",
            String(repeating: "long ", count: 60),
        ]

        mutating func text() -> String {
            random.once(in: 2)
                ? random.element(of: Self.texts)
                : (0..<random.int(1...3)).map { _ in random.element(of: Self.texts) }.joined()
        }

        private mutating func node(_ text: String) -> Node {
            // Quoted whenever it could be taken for something else.
            let style: [Node.Scalar.Style] =
                text.isEmpty || YAMLScalar(text, isPlain: true) != .text
                ? [.singleQuoted, .doubleQuoted] : [.any, .plain, .singleQuoted, .doubleQuoted, .literal, .folded]
            return .scalar(.init(text, .init(.str), random.element(of: style)))
        }

        mutating func draw(_ depth: Int, _ json: inout JSONWriter) throws -> Node {
            switch random.int(0...(depth > 4 ? 3 : 5)) {
            case 0:
                let number = random.element(of: [0, -1, 7, 1 << 50, Int.min, Int.max])
                json.value(number)
                return .scalar(.init("\(number)", .init(.int), .plain))
            case 1:
                let flag = random.once(in: 2)
                json.value(flag)
                return .scalar(.init(flag ? "true" : "false", .init(.bool), .plain))
            case 2, 3:
                let text = text()
                json.value(text)
                return node(text)
            case 4:
                json.beginArray()
                var nodes: [Node] = []
                for _ in 0..<random.int(0...4) { nodes.append(try draw(depth + 1, &json)) }
                try json.end()
                return .sequence(.init(nodes, .implicit, random.element(of: [.any, .block, .flow])))
            default:
                json.beginObject()
                var pairs: [(Node, Node)] = []
                var seen: Set<String> = []
                for _ in 0..<random.int(0...4) {
                    let key = text()
                    guard seen.insert(key).inserted else { continue }
                    json.key(key)
                    let keyNode = node(key)
                    pairs.append((keyNode, try draw(depth + 1, &json)))
                }
                try json.end()
                return .mapping(.init(pairs, .implicit, random.element(of: [.any, .block, .flow])))
            }
        }
    }

    @Test func whatYamsWritesIsReadAsTheSame() throws {
        for seed in UInt64(1)...3000 {
            var json: [UInt8] = []
            var writer = JSONWriter(.compact) { json.append(contentsOf: $0) }
            var value = Value(random: SeededRandom(seed: seed))
            let node = try value.draw(0, &writer)
            try writer.finish()
            let yaml = try Yams.serialize(node: node, allowUnicode: seed % 2 == 0)
            let read = try YAMLDocument.json(of: Array(yaml.utf8))
            #expect(read == json, "seed \(seed):\n\(yaml)\n\(String(decoding: read, as: UTF8.self))")
        }
    }

    /// A JSON document is one of YAML: every instance of the library says the same to both readers.
    @Test func instancesAreYAMLToo() throws {
        let folder = PackageRoot.url("Instances")
        let paths = (FileManager.default.subpaths(atPath: folder.path) ?? []).filter { $0.hasSuffix(".json") }.sorted()
        #expect(paths.count >= 80)
        for path in paths {
            let bytes = try DocumentIO.read(folder.appending(path: path).path)
            let json = try YAMLDocument.json(of: bytes)
            let (one, other) = (
                try bytes.withUnsafeBufferPointer { try Instance(json: $0) },
                try json.withUnsafeBufferPointer { try Instance(json: $0) }
            )
            #expect(one == other, "\(path)")
        }
    }
}
