import BigInt
import ChaosFormulation
import ChaosModel

/// A linear program in the Doubles of a floating-point solver: every coefficient is the Double nearest to the exact
/// one, bounds of integer variables are first rounded inwards, exactly.
public struct LinearModel: Sendable {
    public struct Column: Sendable {
        public let name: String
        public let isInteger: Bool
        /// -∞ or a lower bound.
        public let lower: Double
        /// ∞ or an upper bound.
        public let upper: Double
        public let cost: Double
    }

    public struct Row: Sendable {
        public let lower: Double
        public let upper: Double
    }

    public struct Entry: Sendable {
        public let row: Int
        public let value: Double
    }

    public let columns: [Column]
    public let rows: [Row]
    /// The entries that are not 0, by column.
    public let entries: [[Entry]]
    /// A variable between whose bounds there is no value, if any: solvers refuse such a model in ways of their own.
    public let emptyVariable: String?

    /// - Throws: `UnsuitableModel`, if a term multiplies two variables or a number is beyond all Doubles.
    public init(_ program: Program) throws(UnsuitableModel) {
        guard program.isLinear else { throw UnsuitableModel(reason: "a term multiplies two variables") }
        func double(_ value: Rational, _ place: @autoclosure () -> String) throws(UnsuitableModel) -> Double {
            let double = Double(nearest: value)
            guard double.isFinite else {
                throw UnsuitableModel(reason: "\(place()): a number beyond ±\(Double.greatestFiniteMagnitude)")
            }
            return double
        }
        var costs = [Double](repeating: 0, count: program.variables.count)
        for term in program.objective.terms { costs[term.variable] = try double(term.coefficient, "objective") }
        var columns: [Column] = []
        var emptyVariable: String?
        for variable in program.variables {
            var (lower, upper) = (variable.lower, variable.upper)
            if variable.kind != .continuous {
                lower = lower.map { Rational($0.ceiling) }
                upper = upper.map { Rational($0.floor) }
            }
            if let lower, let upper, lower > upper { emptyVariable = emptyVariable ?? variable.name }
            columns.append(
                Column(
                    name: variable.name, isInteger: variable.kind != .continuous,
                    lower: try lower.map { value throws(UnsuitableModel) in try double(value, variable.name) }
                        ?? -.infinity,
                    upper: try upper.map { value throws(UnsuitableModel) in try double(value, variable.name) }
                        ?? .infinity,
                    cost: costs[variable.index]))
        }
        var rows: [Row] = []
        var entries = [[Entry]](repeating: [], count: columns.count)
        for (r, constraint) in program.constraints.enumerated() {
            let bound = try double(constraint.bound, constraint.name)
            rows.append(
                Row(
                    lower: constraint.sense == .atMost ? -.infinity : bound,
                    upper: constraint.sense == .atLeast ? .infinity : bound))
            for term in constraint.expression.terms {
                let value = try double(term.coefficient, constraint.name)
                if value != 0 { entries[term.variable].append(Entry(row: r, value: value)) }
            }
        }
        self.columns = columns
        self.rows = rows
        self.entries = entries
        self.emptyVariable = emptyVariable
    }

    /// The values of the integer variables by name, out of the values of all.
    public func integerValues(_ value: (Int) -> Double) -> [(name: String, value: Double)] {
        columns.indices.filter { columns[$0].isInteger }.map { (columns[$0].name, value($0)) }
    }
}

/// A model that no floating-point solver can take.
public struct UnsuitableModel: Error, Sendable, Equatable, CustomStringConvertible {
    public let reason: String

    public var description: String { reason }
}

extension Double {
    /// The Double nearest to an exact value, ties to even; ±∞ beyond the largest.
    public init(nearest value: Rational) {
        let (p, q) = (value.numerator.magnitude, value.denominator.magnitude)
        // A quotient of 66 bits or more, its last bit set when the division left a rest, rounds as the exact one does.
        let shift = 66 - (p.bitWidth - q.bitWidth)
        let (dividend, divisor) = shift >= 0 ? (p << shift, q) : (p, q << -shift)
        let (quotient, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
        let sticky = UInt128(quotient) | (rest.isZero ? 0 : 1)
        let magnitude = Double(sign: .plus, exponent: -shift, significand: Double(sticky))
        self = value < 0 ? -magnitude : magnitude
    }
}
