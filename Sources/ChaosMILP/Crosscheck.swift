import ChaosCertificate
import ChaosFormulation
import ChaosModel
import ChaosSolver

/// Validates a solver's results against MILP solvers, size by size.
///
/// The result is first checked by itself: the MINLP tells from the counts whether limits and sum are right, and the
/// checker computes the makespan again, without the solvers' code. Then every worker solves the MILP of the size, and
/// makespans are compared as exact times (`Verdict`). The scaled form takes its unit from the plan, by the makespan that was computed
/// again: its bounds cut off nothing that is as good, so a plan that is not optimal is still beaten. The unscaled form
/// takes nothing from the plan.
///
/// A plan that breaks ties otherwise than the model is as good as any, and no MILP solver can tell: that is found by
/// comparing the plan with that of a second solver of ours that breaks ties by the model.
///
/// A value; any number of threads may run crosschecks at once.
public struct Crosscheck: Sendable {
    /// The sizes of the chain to look at.
    public enum Sizes: String, Sendable, CaseIterable {
        /// The one that the search over the chain chooses; where all are infeasible, the smallest, which decides that.
        case optimal
        case all
    }

    /// The solver under validation.
    public var solver: any FixedSizeSolver
    /// The solver whose plan, ties included, is expected; nil: plans are not compared.
    public var twin: (any FixedSizeSolver)?
    public var workers: [MILPWorker]
    public var forms: [MILPForm]
    /// Of each solve.
    public var timeLimit: Duration
    public var sizes: Sizes

    /// The twin is `Threshold`, or `Greedy` for threshold itself.
    public init(
        _ solver: any FixedSizeSolver = Threshold(), workers: [MILPWorker], forms: [MILPForm] = MILPForm.allCases,
        timeLimit: Duration, sizes: Sizes = .optimal
    ) {
        self.solver = solver
        self.twin = solver is Threshold ? Greedy() : Threshold()
        self.workers = workers
        self.forms = forms
        self.timeLimit = timeLimit
        self.sizes = sizes
    }

    /// Blocks until all workers have ended, one after the other.
    /// - Throws: what the solver throws; `LaunchFailure` if a worker cannot be run.
    public func run(_ instance: Instance) throws -> CrosscheckReport {
        let search = try ChainSearch(solver, solvesEverySize: sizes == .all).solve(instance)
        let chosen =
            switch sizes {
            case .all: instance.shardSizes.sizes
            case .optimal: [search.best?.shardSize ?? instance.shardSizes.smallest]
            }
        let forest = Forest(instance)
        return CrosscheckReport(
            solver: solver.name,
            sizes: try chosen.map { try check(FixedSizeProblem(instance, forest: forest, shardSize: $0)) })
    }

    private func check(_ problem: FixedSizeProblem) throws -> CrosscheckReport.Size {
        let result = try solver.solve(problem)
        var defects: [String] = []
        var makespan: ExactTime?
        var isUsable = true
        switch result {
        case .optimal(let assignment):
            do throws(UnusablePlan) {
                makespan = try recomputedMakespan(of: assignment, problem)
                if let makespan, makespan != assignment.makespan {
                    defects.append("says \(assignment.makespan) ns, but its counts take \(makespan) ns")
                }
            } catch {
                isUsable = false
                defects.append("no plan: \(error.reason)")
            }
        case .infeasible: break
        case .beyondRange: isUsable = false
        }
        if isUsable, let difference = try differenceFromTwin(result, problem) { defects.append(difference) }
        var entries: [CrosscheckReport.Entry] = []
        if isUsable {
            for worker in workers {
                for form in forms {
                    let (answer, seconds) = try worker.answer(
                        problem, form, reference: makespan ?? problem.latestCompletion, timeLimit: timeLimit)
                    entries.append(
                        CrosscheckReport.Entry(
                            backEnd: worker.backEnd, form: form, verdict: Verdict(answer, makespan: makespan),
                            seconds: seconds))
                }
            }
        }
        return CrosscheckReport.Size(
            shardSize: problem.shardSize, shards: problem.shards, result: result, makespan: makespan, defects: defects,
            entries: entries)
    }

    private struct UnusablePlan: Error {
        let reason: String
    }

    /// The makespan of the counts by the checker's own evaluation, if they are an assignment of the MINLP.
    private func recomputedMakespan(
        of assignment: ShardAssignment, _ problem: FixedSizeProblem
    ) throws(UnusablePlan) -> ExactTime {
        guard assignment.shardSize == problem.shardSize else {
            throw UnusablePlan(reason: "shards of \(assignment.shardSize) bytes, not \(problem.shardSize)")
        }
        let neighbors = problem.instance.neighbors.count
        guard assignment.counts.count == neighbors else {
            throw UnusablePlan(reason: "\(assignment.counts.count) counts for \(neighbors) neighbors")
        }
        let sum = assignment.counts.reduce(Int128(0)) { $0 + Int128($1) }
        guard sum == problem.shards else {
            throw UnusablePlan(reason: "\(sum) shards in all; allowed: \(problem.shards)")
        }
        do {
            let minlp = ShardAssignmentProgram(problem.instance)
            _ = try minlp.assignment(at: minlp.values(of: assignment))
        } catch {
            throw UnusablePlan(reason: "\(error)")
        }
        return PlanChecker(problem.instance).makespan(of: assignment.counts, shardsOf: problem.shardSize)
    }

    /// What the twin has otherwise; nil if nothing, or if the problem is too large for it.
    private func differenceFromTwin(_ result: FixedSizeResult, _ problem: FixedSizeProblem) throws -> String? {
        guard let twin else { return nil }
        let expected: FixedSizeResult
        do {
            expected = try twin.solve(problem)
        } catch is ProblemTooLarge {
            return nil
        }
        switch (result, expected) {
        case (.optimal(let plan), .optimal(let other)):
            guard let i = plan.counts.indices.first(where: { plan.counts[$0] != other.counts[$0] }) else { return nil }
            let kind = plan.makespan == other.makespan ? ", a tie broken otherwise than by the model" : ""
            return "\(problem.instance.neighbors[i].id) gets \(plan.counts[i]) shards, "
                + "\(other.counts[i]) by \(twin.name)\(kind)"
        case (let result, let expected):
            return result == expected ? nil : "\(result), but by \(twin.name) \(expected)"
        }
    }
}
