/// What the checker found out about a plan.
public struct PlanReport: Sendable, Equatable {
    public enum Verdict: Sendable, Equatable {
        /// The plan is what it says, and no plan for any size of the chain has a smaller makespan
        /// (Documentation/MODEL.md, section 4.7).
        case optimal
        /// The plan is what it says, but K(s) shards of the named size can be complete strictly before its makespan.
        case feasible(betterSize: Int)
        /// The plan is not what it says: at least one reason, at most `mostFaults`; `count` is the number found.
        case wrong([PlanFault], count: Int)
    }

    /// What one size of the chain says about the makespan.
    public struct SizeFinding: Sendable, Equatable {
        /// s in bytes.
        public let shardSize: Int
        /// K(s).
        public let shards: Int
        /// F_s(strictly before T), or K(s) if it is beyond that: how many shards can be complete before the makespan.
        public let before: Int

        /// A plan of this size has a smaller makespan.
        public var isBetter: Bool { before >= shards }
    }

    public let verdict: Verdict
    /// True if the size is one of the chain and the plan says for each neighbour how many shards it sends, 0 … K(s): then
    /// another checker can be asked about the same counts.
    public let hasCounts: Bool
    /// One finding for each size, smallest first, about the exact makespan of the plan's counts; empty when the counts
    /// have none within the range of times.
    public let sizes: [SizeFinding]

    /// A plan with a million faults is reported by its first hundred and their number.
    public static let mostFaults = 100
}

extension PlanReport.Verdict: CustomStringConvertible {
    public var description: String {
        switch self {
        case .optimal: "optimal"
        case .feasible(let size): "feasible but not optimal: shards of \(size) bytes can all be complete earlier"
        case .wrong(let faults, let count):
            "wrong: " + faults.map(\.description).joined(separator: "\n")
                + (count > faults.count ? "\nand \(count - faults.count) more faults" : "")
        }
    }
}
