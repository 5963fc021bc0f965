import ChaosDocuments
import ChaosModel
import Testing

@testable import ChaosNode

/// What a node and an engine in another process say to each other.
@Suite struct EngineMessageTests {
    private static let attach =
        #"{"type": "attach", "version": 1, "engine": "e", "process": 7, "model": {"parameters": [{"name": "w", "shape": [2]}], "#
        + #""buffers": [], "constants": [], "computes": "gradient", "groups": [{"parameters": ["w"], "#
        + #""optimizer": "sgd", "rate": 1, "momentum": 0, "nesterov": false, "decay": 0}], "schedule": {"type": "constant", "warmup": 0}, "max_norm": null, "skips": 0}}"#

    @Test func readsWhatStandsInTheDocument() throws {
        guard case .attach(let attach) = try EngineMessage(line: Array(Self.attach.utf8)) else {
            throw LocalCluster.Timeout(what: "attach")
        }
        #expect(attach.engine == "e" && attach.process == 7 && attach.model.numbers == 2)
        #expect(try EngineMessage(line: Array(#"{"type": "initial"}"#.utf8)) == .initial)
        #expect(
            try EngineMessage(line: Array(#"{"type": "gradient", "ticket": 7, "samples": 3, "loss": 4.25}"#.utf8))
                == .gradient(ticket: 7, samples: 3, loss: 4.25))
        #expect(
            try EngineMessage(line: Array(#"{"loss": null, "samples": 3, "ticket": 7, "type": "gradient"}"#.utf8))
                == .gradient(ticket: 7, samples: 3, loss: nil))
    }

    @Test(arguments: [
        ("", ""), ("[]", "allowed: an object"), ("{}", "type: the key is missing"),
        (#"{"type": "initial"} x"#, ""), (#"{"type": "goodbye"}"#, "type: \"goodbye\"; allowed: one of attach"),
        (#"{"type": "initial", "ticket": 1}"#, "ticket: a key that initial does not have"),
        (#"{"type": "gradient", "ticket": 1, "samples": 1}"#, "loss: the key is missing"),
        (#"{"type": "gradient", "ticket": 1, "samples": 0, "loss": null}"#, "samples: 0"),
        (#"{"type": "gradient", "ticket": -1, "samples": 1, "loss": null}"#, "ticket: -1"),
        (
            #"{"type": "gradient", "ticket": 1, "samples": 1, "loss": "small"}"#,
            "loss: \"small\"; allowed: a number or null"
        ),
        (#"{"type": "initial", "type": "initial"}"#, "type: the key a second time"),
        (attach.replacing(#""version": 1"#, with: #""version": 2"#), "version: 2; allowed: 1"),
        (attach.replacing(#""engine": "e""#, with: #""engine": """#), "engine: 0 characters"),
        (attach.replacing(#""shape": [2]"#, with: #""shape": [0]"#), "model.parameters: no number"),
        (attach.replacing(#""decay": 0"#, with: #""decay": -1"#), "model.groups[0].decay: -1"),
        (String(repeating: "[", count: 100_000), ""),
    ])
    func refusesAllElse(_ line: String, _ fault: String) throws {
        let error = try #require(throws: InvalidInput.self) { try EngineMessage(line: Array(line.utf8)) }
        #expect(error.description.contains(fault) || fault.isEmpty, "\(error)")
    }

    /// No line makes it crash: damaged ones are read or refused.
    @Test func damagedLinesAreReadOrRefused() {
        var random = SeededRandom(seed: 5)
        var refused = 0
        for _ in 0..<3000 {
            var line = Array(Self.attach.utf8)
            for _ in 0..<random.int(1...3) {
                switch random.int(0...2) {
                case 0: line[random.int(0...line.count - 1)] = UInt8(random.int(0...255))
                case 1: line.remove(at: random.int(0...line.count - 1))
                default: line.removeLast(random.int(0...line.count / 2))
                }
            }
            do { _ = try EngineMessage(line: line) } catch { refused += 1 }
        }
        #expect(refused > 2000)
    }

    @Test func writesALineEach() throws {
        for (notice, text) in [
            (EngineNotice.stop(ticket: 7), #"{"type":"stop","ticket":7}"#),
            (.state(step: 41), #"{"type":"state","step":41}"#),
            (.finished(step: 3), #"{"type":"finished","step":3}"#),
            (.ended(reason: "left\nnow"), #"{"type":"ended","reason":"left\nnow"}"#),
            (
                .compute(ticket: 7, view: 2, members: 3, step: 41, samples: [17, 4]),
                #"{"type":"compute","ticket":7,"view":2,"members":3,"step":41,"samples":[17,4]}"#
            ),
            (
                .refused(Fault(path: "a", found: "b", allowed: "c")),
                #"{"type":"refused","path":"a","found":"b","allowed":"c"}"#
            ),
        ] {
            #expect(String(decoding: notice.line, as: UTF8.self).filter { $0 != " " } == text + "\n")
        }
    }
}
