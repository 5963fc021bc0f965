import ChaosModel

/// The instances of the benchmarks: wide-area links, log-uniform from 10 Mbit/s to 10 Gbit/s, latencies up to 300 ms,
/// ready times up to 2 s. The same on every machine.
enum BenchmarkInstance {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// - Parameters:
    ///   - bytes: the state; with `size` it gives the number of shards.
    ///   - groups: none, or a forest of two levels with this many groups.
    static func wideArea(
        neighbors: Int, bytes: Int, sizes: [Int], groups groupCount: Int = 0, withOverhead: Bool = false
    ) -> Instance {
        var random = Generator(state: UInt64(neighbors))
        let list = (0..<neighbors).map { i in
            let decade = [10_000_000, 100_000_000, 1_000_000_000].randomElement(using: &random)!
            return Neighbor(
                id: "n\(i)", bandwidth: decade * Int.random(in: 1000..<10_000, using: &random) / 1000,
                latency: Int.random(in: 1_000_000...300_000_000, using: &random),
                ready: Int.random(in: 0...2_000_000_000, using: &random),
                overhead: withOverhead ? Int.random(in: 0...1_000_000, using: &random) : 0,
                group: groupCount > 0 && i % 4 > 0 ? i % groupCount : nil)
        }
        let groups = (0..<groupCount).map { g in
            CapacityGroup(
                id: "g\(g)", bandwidth: 2_000_000_000 * Int.random(in: 1...40, using: &random),
                parent: g % 5 == 0 ? nil : g - g % 5)
        }
        do {
            return try Instance(
                state: TrainingState(bytes: bytes), shardSizes: sizes, neighbors: list, groups: groups)
        } catch {
            fatalError("the benchmark's own instance is valid: \(error)")
        }
    }
}
