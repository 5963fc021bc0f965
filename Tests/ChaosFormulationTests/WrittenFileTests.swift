import ChaosFormulation
import ChaosModel
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

/// What the writers write is read by the solvers that the formats are for, and they find the known optimum in it.
struct WrittenFileTests {
    /// How far a solver's objective may be off, relative to an optimum of 1.
    private static let tolerance = Rational(1, 1_000_000)

    private static func instances() throws -> [Instance] {
        let strange = try Instance(
            name: "names that no format takes as they are\n; \\ * $", state: TrainingState(bytes: 57),
            shardSizes: [2, 4],
            neighbors: [
                Neighbor(id: "aws:eu-west-1", bandwidth: 3_000_000_000, latency: 4, overhead: 1, group: 0),
                Neighbor(id: "aws eu west 1", bandwidth: 7_000_000_000, ready: 5, limit: 30, group: 0),
                Neighbor(id: "aws_eu_west_1", bandwidth: 7_000_000_001),
                Neighbor(id: "Zürich [gpu] <=> 3 + 4 * x ^ 2 / \"$\"", bandwidth: 2_000_000_000),
                Neighbor(id: String(repeating: "long", count: 200), bandwidth: 1_000_000_000),
                Neighbor(id: String(repeating: "long", count: 200) + "er", bandwidth: 1_000_000_001, limit: 1),
            ],
            groups: [
                CapacityGroup(id: "free", bandwidth: 9_000_000_000, parent: 1),
                CapacityGroup(id: "end", bandwidth: 9_500_000_000),
            ])
        // Lines so short that CBC, unless told otherwise, takes the file for one with fixed columns.
        let short = try Instance(
            name: String(repeating: "語", count: 20_000), state: TrainingState(bytes: 1_000_000), shardSizes: [1000],
            neighbors: ["b", "c", "d"].enumerated().map { Neighbor(id: $1, bandwidth: 1_000_000 + $0 * 7001) })
        return [strange, short] + (0..<12).map { RandomInstance.small(seed: 700 + $0, mostNeighbors: 5, mostBytes: 60) }
    }

    /// A program with every kind of bound and row. By hand: x = -2 + 1/4, i = 3, and k = 4 with b = 1, or without
    /// products as well k = 2 with b = 0: -7/4 - 3 + k/2 - b = -15/4.
    private static func allKinds(withProducts: Bool) -> (Program, Rational) {
        var program = Program(name: "all kinds")
        let x = program.add("e5", .continuous, lower: nil)
        let y = program.add("st", .continuous, lower: -5, upper: -2)
        let i = program.add("1st", .integer, lower: -7, upper: Rational(7, 2))
        let k = program.add("free", .integer)
        let b = program.add("x", .binary, upper: 1)
        let z = program.add("X", .integer, lower: 0, upper: 0)
        let f = program.add("fixed", .continuous, lower: Rational(1, 4), upper: Rational(1, 4))
        _ = program.add("unused", .continuous, lower: nil, upper: 3)
        var expression = Expression()
        expression.add(1, x)
        expression.add(-1, y)
        expression.add(-1, f)
        program.add("cost", expression, .equal, 0)
        expression = Expression()
        expression.add(1, y)
        program.add("least", expression, .atLeast, -2)
        expression = Expression()
        expression.add(Rational(1, 3), k)
        expression.add(Rational(-1, 2), b)
        expression.add(1, z)
        program.add("rounded up", expression, .atLeast, Rational(2, 3))
        if withProducts {
            expression = Expression()
            expression.add(1, i, k)
            expression.add(-1, f)
            program.add("product", expression, .atMost, Rational(12))
            expression = Expression()
            expression.add(Rational(5, 2), k, b)
            expression.add(1, i, k)
            expression.add(1, i, b)
            program.add("products", expression, .atLeast, 10)
        }
        program.objective.add(1, x)
        program.objective.add(-1, i)
        program.objective.add(Rational(1, 2), k)
        program.objective.add(-1, b)
        return (program, Rational(-15, 4))
    }

