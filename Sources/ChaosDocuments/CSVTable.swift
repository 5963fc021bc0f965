/// A table of text read from CSV (RFC 4180): a header and rows that all have its number of fields.
///
/// Strict, because a figure that slips into the neighbouring column would be a wrong instance and no error: a row of
/// another length, a quote that is not closed or stands inside an unquoted field, a column named twice are faults with
/// their line. Empty lines are passed over; fields are not trimmed; CR LF and LF both end a line.
public struct CSVTable: Sendable {
    public struct Row: Sendable, Equatable {
        /// The line on which the row begins, from 1.
        public let line: Int
        public let fields: [String]
    }

    /// The name for messages.
    public let file: String
    public let columns: [String]
    public let rows: [Row]

    /// Cost: O(length).
    /// - Parameter names: of the columns, for a file without a header; nil: the first row has them.
    /// - Throws: `InvalidInput` with all faults of the file.
    public init(csv bytes: [UInt8], file: String, columns names: [String]? = nil) throws(InvalidInput) {
        var faults = FaultList()
        var parsed = Self.rows(of: bytes, &faults)
        self.file = file
        columns = names ?? (parsed.isEmpty ? [] : parsed.removeFirst().fields)
        rows = parsed
        if columns.isEmpty, faults.isEmpty {
            faults.add("line 1", "an empty file", allowed: "a header with the names of the columns")
        }
        for (i, column) in columns.enumerated() where columns[..<i].contains(column) {
            faults.add("line 1", "the column \"\(column)\" a second time", allowed: "each column once")
        }
        for row in rows where row.fields.count != columns.count {
            faults.add(
                "line \(row.line)", "\(row.fields.count) fields",
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
    }

    /// A square matrix as a list of pairs: the first column names the source of each row, the other columns are named
    /// by their destinations. The list has the columns `source`, `destination` and `value`.
    public var listOfPairs: CSVTable {
        CSVTable(
            file: file, columns: ["source", "destination", "value"],
            rows: rows.flatMap { row in
                zip(columns, row.fields).dropFirst().map { destination, value in
                    Row(line: row.line, fields: [row.fields[0], destination, value])
                }
            })
    }

    /// The place of a column.
    package func place(of column: String) throws(InvalidInput) -> Int {
        if let place = columns.firstIndex(of: column) { return place }
        throw InvalidInput(
            file: file, "line 1", "no column \"\(column)\"", allowed: "the columns \(columns.joined(separator: ", "))")
    }

    private static func rows(of bytes: [UInt8], _ faults: inout FaultList) -> [Row] {
        let (quote, comma, newline, cr) = (
            UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")
        )
        var rows: [Row] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var (line, firstLine) = (1, 1)
        var p = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        func endField() {
            if let text = String(validating: field, as: UTF8.self) {
                fields.append(text)
            } else {
                faults.add("line \(line)", "bytes that are no UTF-8", allowed: "UTF-8")
                fields.append("")
            }
            field.removeAll(keepingCapacity: true)
        }
        func endRow() {
            endField()
            if fields != [""] { rows.append(Row(line: firstLine, fields: fields)) }
            fields.removeAll(keepingCapacity: true)
        }
        while p < bytes.count {
            let byte = bytes[p]
            p += 1
            switch byte {
            case comma: endField()
            case newline:
                endRow()
                line += 1
                firstLine = line
            case cr where p < bytes.count && bytes[p] == newline: continue
            case quote where field.isEmpty:
                let opened = line
                var isClosed = false
                while p < bytes.count {
                    let inner = bytes[p]
                    p += 1
                    if inner == quote {
                        guard p < bytes.count, bytes[p] == quote else {
                            isClosed = true
                            break
                        }
                        p += 1
                    } else if inner == newline {
                        line += 1
                    }
                    field.append(inner)
                }
                if !isClosed {
                    faults.add("line \(opened)", "a quote that is not closed", allowed: "a closing quote")
                } else if p < bytes.count, ![comma, newline, cr].contains(bytes[p]) {
                    faults.add("line \(line)", "text behind a closing quote", allowed: "a comma or the end of the line")
                }
            case quote:
                faults.add(
                    "line \(line)", "a quote inside an unquoted field",
                    allowed: "the field in quotes, inner quotes doubled"
                )
            default: field.append(byte)
            }
        }
        if !field.isEmpty || !fields.isEmpty { endRow() }
        return rows
    }
}
