import ChaosControl
import ChaosDocuments
import ChaosIdentity
import ChaosModel
import ChaosProtocol
import ChaosTraining
import Foundation

/// What a configuration names, read and found to fit together.
struct NodePreparation {
    let replica: any Replica
    /// The file of the state on disk that the node begins with.
    let origin: String?
    /// The SHA-256 of that, in hexadecimal digits.
    let restored: String?
    /// The SHA-256 of the state that a founder begins with; nil: it follows from the seed.
    let start: String?
    let settings: NodeSettings
    /// By which the state is to come; nil: the node solves one.
    let plan: Plan?
}

extension NodeConfig {
    /// Reads a configuration and all that it names, and looks whether it fits together and what is to be written can be.
    /// Writes nothing.
    /// - Parameters:
    ///   - path: of the configuration.
    ///   - states: as in `found(restoring:)`; none: it does not found with them.
    /// - Throws: all that is wrong: `FileError`, `InvalidInput`, `SeveralErrors`.
    public static func check(contentsOf path: String, restoring states: [String] = []) throws {
        var (config, invalid) = try read(contentsOf: path)
        if !states.isEmpty { config.found(restoring: states) }
        try config.check(after: invalid)
    }

    /// - Parameter invalid: what was found wrong while the configuration was read.
    func check(after invalid: InvalidInput? = nil) throws {
        var faults = ConfigFaults(of: file, after: invalid)
        checkAddresses(&faults)
        _ = prepare(engine: nil, &faults)
        if let identity {
            faults.others += Credentials.faults(
                certificate: faults.areRight("identity.certificate") ? identity.certificate : nil,
                key: faults.areRight("identity.key") ? identity.key : nil,
                trust: faults.areRight("identity.trust") ? identity.trust : nil)
        }
        try faults.throwIfAny()
    }

    /// The identity that the configuration names; nil: it names none.
    func readCredentials() throws -> Credentials? {
        try identity.map { try Credentials(certificate: $0.certificate, key: $0.key, trust: $0.trust) }
    }

    /// Whether it can listen where it is to, and whether the names of peers are known now.
    private func checkAddresses(_ faults: inout ConfigFaults) {
        if faults.areRight("listen"), let reason = listen.reasonNotToListen {
            faults.own.add(
                "listen", "\(listen): \(reason)", allowed: "an address of this machine with a port that is free")
        }
        // Where one is wrong, the others have other places.
        if faults.areRight("peers") {
            for (k, peer) in peers.enumerated() {
                guard let reason = peer.address.reasonUnknown else { continue }
                faults.own.add(
                    "peers[\(k)].address", "\(peer.address): \(reason)", allowed: "a name or address that is known")
            }
        }
        for contact in contacts {
            guard let reason = contact.reasonUnknown else { continue }
            faults.own.add("peers", "\(contact): \(reason)", allowed: "a name or address that is known")
        }
        if let control, (try? ControlClient(control, timeout: 1)) != nil {
            faults.own.add("control", "\(control): a process listens there", allowed: "a socket that is free")
        }
    }

    /// - Parameter engine: where the engine is to connect to, for a trainer of that kind; nil: nobody waits for one.
    /// - Returns: nil: without an engine it is not known what is trained.
    /// - Throws: all that is wrong, as `check(contentsOf:restoring:)`.
    func prepare(engine: AttachedEngine?) throws -> NodePreparation? {
        var faults = ConfigFaults(of: file)
        let prepared = prepare(engine: engine, &faults)
        try faults.throwIfAny()
        return prepared
    }

    private func prepare(engine: AttachedEngine?, _ faults: inout ConfigFaults) -> NodePreparation? {
        checkPlaces(&faults)
        if faults.areRight("node", "found", "founding", "checkpoint") { checkRestoring(&faults.own) }
        let plan = faults.attempt { try joinPlan.map { try Plan(contentsOf: $0) } } ?? nil
        guard faults.areRight("trainer"), var replica = faults.attempt({ try makeReplica(engine) }) ?? nil else {
            return nil
        }
        var settings: NodeSettings?
        if faults.areRight("training", "policy") { settings = self.settings(for: replica, &faults.own) }
        guard founding != nil, faults.areRight("checkpoint") else {
            return settings.map {
                NodePreparation(replica: replica, origin: nil, restored: nil, start: nil, settings: $0, plan: plan)
            }
        }
        return faults.attempt {
            var (origin, restored) = (String?.none, String?.none)
            if !restoring.isEmpty {
                (origin, restored) = try Checkpoint.restoreNewest(&replica, of: restoring) ?? (nil, nil)
            } else if let checkpoint, checkpoint.restores {
                (origin, restored) = (checkpoint.path, try Checkpoint.restore(&replica, from: checkpoint.path))
            }
            // One that looks for a cluster first may join it, and get a later state.
            if !founds, let path = stateThatWouldBeLost(restored) { throw Self.lostState(path) }
            let start = try restored ?? (trainer.startsFromSeed ? nil : replica.stateDigest())
            return settings.map {
                NodePreparation(
                    replica: replica, origin: origin, restored: restored, start: start, settings: $0, plan: plan)
            }
        } ?? nil
    }

    /// Whether a state on disk may be what the node begins with.
    private func checkRestoring(_ faults: inout FaultList) {
        if !restoring.isEmpty, founding?.members.count ?? 0 > 1 {
            faults.add(
                "founding.members", "with chaosd --restore, which founds alone",
                allowed: "no founding; the others join, as those without it do")
        }
        if let checkpoint, checkpoint.restores, founding == nil {
            faults.add(
                "checkpoint.restore", "true for a node that joins",
                allowed: "false, for it gets the state from its neighbors; or a founding view")
        }
    }

