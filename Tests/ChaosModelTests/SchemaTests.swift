import ChaosProcess
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

@testable import ChaosDocuments
@testable import ChaosModel

/// The JSON Schemas that ship with the library, applied by an independent validator.
@Suite(.enabled(if: PackageRoot.python != nil)) struct SchemaTests {
    private static func plans(of instance: Instance) throws -> [Plan] {
        try ChainSearch(solvesEverySize: true).solve(instance).best.map {
            [Plan($0, for: instance, isOptimal: true, algorithm: "threshold")]
        } ?? []
    }

    static func text(_ plan: Plan) throws -> String {
        var bytes: [UInt8] = []
        try withUnsafeMutablePointer(to: &bytes) { target in
            try plan.writeJSON { target.pointee.append(contentsOf: $0) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func writtenInstancesAndPlansAreValid() throws {
        let instances = (0..<200).map { RandomInstance.any(seed: $0) }
        let plans = try instances.flatMap(Self.plans)
        #expect(plans.count > 100)
        #expect(try PythonTool.validate("instance", documents: instances.map(\.jsonText)) == (.exited(0), []))
        #expect(try PythonTool.validate("plan", documents: plans.map(Self.text)) == (.exited(0), []))
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: PackageRoot.url("Instances").path)))
    func theInstanceLibraryIsValid() throws {
        let (status, lines) = try PythonTool.validate("instance", paths: [PackageRoot.url("Instances").path])
        #expect(status == .exited(0) && lines.isEmpty, "\(lines.joined(separator: "\n"))")
    }

    /// The example of the model's section 6, with the members of section 2 spelled out.
    @Test func spelledOutExamplesAreValid() throws {
        let instances = [
            #"""
            { "format": "chaos-instance", "version": 1, "name": "…", "source": "…", "comment": "…",
              "state": { "bytes": 1493277696, "model": "gpt2_small", "optimizer": "adam" },
              "shard_sizes": [65536, 131072, 1048576],
              "joiner": "aws:eu-west-1",
              "neighbors": [ { "id": "aws:eu-central-1", "bandwidth": 4522415225, "latency": 12345678,
                               "ready": 0, "overhead": 0, "limit": 1000000000, "group": "eu" } ],
              "groups": [ { "id": "eu", "bandwidth": 10000000000, "parent": "ingress" },
                          { "id": "ingress", "bandwidth": 5000000000 } ] }
            """#,
            #"""
            { "format": "chaos-instance", "version": 1, "state": { "bytes": "1.5 GiB" },
              "shard_sizes": { "smallest": 65536, "factor": 2, "count": 8 },
              "neighbors": [ { "id": "a", "bandwidth": "4.5 Gbit/s", "latency": "12.3 ms", "limit": "2 GB" } ] }
            """#,
            HostileJSONTests.valid,
        ]
        for text in instances { #expect(throws: Never.self) { try Instance(json: text) } }
        #expect(try PythonTool.validate("instance", documents: instances) == (.exited(0), []))
        #expect(throws: Never.self) { try Plan(json: HostileJSONTests.plan) }
        #expect(try PythonTool.validate("plan", documents: [HostileJSONTests.plan]) == (.exited(0), []))
    }

    @Test func badInstancesAreInvalid() throws {
        func one(_ member: String, _ value: String) -> String {
            var members = [
                "format": #""chaos-instance""#, "version": "1", "state": #"{"bytes":1}"#, "shard_sizes": "[1]",
                "neighbors": #"[{"id":"a","bandwidth":1}]"#,
            ]
            members[member] = value
            return "{" + members.filter { !$0.value.isEmpty }.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
        }
        func neighbor(_ member: String, _ value: String) -> String {
            one(
                "neighbors", "[{\"id\":\"a\",\(member == "bandwidth" ? "" : "\"bandwidth\":1,")\"\(member)\":\(value)}]"
            )
        }
        var bad = ["[]", "{}", "null", "{", #"{"format":"chaos-instance","format":"chaos-instance"}"#]
        for key in ["format", "version", "state", "shard_sizes", "neighbors"] {
            bad += ["", "null", "\"x\"", "-1", "true"].map { one(key, $0) }
        }
        bad += [one("colour", "1"), one("groups", "null"), one("name", "1"), one("joiner", "null")]
        bad += [
            "{\"bytes\":0}", "{\"bytes\":9007199254740993}", "{\"bytes\":\"1 bit\"}", "{}", "{\"bytes\":1,\"size\":2}",
        ].map {
            one("state", $0)
        }
        bad += [
            "[]", "[0]", "[1,1]", "{}", "{\"smallest\":1,\"factor\":1,\"count\":2}",
            "{\"smallest\":1,\"factor\":2,\"count\":0}",
            "{\"smallest\":1,\"factor\":2}", "[1.5]",
        ].map { one("shard_sizes", $0) }
        bad += ["[]", "[{}]", "[1]", "[{\"id\":\"a\"}]", "[{\"id\":\"\",\"bandwidth\":1}]"].map { one("neighbors", $0) }
        for (key, values) in [
            ("bandwidth", ["0", "-1", "1125899906842625", "1.5", "\"fast\"", "\"1 Gb/s\"", "null", "\"1e3 bit/s\""]),
            ("latency", ["-1", "1125899906842625", "\"-1 ms\"", "\"1\"", "\"1ms\"", "\".5 ms\"", "\"1. ms\"", "[]"]),
            ("ready", ["-1", "\"1 MB\"", "true"]), ("overhead", ["-1", "0.5"]),
            ("limit", ["-1", "9007199254740993", "null"]),
            ("group", ["\"\"", "0"]), ("weight", ["1"]),
        ] { bad += values.map { neighbor(key, $0) } }
        bad += [
            "[{}]", "[{\"id\":\"g\"}]", "[{\"id\":\"g\",\"bandwidth\":1,\"parent\":2}]",
            "[{\"id\":\"g\",\"bandwidth\":0}]",
        ].map {
            one("groups", $0)
        }
        for text in bad { #expect(throws: InvalidInput.self, "\(text)") { try Instance(json: text) } }
        let (status, lines) = try PythonTool.validate("instance", documents: bad)
        let found = Set(lines.compactMap { $0.split(separator: ":").first.map(String.init) })
        let missed = bad.indices.filter { !found.contains("line \($0 + 1)") }.map { bad[$0] }
        #expect(status == .exited(1) && missed.isEmpty, "valid by the schema: \(missed)")
    }

    @Test func badPlansAreInvalid() throws {
        let good = HostileJSONTests.plan
        let changes = [
            ("chaos-plan", "chaos-instance"), ("\"version\":1", "\"version\":2"),
            ("0123456789abcdef0123", "0123456789ABCDEF0123"),
            ("0123456789abcdef\"", "\""), ("\"shard_size\":65536", "\"shard_size\":0"),
            ("\"shards\":3", "\"shards\":\"3\""),
            ("\"makespan_ns\":\"8648023441/7\"", "\"makespan_ns\":\"08/7\""),
            ("\"makespan_ns\":\"8648023441/7\"", "\"makespan_ns\":8"),
            ("\"makespan_ns\":\"8648023441/7\"", "\"makespan_ns\":\"8/1\""), ("1.2354319201", "\"1.2\""),
            ("1.2354319201", "-1.5"),
            ("\"first\":0", "\"first\":-1"),
            ("\"count\":3", "\"count\":0"), ("\"count\":3,", ""), ("\"optimal\":true", "\"optimal\":1"),
            ("\"greedy\"", "null"),
            ("\"optimal\"", "\"best\""), ("\"neighbor\":\"a\"", "\"neighbor\":\"\""), ("\"shards\":3,", ""),
        ]
        let bad = changes.map { good.replacing($0, with: $1) }
        for text in bad {
            #expect(text != good)
            #expect(throws: InvalidInput.self, "\(text)") { try Plan(json: text) }
        }
        let (status, lines) = try PythonTool.validate("plan", documents: bad)
        #expect(status == .exited(1) && lines.count == bad.count, "\(lines)")
    }

    /// Whatever the reader accepts of mutated files is valid by the schema.
    @Test func theReaderAcceptsNothingThatTheSchemaRefuses() throws {
        var random = SeededRandom(seed: 77)
        let pieces = [
            "0", "1", "-0", "1.0", "\"1.5 GiB\"", "\" 2  ms \"", "\"3 µs\"", "\"3 μs\"", "null", "[]", "{}", "\"\"",
            "[4,8]", "\"x\"",
            "\"9 Tbit/s\"", "1e2", "true", "{\"smallest\":\"1 KiB\",\"factor\":3,\"count\":2}",
        ]
        var (instances, plans): ([String], [String]) = ([], [])
        for round in 0..<20_000 {
            let isPlan = round % 3 == 0
            var text = isPlan ? HostileJSONTests.plan : HostileJSONTests.valid
            // One value, which stands behind a colon, is replaced by another.
            let colons = text.indices.filter { text[$0] == ":" }
            let from = text.index(after: colons.randomElement(using: &random)!)
            let to = text[from...].firstIndex { ",}]".contains($0) } ?? text.endIndex
            text.replaceSubrange(from..<to, with: pieces.randomElement(using: &random)!)
            if isPlan {
                if (try? Plan(json: text)) != nil { plans.append(text) }
            } else if (try? Instance(json: text)) != nil {
                instances.append(text)
            }
        }
        #expect(instances.count > 100 && plans.count > 100)
        #expect(try PythonTool.validate("instance", documents: Array(Set(instances))) == (.exited(0), []))
        #expect(try PythonTool.validate("plan", documents: Array(Set(plans))) == (.exited(0), []))
    }
}