    private static func milpFiles(in folder: URL) throws -> [(file: URL, optimum: Rational, what: String)] {
        var files: [(URL, Rational, String)] = []
        func write(_ program: Program, _ name: String, optimum: Rational) throws {
            for (text, ending) in [(LPWriter.text(program), "lp"), (try MPSWriter.text(program), "mps")] {
                let file = folder.appending(path: "\(name).\(ending)")
                try Data(text.utf8).write(to: file)
                files.append((file, optimum, text))
            }
        }
        for (k, instance) in try instances().enumerated() {
            guard let best = try ChainSearch().solve(instance).best else { continue }
            let milp = FixedSizeReduction(ShardAssignmentProgram(instance), shardSize: best.shardSize)
            try write(ScaledReduction(milp, reference: best.makespan).program, "scaled-\(k)", optimum: 1)
            if k < 4 { try write(milp.program, "plain-\(k)", optimum: Rational(best.makespan)) }
        }
        let (program, optimum) = allKinds(withProducts: false)
        try write(program, "kinds", optimum: optimum)
        return files
    }

    private static func check(_ answer: ExternalSolvers.Answer, _ optimum: Rational, _ what: String) {
        #expect(answer.status == "optimal", "\(what)")
        guard let objective = answer.objective else { return }
        #expect((objective - optimum).magnitude <= tolerance * max(1, optimum.magnitude), "\(what)")
    }

    @Test(.enabled(if: ExternalSolvers.glpsol != nil))
    func glpkReadsTheMILP() throws {
        try ExternalSolvers.inTemporaryFolder { folder in
            for (file, optimum, what) in try Self.milpFiles(in: folder) {
                Self.check(try ExternalSolvers.solveWithGLPK(file), optimum, what)
            }
        }
    }

    @Test(.enabled(if: ExternalSolvers.cbc != nil))
    func cbcReadsTheMILP() throws {
        try ExternalSolvers.inTemporaryFolder { folder in
            for (file, optimum, what) in try Self.milpFiles(in: folder) {
                Self.check(try ExternalSolvers.solveWithCBC(file), optimum, what)
            }
        }
    }

    @Test(.enabled(if: ExternalSolvers.python != nil))
    func scipReadsEveryFormat() throws {
        try ExternalSolvers.inTemporaryFolder { folder in
            var files = try Self.milpFiles(in: folder)
            func write(_ program: Program, _ name: String, optimum: Rational) throws {
                let nl = NLFile(program)
                for (text, ending) in [
                    (LPWriter.text(program), "lp"), (PIPWriter.text(program), "pip"), (nl.text, "nl"),
                ] {
                    let file = folder.appending(path: "\(name).\(ending)")
                    try Data(text.utf8).write(to: file)
                    files.append((file, optimum, text))
                }
                try Data(nl.columns.utf8).write(to: folder.appending(path: "\(name).col"))
                try Data(nl.rows.utf8).write(to: folder.appending(path: "\(name).row"))
            }
            for (k, instance) in try Self.instances().prefix(6).enumerated() {
                guard let best = try ChainSearch().solve(instance).best else { continue }
                let minlp = ShardAssignmentProgram(instance)
                try write(ScaledReduction(minlp, reference: best.makespan).program, "minlp-\(k)", optimum: 1)
                let milp = FixedSizeReduction(minlp, shardSize: best.shardSize)
                try write(milp.program, "milp-\(k)", optimum: Rational(best.makespan))
            }
            for withProducts in [false, true] {
                let (program, optimum) = Self.allKinds(withProducts: withProducts)
                try write(program, "kinds-\(withProducts)", optimum: optimum)
            }
            let answers = try ExternalSolvers.solveWithSCIP(files.map(\.file), secondsEach: 20)
            #expect(answers.count == files.count)
            for (answer, (_, optimum, what)) in zip(answers, files) { Self.check(answer, optimum, what) }
        }
    }
}
