import ChaosTesting
import Testing

@testable import ChaosDocuments
@testable import ChaosModel

/// Files that mean harm: nothing crashes, hangs or is taken for something else.
@Suite struct HostileJSONTests {
    static let valid = #"""
        {"format":"chaos-instance","version":1,"name":"é\n\u00e9\ud83d\ude00","state":{"bytes":"1.5 GiB"},
        "shard_sizes":{"smallest":65536,"factor":2,"count":3},
        "neighbors":[{"id":"a","bandwidth":"4.5 Gbit/s","latency":12,"limit":100,"group":"g"},{"id":"b","bandwidth":7}],
        "groups":[{"id":"g","bandwidth":10,"parent":"h"},{"id":"h","bandwidth":5}]}
        """#

    static let plan = #"""
        {"format":"chaos-plan","version":1,"instance":{"name":"é","sha256":
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"shard_size":65536,"shards":3,
        "makespan_ns":"8648023441/7","makespan_seconds":1.2354319201,
        "assignments":[{"neighbor":"a","first":0,"count":3,"finish_ns":"8648023441/7"}],"optimal":true,"algorithm":"greedy"}
        """#

    /// Reads bytes as either file; nil if they are refused, which must be by `InvalidInput`.
    static func read(_ bytes: [UInt8]) -> (instance: Instance?, plan: Plan?) {
        bytes.withUnsafeBufferPointer { buffer in
            var result: (instance: Instance?, plan: Plan?)
            do { result.instance = try Instance(json: buffer) } catch { #expect(error is InvalidInput) }
            do { result.plan = try Plan(json: buffer) } catch { #expect(error is InvalidInput) }
            return result
        }
    }

    static func message(_ text: String) -> String {
        do {
            _ = try Instance(json: text)
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test func validFilesAreRead() {
        #expect(Self.read(Array(Self.valid.utf8)).instance != nil)
        #expect(Self.read(Array(Self.plan.utf8)).plan != nil)
    }

    @Test func truncatedAtEveryByte() {
        for text in [Self.valid, Self.plan] {
            let bytes = Array(text.utf8)
            for length in 0..<bytes.count {
                let result = Self.read(Array(bytes[..<length]))
                #expect(result.instance == nil && result.plan == nil, "\(length) bytes")
            }
        }
    }

    @Test func randomMutationsNeverCrash() {
        var random = SeededRandom(seed: 5)
        var accepted = 0
        let alphabet = Array(#"{}[]",:\0123456789eE+-.untrueflas"#.utf8)
        for round in 0..<20_000 {
            var bytes = Array((round % 3 == 0 ? Self.plan : Self.valid).utf8)
            for _ in 0..<random.int(1...3) {
                let at = random.int(0...bytes.count - 1)
                switch random.int(0...4) {
                case 0: bytes[at] = UInt8(random.int(0...255))
                case 1: bytes[at] = alphabet.randomElement(using: &random)!
                case 2: bytes.remove(at: at)
                case 3: bytes.insert(alphabet.randomElement(using: &random)!, at: at)
                default:
                    let end = min(bytes.count, at + random.int(1...20))
                    bytes.insert(contentsOf: Array(bytes[at..<end]), at: random.int(0...bytes.count))
                }
            }
            let result = Self.read(bytes)
            if let instance = result.instance {
                accepted += 1
                // What was accepted is a proper instance: it can be written and read again.
                #expect((try? Instance(json: instance.jsonText)) == instance)
            }
        }
        #expect(accepted > 100)
    }

    @Test(arguments: ["[", "{\"a\":", "[[1,2],", "{\"a\":[{\"b\":1},"])
    func deepNesting(opener: String) {
        let deep = String(repeating: opener, count: opener == "[" ? 1_000_000 : 50_000)
        #expect(Self.message("{\"x\":\(deep)").contains("the document is not complete"))
        #expect(Self.message(deep) != "accepted")
        #expect(Self.message("{\"neighbors\":\(deep)") != "accepted")
    }

    @Test func deepNestingThatEnds() {
        let balanced = String(repeating: "[", count: 1_000_000) + String(repeating: "]", count: 1_000_000)
        #expect(
            Self.message(String(Self.valid.dropLast()) + ",\"x\":\(balanced)}").hasPrefix("x: an unknown key"))
        #expect(Self.message(String(Self.valid.dropLast()) + ",\"x\":\(balanced)]}").contains("no valid JSON"))
    }

    @Test func syntaxIsStrict() {
        for text in [
            "", " ", "{", "}", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "{a:1}", "{\"a\" 1}", "[1,]",
            "[1 2]",
            "[1;2]", "nul", "truE", "{} {}", "{}x", "\"", "\"\\", "\"\\u", "\"\\u12\"", "\"\\x\"", "\"\t\"", "\"\n\"",
            "// x\n{}",
            "{\"a\":1}}", "{\"a\":[1}}", "{\"a\":{1]}", "\u{FEFF}\u{FEFF}{}",
        ] {
            #expect(Self.message(text).contains("no valid JSON"), "\(text): \(Self.message(text))")
        }
        #expect(
            !Self.message("\u{FEFF}{}").contains("no valid JSON"), "a byte order mark may stand before the document")
    }

    @Test func placeOfASyntaxErrorIsNamed() {
        #expect(
            Self.message("{\"format\":\"chaos-instance\",\n  \"neighbors\":[{\"id\":\"a\",\"bandwidth\":01}]}")
                .hasPrefix(
                    "line 2, column 38 (in neighbors[0].bandwidth): "))
    }

    @Test func brokenTextIsRefused() {
        let before = Array("{\"name\":\"".utf8)
        let after = Array("\"}".utf8)
        let broken: [[UInt8]] = [
            [0xFF], [0xC3], [0x80], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], Array("\\n".utf8) + [0xFF], [0xC3] + Array("\\u00e9".utf8),
        ]
        for bytes in broken {
            do {
                _ = try (before + bytes + after).withUnsafeBufferPointer { try Instance(json: $0) }
                Issue.record("accepted")
            } catch { #expect("\(error)".contains("UTF-8"), "\(bytes): \(error)") }
        }
        for escape in [
            "\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x", "\\ud83d\\u0041", "\\ud83d\\n", "\\uD83D",
            "\\udfff\\ud800",
        ] {
            #expect(Self.message("{\"name\":\"\(escape)\"}").contains("surrogate"), "\(escape)")
        }
        #expect(Self.message("{\"name\":\"\\u00zz\"}").contains("four hexadecimal digits"))
        #expect(Self.message("{\"name\":\"\\u+123\"}").contains("four hexadecimal digits"))
    }

    @Test func repeatedKeysAreRefusedHoweverSpelled() {
        let text = Self.valid.replacing("\"version\":1", with: #""version":1,"\u0076ersion":1"#)
        #expect(Self.message(text) == "version: the key a second time; allowed: each key once")
    }

    @Test func aMillionFaultsAreCountedNotKept() {
        let list = String(repeating: "0,", count: 200_000)
        let text = "{\"neighbors\":[\(list)0]}"
        do {
            _ = try Instance(json: text)
        } catch let invalid as InvalidInput {
            #expect(invalid.faults.count == InvalidInput.mostFaults)
            #expect(invalid.count > 200_000)
        } catch { Issue.record("\(error)") }
    }
}
