import ChaosDocuments
import ChaosIdentity
import ChaosProcess
import Foundation
import Testing

/// Authorities and nodes of a test, below a folder that goes with it.
public final class IdentityFolder {
    public let path: String

    public init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "chaos-identity-\(UUID().uuidString)").path
        try DocumentIO.createFolder(path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Makes an authority, in a folder of its name.
    @discardableResult
    public func authority(_ name: String, days: Int = 100) throws -> Authority {
        try Authority.create(name, in: "\(path)/\(name)", days: days)
        return try Authority(in: "\(path)/\(name)")
    }

    /// Makes the certificate of a node, and a folder of whom it trusts.
    /// - Parameter start: when it begins to be valid.
    /// - Returns: the files.
    public func node(
        _ name: String, of institution: String, trusting: [String], from start: Date = Date(), days: Int = 10
    ) throws -> (certificate: String, key: String, trust: String) {
        let files = (certificate: "\(path)/\(name).pem", key: "\(path)/\(name).key", trust: "\(path)/trust-\(name)")
        try Authority(in: "\(path)/\(institution)").issue(
            name, certificateFile: files.certificate, keyFile: files.key, from: start, days: days)
        try DocumentIO.createFolder(files.trust)
        for other in trusting {
            try FileManager.default.copyItem(
                atPath: "\(path)/\(other)/authority.pem", toPath: "\(files.trust)/\(other).pem")
        }
        return files
    }

    /// The same, read.
    public func credentials(_ name: String, of institution: String, trusting: [String]) throws -> Credentials {
        let files = try node(name, of: institution, trusting: trusting)
        return try Credentials(certificate: files.certificate, key: files.key, trust: files.trust)
    }

    /// Runs a program that must succeed.
    @discardableResult
    public func run(_ program: String, _ arguments: String...) throws -> String {
        try run(program, arguments: arguments)
    }

    @discardableResult
    public func run(_ program: String, arguments: [String]) throws -> String {
        let program = try ExecutableSearch(ExecutableSearch.path).find(program)
        let result = try Command(program, arguments, timeLimit: .hanging).run()
        try #require(result.isSuccess, "\(arguments): \(result.errors.text)")
        return result.output.text
    }
}
