import ChaosFormulation
import ChaosMILP
import ChaosMILPWorker
import ChaosModel
import ChaosProcess
import ChaosSolver
import ChaosTesting
import FoundationEssentials
import Testing

/// The real workers, as `swift build` left them beside the tests.
enum Workers {
    static func all() throws -> [MILPWorker] {
        let beside = [ExecutableSearch.besideRunningProgram].compactMap { $0 }
        return try MILPBackEnd.allCases.map { try MILPWorker($0, places: beside) }
    }

    static func one(_ backEnd: MILPBackEnd) throws -> MILPWorker {
        try #require(try all().first { $0.backEnd == backEnd })
    }

    /// How many solves there are for one size: each back end in each form.
    static let solves = MILPBackEnd.allCases.count * MILPForm.allCases.count

    /// Far beyond what any of the solves here need.
    static let amply = Duration.seconds(120)
}

/// A shell script in the place of a worker, in a folder of its own.
final class ScriptedWorker {
    let worker: MILPWorker
    private let folder: String

    init(_ script: String, as backEnd: MILPBackEnd = .glpk) throws {
        folder = FileManager.default.temporaryDirectory.path + "/chaos-" + UUID().uuidString
        let path = folder + "/" + backEnd.executable
        // Written by another process: a file that is open for writing anywhere in this one cannot be run.
        let made = try Command(
            "/bin/sh", ["-c", "mkdir \"$0\" && cat > \"$1\" && chmod +x \"$1\"", folder, path],
            input: Array("#!/bin/sh\n\(script)\n".utf8), timeLimit: Workers.amply
        ).run()
        try #require(made.isSuccess, "\(made.errors.text)")
        worker = MILPWorker(backEnd, executable: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

/// Programs that are easily written down.
enum SamplePrograms {
    /// minimise T with 0.3 n1 ≤ T, 0.7 n2 ≤ T, n1 + n2 ≥ 10: n1 = 7, n2 = 3, T = 2.1.
    static func division(most: Int = 10) -> Program {
        var program = Program(name: "division")
        let time = program.add("T", .continuous)
        let n = ["n[a b]", "n[a_b]"].map { program.add($0, .integer, upper: Rational(most)) }
        program.objective.add(1, time)
        for (k, cost) in [Rational(3, 10), Rational(7, 10)].enumerated() {
            var done = Expression()
            done.add(cost, n[k])
            done.add(-1, time)
            program.add("done[\(k)]", done, .atMost, 0)
        }
        var covered = Expression()
        for variable in n { covered.add(1, variable) }
        program.add("covered", covered, .atLeast, 10)
        return program
    }

    /// Market split (Cornuéjols and Dawande): 0-1 problems of few rows that keep branch and bound busy for hours.
    static func marketSplit() -> Program {
        var random = SeededRandom(seed: 1)
        var program = Program(name: "market split")
        let x = (0..<50).map { program.add("x\($0)", .binary, upper: 1) }
        for row in 0..<5 {
            let weights = x.map { _ in random.int(0...99) }
            var sum = Expression()
            for (weight, variable) in zip(weights, x) { sum.add(Rational(weight), variable) }
            for (name, sign) in [("over\(row)", -1), ("under\(row)", 1)] {
                let slack = program.add(name, .continuous)
                sum.add(Rational(sign), slack)
                program.objective.add(1, slack)
            }
            program.add("row\(row)", sum, .equal, Rational(weights.reduce(0, +) / 2))
        }
        return program
    }
}
