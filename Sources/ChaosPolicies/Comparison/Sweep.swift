import ChaosModel

/// Joins that differ in one respect, to see what the scale-out delay grows with. All links are made from a seed.
public enum Sweep: String, CaseIterable, Sendable {
    /// 1 … 32 neighbours with 10 … 1000 Mbit/s and up to 100 ms, and 4.26 GB.
    case neighbors
    /// 14 MB … 94 GB from eight of them.
    case state
    /// Eight neighbours that carry 800 Mbit/s together, the fastest 1 … 100 times what the slowest does, and 4.26 GB.
    case spread

    public var axis: String {
        switch self {
        case .neighbors: "neighbors"
        case .state: "bytes of the state"
        case .spread: "fastest link, times the slowest"
        }
    }

    /// What it goes over, ascending.
    public var values: [Int] {
        switch self {
        case .neighbors: [1, 2, 4, 8, 16, 32]
        case .state:
            [14_000_000, 46_758_048, 140_274_144, 1_318_000_000, 4_257_878_016, 18_000_000_000, 94_000_000_000]
        case .spread: [1, 2, 5, 10, 20, 50, 100]
        }
    }

    /// Of GPT-2 medium with Adam.
    private static let usual = 4_257_878_016

    /// - Parameters:
    ///   - value: one of `values`.
    ///   - seed: draws bandwidths and latencies.
    public func instance(_ value: Int, seed: UInt64) throws -> Instance {
        var random = SeededRandom(seed: seed)
        let count = self == .neighbors ? value : 8
        var neighbors = (0..<count).map { k in
            // Decades of ten, from a table: no power of a Double decides anything.
            let bandwidth =
                [10, 13, 18, 24, 32, 42, 56, 75][random.int(0...7)] * [1, 10][random.int(0...1)] * 1_000_000
            return Neighbor(id: "\(k + 1)", bandwidth: bandwidth, latency: random.int(5...100) * 1_000_000)
        }
        if self == .spread {
            // In equal steps from the slowest to the fastest.
            var parts = (0..<8).map { 7 + $0 * (value - 1) }
            parts.shuffle(using: &random)
            let sum = parts.reduce(0, +)
            neighbors = neighbors.enumerated().map { k, neighbor in
                Neighbor(id: neighbor.id, bandwidth: 800_000_000 * parts[k] / sum, latency: neighbor.latency)
            }
        }
        return try Instance(
            name: "\(rawValue) \(value), seed \(seed)",
            state: TrainingState(bytes: self == .state ? value : Self.usual),
            shardSizes: [1 << 16, 1 << 18, 1 << 20, 1 << 22], neighbors: neighbors)
    }
}
