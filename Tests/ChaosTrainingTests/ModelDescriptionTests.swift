import ChaosDocuments
import ChaosModel
import Testing

@testable import ChaosTraining

/// What an engine says of its model, and how the rate follows the steps.
@Suite struct ModelDescriptionTests {
    private static let sha = String(repeating: "0a", count: 32)

    /// Everything that a description may have.
    static let text = """
        {"parameters": [{"name": "w", "shape": [3, 2]}, {"name": "b", "shape": []}], \
        "buffers": [{"name": "bn.mean", "shape": [2]}], "constants": [{"name": "mask", "sha256": "\(sha)"}], \
        "computes": "change", "groups": [{"parameters": ["w"], "optimizer": "adamw", "rate": 0.001, "beta1": 0.9, "beta2": 0.95, \
        "epsilon": 1e-8, "decay": 0.1}, {"parameters": ["b"], "optimizer": "adam", "rate": 0.002, "beta1": 0.9, \
        "beta2": 0.999, "epsilon": 1e-8, "decay": 0}], \
        "schedule": {"type": "cosine", "warmup": 4, "steps": 20, "floor": 0.1}, "max_norm": 1.5, "skips": 3}
        """

    @Test func readsWhatItWrites() throws {
        let model = try ModelDescription(json: Self.text.utf8)
        #expect(model.numbers == 9 && model.rule.parameters == 7 && model.rule.moments == ["exp_avg", "exp_avg_sq"])
        #expect(model.rule.groups.map(\.ranges) == [[0..<6], [6..<7]])
        #expect(model.maxNorm == 1.5 && model.mostSkipped == 3)
        #expect(model.groups[0].optimizer == .adamW(rate: 0.001, beta1: 0.9, beta2: 0.95))
        #expect(try ModelDescription(json: model.json.utf8) == model)
        let plain = Self.text.replacing(#""max_norm": 1.5"#, with: #""max_norm": null"#).replacing(
            #"{"type": "cosine", "warmup": 4, "steps": 20, "floor": 0.1}"#, with: #"{"type": "constant", "warmup": 0}"#)
        let other = try ModelDescription(json: plain.utf8)
        #expect(other.maxNorm == nil && other.schedule == .constant && other != model)
        #expect(try ModelDescription(json: other.json.utf8) == other)
    }

    /// Each part that is changed for the worse is named.
    @Test(arguments: [
        (#""name": "b""#, #""name": "w""#, "parameters[1].name: \"w\" a second time"),
        (#""name": "b""#, #""name": """#, "parameters[1].name: a name of 0 bytes"),
        ("[3, 2]", "[3, -2]", "parameters[0].shape[1]: -2"),
        ("[3, 2]", "[1099511627776, 1099511627776, 0]", "parameters[0].shape: [1099511627776, 1099511627776, 0]"),
        ("[3, 2]", "[2147483648, 2147483648, 0]", "parameters[0].shape: [2147483648, 2147483648, 0]"),
        ("[3, 2]", "[1099511627776, 1099511627776]", "parameters[0].shape: [1099511627776, 1099511627776]"),
        ("[3, 2]", "[0, 2]", ""),
        (#"["w"]"#, #"["w", "v"]"#, "groups[0].parameters[1]: \"v\"; allowed: the name of a parameter"),
        (#"["w"]"#, #"["w", "b"]"#, "groups: "),
        (#"["w"]"#, #"[]"#, "groups: "),
        (#""bn.mean""#, #""b""#, "buffers[0].name: \"b\" a second time"),
        (#""rate": 0.001"#, #""rate": 0"#, "groups[0].rate: 0"),
        (#""rate": 0.001"#, #""rate": 1e99"#, "groups[0].rate: 1e99; allowed: a number that is finite as a Float32"),
        (#""decay": 0.1"#, #""decay": -1"#, "groups[0].decay: -1"),
        (#""decay": 0.1"#, #""decay": 0.1, "momentum": 0"#, "groups[0]: other settings than those of adamw"),
        (
            #""adamw", "rate": 0.001, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8"#,
            #""sgd", "rate": 0.001, "momentum": 0.9, "nesterov": true"#, "groups[1].optimizer: 2 moments"
        ),
        (#""steps": 20"#, #""steps": 4"#, "schedule.steps: 4; allowed: more than warmup"),
        (#""floor": 0.1"#, #""floor": 2"#, "schedule.floor: 2"),
        (#", "floor": 0.1"#, "", "schedule: other keys than those of a cosine schedule"),
        ("cosine", "step", "schedule.type: \"step\"; allowed: \"constant\", \"linear\", \"cosine\""),
        ("1.5", "0", "max_norm: 0"), ("1.5", "\"none\"", "max_norm: \"none\"; allowed: a number"),
        (#""change""#, #""loss""#, "computes: \"loss\"; allowed: \"gradient\", \"change\""),
        (#""skips": 3"#, #""skips": -1"#, "skips: -1"), (#""skips": 3"#, #""skips": 3, "x": 1"#, "x: an unknown key"),
        (#", "skips": 3"#, "", "skips: the key is missing"), (sha, "0A", "constants[0].sha256"),
    ])
    func tellsWhatIsWrong(_ part: String, _ worse: String, _ fault: String) throws {
        let text = Self.text.replacing(part, with: worse)
        #expect(text != Self.text)
        guard !fault.isEmpty else {
            #expect(try ModelDescription(json: text.utf8).rule.parameters == 1)
            return
        }
        let error = try #require(throws: InvalidInput.self) { try ModelDescription(json: text.utf8) }
        #expect(error.description.contains(fault), "\(error)")
    }

    @Test func namesTheFirstDifference() throws {
        let model = try ModelDescription(json: Self.text.utf8)
        for (part, other, fault) in [
            ("[3, 2]", "[2, 3]", "parameters[0]: w of shape [2, 3]; allowed: w of shape [3, 2], as in the run"),
            ("bn.mean", "bn.var", "buffers[0]: bn.var of shape [2]"),
            (Self.sha, String(repeating: "1", count: 64), "constants[0]"),
            (#""change""#, #""gradient""#, "computes: gradient; allowed: change, as in the run"),
            ("0.002", "0.003", "groups[1]"),
            (#""steps": 20"#, #""steps": 21"#, "schedule: warmup 4, cosine to 0.1 at 21"),
            ("1.5", "2", "max_norm: 2.0; allowed: 1.5, as in the run"), (#""skips": 3"#, #""skips": 4"#, "skips: 4"),
        ] {
            let changed = try ModelDescription(json: Self.text.replacing(part, with: other).utf8)
            let error = try #require(throws: InvalidInput.self) { try model.require(changed) }
            #expect(error.description.contains(fault), "\(error)")
        }
        try model.require(model)
    }

    // MARK: The schedule

    @Test func followsTheCosine() throws {
        // Of cos(πk/24), to 17 digits, by another program.
        let known = [
            1, 0.99144486137381041, 0.96592582628906829, 0.92387953251128676, 0.86602540378443865, 0.79335334029123516,
            0.70710678118654752, 0.60876142900872066, 0.5, 0.38268343236508977, 0.25881904510252076,
            0.13052619222005159, 0,
        ]
        for (k, value) in known.enumerated() {
            #expect(abs(RateSchedule.cosine(ofHalfTurns: Double(k) / 24) - value) < 1e-15)
            #expect(abs(RateSchedule.cosine(ofHalfTurns: Double(24 - k) / 24) + value) < 1e-15)
        }
    }

    @Test func warmsUpAndDecays() throws {
        let cosine = try RateSchedule(warmup: 4, .cosine(steps: 20, floor: 0.25))
        #expect((0..<5).map(cosine.factor) == [0.25, 0.5, 0.75, 1, 1])
        #expect(abs(cosine.factor(ofStep: 12) - 0.625) < 1e-15)
        #expect(cosine.factor(ofStep: 20) == 0.25 && cosine.factor(ofStep: 1 << 60) == 0.25)
        let linear = try RateSchedule(.linear(steps: 8, floor: 0))
        #expect((0..<10).map(linear.factor) == [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0, 0])
        let all = (0..<40).map(cosine.factor)
        #expect(zip(all.dropFirst(4), all.dropFirst(5)).allSatisfy { $0 >= $1 })
    }
}
