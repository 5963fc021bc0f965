import ChaosDocuments
import ChaosModel

/// A way to solve the MILP of a fixed shard size to proven optimality (Documentation/MODEL.md, section 4.4).
public protocol FixedSizeSolver: Sendable {
    /// The name by which users choose the algorithm and plans record it.
    var name: String { get }

    /// - Returns: an optimal assignment, or why there is none.
    /// - Throws: what keeps this solver from an answer: an instance too large for it, a limit, a crash.
    func solve(_ problem: FixedSizeProblem) throws -> FixedSizeResult
}

/// What is known about a fixed-size problem once it is solved.
public enum FixedSizeResult: Sendable, Equatable {
    /// An assignment of least makespan.
    case optimal(ShardAssignment)
    /// The limits leave too few shards.
    case infeasible(Shortage)
    /// The optimum is beyond the 2^76 ns to which times are computed.
    case beyondRange

    public var assignment: ShardAssignment? {
        if case .optimal(let assignment) = self { assignment } else { nil }
    }
}

/// Why a size is infeasible: all limits together leave shards without a neighbour.
public struct Shortage: Sendable, Equatable {
    /// s in bytes.
    public let shardSize: Int
    /// K(s).
    public let needed: Int
    /// Σ_i ⌊u_i / s⌋, below K(s).
    public let attainable: Int

    public init(shardSize: Int, needed: Int, attainable: Int) {
        self.shardSize = shardSize
        self.needed = needed
        self.attainable = attainable
    }

    /// How many shards the limits leave short.
    public var missing: Int { needed - attainable }

    /// A sentence that says which limits leave how many shards short; the largest few limits are named.
    public func explanation(for instance: Instance) -> String {
        let most = 4
        // Of an infeasible instance every neighbour has a limit, or it could serve all.
        let limits = instance.neighbors.enumerated().map { (limit: $1.limit ?? 0, index: $0) }
        let largest = limits.sorted { ($1.limit, $0.index) < ($0.limit, $1.index) }.prefix(most)
        var named = largest.map { limit, i in
            "\(SingleLine.of(instance.neighbors[i].id, most: 60)) serves \(limit / shardSize) (limit \(limit) bytes)"
        }
        if instance.neighbors.count > most { named.append("and \(instance.neighbors.count - most) more") }
        return "at shard size \(shardSize) the state needs \(needed) shards and the limits allow \(attainable): "
            + "\(missing) short; \(named.joined(separator: ", "))"
    }
}

extension FixedSizeProblem {
    /// The shortage if the limits leave too few shards, whatever the time.
    var shortage: Shortage? {
        let attainable = attainableShards
        return attainable < shards ? Shortage(shardSize: shardSize, needed: shards, attainable: attainable) : nil
    }
}
