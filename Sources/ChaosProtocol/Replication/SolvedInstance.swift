import ChaosModel
import ChaosSolver

/// An instance solved: what a receiver pulls by.
struct SolvedInstance: Sendable {
    let instance: Instance
    let plan: Plan
    /// n_i of each neighbour of the instance.
    let counts: [Int]

    /// Why there is no plan, in a sentence.
    struct Unsolvable: Error {
        let reason: String
    }

    /// The optimum over the chain, by threshold. Cost: O(|D| · neighbours).
    init(_ instance: Instance) throws(Unsolvable) {
        let solver = Threshold()
        // Threshold does not throw.
        guard let result = try? ChainSearch(solver).solve(instance) else { throw Unsolvable(reason: "no answer") }
        guard let best = result.best else {
            if case .infeasible(let shortage)? = result.sizes.first?.finding {
                throw Unsolvable(reason: shortage.explanation(for: instance))
            }
            throw Unsolvable(reason: "the state would take longer than 2^76 ns")
        }
        self.init(best, of: instance, isOptimal: result.coversChain(of: instance), algorithm: solver.name)
    }

    init(_ assignment: ShardAssignment, of instance: Instance, isOptimal: Bool, algorithm: String) {
        self.instance = instance
        counts = assignment.counts
        plan = Plan(assignment, for: instance, isOptimal: isOptimal, algorithm: algorithm)
    }
}

extension ExactTime {
    /// Whole nanoseconds, rounded up, at most 2^62.
    package var roundedUp: Int { Int(clamping: min(Int128(1) << 62, nanoseconds + (isWhole ? 0 : 1))) }
}

/// What is given by more voters than anything else; nil: nothing is.
func plurality<Vote: Hashable>(of votes: some Sequence<Vote>) -> Vote? {
    let tally = Dictionary(votes.map { ($0, 1) }, uniquingKeysWith: +)
    guard let most = tally.values.max() else { return nil }
    let winners = tally.filter { $0.value == most }
    return winners.count == 1 ? winners.first?.key : nil
}
