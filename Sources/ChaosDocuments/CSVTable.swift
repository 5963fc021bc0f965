/// A table of text read from CSV (RFC 4180): a header and rows that all have its number of fields.
///
/// Strict, because a figure that slips into the neighbouring column would be a wrong instance and no error: a row of
/// another length, a quote that is not closed or stands inside an unquoted field, a column named twice are faults with
/// their line and the number of the column in it. Empty lines are passed over; fields are not trimmed, unless the dialect
/// says so; CR LF and LF both end a line.
public struct CSVTable: Sendable {
    /// How a table differs from RFC 4180.
    public struct Dialect: Sendable, Equatable {
        /// What stands between two fields: any byte of ASCII but a quote or the end of a line.
        public var separator = UInt8(ascii: ",")
        /// True: spaces and tabs at both ends of a field do not count, but inside quotes they do.
        public var trimsSpaces = false

        public init() {}
    }

    public struct Row: Sendable, Equatable {
        /// The line on which the row begins, from 1.
        public let line: Int
        public let fields: [String]
        /// The column of the file, where the row stands for one cell of a matrix.
        public var column: String?
    }

    /// The name for messages.
    public let file: String
    public let columns: [String]
    public let rows: [Row]
    private let lineOfHeader: Int

    /// Cost: O(length).
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - file: the name for messages.
    ///   - names: of the columns, for a file without a header; nil: the first row has them.
    ///   - dialect: separator, decimal comma and words for missing values.
    /// - Throws: `InvalidInput` with all faults of the file.
    public init(
        csv bytes: [UInt8], file: String, columns names: [String]? = nil, dialect: Dialect = Dialect()
    ) throws(InvalidInput) {
        var parser = CSVParser(bytes, dialect)
        parser.parse()
        var (parsed, faults) = (parser.rows, parser.faults)
        self.file = file
        lineOfHeader = parsed.first?.line ?? 1
        columns = names ?? (parsed.isEmpty ? [] : parsed.removeFirst().fields)
        rows = parsed
        if columns.isEmpty, faults.isEmpty {
            faults.add("line 1", "an empty file", allowed: "a header with the names of the columns")
        }
        for (i, column) in columns.enumerated() where columns[..<i].contains(column) {
            faults.add(
                "line \(lineOfHeader), column \(i + 1)", "the column \"\(column)\" a second time",
                allowed: "each column once")
        }
        for row in rows where row.fields.count != columns.count {
            faults.add(
                "line \(row.line), column \(min(row.fields.count, columns.count) + 1)", "\(row.fields.count) fields",
                allowed:
                    "\(columns.count) fields\(names == nil ? ", as in the header" : ": \(columns.joined(separator: ", "))")"
            )
        }
        if !faults.isEmpty { throw InvalidInput(file: file, faults: faults.faults, count: faults.count) }
    }

    init(file: String, columns: [String], rows: [Row]) {
        self.file = file
        self.columns = columns
        self.rows = rows
        lineOfHeader = 1
    }

    /// A square matrix as a list of pairs: the first column names the source of each row, the other columns are named
    /// by their destinations. The list has the columns `source`, `destination` and `value`.
    public var listOfPairs: CSVTable {
        CSVTable(
            file: file, columns: ["source", "destination", "value"],
            rows: rows.flatMap { row in
                zip(columns, row.fields).dropFirst().map { destination, value in
                    Row(line: row.line, fields: [row.fields[0], destination, value], column: destination)
                }
            })
    }

    /// The place of a column.
    package func place(of column: String) throws(InvalidInput) -> Int {
        if let place = columns.firstIndex(of: column) { return place }
        throw InvalidInput(
            file: file, "line \(lineOfHeader)", "no column \"\(column)\"",
            allowed: "the columns \(columns.joined(separator: ", "))")
    }
}
