import ChaosControl
import ChaosLab
import ChaosModel
import ChaosProtocol
import ChaosScenario

/// Transfers of the state to a joiner on a network that is shaped to 100, 200 and 400 Mbit/s, beside their plans and what the
/// nominal rates allow, while the members train on. Needs root.
enum TransferBenchmark {
    private static let state = 256 << 20
    private static let rates = [100_000_000, 200_000_000, 400_000_000]
    private static let rounds = 3
    private static let joiner = NodeID(4)
    private static let joinsAt = 3_000_000_000

    static func run(_ output: String) throws {
        print("## 256 MiB over 100, 200 and 400 Mbit/s (target: at most 1.03 times what the nominal rates allow)\n")
        print(
            "| from | planned, s | pulled, s | allowed, s | ratio | pulled twice, MiB | steps/s before | during |")
        print("|---|---|---|---|---|---|---|---|")
        let all = [1, 2, 3]
        var halfWay = 0
        for neighbors in [all, [1], [2], [3]] {
            let runs = try play(neighbors, killing: nil)
            if neighbors == all {
                // Half of the time that it takes, after the transfer has begun.
                halfWay = runs[0].report.pulls[0].began - joinsAt + Int(seconds(neighbors: all) / 2 * 1e9)
            }
            printRow(neighbors.map { "\(rates[$0 - 1] / 1_000_000)" }.joined(separator: " + "), neighbors, runs, nil)
        }
        for victim in [2, 3] {
            let runs = try play(all, killing: (victim, halfWay))
            printRow("all, \(rates[victim - 1] / 1_000_000) killed half-way", all, runs, (victim, halfWay))
        }
        print()
    }

    private static func rate(of neighbors: [Int]) -> Double { Double(neighbors.map { rates[$0 - 1] }.reduce(0, +)) }

    /// The time that the state takes over these links at their nominal rates.
    private static func seconds(neighbors: [Int]) -> Double { Double(state) * 8 / rate(of: neighbors) }

    /// The least time of a transfer at the nominal rates; with a neighbour that is killed, of all links until then and of
    /// the others from then on, and the time of one shard over the slowest of them, for what the victim was sending is lost.
    /// That it is gone its closed connections tell at once.
    private static func allowed(
        _ neighbors: [Int], _ run: ScenarioRun, _ victim: (node: Int, delay: Int)?
    ) -> Double {
        guard let victim else { return seconds(neighbors: neighbors) }
        let pull = run.report.pulls[0]
        let others = neighbors.filter { $0 != victim.node }
        let killed = Double(joinsAt + victim.delay - pull.began) / 1e9
        let left = Double(state) * 8 - rate(of: neighbors) * killed
        let shard = Double(pull.shardSize) * 8 / Double(others.map { rates[$0 - 1] }.min()!)
        return killed + left / rate(of: others) + shard
    }

    private static func play(_ neighbors: [Int], killing victim: (node: Int, delay: Int)?) throws -> [ScenarioRun] {
        let ids = neighbors.map { NodeID(UInt64($0)) }
        var steps: [Scenario.Step] = [.event(.join(joiner, links: ids), after: joinsAt)]
        if let victim { steps.append(.event(.crash(NodeID(UInt64(victim.node))), after: victim.delay)) }
        let time = Int(seconds(neighbors: neighbors) * 1e9)
        steps.append(.calm(after: time / 2 * 3 + 2_000_000_000))
        var scenario = ScenarioRun.cluster(
            "transfer", founders: rates.count, state: state, stepMilliseconds: 100, bandwidth: 1_000_000_000,
            steps: steps)
        for id in ids { scenario.capacities[Link(id, joiner)] = LinkCapacity(bandwidth: rates[Int(id.rawValue) - 1]) }
        return try (0..<rounds).map { _ in
            let run = try ScenarioRun.play(scenario, isShaped: true)
            guard run.report.pulls.first?.complete != nil else { throw BenchmarkFailure("no transfer was completed") }
            return run
        }.sorted { pulled($0) < pulled($1) }
    }

    private static func pulled(_ run: ScenarioRun) -> Double {
        let pull = run.report.pulls[0]
        return Double(pull.complete! - pull.began) / 1e9
    }

    /// The run with the median time.
    private static func printRow(
        _ name: String, _ neighbors: [Int], _ runs: [ScenarioRun], _ victim: (node: Int, delay: Int)?
    ) {
        let run = runs[runs.count / 2]
        let pull = run.report.pulls[0]
        let planned = pull.makespan.map { Double($0.roundedUp) / 1e9 } ?? .nan
        let (before, during) = StepRate.beforeAndDuringJoin(of: joiner, in: run, at: NodeID(1))
        let allowed = allowed(neighbors, run, victim)
        let cells = [
            planned, pulled(run), allowed, pulled(run) / allowed,
            Double(pull.bytesTwice) / 1_048_576, before, during,
        ]
        Benchmarks.row("| \(name) | " + cells.map(Benchmarks.decimal).joined(separator: " | ") + " |")
    }
}
