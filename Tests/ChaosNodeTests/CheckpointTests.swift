import ChaosDocuments
import ChaosTraining
import Foundation
import Testing

@testable import ChaosNode

/// The state on disk, whatever a crash leaves of it.
@Suite struct CheckpointTests {
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-checkpoint-\(UUID().uuidString)")
            .path
        try DocumentIO.createFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/state")
    }

    private static func trainer(steps: Int = 0) throws -> any Trainer {
        var trainer: any Trainer = try SyntheticTrainer(
            seed: 1, stateBytes: 3 << 20, gradientCount: 4, samples: 8, timePerStep: 0, timePerSample: 0)
        for step in 0..<steps {
            var gradient = Gradient(count: 4)
            _ = try trainer.addGradient(of: [step], to: &gradient)
            try trainer.apply(gradient, samples: 1)
        }
        return trainer
    }

    private static func restoredStep(_ path: String) throws -> Int? {
        var trainer = try trainer()
        return try Checkpoint.restore(&trainer, from: path).map { _ in trainer.step }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(filePath: path), options: .atomic)
    }

    private static func copy(_ path: String, to other: String) throws {
        for suffix in ["", ".sha256"] { try write(try DocumentIO.read(path + suffix), to: other + suffix) }
    }

    @Test func theOneBeforeStays() throws {
        try Self.withFolder { path in
            #expect(try Self.restoredStep(path) == nil)
            for steps in 1...3 {
                try Checkpoint.write(try Self.trainer(steps: steps), to: path)
                #expect(try Self.restoredStep(path) == steps)
                if steps > 1 { #expect(try Self.restoredStep(path + ".previous") == steps - 1) }
            }
            // Nothing else is left beside them.
            let folder = (path as NSString).deletingLastPathComponent
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                    == ["state", "state.previous", "state.previous.sha256", "state.sha256"])
        }
    }

    /// A process that ends between the renaming of a state and the writing of its line leaves one that is not believed. It
    /// must not take the place of the good one before it.
    @Test(arguments: ["the line before", nil, ""]) func aStateWithoutItsLineReplacesNothing(line: String?) throws {
        try Self.withFolder { path in
            for steps in 1...2 { try Checkpoint.write(try Self.trainer(steps: steps), to: path) }
            // As after the third state has come under its name.
            try Self.copy(path, to: path + ".previous")
            try Self.write(Array("half of a checkpoint".utf8), to: path)
            switch line {
            case nil: try FileManager.default.removeItem(atPath: path + ".sha256")
            case "": try Self.write([], to: path + ".sha256")
            default: break
            }
            #expect(throws: (any Error).self) { try Self.restoredStep(path) }
            #expect(try Self.restoredStep(path + ".previous") == 2)
            try Checkpoint.write(try Self.trainer(steps: 4), to: path)
            #expect(try Self.restoredStep(path) == 4)
            #expect(try Self.restoredStep(path + ".previous") == 2)
        }
    }

    /// A founder that began anew although there was a state would throw the training away.
    @Test func aMissingStateIsNotTakenForABeginning() throws {
        try Self.withFolder { path in
            for steps in 1...2 { try Checkpoint.write(try Self.trainer(steps: steps), to: path) }
            try FileManager.default.removeItem(atPath: path)
            let invalid = try #require(throws: InvalidInput.self) { try Self.restoredStep(path) }
            #expect(invalid.description.contains("\(path).previous"))
        }
    }
}
