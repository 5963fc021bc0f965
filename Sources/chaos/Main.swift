import ArgumentParser
import ChaosDocuments
import Foundation

/// The entry of the program. Every way out has a status of `ExitStatus`.
@main
enum Main {
    static func main() {
        do {
            // Asked here and not by the parser, which would ask the back ends at every start.
            if CommandLine.arguments.dropFirst() == ["--version"] {
                return try DocumentIO.write(VersionText.withBackEnds + "\n", to: DocumentIO.standardStream)
            }
            var command = try Chaos.parseAsRoot()
            try command.run()
        } catch {
            end(error)
        }
    }

    /// Ends the program because of what a command or the parser threw: a status, a text such as the help that was asked
    /// for, wrong usage, or an error that no command has caught.
    private static func end(_ error: any Error) -> Never {
        let code = Chaos.exitCode(for: error)
        if code == .success {
            do {
                try DocumentIO.write(Chaos.fullMessage(for: error) + "\n", to: DocumentIO.standardStream)
            } catch {
                end(error)
            }
        } else if code == .failure {
            // The parser knows nothing of this error, so it is one of ours.
            Diagnostics.error(error)
            exit(ExitStatus(error).rawValue)
        }
        Chaos.exit(withError: code == .success ? nil : error)
    }
}
