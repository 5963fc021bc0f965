import ChaosProcess
import ChaosTesting
import Testing

/// Python as an independent witness: its JSON, its SHA-256 and its schema validator share nothing with ours.
enum PythonTool {
    /// The status and output of a script of the package, or of a program text, given documents on a line each.
    static func run(_ arguments: [String], documents: [String] = []) throws -> (status: Command.Ending, lines: [String])
    {
        let python = try #require(PackageRoot.python)
        // JSON has no line break inside a text, so a document is brought to one line by taking them out.
        let input = documents.map { $0.replacing("\n", with: " ") + "\n" }.joined()
        let result = try Command(
            python.path, arguments, environment: ["PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"],
            input: Array(input.utf8), timeLimit: .seconds(300)
        ).run()
        #expect(!result.errors.text.contains("Traceback"), "\(result.errors.text)")
        return (result.ending, result.output.text.split(separator: "\n").map(String.init))
    }

    static func validate(_ schema: String, paths: [String] = ["-"], documents: [String] = []) throws
        -> (status: Command.Ending, lines: [String])
    {
        try run(
            [PackageRoot.url("Scripts/validate-json").path, PackageRoot.url("Schemas/\(schema).schema.json").path]
                + paths,
            documents: documents)
    }
}
