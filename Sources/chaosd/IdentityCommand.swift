import ArgumentParser
import ChaosDocuments
import ChaosIdentity
import Foundation

/// Makes and shows identities.
struct IdentityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Makes an authority for an institution, and the certificates of its nodes.",
        discussion: """
            Plain X.509: an institution that has an authority, of openssl or another tool, uses that in the place of this \
            one. Keys are written with mode 0600, and no file is ever overwritten.
            """,
        subcommands: [Create.self, Issue.self, Show.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Makes the authority of an institution: authority.key, which never leaves it, and authority.pem, which "
                + "others put into their folder of whom they trust.")

        @Argument(help: "The institution, as others are to see it: 1 to 64 bytes.")
        var name: String

        @Option(help: "Where to; it is made if it is not there.")
        var directory: String

        @Option(help: "How long it is valid.")
        var days = 3650

        func run() throws { try refusing { try Authority.create(name, in: directory, days: days) } }
    }

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key and a certificate for a node: DIRECTORY/NAME.key and DIRECTORY/NAME.pem.")

        @Argument(help: "The node, for people: 1 to 64 bytes, without a slash.")
        var name: String

        @Option(help: "The folder of the authority.")
        var authority: String

        @Option(help: "Where to; it is made if it is not there.")
        var directory: String

        @Option(help: "How long it is valid.")
        var days = 365

        func validate() throws {
            if name.contains("/") { throw ValidationError("name: \"\(name)\"; allowed: a name without a slash") }
        }

        func run() throws {
            try refusing {
                let authority = try Authority(in: authority)
                try DocumentIO.createFolder(directory)
                try authority.issue(
                    name, certificateFile: "\(directory)/\(name).pem", keyFile: "\(directory)/\(name).key", days: days)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what certificates are of whom, and until when.")

        @Argument(help: "Files with certificates in the PEM format.")
        var files: [String]

        func run() throws {
            try refusing {
                for file in files {
                    for certificate in try CertificateSummary.read(file) {
                        try DocumentIO.write(SingleLine.ofEach("\(certificate)\n"), to: DocumentIO.standardStream)
                    }
                }
            }
        }
    }
}

/// What is wrong with files or arguments is told, and ends the program with 5.
private func refusing(_ body: () throws -> Void) throws {
    do { try body() } catch {
        try? DocumentIO.writeToStandardError(SingleLine.ofEach("\(error)\n"))
        throw ExitCode(5)
    }
}
