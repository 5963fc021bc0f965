import ChaosModel
import ChaosSolver

/// What depth costs: chains of groups, each inside the last one and with a neighbour of its own, so that there are as many
/// levels as neighbours.
enum DepthBenchmark {
    /// How the capacities of the levels stand to what those below can do.
    private enum Kind: String, CaseIterable {
        /// Each a little less, so that every level is held back by its own and has a time of its own.
        case heldBack = "every level held back"
        /// The outer ones ever less, so that times fall with the depth.
        case ever = "held back ever more"
        /// All alike.
        case alike = "all capacities alike"
        /// As much: nobody is held back for long.
        case even = "just enough"
        /// Random ones, of which the least hold back.
        case random = "random"

        func bandwidths(_ level: Int, of depth: Int, _ random: inout SeededRandom) -> (neighbor: Int, group: Int) {
            let left = depth - level
            switch self {
            case .heldBack: return (left == 1 ? 8_000_000_000 : 2_000_000, 1_000_000 * (depth + left) + 1)
            case .ever: return (2_000_000, 1_000_000 * (level + 1))
            case .alike: return (10_000_000, 1_000_000_000)
            case .even: return (10_000_000, 10_000_000 * left)
            case .random:
                return (random.int(10_000_000...10_000_000_000), random.int(2_000_000_000...2_000_000_000 * depth))
            }
        }
    }

    private static func chain(_ kind: Kind, depth: Int) throws -> Instance {
        var random = SeededRandom(seed: UInt64(depth))
        let levels = (0..<depth).map { kind.bandwidths($0, of: depth, &random) }
        return try Instance(
            state: TrainingState(bytes: 1 << 52), shardSizes: [4096],
            neighbors: levels.enumerated().map { level, bandwidths in
                Neighbor(
                    id: "n\(level)", bandwidth: bandwidths.neighbor, latency: random.int(1_000_000...300_000_000),
                    ready: random.int(0...2_000_000_000), group: level)
            },
            groups: levels.enumerated().map { level, bandwidths in
                CapacityGroup(id: "g\(level)", bandwidth: bandwidths.group, parent: level == 0 ? nil : level - 1)
            })
    }

    static func run() throws {
        let depths = [10, 100, 1000, 5000, 20_000]
        print("## threshold, a chain of h groups with a neighbor each, K = 2^40, ms (target: 5000 in at most 1000)\n")
        print("| capacities | " + depths.map { "h = \($0)" }.joined(separator: " | ") + " |")
        print("|---" + String(repeating: "|---", count: depths.count) + "|")
        for kind in Kind.allCases {
            let medians = try depths.map { depth in
                let instance = try chain(kind, depth: depth)
                let solve = { keep(Threshold().solve(FixedSizeProblem(instance, shardSize: 4096))) }
                return Measurement.inTurn(rounds: 3, [solve])[0].median
            }
            Benchmarks.row(
                "| \(kind.rawValue) | " + medians.map { Benchmarks.decimal($0 * 1000) }.joined(separator: " | ") + " |")
        }
        print()
    }
}
