import BigInt
import ChaosModel

/// A program whose solutions are the assignments of an instance: the MINLP of Documentation/MODEL.md, section 3, or what
/// it is reduced to. Every one of them maps assignments to its values and its values back to assignments.
public protocol ShardAssignmentFormulation: Sendable {
    var instance: Instance { get }
    var program: Program { get }
    /// The variables of `program` by their role.
    var variables: ShardAssignmentVariables { get }
    /// The smallest shard size that a solution can have, in bytes.
    var smallestSize: Int { get }

    /// The value of every variable of `program` for an assignment, T included: a solution of the program exactly when
    /// the assignment is one of the instance that the formulation has not excluded (its doc comment says which it does).
    func values(of assignment: ShardAssignment) -> [Rational]

    /// The assignment that values of `program` stand for. Only the size and the counts are taken from them; more shards
    /// than K(s), which the covering row allows, are cut down to K(s), and the makespan is computed exactly from the
    /// counts. So for values that satisfy `program` the makespan is at most their T.
    /// - Throws: the first variable whose value no assignment has.
    func assignment(at values: [Rational]) throws(UnusableSolution) -> ShardAssignment
}

/// The variables of a formulation, named as in Documentation/MODEL.md, section 3.
public struct ShardAssignmentVariables: Sendable, Equatable {
    /// The variables of one group.
    public struct Group: Sendable, Equatable {
        /// The index of the group in the instance.
        public let group: Int
        /// w_g: some neighbour below serves.
        public let serves: Variable
        /// m_g: the number of shards from below.
        public let count: Variable
    }

    /// T.
    public let makespan: Variable
    /// s; nil where the size is fixed.
    public let size: Variable?
    /// z_k for each size of the chain; empty where the size is fixed.
    public let choices: [Variable]
    /// n_i for each neighbour.
    public let counts: [Variable]
    /// y_i for each neighbour: it serves.
    public let serves: [Variable]
    /// For each group that has a neighbour below it, parents before children.
    public let groups: [Group]
}

/// Values of a program that stand for no assignment.
public struct UnusableSolution: Error, Sendable, Equatable, CustomStringConvertible {
    /// The variable or constraint.
    public let name: String
    public let found: String
    public let allowed: String

    public var description: String { "\(name) = \(found); allowed: \(allowed)" }
}

extension ShardAssignmentFormulation {
    /// The assignment that a floating-point solver's values stand for: values of integer variables are rounded to the
    /// nearest whole number, the rest is ignored, as in `assignment(at:)`.
    /// - Parameters:
    ///   - values: one for each variable of the program, in its order.
    ///   - tolerance: how far a value may be from its whole number; beyond it is refused.
    public func assignment(
        near values: [Rational], tolerance: Rational = Rational(1, 1_000_000)
    ) throws(UnusableSolution) -> ShardAssignment {
        precondition(values.count == program.variables.count)
        var rounded = values
        for variable in program.variables where variable.kind != .continuous {
            let value = values[variable.index]
            let nearest = Rational((value + Rational(1, 2)).floor)
            guard (value - nearest).magnitude <= tolerance else {
                throw UnusableSolution(
                    name: variable.name, found: DecimalText(value).text,
                    allowed: "within \(DecimalText(tolerance).text) of a whole number")
            }
            rounded[variable.index] = nearest
        }
        return try assignment(at: rounded)
    }
}
