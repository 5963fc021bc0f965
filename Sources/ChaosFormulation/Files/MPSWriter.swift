import ChaosModel

/// Writes a linear program as free MPS, which all MILP solvers read, and `MPSReader` too.
///
/// Columns and rows stand in the order of the program. Every bound that is not a continuous variable's default is
/// written out, because readers differ in the default upper bound of integer variables.
///
/// Cost: linear in the program; the text is built in memory.
public enum MPSWriter {
    static let objectiveName = "COST"

    /// Free MPS separates by blanks and takes a leading `*` or `$` for a comment.
    static let names = LegalNames.Rule(
        allows: { (33...126).contains($0) && $0 != UInt8(ascii: "$") && $0 != UInt8(ascii: "*") },
        // A name that begins like a number could be taken for one.
        accepts: { $0[0].isASCIILetter || $0[0] == UInt8(ascii: "_") },
        // Two names of 160 characters on a line make CBC 2.10.8 drop the entry, without a word.
        mostBytes: 96, flattensBrackets: false)

    /// - Throws: `UnwritableProgram` if a term multiplies two variables.
    public static func text(_ program: Program) throws(UnwritableProgram) -> String {
        guard program.isLinear else {
            throw UnwritableProgram(
                format: "MPS", reason: "a term multiplies two variables; write LP, NL or PIP, or fix the shard size")
        }
        let columns = columnNames(program)
        let rows = rowNames(program)
        var text = ProgramText()
        text.endLine("ROWS")
        text.endLine(" N \(objectiveName)")
        for (constraint, row) in zip(program.constraints, rows) {
            let sense =
                switch constraint.sense {
                case .atMost: "L"
                case .equal: "E"
                case .atLeast: "G"
                }
            text.endLine(" \(sense) \(row)")
        }
        writeColumns(program, columns, rows, into: &text)
        text.endLine("RHS")
        for (constraint, row) in zip(program.constraints, rows) where constraint.bound != 0 {
            text.entry(" RHS", row, constraint.bound)
        }
        text.endLine("BOUNDS")
        writeAllBounds(program, columns, into: &text)
        text.endLine("ENDATA")
        return text.file(head: [
            "* \(program.nameInComment)", "* minimise \(objectiveName); \(text.precision)",
            // Without the word CBC guesses the form from the first lines, and takes short names for fixed columns.
            "NAME " + LegalNames.make([program.name], names)[0] + " FREE",
        ])
    }

    /// The name of every variable in the file, in the order of the program.
    public static func columnNames(_ program: Program) -> [String] {
        LegalNames.make(program.variables.lazy.map(\.name), names)
    }

    static func rowNames(_ program: Program) -> [String] {
        LegalNames.make(program.constraints.lazy.map(\.name), names, reserved: [objectiveName])
    }

    private static func writeColumns(
        _ program: Program, _ columns: [String], _ rows: [String], into text: inout ProgramText
    ) {
        text.endLine("COLUMNS")
        // The file goes by columns, the program by rows: the entries of each column, row -1 being the objective.
        var entries = [[(row: Int, coefficient: Rational)]](repeating: [], count: columns.count)
        for term in program.objective.terms { entries[term.variable].append((-1, term.coefficient)) }
        for (r, constraint) in program.constraints.enumerated() {
            for term in constraint.expression.terms { entries[term.variable].append((r, term.coefficient)) }
        }
        var isInteger = false
        var markers = 0
        func mark(_ kind: String) {
            text.endLine(" MARKER\(markers) 'MARKER' '\(kind)'")
            markers += 1
        }
        for (variable, column) in zip(program.variables, columns) {
            if (variable.kind != .continuous) != isInteger {
                isInteger.toggle()
                mark(isInteger ? "INTORG" : "INTEND")
            }
            // A column exists by its entries.
            if entries[variable.index].isEmpty { text.entry(" \(column)", objectiveName, 0) }
            for (row, coefficient) in entries[variable.index] {
                text.entry(" \(column)", row < 0 ? objectiveName : rows[row], coefficient)
            }
        }
        if isInteger { mark("INTEND") }
    }

    /// Bounds that consist of lines with a number come first: CBC 2.10.8 misreads a section whose first line has none.
    private static func writeAllBounds(_ program: Program, _ columns: [String], into text: inout ProgramText) {
        let isPlain = { (variable: Variable) in
            variable.lower != nil && (variable.kind == .continuous || variable.lower == variable.upper)
        }
        let (plain, others) = (program.variables.filter(isPlain), program.variables.filter { !isPlain($0) })
        let start = text.bytes.count
        for variable in plain { writeBounds(variable, columns[variable.index], into: &text) }
        if text.bytes.count == start, let first = others.first(where: { $0.lower == 0 }) {
            text.entry(" LO BND", columns[first.index], 0)
        }
        for variable in others { writeBounds(variable, columns[variable.index], into: &text) }
    }

    private static func writeBounds(_ variable: Variable, _ column: String, into text: inout ProgramText) {
        switch (variable.lower, variable.upper) {
        case (0, 1) where variable.kind == .binary: text.endLine(" BV BND \(column)")
        case (let lower?, let upper?) where lower == upper: text.entry(" FX BND", column, upper)
        case (let lower, let upper):
            if let lower {
                // A negative upper bound alone would make the lower one infinite in some readers.
                if lower != 0 || upper.map({ $0 < 0 }) ?? false { text.entry(" LO BND", column, lower) }
            } else {
                text.endLine(" MI BND \(column)")
            }
            if let upper {
                text.entry(" UP BND", column, upper)
            } else if variable.kind != .continuous {
                text.endLine(" PL BND \(column)")
            }
        }
    }
}

extension ProgramText {
    fileprivate mutating func entry(_ first: String, _ second: String, _ number: Rational) {
        write(first)
        write(" ")
        write(second)
        write(" ")
        write(number)
        endLine()
    }
}
