import ChaosDocuments
import ChaosModel
import Foundation
import Testing

@testable import ChaosTraining

/// The replica of a model that an engine describes.
@Suite struct ModelReplicaTests {
    private static func model(_ change: (String, String) = ("", "")) throws -> ModelDescription {
        try ModelDescription(json: ModelDescriptionTests.text.replacing(change.0, with: change.1).utf8)
    }

    private static func replica(skips: Int = 0) throws -> ModelReplica {
        try ModelReplica(
            model((#""skips": 3"#, #""skips": \#(skips)"#)), samples: 100, initial: (0..<9).map { Float($0) / 4 })
    }

    private static func shown(_ replica: ModelReplica) throws -> [Float] {
        var numbers = [Float](repeating: 0, count: replica.gradientCount)
        try numbers.withUnsafeMutableBufferPointer { (room) throws(InvalidInput) in try replica.copyModel(to: room) }
        return numbers
    }

    private static func gradient(_ values: [Float]) -> Gradient {
        var gradient = Gradient(count: 0)
        gradient.values = values
        return gradient
    }

    @Test func showsWhatItWasGiven() throws {
        let replica = try Self.replica()
        #expect(try Self.shown(replica) == (0..<9).map { Float($0) / 4 })
        #expect(
            replica.stateBytes == 64 + 4 * (7 * 3 + 2) && replica.tensors.last?.bytes.upperBound == replica.stateBytes)
        #expect(
            replica.tensors.map(\.name) == [
                "chaos.header", "model.w", "model.b", "exp_avg.w", "exp_avg.b", "exp_avg_sq.w", "exp_avg_sq.b",
                "model.bn.mean",
            ])
    }

    /// The parameters follow the rule at the scheduled rate, and buffers their mean change.
    @Test func updatesParametersAndBuffers() throws {
        var replica = try Self.replica()
        let rule = replica.model.rule
        var values: [Float] = (0..<7).map { Float($0) / 4 } + [Float](repeating: 0, count: 14)
        var buffer: [Float] = [1.75, 2]
        for step in 0..<30 {
            let sum = (0..<9).map { Float(($0 * 7 + step * 3) % 11) - 5 }
            try replica.apply(Self.gradient(sum), samples: 8)
            let factor = replica.model.schedule.factor(ofStep: step)
            let greatest = rule.update(&values, by: Array(sum[..<7]), samples: 8, after: step, factor: factor)
            #expect(greatest?.isFinite == true)
            for k in 0..<2 { buffer[k] += sum[7 + k] / 8 }
            #expect(try Self.shown(replica) == values[..<7] + buffer)
        }
        #expect(replica.step == 30)
        // A rate at its floor moves less than one that was not scheduled.
        #expect(replica.model.schedule.factor(ofStep: 29) == Double(Float(0.1)))
    }

    /// An update changes numbers where they are, but not while somebody else has them.
    @Test func copiesStayAsTheyAre() throws {
        var replica = try Self.replica()
        var copies: [(replica: ModelReplica, digest: String)] = []
        for step in 0..<6 {
            copies.append((replica, try replica.stateDigest()))
            try replica.apply(Self.gradient((0..<9).map { Float($0 + step) }), samples: 8)
        }
        for copy in copies { #expect(try copy.replica.stateDigest() == copy.digest) }
        // A copy goes its own way, and comes to the same.
        for step in 2..<6 {
            try copies[2].replica.apply(Self.gradient((0..<9).map { Float($0 + step) }), samples: 8)
        }
        #expect(try copies[2].replica.stateDigest() == replica.stateDigest())
        #expect(try copies[3].replica.stateDigest() == copies[3].digest)
    }

    @Test func leavesOutWhatIsNotFinite() throws {
        for place in [0, 8] {
            var replica = try Self.replica(skips: 1)
            var sum = [Float](repeating: 1, count: 9)
            sum[place] = .nan
            let before = try Self.shown(replica)
            try replica.apply(Self.gradient(sum), samples: 8)
            #expect(try Self.shown(replica) == before)
            #expect(replica.step == 1 && replica.skippedInARow == 1)
            #expect(throws: InvalidInput.self) { try replica.apply(Self.gradient(sum), samples: 8) }
            try replica.apply(Self.gradient([Float](repeating: 1, count: 9)), samples: 8)
            #expect(replica.step == 2 && replica.skippedInARow == 0)
            // The buffer is beyond what a Float32 has.
            sum = [Float](repeating: 1, count: 9)
            sum[8] = .greatestFiniteMagnitude
            try replica.apply(Self.gradient(sum), samples: 1)
            let error = try #require(throws: InvalidInput.self) { try replica.apply(Self.gradient(sum), samples: 1) }
            #expect(error.description.contains("diverged"))
        }
    }

    /// A gradient that is finite, but whose square is not, ends the training and leaves what it was; so does the change of a
    /// buffer.
    @Test func divergingLeavesTheState() throws {
        let model = try Self.model((#""max_norm": 1.5"#, #""max_norm": null"#))
        try #require(model.rule.maxNorm == nil)
        var replica = try ModelReplica(model, samples: 100, initial: (0..<9).map { Float($0) / 4 })
        var sum = [Float](repeating: 1, count: 9)
        sum[8] = .greatestFiniteMagnitude / 2
        for _ in 0..<3 { try replica.apply(Self.gradient(sum), samples: 4) }
        let digest = try replica.stateDigest()
        for (place, number) in [(0, 0x1p100), (6, -0x1p90), (8, .greatestFiniteMagnitude)] as [(Int, Float)] {
            var sum = [Float](repeating: 1, count: 9)
            sum[place] = number
            let error = try #require(throws: InvalidInput.self) { try replica.apply(Self.gradient(sum), samples: 1) }
            #expect(error.description.contains("diverged"))
            #expect(try replica.stateDigest() == digest)
        }
        try replica.apply(Self.gradient([Float](repeating: 1, count: 9)), samples: 8)
        #expect(replica.step == 4)
    }

    @Test func movesAsAState() throws {
        var replica = try Self.replica()
        try replica.apply(Self.gradient((0..<9).map(Float.init)), samples: 8)
        var other = try ModelReplica(Self.model((#""skips": 3"#, #""skips": 0"#)), samples: 100)
        try other.replaceState(by: try replica.readState(0..<replica.stateBytes), step: 1)
        #expect(try Self.shown(other) == Self.shown(replica))
        #expect(try other.stateDigest() == replica.stateDigest())
        // Of another model, or other data.
        for stranger in [
            try ModelReplica(Self.model(("0.002", "0.003")), samples: 100),
            try ModelReplica(Self.model((#""skips": 3"#, #""skips": 0"#)), samples: 101),
        ] {
            var stranger = stranger
            #expect(throws: InvalidInput.self) {
                try stranger.replaceState(by: try replica.readState(0..<replica.stateBytes), step: 1)
            }
        }
    }

    @Test func refusesAFirstStateThatIsNone() throws {
        let model = try Self.model()
        var numbers = [Float](repeating: 0, count: 9)
        numbers[8] = .infinity
        let error = try #require(throws: InvalidInput.self) {
            try ModelReplica(model, samples: 100, initial: numbers)
        }
        #expect(error.description.contains("bn.mean[1]: inf"), "\(error)")
        #expect(throws: InvalidInput.self) { try ModelReplica(model, samples: 100, initial: [1]) }
        #expect(throws: InvalidInput.self) { try ModelReplica(model, samples: 0) }
    }

    /// A file of a state says what was trained.
    @Test func filesSayWhatIsTrained() throws {
        let replica = try Self.replica()
        let file = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString).safetensors").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try DocumentIO.write(file) { sink in
            let bytes = replica.fileHeader.encoded + (try replica.readState(0..<replica.stateBytes))
            try bytes.withUnsafeBytes { try sink($0) }
        }
        #expect(try ModelReplica.model(ofFile: file) == replica.model)
        let again = try ModelReplica(replica.model, samples: 7, initial: ModelFiles(file))
        #expect(try Self.shown(again) == Self.shown(replica))
        let small = try TrainingParts.small(.adam(rate: 0.1))
        try DocumentIO.write(file) { sink in
            let bytes = small.fileHeader.encoded + (try small.readState(0..<small.stateBytes))
            try bytes.withUnsafeBytes { try sink($0) }
        }
        let error = try #require(throws: InvalidInput.self) { try ModelReplica.model(ofFile: file) }
        #expect(error.description.contains("chaos.model: the key is missing"), "\(error)")
    }
}
