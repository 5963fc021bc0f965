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
            "(Target: at most 1.15 times the processor time of a raw copy over one connection of TLS by the same library, with "
                + "the same hash, that of all processes for each GiB)\n"
        )
        print(
            "| state, MiB | neighbors | raw copy, processor s/GiB | pulled | ratio | raw copy, s | pulled | ratio "
                + "| without, processor s/GiB | ratio | without, s | ratio |")
        print("|---|---|---|---|---|---|---|---|---|---|---|---|")
        for (megabytes, neighbors) in [(256, 1), (1024, 1), (1024, 3)] {
            var pulls: [Bool: [CopyCost]] = [:]
            var copies: [CopyCost] = []
            for round in 0...rounds {
                let copy = try TLSCopy.measure(bytes: megabytes << 20)
                if round > 0 { copies.append(copy) }
                for isInsecure in [false, true] {
                    let cost = try LoopbackBenchmark.pull(megabytes << 20, neighbors, isInsecure: isInsecure)
                    if round > 0 { pulls[isInsecure, default: []].append(cost) }
                }
            }
            let (secure, plain) = (pulls[false]!.median, pulls[true]!.median)
            let rest = [
                plain.processor * 1024 / Double(megabytes), secure.processor / plain.processor, plain.seconds,
                secure.seconds / plain.seconds,
            ]
            Benchmarks.row(
                "| \(megabytes) | \(neighbors) | " + LoopbackBenchmark.cells(copies, pulls[false]!, megabytes) + " | "
                    + rest.map(Benchmarks.decimal).joined(separator: " | ") + " |")
        }
        print()
    }
}
