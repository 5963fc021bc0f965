import ChaosMILP
import ChaosMILPWorker
import ChaosModel
import ChaosSolver

/// `threshold` against the MILP back ends on the same fixed-size problem: the time of the solve alone, without
/// processes, reading and writing.
enum SolverBenchmark {
    static func run() throws {
        print("## threshold against \(MILPBackEnd.titles) on the scaled MILP: solve time only, ms\n")
        let titles = MILPBackEnd.allCases.map(\.facts.title)
        let columns = ["neighbors", "shards", "threshold"] + titles + titles.map { "\($0) / threshold" }
        print("| \(columns.joined(separator: " | ")) |")
        print(String(repeating: "|---", count: columns.count) + "|")
        let workers = try MILPBackEnd.allCases.map { try MILPWorker($0) }
        for neighbors in [4, 8, 16, 32, 64] {
            let instance = BenchmarkInstance.wideArea(neighbors: neighbors, bytes: 1 << 30, sizes: [1 << 20])
            let problem = FixedSizeProblem(instance, shardSize: 1 << 20)
            let ours = Measurement.inTurn(rounds: 25, [{ keep(Threshold().solve(problem)) }])[0].median
            let crosscheck = Crosscheck(workers: workers, forms: [.scaled], timeLimit: .seconds(60))
            var seconds: [MILPBackEnd: [Double]] = [:]
            for _ in 0..<5 {
                for entry in try crosscheck.run(instance).entries {
                    seconds[entry.backEnd, default: []].append(entry.seconds ?? .infinity)
                }
            }
            let medians = workers.map { worker in (seconds[worker.backEnd] ?? [.infinity]).sorted()[2] }
            let figures = [ours * 1000] + medians.map { $0 * 1000 } + medians.map { $0 / ours }
            print(
                "| \(neighbors) | \(problem.shards) | " + figures.map(Benchmarks.decimal).joined(separator: " | ")
                    + " |")
        }
        print()
    }
}
