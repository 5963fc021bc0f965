import ChaosDocuments
import ChaosModel

/// One reason why a plan is wrong. Places are those of the plan file (Documentation/MODEL.md, section 7).
public enum PlanFault: Sendable, Equatable {
    /// The plan's digest is that of another instance.
    case otherInstance(digest: String, expected: String)
    case sizeNotInChain(Int)
    /// The plan's `shards` is not K(s).
    case shardsNotK(Int, expected: Int)
    /// The counts do not add up to K(s).
    case totalNotK(Int, expected: Int)
    /// Counts given per neighbour are not as many as there are neighbours.
    case countsMissing(Int, neighbors: Int)
    case unknownNeighbor(run: Int, String)
    case repeatedNeighbor(run: Int, String, firstRun: Int)
    /// The neighbour stands in the instance before the one of the preceding run.
    case outOfOrder(run: Int, String, after: String)
    /// The count is below 1 or beyond K(s).
    case countOutOfRange(place: String, Int, range: ClosedRange<Int>)
    /// The run does not begin where the preceding one ends: shards are given twice or to nobody.
    case notContiguous(run: Int, first: Int, expected: Int)
    /// The neighbour serves more than it is willing to: ⌊u_i / s⌋ shards.
    case limitPassed(place: String, neighbor: String, Int, most: Int)
    /// `finish_ns` is not C_i(count).
    case finishNotExact(run: Int, neighbor: String, ExactTime, exact: ExactTime)
    /// The makespan is not the latest completion of a neighbour or a group; `at` names one that completes then.
    case makespanNotExact(ExactTime, exact: ExactTime, at: String)
    /// `makespan_seconds` is not the makespan, as far as it has digits.
    case secondsNotMakespan(String, exact: ExactTime)
    /// The latest completion is beyond the 2^76 ns to which times are computed.
    case beyondRange(at: String)
    /// The plan says that it is optimal, but K(s) shards of this size can be complete strictly before its makespan.
    case falseClaim(betterSize: Int)
}

extension PlanFault: CustomStringConvertible {
    /// Where, what was found, what is allowed.
    public var description: String { fault.description }

    /// The same as a fault of a file.
    public var fault: Fault {
        switch self {
        case .otherInstance(let digest, let expected):
            Fault(path: "instance.sha256", found: "\(digest), another instance", allowed: expected)
        case .sizeNotInChain(let size):
            Fault(path: "shard_size", found: "\(size)", allowed: "a size of the instance's chain")
        case .shardsNotK(let shards, let expected):
            Fault(path: "shards", found: "\(shards)", allowed: "\(expected), the number that the state needs")
        case .totalNotK(let total, let expected):
            Fault(
                path: "assignments",
                found: "\(total) shards in all, "
                    + (total < expected ? "\(expected - total) too few" : "\(total - expected) too many"),
                allowed: "\(expected), the number that the state needs")
        case .countsMissing(let count, let neighbors):
            Fault(path: "assignments", found: "\(count) counts", allowed: "\(neighbors), one for each neighbor")
        case .unknownNeighbor(let run, let id):
            Fault(path: "assignments[\(run)].neighbor", found: "\"\(id)\"", allowed: "a neighbor of the instance")
        case .repeatedNeighbor(let run, let id, let first):
            Fault(
                path: "assignments[\(run)].neighbor", found: "\"\(id)\" again, as in assignments[\(first)]",
                allowed: "one run for each neighbor")
        case .outOfOrder(let run, let id, let previous):
            Fault(
                path: "assignments[\(run)].neighbor", found: "\"\(id)\" after \"\(previous)\"",
                allowed: "the order of the instance")
        case .countOutOfRange(let place, let count, let range):
            Fault(path: place, found: "\(count)", allowed: "\(range.lowerBound) … \(range.upperBound) shards")
        case .notContiguous(let run, let first, let expected):
            Fault(
                path: "assignments[\(run)].first",
                found: "\(first), " + (first > expected ? "a gap" : "an overlap"),
                allowed: "\(expected), where the run before it ends")
        case .limitPassed(let place, let id, let count, let most):
            Fault(path: place, found: "\(count) shards of \"\(id)\"", allowed: "at most \(most) by its limit")
        case .finishNotExact(let run, let id, let time, let exact):
            Fault(
                path: "assignments[\(run)].finish_ns",
                found: "\(time) of \"\(id)\", \(Self.difference(time, exact))", allowed: "\(Rational(exact))")
        case .makespanNotExact(let time, let exact, let place):
            Fault(
                path: "makespan_ns", found: "\(time), \(Self.difference(time, exact))",
                allowed: "\(Rational(exact)), the completion of \(place)")
        case .secondsNotMakespan(let text, let exact):
            Fault(
                path: "makespan_seconds", found: text,
                allowed: "\(exact.decimalSeconds), the makespan; or fewer digits, within one of the last")
        case .beyondRange(let place):
            Fault(
                path: "makespan_ns", found: "\(place) completes later than that",
                allowed: "a makespan of at most 2^76 ns")
        case .falseClaim(let size):
            Fault(
                path: "optimal", found: "true, but shards of \(size) bytes can all be complete earlier",
                allowed: "true only for a plan that no other beats")
        }
    }

    private static func difference(_ found: ExactTime, _ exact: ExactTime) -> String {
        let difference = Rational(found) - Rational(exact)
        return difference < 0 ? "\(-difference) ns too early" : "\(difference) ns too late"
    }
}
