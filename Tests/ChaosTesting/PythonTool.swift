import ChaosProcess

/// Python as an independent witness: its JSON, its SHA-256, its CSV, its schema validator and its graphs share nothing
/// with ours.
public enum PythonTool {
    /// The interpreter is missing, or its program broke off.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The status and output of a script of the package, or of a program text, given documents on a line each.
    /// - Throws: `Failure`.
    public static func run(
        _ arguments: [String], documents: [String] = []
    ) throws -> (status: Command.Ending, lines: [String]) {
        guard let python = PackageRoot.python else { throw Failure(description: "run make .venv/.installed") }
        // JSON has no line break inside a text, so a document is brought to one line by taking them out.
        let input = documents.map { $0.replacing("\n", with: " ") + "\n" }.joined()
        let result = try Command(
            python.path, arguments, environment: ["PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"],
            input: Array(input.utf8), timeLimit: .hanging
        ).run()
        guard !result.errors.text.contains("Traceback") else { throw Failure(description: result.errors.text) }
        return (result.ending, result.output.text.split(separator: "\n").map(String.init))
    }

    /// What Scripts/validate-json says of files, or of documents, by a schema of the package.
    /// - Throws: `Failure`.
    public static func validate(
        _ schema: String, paths: [String] = ["-"], documents: [String] = []
    ) throws -> (status: Command.Ending, lines: [String]) {
        try run(
            [PackageRoot.url("Scripts/validate-json").path, PackageRoot.url("Schemas/\(schema).schema.json").path]
                + paths,
            documents: documents)
    }
}
