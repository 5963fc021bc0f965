import ChaosProtocol
import ChaosScenario

/// A transfer over the loopback address as fast as it goes, every shard with its digest, against a raw copy between two
/// processes that verifies as many bytes with the same hash.
enum LoopbackBenchmark {
    private static let rounds = 3

    static func run(_ output: String) throws {
        print("## Unshaped loopback, digests on, against a raw copy with the same hash (target: at most 1.5)\n")
        print("| state, MiB | neighbors | raw copy, s | pulled, s | ratio of medians |")
        print("|---|---|---|---|---|")
        for megabytes in [256, 1024] {
            for neighbors in [1, 3] {
                var (raw, pulled): ([Double], [Double]) = ([], [])
                for round in 0...rounds {
                    let times = (
                        try RawCopy.measure(bytes: megabytes << 20),
                        try pull(megabytes << 20, neighbors, isInsecure: true)
                    )
                    if round > 0 {
                        raw.append(times.0)
                        pulled.append(times.1)
                    }
                }
                let medians = [raw, pulled].map { $0.sorted()[rounds / 2] }
                let cells = medians + [medians[1] / medians[0]]
                Benchmarks.row(
                    "| \(megabytes) | \(neighbors) | " + cells.map(Benchmarks.decimal).joined(separator: " | ") + " |")
            }
        }
        print()
    }

    static func pull(_ bytes: Int, _ neighbors: Int, isInsecure: Bool) throws -> Double {
        let joiner = NodeID(UInt64(neighbors + 1))
        let ids = (1...neighbors).map { NodeID(UInt64($0)) }
        let scenario = ScenarioRun.cluster(
            "loopback", founders: neighbors, state: bytes, stepMilliseconds: 200,
            bandwidth: MessageLimits.greatestQuantity,
            steps: [
                .event(.join(joiner, links: ids), after: 1_000_000_000),
                // The digest of the whole state, which the journal has, takes longer than the transfer.
                .calm(after: 5_000_000_000),
            ])
        guard let pull = try ScenarioRun.play(scenario, isInsecure: isInsecure).report.pulls.first,
            let complete = pull.complete
        else {
            throw BenchmarkFailure("no transfer was completed")
        }
        return Double(complete - pull.began) / 1e9
    }
}
