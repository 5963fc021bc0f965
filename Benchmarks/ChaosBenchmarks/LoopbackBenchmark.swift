import ChaosControl
import ChaosProtocol
import ChaosScenario

/// A transfer over the loopback address as fast as it goes, every shard with its digest, against a raw copy between two
/// processes that verifies as many bytes with the same hash.
///
/// What is counted is the processor time of all processes together, which does not depend on how many of them share how many
/// processors; the time of the transfer stands beside it.
enum LoopbackBenchmark {
    private static let rounds = 3
    /// After the state is whole: what it has been the cause of is over.
    private static let settling = 1_000_000_000

    static func run(_ output: String) throws {
        print("## Unshaped loopback, digests on, against a raw copy with the same hash\n")
        print("(Target: at most 1.3 times its processor time, that of all processes for each GiB)\n")
        print("| state, MiB | neighbors | raw copy, processor s/GiB | pulled | ratio | raw copy, s | pulled | ratio |")
        print("|---|---|---|---|---|---|---|---|")
        for megabytes in [256, 1024] {
            for neighbors in [1, 3] {
                var (raw, pulled): ([CopyCost], [CopyCost]) = ([], [])
                for round in 0...rounds {
                    let costs = (
                        try RawCopy.measure(bytes: megabytes << 20),
                        try pull(megabytes << 20, neighbors, isInsecure: true)
                    )
                    if round > 0 {
                        raw.append(costs.0)
                        pulled.append(costs.1)
                    }
                }
                Benchmarks.row("| \(megabytes) | \(neighbors) | " + cells(raw, pulled, megabytes) + " |")
            }
        }
        print()
    }

    /// Processor time for each GiB of a copy and of a transfer, and their ratio; then seconds likewise.
    static func cells(_ copies: [CopyCost], _ pulls: [CopyCost], _ megabytes: Int) -> String {
        let (copy, pull) = (copies.median, pulls.median)
        let gibibytes = Double(megabytes) / 1024
        return [
            copy.processor / gibibytes, pull.processor / gibibytes, pull.processor / copy.processor, copy.seconds,
            pull.seconds, pull.seconds / copy.seconds,
        ].map(Benchmarks.decimal).joined(separator: " | ")
    }

    static func pull(_ bytes: Int, _ neighbors: Int, isInsecure: Bool) throws -> CopyCost {
        let joiner = NodeID(UInt64(neighbors + 1))
        let scenario = ScenarioRun.cluster(
            "loopback", founders: neighbors, state: bytes, stepMilliseconds: 200,
            bandwidth: MessageLimits.greatestQuantity,
            steps: [
                .event(.join(joiner, links: (1...neighbors).map { NodeID(UInt64($0)) }), after: 1_000_000_000),
                // Where others use the machine too, it takes its time.
                .calm(after: 5_000_000_000 + 8 * bytes),
            ])
        let watch = ProcessWatch()
        let run = try ScenarioRun.play(scenario, isInsecure: isInsecure) {
            // The trainer compares what is written with what it should be; nodes do not hash their states beside that.
            $0.stepsPerDigest = 0
        }
        let samples = watch.stop()
        guard let pull = run.report.pulls.first, let complete = pull.complete,
            let asked = run.journals[joiner]?.first(where: { $0.event == .joining })?.time,
            let whole = run.journals[joiner]?.first(where: { if case .completed = $0.event { true } else { false } })?
                .time
        else {
            throw BenchmarkFailure("no transfer was completed")
        }
        let seen = run.processes.compactMap { samples[$0] }
        guard seen.count == neighbors + 1, let end = seen.compactMap(\.last?.time).min() else {
            throw BenchmarkFailure("\(seen.count) of \(neighbors + 1) processes were seen")
        }
        let during = asked..<whole + settling
        let rest = during.upperBound..<max(during.upperBound + settling, end)
        func taken(in range: Range<Int>) -> Double { seen.reduce(0) { $0 + $1.processor(in: range) } }
        // What they take in any case is no part of it.
        let idle = taken(in: rest) / Double(rest.count) * Double(during.count)
        return CopyCost(
            seconds: Double(complete - pull.began) / 1e9, processor: (taken(in: during) - idle) / 1e9)
    }
}
