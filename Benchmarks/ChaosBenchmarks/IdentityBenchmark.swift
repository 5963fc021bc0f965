import ChaosJudgement
import ChaosProtocol

/// Nodes with certificates, whose connections are encrypted, against the same without, in turn.
enum IdentityBenchmark {
    private static let (nodes, events, rounds) = (8, 200, 3)

    static func run(_ output: String) throws {
        print("## Handling time with certificates against without, 8 nodes on loopback, ms (target: at most 1.2)\n")
        print("| event | events | p50 | p99 | without, p50 | p99 | ratio of p50 |")
        print("|---|---|---|---|---|---|---|")
        var tallies = [true: [Story.Change.Event: HandlingTally](), false: [:]]
        for _ in 0..<rounds {
            for isInsecure in [false, true] {
                try HandlingBenchmark.links(nodes, events, isInsecure, &tallies[isInsecure]!)
            }
        }
        for event in [Story.Change.Event.connectLink, .disconnectLink] {
            guard let secure = tallies[false]?[event], let plain = tallies[true]?[event] else { continue }
            let cells = [
                secure.milliseconds(50), secure.milliseconds(99), plain.milliseconds(50), plain.milliseconds(99),
            ]
            Benchmarks.row(
                "| \(event.rawValue) | \(secure.count), \(plain.count) | "
                    + (cells + [cells[0] / cells[2]]).map(Benchmarks.decimal).joined(separator: " | ") + " |")
        }
        print("\n## The state over loopback with certificates against without, digests on\n")
        print(
            "(Target: at most 1.15 times a raw copy over one connection of TLS by the same library, with the same hash)\n"
        )
        print("| state, MiB | neighbors | pulled, s | without, s | ratio of medians | raw copy, s | ratio to that |")
        print("|---|---|---|---|---|---|---|")
        for (megabytes, neighbors) in [(256, 1), (1024, 1), (1024, 3)] {
            var times: [Bool: [Double]] = [:]
            var copies: [Double] = []
            for round in 0...rounds {
                let copy = try TLSCopy.measure(bytes: megabytes << 20)
                if round > 0 { copies.append(copy) }
                for isInsecure in [false, true] {
                    let time = try LoopbackBenchmark.pull(megabytes << 20, neighbors, isInsecure: isInsecure)
                    if round > 0 { times[isInsecure, default: []].append(time) }
                }
            }
            let medians = [false, true].map { times[$0]!.sorted()[rounds / 2] }
            let copy = copies.sorted()[rounds / 2]
            Benchmarks.row(
                "| \(megabytes) | \(neighbors) | "
                    + (medians + [medians[0] / medians[1], copy, medians[0] / copy]).map(Benchmarks.decimal).joined(
                        separator: " | ") + " |")
        }
        print()
    }
}
