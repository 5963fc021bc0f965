import BigInt
import ChaosModel

/// Two steps that make a program's integer part tighter.
extension Program {
    /// Divides every inequality whose variables and coefficients are all whole by the greatest common divisor of the
    /// coefficients and rounds its bound; a row with one variable left becomes a bound of that variable:
    ///
    ///     s · Σ_i n_i ≥ S      →      Σ_i n_i ≥ ⌈S / s⌉
    ///     s · n_i ≤ u_i        →      n_i ≤ ⌊u_i / s⌋, as a bound
    ///
    /// Takes any program; makes one with the same integer solutions. Values need no mapping. Cost: linear in the program.
    func roundingIntegerRows() -> Program {
        var (lower, upper) = (variables.map(\.lower), variables.map(\.upper))
        var rows: [Constraint] = []
        for row in constraints {
            guard let rounded = rounding(row) else {
                rows.append(row)
                continue
            }
            if rounded.expression.terms.count == 1, let term = rounded.expression.terms.first {
                // The coefficient is 1 or -1 after the division.
                let v = term.variable
                let bound = rounded.bound * term.coefficient
                if (rounded.sense == .atMost) == (term.coefficient > 0) {
                    upper[v] = upper[v].map { min($0, bound) } ?? bound
                } else {
                    lower[v] = lower[v].map { max($0, bound) } ?? bound
                }
            } else {
                rows.append(rounded)
            }
        }
        return Program(
            name: name, variables: variables.map { $0.with(lower: lower[$0.index], upper: upper[$0.index]) },
            constraints: rows, objective: objective)
    }

    /// The row divided and rounded, or nil if it is none of whole numbers alone or nothing is gained.
    private func rounding(_ row: Constraint) -> Constraint? {
        let expression = row.expression
        guard row.sense != .equal, expression.products.isEmpty, !expression.terms.isEmpty else { return nil }
        var divisor = BigInt(0)
        for term in expression.terms {
            guard variables[term.variable].kind != .continuous, term.coefficient.isWhole else { return nil }
            divisor = divisor.greatestCommonDivisor(with: term.coefficient.numerator)
            if divisor == 1 && expression.terms.count > 1 { break }
        }
        let bound = row.bound / Rational(divisor)
        guard divisor != 1 || !bound.isWhole || expression.terms.count == 1 else { return nil }
        return Constraint(
            name: row.name,
            expression: Expression(
                terms: expression.terms.map {
                    .init(coefficient: $0.coefficient / Rational(divisor), variable: $0.variable)
                }),
            sense: row.sense, bound: Rational(row.sense == .atMost ? bound.floor : bound.ceiling))
    }

    /// Lowers upper bounds, and the big-M of the rows that tie a variable to a binary one:
    ///
    ///     x ≤ M·y,  x ≤ U      →      x ≤ U·y      where U < M, y binary
    ///
    /// Takes any program and a bound for some of its variables; makes one with exactly the solutions that keep the given
    /// bounds. Values need no mapping. Cost: linear in the program.
    func tightening(upper bounds: [Int: Rational]) -> Program {
        let variables = variables.map { variable in
            guard let bound = bounds[variable.index] else { return variable }
            return variable.with(lower: variable.lower, upper: variable.upper.map { min($0, bound) } ?? bound)
        }
        let rows = constraints.map { row -> Constraint in
            let terms = row.expression.terms
            guard row.sense == .atMost, row.bound == 0, row.expression.products.isEmpty, terms.count == 2,
                terms[0].coefficient == 1, variables[terms[1].variable].kind == .binary,
                let upper = variables[terms[0].variable].upper, upper >= 0, -terms[1].coefficient > upper
            else { return row }
            return Constraint(
                name: row.name,
                expression: Expression(
                    terms: [
                        terms[0], .init(coefficient: -upper, variable: terms[1].variable),
                    ].filter { $0.coefficient != 0 }),
                sense: row.sense, bound: row.bound)
        }
        return Program(name: name, variables: variables, constraints: rows, objective: objective)
    }
}

extension Variable {
    fileprivate func with(lower: Rational?, upper: Rational?) -> Variable {
        Variable(index: index, name: name, kind: kind, lower: lower, upper: upper)
    }
}
