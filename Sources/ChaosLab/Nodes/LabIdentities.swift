import ChaosDocuments
import ChaosProcess
import ChaosProtocol
import Foundation

/// Two institutions for the nodes of a run, which trust each other, and what their authorities issue: the programs do all of it,
/// as they would for real ones. Nodes with odd ids are of the first, the others of the second.
struct LabIdentities {
    /// What the configuration of a node names.
    struct Files: Hashable, Sendable {
        let certificate: String
        let key: String
        let trust: String
    }

    private static let institutions = ["first", "second"]

    private let daemon: String
    private let folder: String

    /// Makes the authorities.
    /// - Parameter folder: of the run, with a slash at its end; those of an earlier run in it are replaced.
    /// - Throws: `LabFailure`, `FileError`.
    init(daemon: String, folder: String) throws {
        self.daemon = daemon
        self.folder = folder + "lab-identities"
        try? FileManager.default.removeItem(atPath: self.folder)
        try DocumentIO.createFolder(self.folder + "/trust")
        for name in Self.institutions {
            try run("create", "lab \(name)", "--directory", "\(self.folder)/\(name)", "--days", "30")
            try FileManager.default.copyItem(
                atPath: "\(self.folder)/\(name)/authority.pem", toPath: "\(self.folder)/trust/\(name).pem")
        }
    }

    func issue(_ node: NodeID) throws -> Files {
        let institution = Self.institutions[node.rawValue % 2 == 1 ? 0 : 1]
        try run(
            "issue", "node-\(node)", "--authority", "\(folder)/\(institution)", "--directory", folder, "--days", "30")
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
