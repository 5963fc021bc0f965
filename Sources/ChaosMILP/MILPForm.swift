import ChaosFormulation
import ChaosModel
import ChaosSolver

/// The units in which the MILP of a fixed size is given to a solver.
public enum MILPForm: String, Sendable, CaseIterable {
    /// Times in a known makespan, bounds from it: what floating-point solvers can take (`ScaledReduction`).
    case scaled
    /// Nanoseconds, and bounds that follow from the instance alone (`FixedSizeReduction`): nothing in it comes from a
    /// solver of ours, so nothing of ours can mislead it.
    case unscaled

    /// The MILP of a problem in this form.
    /// - Parameter reference: the makespan of an assignment of the problem, or a later time; only the scaled form uses
    ///   it.
    func formulation(of problem: FixedSizeProblem, reference: ExactTime) throws -> any ShardAssignmentFormulation {
        var instance = problem.instance
        if !instance.shardSizes.sizes.contains(problem.shardSize) {
            instance = try Instance(
                name: instance.name, state: instance.state, shardSizes: [problem.shardSize],
                neighbors: instance.neighbors, groups: instance.groups)
        }
        let fixed = FixedSizeReduction(ShardAssignmentProgram(instance), shardSize: problem.shardSize)
        return switch self {
        case .scaled: ScaledReduction(fixed, reference: max(reference, ExactTime(nanoseconds: 1)))
        case .unscaled: fixed
        }
    }
}

extension FixedSizeProblem {
    /// A time by which every assignment is complete: all neighbours have served what they are willing to serve, and
    /// every group has let all shards through. Found without any solver; far beyond the optimum as a rule.
    var latestCompletion: ExactTime {
        var latest = ExactTime.zero
        for neighbor in instance.neighbors {
            let most = min(shards, neighbor.limit.map { $0 / shardSize } ?? shards)
            latest = max(latest, CompletionTime.of(most, shardsOf: shardSize, from: neighbor))
        }
        let starts = forest.starts(of: instance)
        for v in 0..<forest.count {
            guard let g = forest.group(at: v) else { continue }
            let group = instance.groups[g]
            latest = max(
                latest, CompletionTime.of(shards, shardsOf: shardSize, through: group, start: starts[v]))
        }
        return latest
    }
}
