import ChaosDocuments
import ChaosLab
import ChaosProtocol
import ChaosScenario
import ChaosText

/// The scale-out delay against the number of neighbours, 1 to 8 with 100 Mbit/s each: plan beside measurement. Needs root.
enum NeighborsBenchmark {
    private static let state = 64 << 20
    private static let rate = 100_000_000
    private static let rounds = 3

    static func run(_ output: String) throws {
        print("## 64 MiB from 1 to 8 neighbors with 100 Mbit/s each, seconds\n")
        print("| neighbors | planned | pulled | ratio | from the first message to the first gradient |")
        print("|---|---|---|---|---|")
        var rows: [(planned: Double, pulled: Double, delay: Double)] = []
        for count in 1...8 {
            // The one with the median time.
            let row = try (0..<rounds).map { _ in try measure(count) }.sorted { $0.pulled < $1.pulled }[rounds / 2]
            rows.append(row)
            let cells = [row.planned, row.pulled, row.pulled / row.planned, row.delay]
            Benchmarks.row("| \(count) | " + cells.map(Benchmarks.decimal).joined(separator: " | ") + " |")
        }
        let points = { (value: (Int) -> Double) in rows.indices.map { (Double($0 + 1), value($0)) } }
        let chart = LogLogChart(
            title: "A joiner with 1 to 8 neighbors of 100 Mbit/s, state of 64 MiB", xTitle: "neighbors",
            yTitle: "seconds",
            series: [
                LogLogChart.Series("plan", points { rows[$0].planned }),
                LogLogChart.Series("state pulled", points { rows[$0].pulled }),
                LogLogChart.Series("scale-out delay", points { rows[$0].delay }),
            ])
        try DocumentIO.write(chart.svg, to: output + "/scale-out-delay.svg")
        print("\nPicture: scale-out-delay.svg\n")
    }

    private static func measure(_ count: Int) throws -> (planned: Double, pulled: Double, delay: Double) {
        let joiner = NodeID(9)
        let neighbors = (1...count).map { NodeID(UInt64($0)) }
        let time = state * 8 * 1_000_000_000 / (rate * count)
        var scenario = ScenarioRun.cluster(
            "neighbors", founders: 8, state: state, stepMilliseconds: 200, bandwidth: 1_000_000_000,
            steps: [
                .event(.join(joiner, links: neighbors), after: 3_000_000_000),
                .calm(after: time + 6_000_000_000),
            ])
        for neighbor in neighbors { scenario.capacities[Link(neighbor, joiner)] = LinkCapacity(bandwidth: rate) }
        let report = try ScenarioRun.play(scenario, isShaped: true).report
        guard let pull = report.pulls.first, let complete = pull.complete, let makespan = pull.makespan,
            let join = report.story.joins.first(where: { $0.node == joiner }), let contributed = join.contributed
        else { throw BenchmarkFailure("the joiner did not become a member") }
        return (
            Double(makespan.roundedUp) / 1e9, Double(complete - pull.began) / 1e9,
            Double(contributed - join.asked) / 1e9
        )
    }
}
