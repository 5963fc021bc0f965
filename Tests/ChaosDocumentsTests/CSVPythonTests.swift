import ChaosModel
import ChaosTesting
import Foundation
import Testing

@testable import ChaosDocuments

/// Python's csv module as an independent reader and writer.
@Suite struct CSVPythonTests {
    private struct Case: Codable {
        let separator: String
        let text: String
    }

    /// The rows that are no empty lines; null where the strict reader refuses.
    private static let reader = """
        import csv, io, json, sys
        for line in sys.stdin:
            case = json.loads(line)
            source = io.StringIO(case["text"], newline="")
            reader = csv.reader(source, delimiter=case["separator"], strict=True)
            try:
                print(json.dumps([row for row in reader if row]))
            except csv.Error:
                print("null")
        """

    /// Tables with an answer line each: the text as written, then the rows.
    private static let writer = """
        import csv, io, json, random, sys
        draw = random.Random(7)
        parts = ["", " ", "a", "b c", '"', ",", ";", "\\t", "|", "\\n", "\\r\\n", "1,5", "ü", "''", "\\\\", "x" * 70]
        for _ in range(400):
            width = draw.randrange(1, 4)
            rows = [["".join(draw.choices(parts, k=draw.randrange(4))) for _ in range(width)]
                    for _ in range(draw.randrange(1, 6))]
            target = io.StringIO(newline="")
            separator = draw.choice(",;\\t|")
            csv.writer(target, delimiter=separator, lineterminator=draw.choice(["\\n", "\\r\\n"]),
                       quoting=draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])).writerows(rows)
            print(json.dumps({"separator": separator, "text": target.getvalue(), "rows": rows}))
        """

    private struct Written: Decodable {
        let separator: String
        let text: String
        let rows: [[String]]
    }

    private static func read(_ text: String, _ separator: String, trimsSpaces: Bool = false) -> [[String]]? {
        var dialect = CSVTable.Dialect()
        dialect.separator = separator.utf8.first!
        dialect.trimsSpaces = trimsSpaces
        var parser = CSVParser(Array(text.utf8), dialect)
        parser.parse()
        return parser.faults.isEmpty ? parser.rows.map(\.fields) : nil
    }

    @Test func readsWhatPythonWrites() throws {
        let (status, lines) = try PythonTool.run(["-c", Self.writer])
        #expect(status == .exited(0) && lines.count == 400)
        for line in lines {
            let written = try JSONDecoder().decode(Written.self, from: Data(line.utf8))
            #expect(Self.read(written.text, written.separator) == written.rows, "\(line)")
        }
    }

    /// Texts of all that matters in any order: what is taken, Python reads in the same way.
    @Test func readsWhatPythonReads() throws {
        var random = SeededRandom(seed: 5)
        let parts = ["\"", "\"\"", ",", ";", "\t", " ", "a", "\n", "\r\n", "1", "\"x\""]
        let cases = (0..<4000).map { i in
            Case(
                separator: [",", ";", "\t"][i % 3],
                text: (0..<random.int(0...12)).map { _ in parts[random.int(0...parts.count - 1)] }.joined())
        }
        let documents = try cases.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        let (status, lines) = try PythonTool.run(["-c", Self.reader], documents: documents)
        #expect(status == .exited(0) && lines.count == cases.count)
        var taken = 0
        for (one, line) in zip(cases, lines) {
            guard let ours = Self.read(one.text, one.separator) else { continue }
            taken += 1
            #expect(try JSONDecoder().decode([[String]]?.self, from: Data(line.utf8)) == ours, "\(one)")
        }
        #expect(taken > 1000)
    }

    /// Python skips spaces before fields only, so what is round a field is put there here.
    @Test func spacesRoundFieldsDoNotCount() {
        var random = SeededRandom(seed: 6)
        let fields = [("a", "a"), ("b c", "b c"), ("\" x \"", " x "), ("\"\"", ""), ("\"a,\"\"\"", "a,\""), ("-", "-")]
        let spaces = ["", " ", "\t", "  \t "]
        for _ in 0..<500 {
            let row = (0..<random.int(1...5)).map { _ in fields[random.int(0...fields.count - 1)] }
            func space() -> String { spaces[random.int(0...3)] }
            let text = row.map { space() + $0.0 + space() }.joined(separator: ",") + "\n"
            #expect(Self.read(text, ",", trimsSpaces: true) == [row.map(\.1)], "\(text)")
        }
    }
}
