import ChaosModel
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

@testable import ChaosFormulation

/// Every file that the library is exported to is read back by each solver with the same numbers of rows and columns and the
/// same names, and whoever says that he has the optimum has the known one.
@Suite(.serialized) struct LibraryFileTests {
    struct Exported {
        let file: URL
        let columns: [String]
        let rows: [String]
        let optimum: Rational
        let what: String
        /// Which of GLPK and CBC find the optimum, by the index.
        let finders: Set<String>
    }

    /// How far the objective of the scaled form may be off 1: what the solvers' tolerances leave.
    private static let tolerance = Rational(1, 100_000)

    /// The scaled MILP of each instance with a plan, which the solvers are to solve, as both formats; and the plain one.
    private static func export(to folder: URL) throws -> [Exported] {
        var exported: [Exported] = []
        for (k, row) in InstanceLibrary.rows.enumerated() {
            let instance = try row.instance
            guard let best = try ChainSearch().solve(instance).best else { continue }
            let milp = FixedSizeReduction(ShardAssignmentProgram(instance), shardSize: best.shardSize)
            let scaled = ScaledReduction(milp, reference: best.makespan)
            // Corner cases are made to lead solvers with tolerances astray, and of the plain form, whose numbers differ by
            // twelve orders of magnitude, they can never be sure.
            let finders = Set(
                ["glpk", "cbc"].filter { row[$0] == "agrees" && !row["file"].hasPrefix("corner-cases/") })
            for (program, form, optimum) in [
                (scaled.program, "scaled", Rational(1)), (milp.program, "plain", Rational(best.makespan)),
            ] {
                for (text, ending, columns, rows) in [
                    (
                        try MPSWriter.text(program), "mps", MPSWriter.columnNames(program),
                        MPSWriter.rowNames(program)
                    ),
                    (
                        LPWriter.text(program), "lp", LPWriter.variableNames(program),
                        AlgebraicText.rowNames(program)
                    ),
                ] {
                    let file = folder.appending(path: "\(k)-\(form).\(ending)")
                    try Data(text.utf8).write(to: file)
                    exported.append(
                        Exported(
                            file: file, columns: columns, rows: rows, optimum: optimum,
                            what: "\(row["file"]) \(form) \(ending)", finders: form == "scaled" ? finders : []))
                }
            }
        }
        return exported
    }

    private static func check(_ answer: ExternalSolvers.Answer, _ exported: Exported, isFinder: Bool) {
        if isFinder { #expect(answer.status == "optimal", "\(exported.what)") }
        #expect(!answer.status.hasPrefix("refused"), "\(exported.what): \(answer.status)")
        // Each reader has an order of its own.
        if let columns = answer.columns { #expect(columns.sorted() == exported.columns.sorted(), "\(exported.what)") }
        if let rows = answer.rows { #expect(rows.sorted() == exported.rows.sorted(), "\(exported.what)") }
        if let counts = answer.counts {
            #expect(counts == (exported.rows.count, exported.columns.count), "\(exported.what)")
        }
        guard isFinder, let objective = answer.objective else { return }
        #expect((objective - exported.optimum).magnitude <= tolerance, "\(exported.what): \(objective)")
    }

    @Test(.enabled(if: ExternalSolvers.glpsol != nil)) func glpkReadsTheLibrary() throws {
        try ExternalSolvers.inTemporaryFolder { folder in
            for exported in try Self.export(to: folder) {
                let isFinder = exported.finders.contains("glpk")
                let answer = try ExternalSolvers.solveWithGLPK(exported.file, isToSolve: isFinder)
                Self.check(answer, exported, isFinder: isFinder)
            }
        }
    }

    @Test(.enabled(if: ExternalSolvers.cbc != nil)) func cbcReadsTheLibrary() throws {
        try ExternalSolvers.inTemporaryFolder { folder in
            for exported in try Self.export(to: folder) {
                let isFinder = exported.finders.contains("cbc")
                let answer = try ExternalSolvers.solveWithCBC(exported.file, isToSolve: isFinder)
                if exported.file.pathExtension == "mps" { #expect(answer.counts != nil, "\(exported.what)") }
                Self.check(answer, exported, isFinder: isFinder)
            }
        }
    }

    /// The index does not say which of these find the optimum, so they may give up after a while.
    @Test(.enabled(if: ExternalSolvers.python != nil), arguments: ["scip", "highs"])
    func othersReadTheLibrary(_ solver: String) throws {
        try ExternalSolvers.inTemporaryFolder { folder in
            let all = try Self.export(to: folder)
            for (exported, seconds) in [(all.filter { !$0.finders.isEmpty }, 2), (all.filter(\.finders.isEmpty), 0)] {
                let files = exported.map(\.file)
                let answers =
                    try solver == "scip"
                    ? ExternalSolvers.solveWithSCIP(files, secondsEach: seconds)
                    : ExternalSolvers.solveWithHiGHS(files, secondsEach: seconds)
                #expect(answers.count == files.count)
                for (answer, exported) in zip(answers, exported) {
                    #expect(answer.columns != nil && answer.rows != nil, "\(exported.what)")
                    Self.check(answer, exported, isFinder: seconds > 0 && answer.status == "optimal")
                }
                let found = answers.count { $0.status == "optimal" }
                #expect(found >= answers.count / 2 || seconds == 0, "\(found) of \(answers.count)")
            }
        }
    }
}
