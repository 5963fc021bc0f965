import ChaosModel

/// The optimum over the chain of shard sizes: the MINLP of Documentation/MODEL.md, section 3, solved as in section 4.3.
///
/// T*(s) < T̂, the makespan of the incumbent, exactly when F_s(strictly before T̂) ≥ K(s), and T*(s) ≤ T̂ exactly when
/// F_s(T̂) ≥ K(s). Sizes ascend and of equal makespans the largest size wins, so a size that only equals the incumbent
/// takes its place as well: one linear pass decides by F_s(T̂), and only a size that passes it is solved.
///
/// Cost: one pass a size and one solve for each size that is at least as good as all before it. Without overheads no
/// larger size is better than the smallest, but it can be as good.
public struct ChainSearch: Sendable {
    /// What was found out about one size.
    public struct SizeReport: Sendable, Equatable {
        public let shardSize: Int
        /// K(s).
        public let shards: Int
        public let finding: Finding
    }

    public enum Finding: Sendable, Equatable {
        /// T*(s) was computed.
        case makespan(ExactTime)
        /// By the time T̂ of the incumbent at most `reached` < K(s) shards of this size are complete, so T*(s) > T̂: the
        /// size does not even equal it.
        case cannotBeat(incumbent: ExactTime, incumbentSize: Int, reached: Int)
        case infeasible(Shortage)
        /// T*(s) is beyond 2^76 ns.
        case beyondRange
    }

    public struct Result: Sendable, Equatable {
        /// The best assignment, or nil if every size is infeasible or beyond the range.
        public let best: ShardAssignment?
        /// One report a size, smallest size first.
        public let sizes: [SizeReport]

        /// True if there is no assignment because the limits leave every size short.
        public var isInfeasible: Bool {
            best == nil
                && sizes.allSatisfy {
                    if case .infeasible = $0.finding { true } else { false }
                }
        }

        /// True if every size was looked at, so that the best is the optimum of the instance and not of some sizes.
        public func coversChain(of instance: Instance) -> Bool { sizes.count == instance.shardSizes.sizes.count }
    }

    public let solver: any FixedSizeSolver
    /// True: every size is solved, also those that are worse than the incumbent, so that each makespan is known.
    public let solvesEverySize: Bool

    public init(_ solver: any FixedSizeSolver = Threshold(), solvesEverySize: Bool = false) {
        self.solver = solver
        self.solvesEverySize = solvesEverySize
    }

    /// - Parameters:
    ///   - instance: what is solved.
    ///   - sizes: the sizes to search, ascending; nil: the whole chain.
    /// - Throws: what the solver throws.
    public func solve(_ instance: Instance, sizes: [Int]? = nil) throws -> Result {
        var last: FixedSizeProblem?
        var best: ShardAssignment?
        var reports: [SizeReport] = []
        for size in sizes ?? instance.shardSizes.sizes {
            let problem = last?.at(size) ?? FixedSizeProblem(instance, shardSize: size)
            last = problem
            var finding: Finding?
            if let incumbent = best, !solvesEverySize {
                let reached = problem.count(by: incumbent.makespan)
                if reached < problem.shards {
                    finding = .cannotBeat(
                        incumbent: incumbent.makespan, incumbentSize: incumbent.shardSize, reached: reached)
                    if let shortage = problem.shortage { finding = .infeasible(shortage) }
                }
            }
            if finding == nil {
                switch try solver.solve(problem) {
                case .optimal(let assignment):
                    finding = .makespan(assignment.makespan)
                    // Sizes ascend, so an equal makespan belongs to the larger size, which wins.
                    if best.map({ assignment.makespan <= $0.makespan }) ?? true { best = assignment }
                case .infeasible(let shortage): finding = .infeasible(shortage)
                case .beyondRange: finding = .beyondRange
                }
            }
            reports.append(SizeReport(shardSize: size, shards: problem.shards, finding: finding!))
        }
        return Result(best: best, sizes: reports)
    }
}
