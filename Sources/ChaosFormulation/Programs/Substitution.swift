import ChaosModel

/// Replaces each variable of a program by a constant or by a multiple of a new variable:
///
///     minimise  c·x              minimise  Σ_j c_j r_j x'_j
///     subject to  A x ≤ b   →    subject to  Σ_{j kept} a_j r_j x'_j ≤ b - Σ_{j fixed} a_j v_j
///                                x_j = v_j (fixed),  x_j = r_j x'_j (kept)
///
/// and likewise with products of two variables: with one factor fixed a product is a linear term, with both it is a
/// constant. Takes any program; makes one without the fixed variables, in which a row that no variable is left in is
/// dropped when it holds, and stays, as a row that nothing satisfies, when it does not. A constant in the objective is
/// dropped. Cost: linear in the program.
struct Substitution: Sendable {
    enum Replacement: Sendable, Equatable {
        /// x is the constant.
        case constant(Rational)
        /// x is the positive factor times its new variable. An integer variable has the factor 1.
        case multiple(Rational)
    }

    /// The program in the new variables.
    let program: Program
    /// For each variable of the original, its place among the new ones; nil if it is fixed.
    let place: [Int?]
    private let replacements: [Replacement]

    /// - Parameters:
    ///   - replacements: by index of the variable; those that are not mentioned stay as they are.
    ///   - unit: what the terms and the bound of a row are divided by once its variables are replaced; positive.
    init(
        _ original: Program, name: String, replacing replacements: [Int: Replacement],
        unit: (Constraint) -> Rational = { _ in .one }
    ) {
        let all = original.variables.map { replacements[$0.index] ?? .multiple(.one) }
        var place: [Int?] = []
        var variables: [Variable] = []
        for (variable, replacement) in zip(original.variables, all) {
            guard case .multiple(let factor) = replacement else {
                place.append(nil)
                continue
            }
            precondition(factor > 0 && (factor == 1 || variable.kind == .continuous))
            place.append(variables.count)
            variables.append(
                Variable(
                    index: variables.count, name: variable.name, kind: variable.kind,
                    lower: variable.lower.map { $0 / factor }, upper: variable.upper.map { $0 / factor }))
        }
        var constraints: [Constraint] = []
        for constraint in original.constraints {
            let unit = unit(constraint)
            precondition(unit > 0)
            let (expression, constant) = Self.replace(constraint.expression, all, place, variables, unit: unit)
            let row = Constraint(
                name: constraint.name, expression: expression, sense: constraint.sense,
                bound: constraint.bound / unit - constant)
            if !expression.isEmpty || !row.isSatisfied(at: []) { constraints.append(row) }
        }
        self.program = Program(
            name: name, variables: variables, constraints: constraints,
            objective: Self.replace(original.objective, all, place, variables, unit: .one).expression)
        self.place = place
        self.replacements = all
    }

    private static func replace(
        _ expression: Expression, _ replacements: [Replacement], _ place: [Int?], _ variables: [Variable],
        unit: Rational
    ) -> (expression: Expression, constant: Rational) {
        var sum = LinearSum()
        var products: [(Rational, Int, Int)] = []
        for term in expression.terms {
            switch replacements[term.variable] {
            case .constant(let value): sum.add(term.coefficient * value / unit)
            case .multiple(let factor): sum.add(term.coefficient * factor / unit, place[term.variable]!)
            }
        }
        for product in expression.products {
            let coefficient = product.coefficient / unit
            switch (replacements[product.first], replacements[product.second]) {
            case (.constant(let a), .constant(let b)): sum.add(coefficient * a * b)
            case (.constant(let a), .multiple(let b)): sum.add(coefficient * a * b, place[product.second]!)
            case (.multiple(let a), .constant(let b)): sum.add(coefficient * a * b, place[product.first]!)
            case (.multiple(let a), .multiple(let b)):
                products.append((coefficient * a * b, place[product.first]!, place[product.second]!))
            }
        }
        var result = Expression()
        for (variable, coefficient) in zip(sum.variables, sum.coefficients) {
            result.add(coefficient, variables[variable])
        }
        for (coefficient, first, second) in products { result.add(coefficient, variables[first], variables[second]) }
        return (result, sum.constant)
    }

    /// The values of the original's variables that new values stand for.
    func original(_ values: [Rational]) -> [Rational] {
        precondition(values.count == program.variables.count)
        return zip(replacements, place).map { replacement, place in
            switch replacement {
            case .constant(let value): value
            case .multiple(let factor): factor * values[place!]
            }
        }
    }

    /// The values of the new variables for values of the original's; those of fixed variables are dropped.
    func substituted(_ values: [Rational]) -> [Rational] {
        precondition(values.count == replacements.count)
        return zip(replacements, values).compactMap { replacement, value in
            if case .multiple(let factor) = replacement { value / factor } else { nil }
        }
    }

    /// The new variable that stands in the place of one of the original's; nil if that is fixed.
    func variable(_ original: Variable) -> Variable? { place[original.index].map { program.variables[$0] } }

    /// The roles of the original's variables, given to the new ones.
    func variables(_ original: ShardAssignmentVariables) -> ShardAssignmentVariables {
        ShardAssignmentVariables(
            makespan: variable(original.makespan)!,
            size: original.size.flatMap(variable), choices: original.choices.compactMap(variable),
            counts: original.counts.compactMap(variable), serves: original.serves.compactMap(variable),
            groups: original.groups.map {
                .init(group: $0.group, serves: variable($0.serves)!, count: variable($0.count)!)
            })
    }
}

/// A linear expression with a constant in the making: terms of one variable are added up.
private struct LinearSum {
    private(set) var variables: [Int] = []
    private(set) var coefficients: [Rational] = []
    private(set) var constant = Rational.zero
    private var slot: [Int: Int] = [:]

    mutating func add(_ value: Rational) { constant += value }

    mutating func add(_ coefficient: Rational, _ variable: Int) {
        if let slot = slot[variable] {
            coefficients[slot] += coefficient
        } else {
            slot[variable] = variables.count
            variables.append(variable)
            coefficients.append(coefficient)
        }
    }
}
