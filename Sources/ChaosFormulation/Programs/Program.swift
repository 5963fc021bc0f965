import ChaosModel

/// A mathematical program with exact coefficients: minimise an expression subject to linear and bilinear constraints.
/// The common form of the MINLP of Documentation/MODEL.md, section 3, and of everything that it is reduced to.
public struct Program: Sendable, Equatable {
    public let name: String
    public private(set) var variables: [Variable] = []
    public private(set) var constraints: [Constraint] = []
    /// What is minimised.
    public var objective = Expression()

    public init(name: String) { self.name = name }

    /// A program made of another's parts, with the variables numbered in their order.
    init(name: String, variables: [Variable], constraints: [Constraint], objective: Expression) {
        self.name = name
        self.variables = variables
        self.constraints = constraints
        self.objective = objective
    }

    /// Adds a variable and returns it for use in expressions. Bounds of an integer or binary variable are rounded
    /// inwards to whole numbers: the solutions are the same, and GLPK refuses other bounds.
    public mutating func add(
        _ name: String, _ kind: Variable.Kind, lower: Rational? = 0, upper: Rational? = nil
    ) -> Variable {
        let isInteger = kind != .continuous
        let variable = Variable(
            index: variables.count, name: name, kind: kind,
            lower: isInteger ? lower.map { Rational($0.ceiling) } : lower,
            upper: isInteger ? upper.map { Rational($0.floor) } : upper)
        variables.append(variable)
        return variable
    }

    /// Adds the constraint `expression` `sense` `bound`.
    public mutating func add(_ name: String, _ expression: Expression, _ sense: Constraint.Sense, _ bound: Rational) {
        constraints.append(Constraint(name: name, expression: expression, sense: sense, bound: bound))
    }

    /// True if no term multiplies two variables.
    public var isLinear: Bool {
        objective.products.isEmpty && constraints.allSatisfy { $0.expression.products.isEmpty }
    }

    /// The variables that neither the objective nor a constraint names.
    var variablesInNoRow: [Variable] {
        var isNamed = [Bool](repeating: false, count: variables.count)
        for expression in [objective] + constraints.map(\.expression) {
            for term in expression.terms { isNamed[term.variable] = true }
            for product in expression.products {
                isNamed[product.first] = true
                isNamed[product.second] = true
            }
        }
        return variables.filter { !isNamed[$0.index] }
    }

    /// The constraints, bounds and integrality that the values violate, by name; empty for a solution. Exact.
    public func violations(at values: [Rational]) -> [String] {
        precondition(values.count == variables.count)
        var names: [String] = []
        for variable in variables {
            let value = values[variable.index]
            if let lower = variable.lower, value < lower { names.append("\(variable.name) >= \(lower)") }
            if let upper = variable.upper, value > upper { names.append("\(variable.name) <= \(upper)") }
            if variable.kind != .continuous, !value.isWhole { names.append("\(variable.name) integer") }
        }
        for constraint in constraints where !constraint.isSatisfied(at: values) { names.append(constraint.name) }
        return names
    }
}

/// A variable of a program.
public struct Variable: Sendable, Hashable {
    public enum Kind: Sendable { case continuous, integer, binary }

    /// The place in the program's `variables`.
    public let index: Int
    /// The readable name, as in `n[aws:eu-west-1]`; writers make it legal and unique in their format.
    public let name: String
    public let kind: Kind
    /// nil: no bound.
    public let lower: Rational?
    /// nil: no bound.
    public let upper: Rational?
}

/// A linear and bilinear expression with exact coefficients and no constant.
public struct Expression: Sendable, Equatable {
    public struct LinearTerm: Sendable, Equatable {
        public let coefficient: Rational
        /// The index of the variable.
        public let variable: Int
    }

    public struct ProductTerm: Sendable, Equatable {
        public let coefficient: Rational
        /// The indices of the two factors.
        public let first: Int
        public let second: Int
    }

    /// Terms in the order in which they were added; no variable twice, no coefficient 0.
    public private(set) var terms: [LinearTerm] = []
    public private(set) var products: [ProductTerm] = []

    public init() {}

    /// - Precondition: no variable twice among the terms.
    init(terms: [LinearTerm], products: [ProductTerm] = []) {
        self.terms = terms
        self.products = products
    }

    /// True if no variable takes part.
    var isEmpty: Bool { terms.isEmpty && products.isEmpty }

    /// Adds coefficient · variable. - Precondition: the variable is not in the expression yet.
    public mutating func add(_ coefficient: Rational, _ variable: Variable) {
        if coefficient != 0 { terms.append(LinearTerm(coefficient: coefficient, variable: variable.index)) }
    }

    /// Adds coefficient · first · second.
    public mutating func add(_ coefficient: Rational, _ first: Variable, _ second: Variable) {
        if coefficient != 0 {
            products.append(ProductTerm(coefficient: coefficient, first: first.index, second: second.index))
        }
    }

    /// The exact value.
    public func value(at values: [Rational]) -> Rational {
        var sum = Rational.zero
        for term in terms { sum += term.coefficient * values[term.variable] }
        for product in products { sum += product.coefficient * values[product.first] * values[product.second] }
        return sum
    }
}

/// A constraint of a program: an expression, a sense and a bound.
public struct Constraint: Sendable, Equatable {
    public enum Sense: String, Sendable {
        case atMost = "<="
        case equal = "="
        case atLeast = ">="
    }

    public let name: String
    public let expression: Expression
    public let sense: Sense
    public let bound: Rational

    public func isSatisfied(at values: [Rational]) -> Bool {
        let value = expression.value(at: values)
        return switch sense {
        case .atMost: value <= bound
        case .equal: value == bound
        case .atLeast: value >= bound
        }
    }
}
