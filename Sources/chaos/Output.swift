import ArgumentParser
import ChaosDocuments
import ChaosReport
import ChaosText
import Foundation

/// Standard output: results, and nothing else. What cannot be written is an error of every command.
enum Output {
    /// Writes lines for people, each with its line break. What an input could have brought that is no text is shown as an
    /// escape.
    static func write(_ text: String) throws {
        let style = Terminal.style(of: .output)
        try writeDocument(SingleLine.ofEach(text, keepsColors: style.hasColor))
    }

    /// Writes lines for people.
    static func write(_ lines: [String]) throws { try write(lines.joined(separator: "\n") + "\n") }

    /// Writes a document of a form of its own, such as JSON, whose writer has escaped what has to be.
    static func writeDocument(_ text: String) throws { try DocumentIO.write(text, to: DocumentIO.standardStream) }

    /// Writes the document of an input that cannot be read or is refused.
    /// - Parameter format: that of the document that there would have been.
    static func writeFailure(_ format: String, _ error: any Error, of path: String) {
        let failure = FailureDocument(format: format, file: path, status: .invalid, error: error)
        // If nothing can be written, the error of the input is told nevertheless.
        if let line = try? failure.line() { try? writeDocument(line) }
    }

    /// Writes a line from where no error can be thrown: it ends the program.
    static func line(_ text: String) {
        do {
            try write([text])
        } catch {
            Diagnostics.error(error)
            exit(ExitStatus(error).rawValue)
        }
    }
}
