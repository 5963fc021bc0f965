import ChaosFormulation
import ChaosModel
import ChaosProcess
import ChaosTesting
import Foundation

/// Solvers that read the written files, where the machine has them: glpsol, cbc, and SCIP and HiGHS by way of Python.
enum ExternalSolvers {
    struct Answer: Sendable {
        /// "optimal", or what else the solver said.
        var status: String
        var objective: Rational?
        /// The values by name.
        var values: [String: Rational] = [:]
        /// The names of the columns and rows as the solver read them, and how many there are; nil: it does not say.
        var columns: [String]?
        var rows: [String]?
        var counts: (rows: Int, columns: Int)?

        /// The values in the order of the names.
        func values(_ names: [String]) -> [Rational]? {
            let found = names.compactMap { values[$0] }
            return found.count == names.count ? found : nil
        }
    }

    static let glpsol = try? ExecutableSearch(ExecutableSearch.path).find("glpsol")
    static let cbc = try? ExecutableSearch(ExecutableSearch.path).find("cbc")
    /// The interpreter with pyscipopt and highspy in it.
    static let python: String? = {
        guard let python = PackageRoot.python?.path else { return nil }
        let probe = try? Command(python, ["-c", "import pyscipopt, highspy"], timeLimit: .hanging).run()
        return probe?.isSuccess == true ? python : nil
    }()

    /// A new folder, removed afterwards.
    static func inTemporaryFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-programs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// Solves a file with glpsol, told its format by the name's end, or only has it read.
    static func solveWithGLPK(_ file: URL, isToSolve: Bool = true) throws -> Answer {
        let format = file.pathExtension == "lp" ? "--lp" : "--freemps"
        let solution = file.appendingPathExtension("sol")
        // What it read, written again: its own names.
        let copy = file.appendingPathExtension("copy.mps")
        let result = try Command(
            glpsol!,
            [format, file.path, "--wfreemps", copy.path] + (isToSolve ? ["--write", solution.path] : ["--check"]),
            timeLimit: .hanging
        ).run()
        guard let written = try? String(contentsOf: copy, encoding: .utf8) else {
            return Answer(status: "refused: \(result.output.text.suffix(400))")
        }
        var answer = Answer(status: "read")
        (answer.rows, answer.columns) = namesInMPS(written)
        guard let text = try? String(contentsOf: solution, encoding: .utf8) else { return answer }
        // The line "s mip ROWS COLUMNS STATUS OBJECTIVE" or "s bas ROWS COLUMNS PRIMAL DUAL OBJECTIVE".
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            if fields.first == "s" {
                let isOptimal = fields[1] == "mip" ? fields[4] == "o" : fields[4] == "f" && fields[5] == "f"
                answer.status = isOptimal ? "optimal" : String(line)
                answer.objective = Rational(fields.last!)
            }
        }
        return answer
    }

    /// The names of rows, without the objective, and columns of a file that glpsol has written.
    private static func namesInMPS(_ text: String) -> (rows: [String], columns: [String]) {
        var (rows, columns): ([String], [String]) = ([], [])
        var section = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("*") {
            let fields = line.split(separator: " ").map(String.init)
            if !line.hasPrefix(" ") {
                section = fields[0]
            } else if section == "ROWS", fields[0] != "N" {
                rows.append(fields[1])
            } else if section == "COLUMNS", !fields.contains("'MARKER'"), columns.last != fields[0] {
                columns.append(fields[0])
            }
        }
        return (rows, columns)
    }

    /// Solves a file with cbc, which knows the format by the name's end, or only has it read.
    static func solveWithCBC(_ file: URL, isToSolve: Bool = true) throws -> Answer {
        let solution = file.appendingPathExtension("sol")
        let result = try Command(
            cbc!, [file.path] + (isToSolve ? ["-solve"] : []) + ["-solution", solution.path], timeLimit: .hanging
        ).run()
        // It says so of MPS only.
        let counts = result.output.text.firstMatch(of: /Problem .* has (\d+) rows, (\d+) columns/)
        guard let text = try? String(contentsOf: solution, encoding: .utf8),
            let first = text.split(separator: "\n").first
        else { return Answer(status: "refused: \(result.output.text.suffix(400))") }
        var answer = Answer(
            status: first.hasPrefix("Optimal") ? "optimal" : isToSolve ? String(first) : "read",
            objective: Rational(first.split(separator: " ").last!),
            counts: counts.map { (Int($0.1)!, Int($0.2)!) })
        // Lines "INDEX NAME VALUE REDUCED-COST" of the values other than 0.
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            if fields.count == 4, let value = Rational(fields[2]) { answer.values[String(fields[1])] = value }
        }
        return answer
    }

    private struct PythonAnswer: Decodable {
        let file: String
        let status: String
        let reason: String?
        let objective: String?
        let values: [String: String]?
        let columns: [String]?
        let rows: [String]?
    }

    /// Solves all files in one Python process.
    static func solveWithSCIP(_ files: [URL], secondsEach: Int) throws -> [Answer] {
        try solve(files, with: "scip", secondsEach: secondsEach)
    }

    /// Solves all files, of linear programs, in one Python process.
    static func solveWithHiGHS(_ files: [URL], secondsEach: Int) throws -> [Answer] {
        try solve(files, with: "highs", secondsEach: secondsEach)
    }

    private static func solve(_ files: [URL], with solver: String, secondsEach: Int) throws -> [Answer] {
        let script = PackageRoot.url("Tests/solve_program.py").path
        let result = try Command(
            python!, [script, solver, "\(secondsEach)"] + files.map(\.path), timeLimit: .hanging
        ).run()
        guard result.isSuccess else { throw Failed(what: "\(result.ending): \(result.errors.text)") }
        return try result.output.text.split(separator: "\n").map { line in
            let answer = try JSONDecoder().decode(PythonAnswer.self, from: Data(line.utf8))
            return Answer(
                status: answer.status + (answer.reason.map { ": \($0)" } ?? ""),
                objective: answer.objective.flatMap { Rational($0) },
                values: (answer.values ?? [:]).compactMapValues { Rational($0) }, columns: answer.columns,
                rows: answer.rows)
        }
    }

    struct Failed: Error, CustomStringConvertible {
        let what: String
        var description: String { what }
    }
}
