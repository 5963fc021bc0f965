import ChaosFormulation
import ChaosModel
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

/// The MILP of every instance of the library as a file, read back by Debian's solvers and by SCIP and HiGHS: with the
/// same rows and columns, by the same names, and with the known optimum.
@Suite(.serialized) struct LibraryFileTests {
    private struct Case: Sendable {
        let name: String
        let program: Program
        let file: URL
        let columns: [String]
        /// Nil for LP, in which the row names of the writer are not public.
        let rows: [String]?
    }

    /// Scaled, so that the optimum is 1; without those whose makespan is beyond the range or that have no plan, and without
    /// those whose numbers of shards floating-point solvers cannot tell apart.
    private static func cases(in folder: URL) throws -> [Case] {
        let root = PackageRoot.url("Instances")
        let files = try #require(FileManager.default.enumerator(atPath: root.path))
        var cases: [Case] = []
        for case let file as String in files where file.hasSuffix(".json") {
            let instance = try Instance(contentsOf: root.appending(path: file).path)
            guard let best = try ChainSearch().solve(instance).best, instance.state.bytes / best.shardSize < 1_000_000
            else { continue }
            let milp = FixedSizeReduction(ShardAssignmentProgram(instance), shardSize: best.shardSize)
            let program = ScaledReduction(milp, reference: best.makespan).program
            let base = folder.appending(path: "\(cases.count)")
            for ending in ["mps", "lp"] {
                let file = base.appendingPathExtension(ending)
                let text = ending == "mps" ? try MPSWriter.text(program) : LPWriter.text(program)
                try Data(text.utf8).write(to: file)
                cases.append(
                    Case(
                        name: "\(instance.name ?? file.path) as \(ending)", program: program, file: file,
                        columns: ending == "mps"
                            ? MPSWriter.columnNames(program) : LPWriter.variableNames(program),
                        rows: ending == "mps" ? try MPSReader.program(text).constraints.map(\.name) : nil))
            }
        }
        return cases
    }

    private static func check(_ one: Case, _ answer: ExternalSolvers.Answer) {
        #expect(answer.status == "optimal", "\(one.name): \(answer.status)")
        if let objective = answer.objective {
            #expect((objective - 1).magnitude <= Rational(1, 1_000_000), "\(one.name): \(objective)")
        }
        if let counts = answer.counts {
            #expect(counts == (one.program.constraints.count, one.program.variables.count), "\(one.name)")
        }
        // SCIP orders columns as it likes.
        if let columns = answer.columns { #expect(columns.sorted() == one.columns.sorted(), "\(one.name)") }
        if let rows = answer.rows {
            #expect(rows.count == one.program.constraints.count, "\(one.name)")
            if let expected = one.rows { #expect(rows == expected, "\(one.name)") }
        }
        #expect(answer.columns != nil || answer.counts != nil, "\(one.name)")
    }

    private static func checkAll(_ solve: ([URL]) throws -> [ExternalSolvers.Answer]) throws {
        try ExternalSolvers.inTemporaryFolder { folder in
            let cases = try cases(in: folder)
            #expect(cases.count > 200)
            let answers = try solve(cases.map(\.file))
            #expect(answers.count == cases.count)
            for (one, answer) in zip(cases, answers) { check(one, answer) }
        }
    }

    @Test(.enabled(if: ExternalSolvers.glpsol != nil)) func glpkReadsThem() throws {
        try Self.checkAll { try $0.map(ExternalSolvers.solveWithGLPK) }
    }

    @Test(.enabled(if: ExternalSolvers.cbc != nil)) func cbcReadsThem() throws {
        try Self.checkAll { try $0.map(ExternalSolvers.solveWithCBC) }
    }

    @Test(.enabled(if: ExternalSolvers.python != nil)) func scipReadsThem() throws {
        try Self.checkAll { try ExternalSolvers.solveWithSCIP($0, secondsEach: 20) }
    }

    @Test(.enabled(if: ExternalSolvers.python != nil)) func highsReadsThem() throws {
        try Self.checkAll { try ExternalSolvers.solveWithHiGHS($0, secondsEach: 20) }
    }
}
