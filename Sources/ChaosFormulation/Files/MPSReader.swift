import ChaosDocuments
import ChaosModel

/// Reads free MPS into a program with exact coefficients: the decimals of the file as the rationals that they are.
///
/// It takes what `MPSWriter` writes and what other tools write of the same core: one objective, to be minimised; rows
/// N, E, L, G; integer markers; one right-hand side; bounds UP, LO, FX, FR, MI, PL, BV, LI, UI; one or two entries a
/// line. Everything else (RANGES, OBJSENSE, a second N row, several bound sets) is refused, not guessed.
///
/// Variables keep the order in which their columns stand, rows theirs. Cost: linear in the text.
public enum MPSReader {
    /// - Parameters:
    ///   - text: a program in free MPS.
    ///   - file: the name for messages.
    /// - Throws: the first fault, its path being the number of the line.
    public static func program(_ text: some StringProtocol, file: String = "") throws(InvalidInput) -> Program {
        var draft = Draft()
        var number = 0
        do throws(Refusal) {
            let bytes = Array(text.utf8)
            for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
                number += 1
                let isData = line.first.map(isBlank) ?? false
                let fields = line.split(whereSeparator: isBlank).map { String(decoding: $0, as: UTF8.self) }
                guard let first = fields.first, !first.hasPrefix("*") else { continue }
                if draft.section == .end { throw Refusal("text after ENDATA", "nothing") }
                if isData { try draft.data(fields) } else { try draft.header(fields) }
            }
            number += 1
            guard draft.section == .end else { throw Refusal("the end of the text", "ENDATA before it") }
            return draft.program()
        } catch {
            let fault = Fault(path: "line \(number)", found: error.found, allowed: error.allowed)
            throw InvalidInput(file: file, faults: [fault])
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private struct Refusal: Error {
        let found: String
        let allowed: String

        init(_ found: String, _ allowed: String) {
            (self.found, self.allowed) = (found, allowed)
        }
    }

    private enum Section: String {
        case start
        case name = "NAME"
        case rows = "ROWS"
        case columns = "COLUMNS"
        case rightHandSide = "RHS"
        case bounds = "BOUNDS"
        case end = "ENDATA"
    }

    private struct Draft {
        var section = Section.start
        var name = ""
        var objective: String?
        var rowNames: [String] = []
        var senses: [Constraint.Sense] = []
        var placeOfRow: [String: Int] = [:]
        var rows: [Expression] = []
        var cost = Expression()
        var bounds: [Rational] = []
        var hasBound: Set<Int> = []
        var columns: [(name: String, kind: Variable.Kind, lower: Rational?, upper: Rational?)] = []
        var placeOfColumn: [String: Int] = [:]
        /// Rows in which the current column has an entry; -1 for the objective.
        var rowsOfColumn: Set<Int> = []
        var isInteger = false
        var sets: [Section: String] = [:]

        mutating func header(_ fields: [String]) throws(Refusal) {
            let following: [Section: [Section]] = [
                .start: [.name, .rows], .name: [.rows], .rows: [.columns], .columns: [.rightHandSide, .bounds, .end],
                .rightHandSide: [.bounds, .end], .bounds: [.end],
            ]
            let allowed = following[section] ?? []
            guard let next = Section(rawValue: fields[0]), allowed.contains(next) else {
                throw Refusal("\"\(fields[0])\"", allowed.map(\.rawValue).joined(separator: " or "))
            }
            guard fields.count == 1 || next == .name else {
                throw Refusal("\"\(fields[1])\" after \(fields[0])", "the section's name alone")
            }
            if next == .name {
                // The word behind the name says that the form is free, which it is here in any case.
                let isMarked = fields.count > 2 && fields.last == "FREE"
                name = fields.dropFirst().dropLast(isMarked ? 1 : 0).joined(separator: " ")
            }
            if section == .rows, objective == nil { throw Refusal("no objective row", "a row N") }
            section = next
        }

        mutating func data(_ fields: [String]) throws(Refusal) {
            switch section {
            case .rows: try row(fields)
            case .columns: try column(fields)
            case .rightHandSide: try rightHandSide(fields)
            case .bounds: try bound(fields)
            case .start, .name, .end: throw Refusal("an indented line", "a section's name")
            }
        }

        private mutating func row(_ fields: [String]) throws(Refusal) {
            guard fields.count == 2 else { throw Refusal("\(fields.count) fields", "a sense and a name") }
            let row = fields[1]
            if placeOfRow[row] != nil { throw Refusal("row \"\(row)\" again", "a name used once") }
            switch fields[0] {
            case "N":
                if objective != nil { throw Refusal("a second row N", "one objective") }
                objective = row
                placeOfRow[row] = -1
                return
            case "L": senses.append(.atMost)
            case "E": senses.append(.equal)
            case "G": senses.append(.atLeast)
            default: throw Refusal("sense \"\(fields[0])\"", "N, L, E or G")
            }
            placeOfRow[row] = rowNames.count
            rowNames.append(row)
            rows.append(Expression())
            bounds.append(.zero)
        }

        private mutating func column(_ fields: [String]) throws(Refusal) {
            if fields.count == 3, fields[1] == "'MARKER'" {
                let opens = fields[2] == "'INTORG'"
                guard opens || fields[2] == "'INTEND'", opens != isInteger else {
                    throw Refusal(
                        "marker \(fields[2])", isInteger ? "'INTEND'" : "'INTORG'")
                }
                isInteger = opens
                return
            }
            guard fields.count == 3 || fields.count == 5 else {
                throw Refusal("\(fields.count) fields", "a column and one or two pairs of row and number")
            }
            if columns.last?.name != fields[0] {
                if placeOfColumn[fields[0]] != nil {
                    throw Refusal("column \"\(fields[0])\" again", "its entries one after the other")
                }
                placeOfColumn[fields[0]] = columns.count
                columns.append((fields[0], isInteger ? .integer : .continuous, 0, nil))
                rowsOfColumn = []
            }
            // The bounds come later: only the index counts here.
            let variable = Variable(
                index: columns.count - 1, name: fields[0], kind: .continuous, lower: nil, upper: nil)
            for k in stride(from: 1, to: fields.count, by: 2) {
                let place = try place(ofRow: fields[k])
                guard rowsOfColumn.insert(place).inserted else {
                    throw Refusal("a second entry of column \"\(fields[0])\" in row \"\(fields[k])\"", "one")
                }
                let coefficient = try number(fields[k + 1])
                if place < 0 { cost.add(coefficient, variable) } else { rows[place].add(coefficient, variable) }
            }
        }

        private mutating func rightHandSide(_ fields: [String]) throws(Refusal) {
            guard fields.count == 3 || fields.count == 5 else {
                throw Refusal("\(fields.count) fields", "a set's name and one or two pairs of row and number")
            }
            try checkSet(fields[0])
            for k in stride(from: 1, to: fields.count, by: 2) {
                let place = try place(ofRow: fields[k])
                guard place >= 0 else { throw Refusal("a constant of the objective", "none") }
                guard hasBound.insert(place).inserted else {
                    throw Refusal("a second right-hand side of row \"\(fields[k])\"", "one")
                }
                bounds[place] = try number(fields[k + 1])
            }
        }

        private mutating func bound(_ fields: [String]) throws(Refusal) {
            let needsNumber = ["UP", "LO", "FX", "LI", "UI"].contains(fields[0])
            guard needsNumber || ["FR", "MI", "PL", "BV"].contains(fields[0]) else {
                throw Refusal("bound \"\(fields[0])\"", "UP, LO, FX, FR, MI, PL, BV, LI or UI")
            }
            guard fields.count == (needsNumber ? 4 : 3) else {
                throw Refusal(
                    "\(fields.count) fields", "a kind, a set's name, a column" + (needsNumber ? " and a number" : ""))
            }
            try checkSet(fields[1])
            guard let c = placeOfColumn[fields[2]] else {
                throw Refusal("column \"\(fields[2])\"", "a name of the section COLUMNS")
            }
            let value = needsNumber ? try number(fields[3]) : .zero
            switch fields[0] {
            case "UP", "UI": columns[c].upper = value
            case "LO", "LI": columns[c].lower = value
            case "FX": (columns[c].lower, columns[c].upper) = (value, value)
            case "FR": (columns[c].lower, columns[c].upper) = (nil, nil)
            case "MI": columns[c].lower = nil
            case "PL": columns[c].upper = nil
            default: (columns[c].kind, columns[c].lower, columns[c].upper) = (.binary, 0, 1)
            }
            if fields[0] == "LI" || fields[0] == "UI", columns[c].kind == .continuous { columns[c].kind = .integer }
        }

        private func place(ofRow name: String) throws(Refusal) -> Int {
            guard let place = placeOfRow[name] else {
                throw Refusal("row \"\(name)\"", "a name of the section ROWS")
            }
            return place
        }

        private func number(_ text: String) throws(Refusal) -> Rational {
            // A fraction is no number of this format.
            guard !text.contains("/"), let value = Rational(text) else {
                throw Refusal("\"\(text)\"", "a decimal number")
            }
            return value
        }

        private mutating func checkSet(_ name: String) throws(Refusal) {
            if let first = sets[section], first != name {
                throw Refusal("set \"\(name)\" after \"\(first)\"", "one set")
            }
            sets[section] = name
        }

        func program() -> Program {
            Program(
                name: name,
                variables: columns.enumerated().map {
                    Variable(
                        index: $0, name: $1.name, kind: $1.kind, lower: $1.lower, upper: $1.upper)
                },
                constraints: rowNames.indices.map {
                    Constraint(name: rowNames[$0], expression: rows[$0], sense: senses[$0], bound: bounds[$0])
                },
                objective: cost)
        }
    }
}
