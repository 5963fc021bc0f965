import ChaosDocuments
import ChaosProcess
import ChaosText

/// What is said of errors goes to standard error, so that standard output holds results only.
enum Diagnostics {
    /// Prints every line of an error.
    static func error(_ error: any Error) { self.error("\(error)") }

    /// What an error of one input says; the file is named once.
    static func text(of error: any Error, in path: String) -> String {
        switch error {
        case is InvalidInput, is FileError, is LaunchFailure: "\(error)"
        default: "\(DocumentIO.name(of: path)): \(error)"
        }
    }

    static func error(_ text: String) {
        let style = Terminal.style(of: .error)
        write(text.split(separator: "\n").map { style.bad("error: ") + $0 })
    }

    static func note(_ text: String) { write([text]) }

    private static func write(_ lines: [String]) {
        let style = Terminal.style(of: .error)
        let text = SingleLine.ofEach(lines.joined(separator: "\n") + "\n", keepsColors: style.hasColor)
        // Nothing can be said about a standard error that is closed.
        try? DocumentIO.writeToStandardError(text)
    }
}
