import ChaosDocuments
import ChaosProcess
import ChaosProtocol
import Foundation

/// An authority for the nodes of a run, and what it issues: the programs do all of it, as they would for an institution.
struct LabIdentities {
    /// What the configuration of a node names.
    struct Files: Hashable, Sendable {
        let certificate: String
        let key: String
        let trust: String
    }

    private let daemon: String
    private let folder: String

    /// Makes the authority.
    /// - Parameter folder: of the run, with a slash at its end; those of an earlier run in it are replaced.
    /// - Throws: `LabFailure`, `FileError`.
    init(daemon: String, folder: String) throws {
        self.daemon = daemon
        self.folder = folder + "lab-identities"
        try? FileManager.default.removeItem(atPath: self.folder)
        try run("create", "lab", "--directory", self.folder + "/authority", "--days", "30")
        try DocumentIO.createFolder(self.folder + "/trust")
        try FileManager.default.copyItem(
            atPath: self.folder + "/authority/authority.pem", toPath: self.folder + "/trust/lab.pem")
    }

    func issue(_ node: NodeID) throws -> Files {
        try run(
            "issue", "node-\(node)", "--authority", folder + "/authority", "--directory", folder, "--days", "30")
        return Files(
            certificate: "\(folder)/node-\(node).pem", key: "\(folder)/node-\(node).key", trust: folder + "/trust")
    }

    private func run(_ arguments: String...) throws {
        let result = try Command(daemon, ["identity"] + arguments, timeLimit: .seconds(600)).run()
        guard result.isSuccess else {
            throw LabFailure("\(daemon) identity \(arguments.joined(separator: " ")): \(result.errors.text)")
        }
    }
}