    /// The state on disk that a founder would write over without having read it.
    func stateThatWouldBeLost(_ restored: String?) -> String? {
        guard restored == nil, let checkpoint, DocumentIO.exists(checkpoint.path) else { return nil }
        return checkpoint.path
    }

    static func lostState(_ path: String) -> InvalidInput {
        InvalidInput(
            "checkpoint.file", "\(path), a state that a founder would write over without having read it",
            allowed:
                "checkpoint.restore: true, or chaosd --restore, to go on from it; or the name of a file that is not there"
        )
    }

    private func makeReplica(_ engine: AttachedEngine?) throws -> (any Replica)? {
        // Who joins, or goes on from a checkpoint, does not need what others began with.
        let kept = restoring.first ?? checkpoint.flatMap { $0.restores ? $0.path : nil }
        let restored = founding == nil ? nil : kept
        let path = restored.flatMap { DocumentIO.exists($0) ? $0 : nil }
        return try trainer.makeReplica(beginning: founding != nil && path == nil, restoring: path, engine: engine)
    }

    // MARK: Places

    /// Whether the files that the node writes can be made.
    private func checkPlaces(_ faults: inout ConfigFaults) {
        if let journal {
            // What is there is appended to.
            checkPlace(of: journal, "journal", isReplaced: false, &faults.own)
        }
        if let control {
            if ControlServer.isBlocked(control) {
                faults.own.add("control", "\(control), which is no socket", allowed: "a socket or nothing")
            } else {
                checkFolder(of: control, "control", &faults.own)
            }
        }
        if case .engine(let engine) = trainer, faults.areRight("trainer") {
            if ControlServer.isBlocked(engine.socket) {
                faults.own.add("trainer.socket", "\(engine.socket), which is no socket", allowed: "a socket or nothing")
            } else {
                checkFolder(of: engine.socket, "trainer.socket", &faults.own)
            }
        }
        if let checkpoint, faults.areRight("checkpoint.file") {
            checkPlace(of: checkpoint.path, "checkpoint.file", isReplaced: true, &faults.own)
        }
        if let metrics, faults.areRight("metrics.file"), metrics.path != DocumentIO.standardStream {
            checkPlace(of: DocumentIO.resolved(metrics.path), "metrics.file", isReplaced: true, &faults.own)
        }
        if let plans {
            // It is made, and those above it.
            var folder = plans
            while access(folder, F_OK) != 0, errno == ENOENT, folder != DocumentIO.folder(of: folder) {
                folder = DocumentIO.folder(of: folder)
            }
            check(folder: folder, for: plans, "plans", &faults.own)
        }
    }

    /// - Parameter isReplaced: whether a new file takes the name of one that is there. A device or a pipe is written to.
    private func checkPlace(of path: String, _ key: String, isReplaced: Bool, _ faults: inout FaultList) {
        var status = stat()
        guard stat(path, &status) == 0 else { return checkFolder(of: path, key, &faults) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: faults.add(key, "\(path), which is a folder", allowed: "a file")
        case S_IFREG where isReplaced: checkFolder(of: path, key, &faults)
        default:
            guard access(path, W_OK) != 0 else { return }
            faults.add(key, "\(path): \(String(cString: strerror(errno)))", allowed: "a file that can be written")
        }
    }

    private func checkFolder(of path: String, _ key: String, _ faults: inout FaultList) {
        let folder = DocumentIO.folder(of: path)
        // The folder of plans is made first.
        if let plans, access(folder, F_OK) != 0, errno == ENOENT, plans == folder || plans.hasPrefix(folder + "/") {
            return
        }
        check(folder: folder, for: path, key, &faults)
    }

    private func check(folder: String, for path: String, _ key: String, _ faults: inout FaultList) {
        var status = stat()
        let exists = stat(folder, &status) == 0
        let isFolder = exists && status.st_mode & S_IFMT == S_IFDIR
        if isFolder, access(folder, W_OK | X_OK) == 0 { return }
        let what = !exists ? "is not there" : isFolder ? "may not be written" : "is no folder"
        faults.add(key, "\(path), but \(folder) \(what)", allowed: "a path in a folder that may be written")
    }

    // MARK: Settings

    /// The settings of the protocol for this trainer.
    /// - Returns: nil after a fault: what does not fit together.
    private func settings(for trainer: any Replica, _ faults: inout FaultList) -> NodeSettings? {
        let before = faults.count
        if !(1...trainer.samples).contains(batch) {
            faults.add("training.batch", "\(batch)", allowed: "1 … \(trainer.samples), the samples of the trainer")
        }
        if case .synthetic = self.trainer, wire != .float32 {
            faults.add(
                "training.wire", wire.rawValue,
                allowed: "float32: a synthetic trainer takes no sum that has lost a digit")
        }
        let wire = GradientWire(of: trainer, chunks: chunks, format: wire)
        let sizes = (0..<chunks).map(wire.bytes)
        let most = sizes.max() ?? 0
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
        guard faults.count == before else { return nil }
        var policy = policy
        if let memory = snapshotMemory { policy.mostSnapshots = max(1, memory / trainer.stateBytes) }
        return NodeSettings(
            stateBytes: trainer.stateBytes,
            reduction: ReductionSettings(
                samples: trainer.samples, batch: batch, lost: lost, chunks: chunks,
                gradientBytes: sizes.reduce(0, +), patience: patience),
            monitor: monitor, negotiation: negotiation, receiver: receiver, policy: policy)
    }
}
