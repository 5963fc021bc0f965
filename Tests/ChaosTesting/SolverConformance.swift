import BigInt
import ChaosModel
import ChaosSolver

/// The suite that every solver of the fixed-size problem passes, in the spirit of MathOptInterface's: named cases, each
/// judged by an oracle in big integers that shares no code with any solver. A defect found in one solver becomes a case
/// for all.
public struct SolverConformance: Sendable {
    /// What a solver is asked for.
    public struct Options: Sendable {
        /// Cases with more shards are passed over.
        public var mostShards = Int.max
        /// Cases with more neighbours are passed over.
        public var mostNeighbors = Int.max
        /// Cases whose figures lie at the ends of the ranges are run: not the place for floating-point solvers.
        public var includesRangeEnds = true
        /// The solver returns the plan of `Greedy`, ties included, not just any optimal one.
        public var expectsGreedyPlan = false

        public init(
            mostShards: Int = .max, mostNeighbors: Int = .max, includesRangeEnds: Bool = true,
            expectsGreedyPlan: Bool = false
        ) {
            self.mostShards = mostShards
            self.mostNeighbors = mostNeighbors
            self.includesRangeEnds = includesRangeEnds
            self.expectsGreedyPlan = expectsGreedyPlan
        }
    }

    /// An instance with its size fixed.
    public struct Case: Sendable, CustomStringConvertible {
        public let name: String
        public let instance: Instance
        public let shardSize: Int
        public let isAtRangeEnd: Bool
        /// T* in the form of plan files, where it is known from outside.
        public let optimum: String?

        public var description: String { name }
        public var shards: Int { instance.state.shardCount(ofSize: shardSize) }
    }

    /// What came of a case.
    public enum Outcome: Sendable, Equatable {
        case passed
        /// Beyond the options, or declined by the solver as too large.
        case notRun
        case failed(String)
    }

    public let solver: any FixedSizeSolver
    public let options: Options

    public init(_ solver: any FixedSizeSolver, options: Options = Options()) {
        self.solver = solver
        self.options = options
    }

    /// Runs all cases. - Returns: a line for each that failed, with its name, and how many ran.
    public func run(_ cases: [Case] = Self.cases) -> (failures: [String], ran: Int) {
        var failures: [String] = []
        var ran = 0
        for one in cases {
            switch run(one) {
            case .passed: ran += 1
            case .notRun: break
            case .failed(let why):
                ran += 1
                failures.append("\(solver.name), \(one.name): \(why)")
            }
        }
        return (failures, ran)
    }

    /// Runs one case.
    public func run(_ one: Case) -> Outcome {
        guard one.shards <= options.mostShards, one.instance.neighbors.count <= options.mostNeighbors,
            options.includesRangeEnds || !one.isAtRangeEnd
        else { return .notRun }
        let problem = FixedSizeProblem(one.instance, shardSize: one.shardSize)
        do {
            let complaint = complaint(about: try solver.solve(problem), to: problem, of: one)
            return complaint.map { .failed($0) } ?? .passed
        } catch is ProblemTooLarge {
            return .notRun
        } catch {
            return .failed("threw \(error)")
        }
    }

    private func complaint(about result: FixedSizeResult, to problem: FixedSizeProblem, of one: Case) -> String? {
        let oracle = ReferenceOracle(one.instance, size: one.shardSize)
        let longest = BigTime(BigInt(ModelRange.longestMakespan))
        if oracle.attainable < oracle.shards {
            let shortage = Shortage(
                shardSize: one.shardSize, needed: Int(oracle.shards), attainable: Int(oracle.attainable))
            return result == .infeasible(shortage) ? nil : "answered \(result) where the limits leave \(shortage)"
        }
        if oracle.capacity(by: longest) < oracle.shards {
            return result == .beyondRange ? nil : "answered \(result) where the optimum is beyond 2^76 ns"
        }
        guard let assignment = result.assignment else { return "answered \(result) to a feasible problem" }
        guard assignment.shardSize == one.shardSize else { return "assigned shards of \(assignment.shardSize) bytes" }
        guard assignment.counts.reduce(BigInt(0), { $0 + BigInt($1) }) == oracle.shards else {
            return "assigned \(assignment.counts), not \(oracle.shards) shards"
        }
        guard let makespan = oracle.makespan(of: assignment.counts) else {
            return "assigned \(assignment.counts), which breaks a limit"
        }
        guard makespan == BigTime(assignment.makespan) else {
            return "said \(assignment.makespan) ns where the counts take \(makespan.numerator)/\(makespan.denominator)"
        }
        guard oracle.isOptimum(makespan) else { return "took \(assignment.makespan) ns, which is not the optimum" }
        if let optimum = one.optimum, assignment.makespan.description != optimum {
            return "took \(assignment.makespan) ns; known optimum: \(optimum)"
        }
        if options.expectsGreedyPlan, one.shards <= Greedy.mostShards, let greedy = try? Greedy().solve(problem),
            greedy != result
        {
            return "answered \(result), greedy \(greedy)"
        }
        return nil
    }
}
