import ChaosModel

/// Writes a program in the text form (`g`) of AMPL's NL format, as in Gay, "Writing .nl Files" (2005).
///
/// The format wants variables in an order of its own: those in products first (of constraints and objective, of
/// constraints only, of the objective only; in each the continuous before the integer ones), then linear continuous,
/// linear binary and linear integer ones; and constraints with products before linear ones. Solvers answer in that
/// order, and `variableOrder` leads back.
///
/// Names stand in two files beside the program's, one name a line: `.col` and `.row`.
/// Cost: O(size · log size) of the program; the text is built in memory.
public struct NLFile: Sendable, Equatable {
    /// The program, for a file `….nl`.
    public let text: String
    /// The variables' names in the order of the file, for a file `….col`.
    public let columns: String
    /// The constraints' names in the order of the file and the objective's, for a file `….row`.
    public let rows: String
    /// For each variable of the file its index in the program.
    public let variableOrder: [Int]

    /// - Parameters:
    ///   - program: what the file is to say.
    ///   - start: a value for every variable of the program, to begin the search from; nil: none.
    public init(_ program: Program, start: [Rational]? = nil) {
        precondition(start.map { $0.count == program.variables.count } ?? true)
        let order = NLOrder(program)
        var writer = NLBody(program, order)
        writer.writeAll(start: start)
        let columnNames = LegalNames.make(order.variables.lazy.map { program.variables[$0].name }, NLBody.nameRule)
        let rowNames = LegalNames.make(
            order.constraints.lazy.map { program.constraints[$0].name } + ["cost"], NLBody.nameRule)
        text = writer.file(columnNames, rowNames)
        columns = columnNames.lazy.map { $0 + "\n" }.joined()
        rows = rowNames.lazy.map { $0 + "\n" }.joined()
        variableOrder = order.variables
    }
}

/// The order that the format wants, and the counts of its header.
private struct NLOrder {
    /// For each place in the file, the index in the program.
    let variables: [Int]
    let constraints: [Int]
    /// For each index in the program, the place in the file.
    let place: [Int]
    /// Variables in products: of both, of constraints, of the objective, each with how many of them are integer.
    private(set) var inBoth = (all: 0, integer: 0)
    private(set) var inConstraints = (all: 0, integer: 0)
    private(set) var inObjective = (all: 0, integer: 0)
    private(set) var linearBinary = 0
    private(set) var linearInteger = 0
    let nonlinearConstraints: Int

    init(_ program: Program) {
        var inRows = [Bool](repeating: false, count: program.variables.count)
        var inCost = inRows
        for constraint in program.constraints {
            for product in constraint.expression.products {
                inRows[product.first] = true
                inRows[product.second] = true
            }
        }
        for product in program.objective.products {
            inCost[product.first] = true
            inCost[product.second] = true
        }
        var keys: [Int] = []
        for variable in program.variables {
            let isInteger = variable.kind != .continuous
            let one = (all: 1, integer: isInteger ? 1 : 0)
            func count(_ total: inout (all: Int, integer: Int)) {
                total = (total.all + one.all, total.integer + one.integer)
            }
            switch (inRows[variable.index], inCost[variable.index]) {
            case (true, true):
                count(&inBoth)
                keys.append(isInteger ? 1 : 0)
            case (true, false):
                count(&inConstraints)
                keys.append(isInteger ? 3 : 2)
            case (false, true):
                count(&inObjective)
                keys.append(isInteger ? 5 : 4)
            case (false, false):
                let isBinary = variable.kind == .binary
                linearBinary += isBinary ? 1 : 0
                linearInteger += isInteger && !isBinary ? 1 : 0
                keys.append(isBinary ? 7 : isInteger ? 8 : 6)
            }
        }
        variables = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        var place = keys
        for (k, v) in variables.enumerated() { place[v] = k }
        self.place = place
        let all = program.constraints.indices
        let nonlinear = all.filter { !program.constraints[$0].expression.products.isEmpty }
        constraints = nonlinear + all.filter { program.constraints[$0].expression.products.isEmpty }
        nonlinearConstraints = nonlinear.count
    }
}

/// The segments of the file.
private struct NLBody {
    /// Names stand alone on their lines.
    static let nameRule = LegalNames.Rule(
        allows: { (33...126).contains($0) }, accepts: { _ in true }, mostBytes: 255, flattensBrackets: false)

    private let program: Program
    private let order: NLOrder
    private var text = ProgramText()
    private var nonzeros = 0
    private var gradientNonzeros = 0

    init(_ program: Program, _ order: NLOrder) {
        self.program = program
        self.order = order
    }

