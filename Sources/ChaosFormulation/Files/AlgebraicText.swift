import ChaosModel

/// The text that CPLEX LP and PIP have in common: sections of rows written as algebra.
struct AlgebraicText {
    enum Products {
        /// ` + [ 2 s * n + 3 s * m ]`, and the doubled sum with ` / 2` in an objective.
        case inBrackets
        /// ` + 2 s n + 3 s m`.
        case inline
    }

    private static let objectiveName = "cost"
    /// Readers of old stop at 255 or 510 characters a line.
    private static let longestLine = 200

    /// The name of every variable in the file, in the order of the program.
    static func variableNames(_ program: Program) -> [String] {
        LegalNames.make(program.variables.lazy.map(\.name), nameRule)
    }

    /// The name of every row in the file. A variable and a row may have the same name; an objective and a row may not.
    static func rowNames(_ program: Program) -> [String] {
        LegalNames.make(program.constraints.lazy.map(\.name), nameRule, reserved: [objectiveName])
    }

    static func file(_ program: Program, _ style: Products) -> String {
        var writer = AlgebraicText(program, style)
        writer.writeAll()
        return writer.text.file(head: ["\\ \(program.nameInComment)", "\\ \(writer.text.precision)"])
    }

    private let program: Program
    private let style: Products
    private let names: [String]
    private var text = ProgramText()

    private init(_ program: Program, _ style: Products) {
        self.program = program
        self.style = style
        names = Self.variableNames(program)
    }

    private mutating func writeAll() {
        text.endLine("Minimize")
        text.write(" \(Self.objectiveName): ")
        write(program.objective, isObjective: true)
        // Readers know a variable by the rows that name it, and refuse one that stands in its bounds or kind alone.
        for variable in program.variablesInNoRow {
            write(.zero, names[variable.index], isFirst: false)
        }
        text.endLine()
        text.endLine("Subject To")
        for (constraint, name) in zip(program.constraints, Self.rowNames(program)) {
            text.write(" \(name): ")
            write(constraint.expression, isObjective: false)
            text.write(" \(constraint.sense.rawValue) ")
            text.write(constraint.bound)
            text.endLine()
        }
        text.endLine("Bounds")
        for variable in program.variables where !isPlainBinary(variable) { writeBounds(variable) }
        list("Generals", program.variables.filter { $0.kind != .continuous && !isPlainBinary($0) })
        list("Binaries", program.variables.filter(isPlainBinary))
        text.endLine("End")
    }

    private func isPlainBinary(_ variable: Variable) -> Bool {
        variable.kind == .binary && variable.lower == 0 && variable.upper == 1
    }

    private mutating func write(_ expression: Expression, isObjective: Bool) {
        var isFirst = true
        for term in expression.terms {
            write(term.coefficient, names[term.variable], isFirst: isFirst)
            isFirst = false
        }
        if !expression.products.isEmpty {
            let isBracketed = style == .inBrackets
            if isBracketed {
                text.write(isFirst ? "[ " : " + [ ")
                isFirst = true
            }
            let factor: Rational = isBracketed && isObjective ? 2 : 1
            for product in expression.products {
                let monomial = names[product.first] + (isBracketed ? " * " : " ") + names[product.second]
                write(factor * product.coefficient, monomial, isFirst: isFirst)
                isFirst = false
            }
            if isBracketed { text.write(isObjective ? " ] / 2" : " ]") }
        }
        // A row must name a variable.
        if isFirst, !isObjective, let name = names.first { text.write("0 \(name)") }
    }

    private mutating func write(_ coefficient: Rational, _ monomial: String, isFirst: Bool) {
        if text.lineLength > Self.longestLine { text.endLine() }
        if coefficient < 0 {
            text.write(isFirst ? "- " : " - ")
        } else if !isFirst {
            text.write(" + ")
        }
        if coefficient.magnitude != 1 {
            text.write(coefficient.magnitude)
            text.write(" ")
        }
        text.write(monomial)
    }

    private mutating func writeBounds(_ variable: Variable) {
        let name = names[variable.index]
        switch (variable.lower, variable.upper) {
        case (0, nil): return
        case (nil, nil): text.write(" \(name) free")
        case (let lower?, let upper?) where lower == upper:
            text.write(" \(name) = ")
            text.write(upper)
        case (let lower, let upper):
            text.write(" ")
            if let lower { text.write(lower) } else { text.write("-inf") }
            text.write(" <= \(name)")
            if let upper {
                text.write(" <= ")
                text.write(upper)
            }
        }
        text.endLine()
    }

    private mutating func list(_ section: String, _ variables: [Variable]) {
        guard !variables.isEmpty else { return }
        text.endLine(section)
        for variable in variables {
            text.write(" \(names[variable.index])")
            if text.lineLength > Self.longestLine { text.endLine() }
        }
        if text.lineLength > 0 { text.endLine() }
    }

    /// What all of CPLEX, GLPK, CBC, SCIP, HiGHS and Gurobi take for a name.
    private static let nameRule = LegalNames.Rule(
        allows: { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") },
        accepts: { bytes in
            guard bytes[0].isASCIILetter || bytes[0] == UInt8(ascii: "_") else { return false }
            // "e" and "e5" would continue the number before them.
            if bytes[0] | 0x20 == UInt8(ascii: "e"), bytes.dropFirst().allSatisfy(\.isASCIIDigit) { return false }
            return !keywords.contains(String(decoding: bytes, as: UTF8.self).lowercased())
        },
        // CBC refuses names of more than 100 characters.
        mostBytes: 96, flattensBrackets: true)

    private static let keywords: Set<String> = [
        "min", "minimize", "minimum", "max", "maximize", "maximum", "subject", "such", "st", "s.t.", "st.", "bound",
        "bounds", "free", "inf", "infinity", "gen", "general", "generals", "int", "integer", "integers", "bin",
        "binary", "binaries", "semi", "semis", "sos", "sos1", "sos2", "end", "pwlobj", "lazy", "user", "genconstr",
    ]
}
