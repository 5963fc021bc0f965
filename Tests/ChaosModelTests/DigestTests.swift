import ChaosSolver
import ChaosTesting
import Testing

@testable import ChaosModel

/// The canonical form and its digest, and files that read back as they were written.
@Suite struct DigestTests {
    private static let canonicalInPython = """
        import hashlib, json, sys
        for line in sys.stdin.buffer:
            instance = json.loads(line)
            if not instance.get("groups", True): del instance["groups"]
            for neighbor in instance["neighbors"]:
                for key in ("latency", "ready", "overhead"):
                    if neighbor.get(key) == 0: del neighbor[key]
            text = json.dumps(instance, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            print(hashlib.sha256(text.encode()).hexdigest())
        """

    /// Names of every kind of character that JSON can treat in its own way.
    private static let nasty = [
        "plain", "\"quoted\"", "back\\slash", "/", "\u{8}\u{9}\u{A}\u{C}\u{D}", "\u{0}\u{1}\u{1F}\u{7F}", "é",
        "e\u{301}", "日本", "😀",
        "\u{2028}\u{2029}", "\u{FEFF}", "\u{10FFFF}", "µ", "…",
    ]

    private static func named(_ instance: Instance, _ k: Int) throws -> Instance {
        let text = { (i: Int) in "\(nasty[(k + i) % nasty.count])\(i)" }
        return try Instance(
            name: text(0), source: text(1), comment: k % 2 == 0 ? nil : text(2),
            state: TrainingState(bytes: instance.state.bytes, model: text(3), optimizer: text(4)),
            shardSizes: instance.shardSizes.sizes, joiner: text(5),
            neighbors: instance.neighbors.enumerated().map { i, n in
                Neighbor(
                    id: text(i), bandwidth: n.bandwidth, latency: n.latency, ready: n.ready, overhead: n.overhead,
                    limit: n.limit, group: n.group)
            },
            groups: instance.groups.enumerated().map { g, group in
                CapacityGroup(id: text(g), bandwidth: group.bandwidth, parent: group.parent)
            })
    }

    @Test(.enabled(if: PackageRoot.python != nil))
    func digestIsThatOfAnIndependentComputation() throws {
        let instances = try (0..<150).map { try Self.named(RandomInstance.any(seed: UInt64($0)), $0) }
        let (_, lines) = try PythonTool.run(["-c", Self.canonicalInPython], documents: instances.map(\.jsonText))
        #expect(lines == instances.map(\.sha256))
        #expect(Set(lines).count == instances.count)
    }

    @Test func digestIsPinned() throws {
        let instance = try Instance(json: HostileJSONTests.valid)
        var canonical: [UInt8] = []
        try withUnsafeMutablePointer(to: &canonical) { target in
            try instance.writeJSON(canonical: true) { target.pointee.append(contentsOf: $0) }
        }
        #expect(
            String(decoding: canonical, as: UTF8.self) == #"{"format":"chaos-instance","groups":["#
                + #"{"bandwidth":10,"id":"g","parent":"h"},{"bandwidth":5,"id":"h"}],"name":"é\né😀","neighbors":["#
                + #"{"bandwidth":4500000000,"group":"g","id":"a","latency":12,"limit":100},{"bandwidth":7,"id":"b"}],"#
                + #""shard_sizes":[65536,131072,262144],"state":{"bytes":1610612736},"version":1}"#)
        #expect(instance.sha256 == "9e955723706a6af4beaa28508985afd50270dbe7bb93c8b3413808f56ec51aec")
    }

    /// Units, key order, white space, escapes and defaults written out are spelling.
    @Test func digestDoesNotDependOnSpelling() throws {
        let other = #"""
            { "groups" : [ {"parent":"h", "id":"\u0067", "bandwidth":"10 bit/s"}, {"bandwidth":"0.005 kbit/s","id":"h"} ],
              "neighbors" : [ {"group":"g","ready":0,"overhead":"0 s","limit":"0.1 kB","latency":"0.012 us","bandwidth":4500000000,"id":"a"},
                              {"bandwidth":"7.000 bit/s", "id":"b", "latency":-0} ],
              "shard_sizes":["64 KiB",131072,"0.25 MiB"], "version":1, "name":"\u00e9\n\u00e9😀",
              "state":{"bytes":1610612736}, "format":"chaos-instance" }
            """#
        let (one, two) = (try Instance(json: HostileJSONTests.valid), try Instance(json: other))
        #expect(one == two)
        #expect(one.sha256 == two.sha256)
    }

    @Test func digestDependsOnEveryFigure() throws {
        let parts = InstanceParts(RandomInstance.small(seed: 4))
        var all: Set<String> = [try parts.instance().sha256]
        var count = 1
        func vary(_ change: (inout InstanceParts) -> Void) throws {
            var copy = parts
            change(&copy)
            all.insert(try copy.instance().sha256)
            count += 1
        }
        try vary { $0.bytes += 1 }
        try vary { $0.sizes.append($0.sizes.last! * 7) }
        for i in parts.neighbors.indices {
            try vary { $0.neighbors[i].bandwidth += 1 }
            try vary { $0.neighbors[i].latency += 1 }
            try vary { $0.neighbors[i].ready += 1 }
            try vary { $0.neighbors[i].overhead += 1 }
            try vary { $0.neighbors[i].limit = ($0.neighbors[i].limit ?? 0) + 1 }
        }
        try vary { $0.groups.append(.init(bandwidth: 1)) }
        #expect(all.count == count)
    }

    @Test func instancesReadBackAsWritten() throws {
        for seed in 0..<200 {
            let instance = try Self.named(RandomInstance.any(seed: UInt64(seed)), seed)
            let back = try Instance(json: instance.jsonText)
            #expect(back == instance)
            #expect(back.sha256 == instance.sha256)
            #expect(back.jsonText == instance.jsonText)
        }
    }

    @Test func plansReadBackAsWritten() throws {
        var count = 0
        for seed in 0..<200 {
            let instance = try Self.named(RandomInstance.any(seed: UInt64(seed)), seed)
            guard let best = try ChainSearch().solve(instance).best else { continue }
            let plan = Plan(best, for: instance, isOptimal: seed % 2 == 0, algorithm: "threshold")
            #expect(try Plan(json: try SchemaTests.text(plan)) == plan)
            #expect(plan.assignments.map(\.count) == best.counts.filter { $0 > 0 })
            var next = 0
            for run in plan.assignments {
                #expect(run.first == next)
                next += run.count
            }
            #expect(next == plan.shards)
            count += 1
        }
        #expect(count > 100)
    }
}