    mutating func writeAll(start: [Rational]?) {
        for (k, c) in order.constraints.enumerated() {
            text.endLine("C\(k)")
            write(program.constraints[c].expression.products)
        }
        text.endLine("O0 0")
        write(program.objective.products)
        if let start {
            text.endLine("x\(start.count)")
            for (k, v) in order.variables.enumerated() { pair(k, start[v]) }
        }
        text.endLine("r")
        for c in order.constraints {
            let constraint = program.constraints[c]
            let sense =
                switch constraint.sense {
                case .atMost: 1
                case .atLeast: 2
                case .equal: 4
                }
            pair(sense, constraint.bound)
        }
        text.endLine("b")
        for v in order.variables { writeBounds(program.variables[v]) }
        let rows = order.constraints.map { linearPart(of: program.constraints[$0].expression) }
        writeColumnCounts(rows)
        for (k, row) in rows.enumerated() where !row.isEmpty {
            text.endLine("J\(k) \(row.count)")
            for (place, coefficient) in row { pair(place, coefficient) }
            nonzeros += row.count
        }
        let gradient = linearPart(of: program.objective)
        gradientNonzeros = gradient.count
        if !gradient.isEmpty {
            text.endLine("G0 \(gradient.count)")
            for (place, coefficient) in gradient { pair(place, coefficient) }
        }
    }

    /// The sum of products in prefix form: o54 is a sum of three or more, o0 of two, o2 a product.
    private mutating func write(_ products: [Expression.ProductTerm]) {
        if products.isEmpty {
            text.endLine("n0")
            return
        }
        if products.count == 2 { text.endLine("o0") }
        if products.count > 2 {
            text.endLine("o54")
            text.endLine("\(products.count)")
        }
        for product in products {
            if product.coefficient != 1 {
                text.endLine("o2")
                text.write("n")
                text.write(product.coefficient)
                text.endLine()
            }
            text.endLine("o2")
            text.endLine("v\(order.place[product.first])")
            text.endLine("v\(order.place[product.second])")
        }
    }

    /// The entries of a row by place of the variable; those of variables in products stand even where they are 0.
    private func linearPart(of expression: Expression) -> [(Int, Rational)] {
        var coefficients: [Int: Rational] = [:]
        for product in expression.products {
            coefficients[order.place[product.first]] = .zero
            coefficients[order.place[product.second]] = .zero
        }
        for term in expression.terms { coefficients[order.place[term.variable]] = term.coefficient }
        return coefficients.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The segment k: for each column but the last, how many entries it and all before it have.
    private mutating func writeColumnCounts(_ rows: [[(Int, Rational)]]) {
        var counts = [Int](repeating: 0, count: program.variables.count)
        for row in rows { for (place, _) in row { counts[place] += 1 } }
        text.endLine("k\(max(counts.count - 1, 0))")
        var sum = 0
        for count in counts.dropLast() {
            sum += count
            text.endLine("\(sum)")
        }
    }

    private mutating func writeBounds(_ variable: Variable) {
        switch (variable.lower, variable.upper) {
        case (nil, nil): text.endLine("3")
        case (nil, let upper?): pair(1, upper)
        case (let lower?, nil): pair(2, lower)
        case (let lower?, let upper?) where lower == upper: pair(4, lower)
        case (let lower?, let upper?):
            text.write("0 ")
            text.write(lower)
            text.write(" ")
            text.write(upper)
            text.endLine()
        }
    }

    private mutating func pair(_ place: Int, _ value: Rational) {
        text.write("\(place) ")
        text.write(value)
        text.endLine()
    }

    /// The file with its header of ten lines.
    func file(_ columns: [String], _ rows: [String]) -> String {
        let (variables, constraints) = (order.variables.count, order.constraints.count)
        let equations = program.constraints.count { $0.sense == .equal }
        let (both, inRows, inCost) = (order.inBoth, order.inConstraints, order.inObjective)
        let nonlinearObjectives = program.objective.products.isEmpty ? 0 : 1
        let longestColumn = columns.map(\.utf8.count).max() ?? 0
        let longestRow = rows.map(\.utf8.count).max() ?? 0
        return text.file(head: [
            "g3 1 1 0\t# \(program.nameInComment); \(text.precision)",
            " \(variables) \(constraints) 1 0 \(equations)\t# vars, constraints, objectives, ranges, eqns",
            " \(order.nonlinearConstraints) \(nonlinearObjectives)\t# nonlinear constraints, objectives",
            " 0 0\t# network constraints: nonlinear, linear",
            " \(both.all + inRows.all) \(inCost.all == 0 ? both.all : both.all + inRows.all + inCost.all) \(both.all)"
                + "\t# nonlinear vars in constraints, objectives, both",
            " 0 0 0 1\t# linear network variables; functions; arith, flags",
            " \(order.linearBinary) \(order.linearInteger) \(both.integer) \(inRows.integer) \(inCost.integer)"
                + "\t# discrete variables: binary, integer, nonlinear (b,c,o)",
            " \(nonzeros) \(gradientNonzeros)\t# nonzeros in Jacobian, gradients",
            " \(longestRow) \(longestColumn)\t# max name lengths: constraints, variables",
            " 0 0 0 0 0\t# common exprs: b,c,o,c1,o1",
        ])
    }
}
