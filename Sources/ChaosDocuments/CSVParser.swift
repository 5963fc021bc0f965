/// Takes the text of a table apart: rows of fields, each with the line on which it begins. Goes on behind a fault, so that
/// all are found.
struct CSVParser {
    private(set) var rows: [CSVTable.Row] = []
    private(set) var faults = FaultList()

    private let bytes: [UInt8]
    private let separator: UInt8
    private let trimsSpaces: Bool
    private var p: Int
    private var (line, firstLine) = (1, 1)
    private var fields: [String] = []
    private var field: [UInt8] = []
    /// Whether the row has nothing yet, not even quotes.
    private var isBlank = true

    private let quote = UInt8(ascii: "\"")
    private let newline = UInt8(ascii: "\n")
    private let cr = UInt8(ascii: "\r")

    init(_ bytes: [UInt8], _ dialect: CSVTable.Dialect) {
        self.bytes = bytes
        separator = dialect.separator
        trimsSpaces = dialect.trimsSpaces
        p = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    mutating func parse() {
        while p < bytes.count { readField() }
        if !isBlank { endRow() }
    }

    /// Reads a field and what ends it.
    private mutating func readField() {
        skipSpaces()
        var isQuoted = false
        if p < bytes.count, bytes[p] == quote {
            isQuoted = true
            readQuoted()
        }
        while p < bytes.count, bytes[p] != separator, !isAtEndOfLine {
            if isQuoted || bytes[p] == quote {
                addFault(
                    isQuoted ? "text behind a closing quote" : "a quote inside an unquoted field",
                    allowed: isQuoted
                        ? "a separator or the end of the line" : "the field in quotes, inner quotes doubled")
                skipRest()
                break
            }
            field.append(bytes[p])
            p += 1
        }
        if !isQuoted, trimsSpaces { while let last = field.last, isSpace(last) { field.removeLast() } }
        if isQuoted || !field.isEmpty { isBlank = false }
        guard p < bytes.count else { return }
        if bytes[p] == separator {
            isBlank = false
            p += 1
            endField()
        } else {
            p += bytes[p] == cr ? 2 : 1
            if isBlank { field.removeAll(keepingCapacity: true) } else { endRow() }
            line += 1
            firstLine = line
        }
    }

    private var isAtEndOfLine: Bool {
        bytes[p] == newline || (bytes[p] == cr && p + 1 < bytes.count && bytes[p + 1] == newline)
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte != separator && (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t"))
    }

    private mutating func skipSpaces() {
        if trimsSpaces { while p < bytes.count, isSpace(bytes[p]) { p += 1 } }
    }

    /// Goes on behind the closing quote.
    private mutating func readQuoted() {
        let opened = line
        p += 1
        while p < bytes.count {
            if bytes[p] == quote {
                guard p + 1 < bytes.count, bytes[p + 1] == quote else {
                    p += 1
                    return skipSpaces()
                }
                p += 1
            } else if bytes[p] == newline {
                line += 1
            }
            field.append(bytes[p])
            p += 1
        }
        addFault("a quote that is not closed", allowed: "a closing quote", line: opened)
    }

    private mutating func skipRest() {
        while p < bytes.count, bytes[p] != separator, !isAtEndOfLine { p += 1 }
    }

    private mutating func addFault(_ found: String, allowed: String, line: Int? = nil) {
        faults.add("line \(line ?? self.line), column \(fields.count + 1)", found, allowed: allowed)
    }

    private mutating func endField() {
        let text = String(validating: field, as: UTF8.self)
        if text == nil { addFault("bytes that are no UTF-8", allowed: "UTF-8") }
        fields.append(text ?? "")
        field.removeAll(keepingCapacity: true)
    }

    private mutating func endRow() {
        endField()
        rows.append(CSVTable.Row(line: firstLine, fields: fields))
        fields.removeAll(keepingCapacity: true)
        isBlank = true
    }
}
