import ArgumentParser
import ChaosDocuments
import Foundation

/// The entry of the program. Every way out has a status of `ExitStatus`.
@main
enum Main {
    static func main() {
        DocumentIO.holdStandardStreams()
        let arguments = FileName.commandLine
        do {
            // Asked here and not by the parser, which would ask the back ends at every start.
            if arguments == ["--version"] { return try Output.write([VersionText.withBackEnds]) }
            if arguments.first == "help" { try checkTopic(arguments.dropFirst()) }
            var command = try Chaos.parseAsRoot(arguments)
            try command.run()
        } catch {
            end(error)
        }
    }

    /// `help` of something that is no command is wrong usage; the parser would give the help of the command above it.
    private static func checkTopic(_ words: ArraySlice<String>) throws {
        var command: any ParsableCommand.Type = Chaos.self
        for word in words where !word.hasPrefix("-") {
            let below = command.configuration.subcommands
            guard let next = below.first(where: { $0._commandName == word }) else {
                let names = below.map { $0._commandName }.joined(separator: ", ")
                let allowed = names.isEmpty ? "nothing more" : names
                throw ValidationError(
                    "help \(words.joined(separator: " ")): no command '\(word)'; allowed: \(allowed).")
            }
            command = next
        }
    }

    /// Ends the program because of what a command or the parser threw: a status, a text such as the help that was asked
    /// for, wrong usage, or an error that no command has caught.
    private static func end(_ error: any Error) -> Never {
        let code = Chaos.exitCode(for: error)
        let text = Chaos.fullMessage(for: error)
        if code == .success {
            do {
                if !text.isEmpty { try Output.write([text]) }
            } catch {
                end(error)
            }
        } else if code == .failure {
            // The parser knows nothing of this error, so it is one of ours.
            Diagnostics.error(error)
            exit(ExitStatus(error).rawValue)
        } else if !text.isEmpty {
            Diagnostics.note(text)
        }
        exit(code.rawValue)
    }
}
