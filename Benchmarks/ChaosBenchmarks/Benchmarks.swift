import ChaosDocuments
import ChaosSolver
import ChaosText
import Foundation

/// Ratios measured in one run, printed as tables, with pictures. See Benchmarks/README.md.
///
/// usage: ChaosBenchmarks FOLDER NAME…
@main
enum Benchmarks {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            // The other ends of bare connections are processes that this program starts itself.
            if arguments.first == RawCopy.role, arguments.count == 3, let port = UInt16(arguments[1]),
                let bytes = Int(arguments[2])
            {
                return try RawCopy.send(bytes, to: port)
            }
            if arguments.first == TLSCopy.role, arguments.count == 4, let port = Int(arguments[1]),
                let bytes = Int(arguments[2])
            {
                return try TLSCopy.send(bytes, to: port, arguments[3])
            }
            if arguments.first == BareRounds.role, arguments.count == 2, let port = UInt16(arguments[1]) {
                return try BareRounds.answer(port)
            }
            try run(arguments)
        } catch {
            fail("\(error)")
        }
    }

    private static func run(_ arguments: [String]) throws {
        guard let output = arguments.first else { fail("usage: ChaosBenchmarks FOLDER NAME…") }
        let all: [(name: String, run: (String) throws -> Void)] = [
            ("solver", solver), ("handling", HandlingBenchmark.run), ("transfers", TransferBenchmark.run),
            ("neighbors", NeighborsBenchmark.run), ("loopback", LoopbackBenchmark.run),
            ("identity", IdentityBenchmark.run), ("memory", MemoryBenchmark.run), ("plans", PlanBenchmark.run),
            ("defects", DefectSearch.run), ("messages", MessageBenchmark.run),
            ("message-kinds", MessageBenchmark.runKinds), ("joins", JoinBenchmark.run),
            ("exchange", ExchangeBenchmark.run),
        ]
        for name in arguments.dropFirst() {
            guard let entry = all.first(where: { $0.name == name }) else {
                fail("\(name): allowed are \(all.map(\.name).joined(separator: ", "))")
            }
            try entry.run(output)
        }
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(1)
    }

    private static func solver(_ output: String) throws {
        sortRatio()
        shardCounts()
        try DepthBenchmark.run()
        try SolverBenchmark.run()
        try CertificateBenchmark.run()
        try sizes(chart: output + "/cost-against-size.svg")
    }

    /// `threshold` with 10^6 neighbours and K = 2^40, against sorting as many Doubles.
    private static func sortRatio() {
        let neighbors = 1_000_000
        print("## threshold, 10^6 neighbors, K = 2^40, against sorting 10^6 Doubles (target: at most 4)\n")
        print("| instance | sort, s | threshold, s | ratio of medians |")
        print("|---|---|---|---|")
        for (name, groups, overhead) in [
            ("flat", 0, false), ("flat, overheads", 0, true), ("1000 groups", 1000, false),
        ] {
            let instance = BenchmarkInstance.wideArea(
                neighbors: neighbors, bytes: 1 << 52, sizes: [4096], groups: groups, withOverhead: overhead)
            let doubles = instance.neighbors.map { Double($0.bandwidth) * 1.25 + Double($0.latency) }
            let times = Measurement.inTurn(
                rounds: 5,
                [
                    { keep(doubles.sorted()) },
                    { keep(Threshold().solve(FixedSizeProblem(instance, shardSize: 4096))) },
                ])
            print(
                "| \(name) | \(decimal(times[0].median)) | \(decimal(times[1].median)) | "
                    + "\(decimal(times[1].median / times[0].median)) |")
        }
        print()
    }

    /// The cost of `threshold` for K from 2^10 to 2^50, which should not grow.
    private static func shardCounts() {
        print("## threshold, 1000 neighbors, K from 2^10 to 2^50 (target: within 1.5)\n")
        print("| K | time, ms | to the least |")
        print("|---|---|---|")
        let exponents = [10, 20, 30, 40, 50]
        let sizes = exponents.map { 1 << (52 - $0) }
        let instance = BenchmarkInstance.wideArea(neighbors: 1000, bytes: 1 << 52, sizes: sizes.sorted())
        let problems = sizes.map { FixedSizeProblem(instance, shardSize: $0) }
        let times = Measurement.inTurn(rounds: 101, problems.map { problem in { keep(Threshold().solve(problem)) } })
        let least = times.map(\.median).min() ?? 1
        for (exponent, time) in zip(exponents, times) {
            print("| 2^\(exponent) | \(decimal(time.median * 1000)) | \(decimal(time.median / least)) |")
        }
        print()
    }

    /// Cost against the number of neighbours: threshold at two K, greedy with ten shards a neighbour, sorting.
    private static func sizes(chart path: String) throws {
        let counts = [10, 100, 1000, 10_000, 100_000, 1_000_000]
        var rows: [[Measurement]] = []
        print("## Cost against size, seconds\n")
        print("| neighbors | threshold, K = 2^40 | threshold, 10 shards each | greedy, 10 shards each | sorting |")
        print("|---|---|---|---|---|")
        for neighbors in counts {
            let large = BenchmarkInstance.wideArea(neighbors: neighbors, bytes: 1 << 52, sizes: [4096])
            let few = BenchmarkInstance.wideArea(neighbors: neighbors, bytes: neighbors * 10 << 20, sizes: [1 << 20])
            let doubles = large.neighbors.map { Double($0.bandwidth) * 1.25 + Double($0.latency) }
            let row = Measurement.inTurn(
                rounds: neighbors < 100_000 ? 9 : 3,
                [
                    { keep(Threshold().solve(FixedSizeProblem(large, shardSize: 4096))) },
                    { keep(Threshold().solve(FixedSizeProblem(few, shardSize: 1 << 20))) },
                    { keep(try? Greedy().solve(FixedSizeProblem(few, shardSize: 1 << 20))) },
                    { keep(doubles.sorted()) },
                ])
            rows.append(row)
            print("| \(neighbors) | " + row.map { decimal($0.median) }.joined(separator: " | ") + " |")
        }
        let names = ["threshold, K = 2⁴⁰", "threshold, 10 shards each", "greedy, 10 shards each", "sorting Doubles"]
        let series = names.indices.map { k in
            LogLogChart.Series(names[k], zip(counts, rows).map { (Double($0), $1[k].median) })
        }
        let chart = LogLogChart(
            title: "Cost against size", xTitle: "neighbors", yTitle: "seconds", series: series)
        try DocumentIO.write(chart.svg, to: path)
        print("\nPicture: cost-against-size.svg\n")
    }

    /// Prints a row of a table that takes long, so that it can be seen when it is there.
    static func row(_ text: String) {
        print(text)
        fflush(nil)
    }

    /// Three significant digits.
    static func decimal(_ value: Double) -> String {
        String(format: value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.3g", value)
    }
}
