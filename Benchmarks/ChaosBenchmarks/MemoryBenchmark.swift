import ChaosControl
import ChaosProtocol
import ChaosScenario

/// What nodes have in memory at most while one gets the state from another that goes on training, beside the state itself: of
/// states of several sizes, so that it is seen what grows with them.
enum MemoryBenchmark {
    static func run(_ output: String) throws {
        print("## Peak memory while a state comes from one neighbor, over loopback, digests on, MiB\n")
        print(
            """
            (Targets: of whoever serves at most the state, 10 % of it and the snapshot, which is one more state; of the joiner at \
            most the state and 64 MiB)

            | state | server before | server, peak | beyond state and snapshot | allowed | joiner, peak | beyond the state |
            |---|---|---|---|---|---|---|
            """)
        for megabytes in [256, 1024, 2048, 3072] {
            let peaks = try peaks(megabytes << 20)
            let cells = [
                megabytes, peaks.before >> 20, peaks.server >> 20, (peaks.server >> 20) - 2 * megabytes, megabytes / 10,
                peaks.joiner >> 20, (peaks.joiner >> 20) - megabytes,
            ]
            Benchmarks.row("| " + cells.map(String.init).joined(separator: " | ") + " |")
        }
        print()
    }

    private static func peaks(_ bytes: Int) throws -> (before: Int, server: Int, joiner: Int) {
        let scenario = ScenarioRun.cluster(
            "memory", founders: 1, state: bytes, stepMilliseconds: 200, bandwidth: MessageLimits.greatestQuantity,
            steps: [
                .event(.join(2, links: [1]), after: 2_000_000_000),
                .calm(after: 3_000_000_000 + 6 * bytes),
            ])
        let watch = ProcessWatch()
        let run = try ScenarioRun.play(scenario, isInsecure: true) {
            ($0.stepsPerDigest, $0.isResident) = (0, true)
        }
        let samples = watch.stop()
        guard run.report.pulls.first?.complete != nil, run.processes.count == 2,
            let asked = run.journals[2]?.first(where: { $0.event == .joining })?.time,
            let server = samples[run.processes[0]], let joiner = samples[run.processes[1]],
            let before = server.last(where: { $0.time < asked }),
            let serverEnd = server.last, let joinerEnd = joiner.last
        else {
            throw BenchmarkFailure("no transfer was completed")
        }
        return (before.peak, serverEnd.peak, joinerEnd.peak)
    }
}
