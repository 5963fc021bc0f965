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

    private static func trainer(steps: Int = 0) throws -> any Replica {
        var trainer = try SyntheticTrainer(
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

    /// What differs is named: a tensor, or, of another kind of file, its header.
    /// After an outage of all: of several the newest, and none if one of them is not whole, for which an operator has to speak.
    @Test func theNewestOfSeveral() throws {
        try Self.withFolder { path in
            let paths = [2, 5, 3].map { "\(path)-\($0)" }
            for (steps, file) in zip([2, 5, 3], paths) {
                try Checkpoint.write(try Self.trainer(steps: steps), to: file)
            }
            var trainer = try Self.trainer()
            let found = try Checkpoint.restoreNewest(&trainer, of: paths)
            #expect(try found?.path == paths[1] && found?.digest == trainer.stateDigest() && trainer.step == 5)
            let bytes = try DocumentIO.read(paths[2])
            try Self.write(Array(bytes.dropLast(100)), to: paths[2])
            for spoilt in [paths, [paths[0], "\(path)-not-there"]] {
                var other = try Self.trainer()
                let invalid = try #require(throws: InvalidInput.self) {
                    try Checkpoint.restoreNewest(&other, of: spoilt)
                }
                #expect(invalid.file == spoilt.last && other.step == 0)
            }
        }
    }

    @Test func aStateOfAnotherShapeIsRefused() throws {
        func network(_ hidden: Int) throws -> any Replica {
            let data = try LabeledData(csv: Array("a,b,c,label\n0,16,8,0\n16,0,4,1\n".utf8), file: "")
            return try NetworkTrainer(
                training: data, test: data, hidden: [hidden], optimizer: .adamW(rate: 0.1), seed: 1)
        }
        try Self.withFolder { path in
            try Checkpoint.write(try network(5), to: path)
            var (same, other) = (try network(5), try network(4))
            #expect(try Checkpoint.restore(&same, from: path) == same.stateDigest())
            let invalid = try #require(throws: InvalidInput.self) { try Checkpoint.restore(&other, from: path) }
            #expect(invalid.faults.map(\.path) == ["model.0.weight"])
            #expect(invalid.file == path)
            var smaller = try network(5)
            try Checkpoint.write(other, to: path)
            let tensor = try #require(throws: InvalidInput.self) { try Checkpoint.restore(&smaller, from: path) }
            #expect(tensor.faults.map(\.path) == ["model.0.weight"])
            // As earlier builds wrote it.
            let state = try same.readState(0..<same.stateBytes)
            try Self.write(state, to: path)
            var digest = ContentDigest()
            state.withUnsafeBytes { digest.update($0) }
            try Self.write(Array("\(digest.hexadecimal)  state\n".utf8), to: path + ".sha256")
            let header = try #require(throws: InvalidInput.self) { try Checkpoint.restore(&same, from: path) }
            #expect(header.faults.map(\.path) == ["header"])
            #expect(header.file == path)
        }
    }
}
