import ChaosModel
import ChaosProtocol
import ChaosTraining
import Foundation

/// What a configuration names, read and found to fit together.
struct NodePreparation {
    let trainer: any Trainer
    /// The SHA-256 of the state on disk that the node begins with, in hexadecimal digits.
    let restored: String?
    let settings: NodeSettings
}

extension NodeConfig {
    /// Reads all that the configuration names, and looks whether it fits together and what is to be written can be. Writes
    /// nothing.
    /// - Throws: `FileError`, or `InvalidInput` with what is wrong.
    public func check() throws { _ = try prepare() }

    func prepare() throws -> NodePreparation {
        do {
            var faults = FaultList()
            checkPlaces(&faults)
            try faults.throwIfAny()
            var trainer = try trainer.makeTrainer()
            var restored: String?
            if let checkpoint, checkpoint.restores, founding != nil {
                restored = try Checkpoint.restore(&trainer, from: checkpoint.path)
            }
            return NodePreparation(trainer: trainer, restored: restored, settings: try settings(for: trainer))
        } catch let error as InvalidInput where error.file.isEmpty {
            throw error.named(file)
        }
    }

    /// Whether the files that the node writes can be made.
    private func checkPlaces(_ faults: inout FaultList) {
        let files = [
            ("journal", journal), ("control", control), ("checkpoint.file", checkpoint?.path),
            ("metrics.file", metrics?.path),
        ]
        for (key, path) in files {
            guard let path else { continue }
            var isFolder = ObjCBool(false)
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            if exists, isFolder.boolValue {
                faults.add(key, "\(path), which is a folder", allowed: "a file")
            } else if !(exists && key == "journal") {
                // All but the journal are renamed over what is there.
                check(folder: Self.folder(of: path), for: path, key, &faults)
            } else if access(path, W_OK) != 0 {
                faults.add(key, "\(path): \(String(cString: strerror(errno)))", allowed: "a file that can be written")
            }
        }
        // This folder is made, and those above it.
        if var folder = plans {
            while !folder.isEmpty, access(folder, F_OK) != 0, errno == ENOENT, folder != Self.folder(of: folder) {
                folder = Self.folder(of: folder)
            }
            check(folder: folder, for: plans ?? "", "plans", &faults)
        }
    }

    private func check(folder: String, for path: String, _ key: String, _ faults: inout FaultList) {
        var isFolder = ObjCBool(false)
        let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
        if exists, isFolder.boolValue, access(folder, W_OK | X_OK) == 0 { return }
        let what = !exists ? "is not there" : isFolder.boolValue ? "may not be written" : "is no folder"
        faults.add(key, "\(path), but \(folder) \(what)", allowed: "a path in a folder that may be written")
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The settings of the protocol for this trainer.
    /// - Throws: what does not fit together.
    private func settings(for trainer: any Trainer) throws(InvalidInput) -> NodeSettings {
        var faults = FaultList()
        if !(1...trainer.samples).contains(batch) {
            faults.add("training.batch", "\(batch)", allowed: "1 … \(trainer.samples), the samples of the trainer")
        }
        let most = 4 * (trainer.gradientCount / chunks + 1)
        if most > MessageLimits.shardBytes {
            faults.add(
                "training.chunks", "\(chunks), which makes chunks of \(most) bytes",
                allowed: "chunks of at most \(MessageLimits.shardBytes) bytes")
        }
        if let largest = receiver.shardSizes.last, trainer.stateBytes > largest * MessageLimits.shards {
            faults.add(
                "trainer", "a state of \(trainer.stateBytes) bytes",
                allowed: "at most \(MessageLimits.shards) shards of the largest size, \(largest) bytes")
        }
        if let memory = snapshotMemory, memory < trainer.stateBytes {
            faults.add("policy.memory", "\(memory) bytes", allowed: "at least a state, \(trainer.stateBytes) bytes")
        }
        try faults.throwIfAny()
        var policy = policy
        if let memory = snapshotMemory { policy.mostSnapshots = max(1, memory / trainer.stateBytes) }
        return NodeSettings(
            stateBytes: trainer.stateBytes,
            reduction: ReductionSettings(samples: trainer.samples, batch: batch, chunks: chunks),
            monitor: monitor, negotiation: negotiation, receiver: receiver, policy: policy)
    }
}
