import ArgumentParser
import ChaosDocuments
import Foundation

/// The entry of the program. The parser's own would print what it is given as it is, and end with 0 where help cannot be
/// written.
@main
enum Main {
    static func main() {
        DocumentIO.holdStandardStreams()
        do {
            var command = try Chaosd.parseAsRoot(FileName.commandLine)
            try command.run()
        } catch {
            end(error)
        }
    }

    private static func end(_ error: any Error) -> Never {
        let code = Chaosd.exitCode(for: error)
        let text = Chaosd.fullMessage(for: error)
        if code == .success {
            do {
                try DocumentIO.write(text + "\n", to: DocumentIO.standardStream)
            } catch {
                end(error)
            }
        } else if code == .failure, !(error is ExitCode) {
            try? DocumentIO.writeToStandardError(SingleLine.ofEach("error: \(error)\n"))
            exit(5)
        } else if !text.isEmpty {
            try? DocumentIO.writeToStandardError(SingleLine.ofEach(text + "\n"))
        }
        exit(code.rawValue)
    }
}
