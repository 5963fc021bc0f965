import ChaosFormulation
import ChaosModel
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

/// The search over the chain against SCIP, which solves the whole MINLP and knows nothing of section 4 of the model.
///
/// SCIP gets the MINLP scaled by the search's makespan, which leaves it free to find a better one (see
/// `ScaledReduction`), and in the instances' own units where those are small. Its optimum must be ours within
/// 10^-6, relative: SCIP computes in floating point and PyPI's build has no exact mode. Its plan, read back and evaluated
/// exactly, must be one, and not be better than ours.
@Suite(.enabled(if: ExternalSolvers.python != nil))
struct SCIPComparisonTests {
    private static let tolerance = Rational(1, 1_000_000)

    private struct Case {
        let name: String
        let instance: Instance
        let best: ShardAssignment?
        let form: any ShardAssignmentFormulation
        let file: URL
        let variableNames: [String]
    }

    /// The MINLP as a file of one of the three formats that carry it.
    private static func write(
        _ name: String, _ instance: Instance, scaled: Bool, format: Int, in folder: URL
    ) throws -> Case {
        let best = try ChainSearch().solve(instance).best
        let minlp = ShardAssignmentProgram(instance)
        var form: any ShardAssignmentFormulation = minlp
        if scaled, let best { form = ScaledReduction(minlp, reference: best.makespan) }
        let base = folder.appending(path: name)
        let file: URL
        let names: [String]
        switch format % 3 {
        case 0:
            file = base.appendingPathExtension("lp")
            names = LPWriter.variableNames(form.program)
            try Data(LPWriter.text(form.program).utf8).write(to: file)
        case 1:
            file = base.appendingPathExtension("pip")
            names = PIPWriter.variableNames(form.program)
            try Data(PIPWriter.text(form.program).utf8).write(to: file)
        default:
            file = base.appendingPathExtension("nl")
            let nl = NLFile(form.program)
            try Data(nl.text.utf8).write(to: file)
            try Data(nl.columns.utf8).write(to: base.appendingPathExtension("col"))
            try Data(nl.rows.utf8).write(to: base.appendingPathExtension("row"))
            var ordered = [String](repeating: "", count: form.program.variables.count)
            for (name, index) in zip(nl.columns.split(separator: "\n"), nl.variableOrder) {
                ordered[index] = String(name)
            }
            names = ordered
        }
        return Case(name: name, instance: instance, best: best, form: form, file: file, variableNames: names)
    }

    private static func check(_ one: Case, _ answer: ExternalSolvers.Answer) {
        let name = Comment(rawValue: one.name)
        guard let best = one.best else {
            #expect(answer.status == "infeasible", name)
            return
        }
        #expect(answer.status == "optimal", name)
        guard let objective = answer.objective, let values = answer.values(one.variableNames) else {
            Issue.record("\(one.name): no solution")
            return
        }
        let optimum = one.form.program.objective.value(at: one.form.values(of: best))
        #expect((objective - optimum).magnitude <= tolerance * optimum, name)
        do {
            let plan = try one.form.assignment(near: values)
            #expect(plan.makespan >= best.makespan, "\(one.name): SCIP's plan is better: \(plan)")
            let gap = Rational(plan.makespan) / Rational(best.makespan) - 1
            #expect(gap <= tolerance, name)
        } catch {
            Issue.record("\(one.name): SCIP's plan: \(error)")
        }
    }

    private static func compare(_ cases: [Case], secondsEach: Int) throws {
        let answers = try ExternalSolvers.solveWithSCIP(cases.map(\.file), secondsEach: secondsEach)
        #expect(answers.count == cases.count)
        for (one, answer) in zip(cases, answers) { check(one, answer) }
    }

    /// Random instances of 2 to 8 neighbours; every feature stands in many of them.
    @Test func randomInstances() throws {
        var instances: [(UInt64, Instance)] = []
        var seed: UInt64 = 9000
        while instances.count < 44 {
            let instance = RandomInstance.small(seed: seed, mostBytes: 120)
            if (2...8).contains(instance.neighbors.count), instance.shardSizes.sizes.count > 1 {
                instances.append((seed, instance))
            }
            seed += 1
        }
        let all = instances.map(\.1)
        #expect(all.count { !$0.hasNoOverhead } >= 10)
        #expect(all.count { $0.neighbors.contains { $0.limit != nil } } >= 10)
        #expect(all.count { $0.neighbors.contains { $0.group != nil } } >= 10)
        try ExternalSolvers.inTemporaryFolder { folder in
            let cases = try instances.enumerated().map { k, pair in
                try Self.write("seed-\(pair.0)", pair.1, scaled: k % 4 != 3, format: k, in: folder)
            }
            try Self.compare(cases, secondsEach: 20)
        }
    }

    /// Measured figures: the instances of the library with 2 to 8 neighbours that have overheads, limits or groups, and
    /// a smallest size of which the state takes at most 10^5 shards.
    @Test func libraryInstances() throws {
        let folder = PackageRoot.url("Instances")
        var instances: [(String, Instance)] = []
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        for case let file as URL in files ?? .init() where file.pathExtension == "json" {
            let source = file.deletingLastPathComponent().lastPathComponent
            if ["corner-cases", "regressions"].contains(source) { continue }
            let instance = try Instance(json: String(contentsOf: file, encoding: .utf8), file: file.path)
            let hasMore =
                !instance.hasNoOverhead || instance.neighbors.contains { $0.limit != nil || $0.group != nil }
            let shards = instance.state.shardCount(ofSize: instance.shardSizes.smallest)
            if (2...8).contains(instance.neighbors.count), hasMore, shards <= 100_000 {
                instances.append(("\(source)-\(file.deletingPathExtension().lastPathComponent)", instance))
            }
        }
        instances.sort { $0.0 < $1.0 }
        let all = instances.map(\.1)
        #expect(all.count >= 10)
        #expect(all.contains { !$0.hasNoOverhead })
        #expect(all.contains { $0.neighbors.contains { $0.limit != nil } })
        #expect(all.contains { $0.neighbors.contains { $0.group != nil } })
        try ExternalSolvers.inTemporaryFolder { folder in
            let cases = try instances.enumerated().map { k, pair in
                try Self.write(pair.0, pair.1, scaled: true, format: k, in: folder)
            }
            try Self.compare(cases, secondsEach: 20)
        }
    }
}
