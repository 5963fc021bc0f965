import ChaosTesting
import Testing

@testable import ChaosDocuments
@testable import ChaosModel

/// What the reader of instance files accepts and refuses, and where it says that a fault lies.
@Suite struct InstanceReadingTests {
    static let head = #""format":"chaos-instance","version":1"#
    static let rest = #""state":{"bytes":100},"shard_sizes":[1]"#

    static func read(_ text: String) throws -> Instance { try Instance(json: text, file: "x.json") }

    /// The faults of a text, each as "path: found"; empty if it is accepted.
    static func faults(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch let invalid as InvalidInput {
            #expect(invalid.file == "x.json")
            #expect(invalid.faults.count == min(invalid.count, InvalidInput.mostFaults))
            for fault in invalid.faults { #expect(!fault.found.isEmpty && !fault.allowed.isEmpty) }
            return invalid.faults.map { "\($0.path): \($0.found)" }
        } catch {
            Issue.record("threw \(error)")
            return ["\(error)"]
        }
    }

    static func neighbor(_ members: String) -> String {
        "{\(head),\(rest),\"neighbors\":[{\"id\":\"a\",\"bandwidth\":8,\(members)}]}"
    }

    @Test func everyMemberIsRead() throws {
        let instance = try Self.read(
            #"""
            { "format": "chaos-instance", "version": 1, "name": "N", "source": "S", "comment": "C \u00e9\ud83d\ude00",
              "state": { "bytes": "1 GiB", "model": "gpt2", "optimizer": "adam" },
              "shard_sizes": ["64 KiB", 131072], "joiner": "j",
              "neighbors": [ { "id": "a", "bandwidth": "4.5 Gbit/s", "latency": "12.3 ms", "ready": 5,
                               "overhead": "0.5 µs", "limit": "1.5 kB", "group": "inner" }, { "id": "b", "bandwidth": 1 } ],
              "groups": [ { "id": "outer", "bandwidth": "1 Tbit/s" },
                          { "id": "inner", "bandwidth": 7, "parent": "outer" } ] }
            """#)
        let expected = try Instance(
            name: "N", source: "S", comment: "C é😀",
            state: TrainingState(bytes: 1 << 30, model: "gpt2", optimizer: "adam"), shardSizes: [65536, 131072],
            joiner: "j",
            neighbors: [
                Neighbor(
                    id: "a", bandwidth: 4_500_000_000, latency: 12_300_000, ready: 5, overhead: 500, limit: 1500,
                    group: 1), Neighbor(id: "b", bandwidth: 1),
            ],
            groups: [
                CapacityGroup(id: "outer", bandwidth: 1_000_000_000_000),
                CapacityGroup(id: "inner", bandwidth: 7, parent: 0),
            ])
        #expect(instance == expected)
    }

    @Test func chainsInObjectForm() throws {
        func sizes(_ text: String) throws -> [Int] {
            try Self.read(
                "{\(Self.head),\"state\":{\"bytes\":1},\"neighbors\":[{\"id\":\"a\",\"bandwidth\":1}],\"shard_sizes\":\(text)}"
            ).shardSizes.sizes
        }
        #expect(try sizes(#"{"smallest":65536,"factor":2,"count":4}"#) == [65536, 131072, 262144, 524288])
        #expect(try sizes(#"{"count":1,"factor":1000000000000000000,"smallest":"1 KiB"}"#) == [1024])
        #expect(try sizes(#"{"smallest":1,"factor":2,"count":54}"#).last == 1 << 53)
        for (text, path) in [
            (#"{"smallest":1,"factor":2,"count":55}"#, "shard_sizes.count"),
            (#"{"smallest":1,"factor":2,"count":9223372036854775807}"#, "shard_sizes.count"),
            (#"{"smallest":1,"factor":9223372036854775807,"count":2}"#, "shard_sizes.count"),
            (#"{"smallest":1,"factor":1,"count":2}"#, "shard_sizes.factor"),
            (#"{"smallest":1,"factor":-2,"count":2}"#, "shard_sizes.factor"),
            (#"{"smallest":0,"factor":2,"count":2}"#, "shard_sizes.smallest"),
            (#"{"smallest":1,"factor":2,"count":0}"#, "shard_sizes.count"),
            (#"{"smallest":1,"factor":2}"#, "shard_sizes.count"),
            (#"{"smallest":1,"factor":2,"count":1.0}"#, "shard_sizes.count"),
            (#"{"smallest":1,"factor":"2","count":1}"#, "shard_sizes.factor"),
            (#"{"smallest":1,"factor":2,"count":1,"most":3}"#, "shard_sizes.most"),
            ("[]", "shard_sizes"), ("[2,3]", "shard_sizes[1]"), ("[2,2]", "shard_sizes[1]"),
            ("[4,2]", "shard_sizes[1]"), ("[0]", "shard_sizes[0]"), ("[9007199254740993]", "shard_sizes[0]"),
            ("[1,null]", "shard_sizes[1]"), ("7", "shard_sizes"), ("null", "shard_sizes"),
        ] {
            let faults = Self.faults(
                "{\(Self.head),\"state\":{\"bytes\":1},\"neighbors\":[{\"id\":\"a\",\"bandwidth\":1}],\"shard_sizes\":\(text)}"
            )
            #expect(faults.count == 1 && faults[0].hasPrefix("\(path): "), "\(text): \(faults)")
        }
    }

    @Test func groupsMayStandBeforeOrBehindTheirMembers() throws {
        let neighbors = #""neighbors":[{"id":"a","bandwidth":1,"group":"y"},{"group":"x","id":"b","bandwidth":1}]"#
        let groups = #""groups":[{"id":"x","parent":"y","bandwidth":2},{"id":"y","bandwidth":3}]"#
        let one = try Self.read("{\(Self.head),\(Self.rest),\(neighbors),\(groups)}")
        let other = try Self.read("{\(groups),\(neighbors),\(Self.rest),\(Self.head)}")
        #expect(one == other)
        #expect(one.neighbors.map(\.group) == [1, 0])
        #expect(one.groups.map(\.parent) == [1, nil])
    }

    /// One file with a fault of every kind: all are reported, each at its place.
    @Test func allFaultsAtOnce() {
        let faults = Self.faults(
            #"""
            {"format":"chaos-plan","version":2,"colour":"red","name":5,"state":{"bytes":0,"model":null,"size":1},
             "shard_sizes":[4,6,"1.5 byte"],"joiner":"j","joiner":"k",
             "neighbors":[{"id":"a","bandwidth":0,"latency":-1},{"id":"a","bandwidth":"fast"},{"bandwidth":1},
               {"id":"","bandwidth":1.5,"ready":"1 fortnight","overhead":1e3,"limit":true,"group":"nowhere"},
               7,{"id":"b"},{"id":"c","bandwidth":1,"weight":1,"group":3}],
             "groups":[{"id":"g","bandwidth":1,"parent":"h"},{"id":"h","bandwidth":1,"parent":"g"},
               {"id":"s","bandwidth":1,"parent":"s"},{"id":"g","bandwidth":1125899906842625},{"id":"t","bandwidth":1,"parent":"nowhere"}]}
            """#)
        let expected = [
            #"format: "chaos-plan""#, "version: 2", "colour: an unknown key", "name: 5", "state.bytes: 0",
            "state.model: null", "state.size: an unknown key",
            #"shard_sizes[2]: "1.5 byte" is no whole number of bytes"#,
            "joiner: the key a second time", "neighbors[0].bandwidth: 0", "neighbors[0].latency: -1",
            #"neighbors[1].id: "a", as in neighbors[0]"#, #"neighbors[1].bandwidth: "fast" is no number with a unit"#,
            "neighbors[2].id: the key is missing", "neighbors[3].id: an empty name", "neighbors[3].bandwidth: 1.5",
            #"neighbors[3].ready: "1 fortnight" has the unit "fortnight""#, "neighbors[3].overhead: 1e3",
            "neighbors[3].limit: true", #"neighbors[3].group: "nowhere" is no group"#, "neighbors[4]: 7",
            "neighbors[5].bandwidth: the key is missing", "neighbors[6].weight: an unknown key",
            "neighbors[6].group: 3",
            #"groups[0].parent: "g" is above itself: g → h → g"#, #"groups[2].parent: "s" is above itself: s → s"#,
            #"groups[3].id: "g", as in groups[0]"#, "groups[3].bandwidth: 1125899906842625",
            #"groups[4].parent: "nowhere" is no group"#,
        ]
        #expect(Set(faults) == Set(expected), "\(Set(faults).symmetricDifference(expected))")
        #expect(faults.count == expected.count)
    }

    @Test func aRefusedValueCausesNoSecondFault() {
        #expect(
            Self.faults(#"{"format":"chaos-instance","version":1,"state":{"bytes":1},"shard_sizes":[1],"neighbors":5}"#)
                == ["neighbors: 5"])
        #expect(Self.faults("{\(Self.head),\(Self.rest)}") == ["neighbors: the key is missing"])
        #expect(
            Self.faults(
                "{\(Self.head),\(Self.rest),\"neighbors\":[{\"id\":\"a\",\"bandwidth\":1,\"group\":\"g\"}],\"groups\":null}"
            )
                == ["groups: null"])
        #expect(
            Self.faults(
                "{\(Self.head),\(Self.rest),\"neighbors\":[{\"id\":1,\"bandwidth\":1},{\"id\":2,\"bandwidth\":1}]}")
                == ["neighbors[0].id: 1", "neighbors[1].id: 2"])
    }

    @Test func anEmptyListOfNeighborsIsAFaultBesideOthers() {
        #expect(Self.faults("{\(Self.head),\(Self.rest),\"neighbors\":[]}") == ["neighbors: 0 neighbors"])
        #expect(
            Self.faults("{\(Self.head),\(Self.rest),\"colour\":1,\"neighbors\":[]}")
                == ["colour: an unknown key", "neighbors: 0 neighbors"])
    }

    @Test func missingKeysAreNamed() {
        #expect(
            Self.faults("{}")
                == ["format", "version", "state", "shard_sizes", "neighbors"].map { "\($0): the key is missing" })
        #expect(
            Self.faults("{\(Self.head),\"state\":{},\"shard_sizes\":{},\"neighbors\":[{}]}") == [
                "state.bytes: the key is missing", "shard_sizes.smallest: the key is missing",
                "shard_sizes.factor: the key is missing", "shard_sizes.count: the key is missing",
                "neighbors[0].id: the key is missing", "neighbors[0].bandwidth: the key is missing",
            ])
    }

    @Test func wrongTypesEverywhere() {
        let values = ["null", "true", "[]", "{}", "1.5", "\"x\"", "[[1]]", "{\"a\":{\"b\":[]}}", "1e400", "-1"]
        for value in values {
            for key in ["format", "version", "state", "shard_sizes", "neighbors", "groups"] {
                var members = [
                    "format": #""chaos-instance""#, "version": "1", "state": #"{"bytes":1}"#, "shard_sizes": "[1]",
                    "neighbors": #"[{"id":"a","bandwidth":1}]"#, "groups": "[]",
                ]
                if key == "groups", value == "[]" { continue }
                members[key] = value
                let faults = Self.faults("{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}")
                #expect(!faults.isEmpty && faults.allSatisfy { $0.hasPrefix(key) }, "\(key) \(value): \(faults)")
            }
            for key in ["latency", "ready", "overhead", "limit", "group"] {
                if key == "group", value == "\"x\"" { continue }
                let faults = Self.faults(Self.neighbor("\"\(key)\":\(value)"))
                #expect(faults.count == 1 && faults[0].hasPrefix("neighbors[0].\(key): "), "\(key) \(value): \(faults)")
            }
        }
        for text in ["[]", "null", "1", "\"x\"", "true"] { #expect(Self.faults(text).count == 1, "\(text)") }
    }

    @Test func numbersAreWholeAndPlain() throws {
        #expect(try Self.read(Self.neighbor("\"latency\":-0")).neighbors[0].latency == 0)
        #expect(try Self.read(Self.neighbor("\"latency\":1125899906842624")).neighbors[0].latency == 1 << 50)
        for number in [
            "1.0", "1e3", "1E0", "0.0", "-1", "1125899906842625", "9223372036854775807", "9223372036854775808",
            "-9223372036854775808", "123456789012345678901234567890", String(repeating: "9", count: 5000),
            "1e999999999",
        ] {
            let faults = Self.faults(Self.neighbor("\"latency\":\(number)"))
            #expect(faults.count == 1 && faults[0].hasPrefix("neighbors[0].latency: "), "\(number): \(faults)")
        }
        for number in ["01", "+1", ".5", "1.", "1e", "1e+", "-", "--1", "0x10", "1_000", "NaN", "Infinity", "١"] {
            let faults = Self.faults(Self.neighbor("\"latency\":\(number)"))
            #expect(faults.count == 1 && faults[0].contains("no valid JSON"), "\(number): \(faults)")
        }
    }

    /// A message is one line, whatever a file holds.
    @Test func messagesAreOneLineEach() throws {
        let long = String(repeating: "x", count: 100_000)
        for name in [#"a\u001b[31mred\nline\u2028\u202e"#, long] {
            let member = "{\"id\":\"\(name)\",\"bandwidth\":1}"
            let text = "{\(Self.head),\(Self.rest),\"\(name)\":1,\"neighbors\":[\(member),\(member)]}"
            do {
                _ = try Self.read(text)
                Issue.record("accepted")
            } catch let invalid as InvalidInput {
                #expect(invalid.faults.count == 2)
                #expect(invalid.description.count < 4000)
                #expect(
                    invalid.description.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count == 2)
                #expect(
                    !invalid.description.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E }
                )
            }
        }
    }

    /// Names are compared by their hashes, part by part: wherever two that are the same stand, they are found.
    @Test func oneNameOfManyStandsTwice() throws {
        var neighbors = (0..<20_000).map { Neighbor(id: "n\($0)", bandwidth: 1) }
        func instance() throws(InvalidInput) -> Instance {
            try Instance(state: TrainingState(bytes: 1), shardSizes: [1], neighbors: neighbors)
        }
        #expect(try instance().neighbors.count == 20_000)
        for (first, second) in [(0, 19_999), (7, 8), (12_345, 17_000)] {
            let kept = neighbors[second]
            neighbors[second] = neighbors[first]
            do {
                _ = try instance()
                Issue.record("a name stands twice")
            } catch {
                #expect(error.faults.map(\.path) == ["neighbors[\(second)].id"])
                #expect(error.faults[0].found == "\"n\(first)\", as in neighbors[\(first)]")
            }
            neighbors[second] = kept
        }
    }

    @Test func manyFaultsAreCounted() {
        let list = (0..<500).map { "{\"id\":\"n\($0)\",\"bandwidth\":0}" }.joined(separator: ",")
        do {
            _ = try Self.read("{\(Self.head),\(Self.rest),\"neighbors\":[\(list)]}")
            Issue.record("accepted")
        } catch let invalid as InvalidInput {
            #expect(invalid.count == 500 && invalid.faults.count == 100)
            #expect(invalid.description.hasSuffix("and 400 more faults"))
        } catch { Issue.record("\(error)") }
    }

    @Test func rangesOfTheModel() throws {
        let end = 1 << 50
        _ = try Self.read(
            "{\(Self.head),\"state\":{\"bytes\":9007199254740992},\"shard_sizes\":[9007199254740992],\"neighbors\":"
                + "[{\"id\":\"a\",\"bandwidth\":\(end),\"latency\":\(end),\"ready\":\(end),\"overhead\":\(end),\"limit\":9007199254740992}]}"
        )
        for (key, value) in [
            ("latency", end + 1), ("ready", end + 1), ("overhead", end + 1), ("limit", (1 << 53) + 1), ("limit", -1),
            ("ready", -1), ("overhead", -1),
        ] {
            #expect(Self.faults(Self.neighbor("\"\(key)\":\(value)")) == ["neighbors[0].\(key): \(value)"])
        }
    }
}
