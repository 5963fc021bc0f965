import ChaosModel

/// Seeded random instances. Every seed gives a valid one, the same on every machine.
public enum RandomInstance {
    /// Small numbers full of ties: equal bandwidths, whole and fractional nanoseconds, limits, ready times, overheads,
    /// nested groups, chains whose larger sizes do not divide the state. Up to `mostNeighbors` neighbours and a state of
    /// at most `mostBytes` bytes, which is the number of shards of one byte.
    public static func small(seed: UInt64, mostNeighbors: Int = 8, mostBytes: Int = 300) -> Instance {
        var random = SeededRandom(seed: seed)
        let giga = 1_000_000_000
        let bandwidths = random.once(in: 2) ? [8 * giga] : [giga, 2 * giga, 3 * giga, 4 * giga, 7 * giga, 8 * giga]
        let hasGroups = random.once(in: 2)
        let hasOverheads = random.once(in: 2)
        let isLimited = random.once(in: 3)
        let bytes = random.int(1...mostBytes)
        let groupCount = hasGroups ? random.int(1...5) : 0
        let groups = (0..<groupCount).map { g in
            InstanceParts.GroupParts(
                bandwidth: random.int(1...20) * giga,
                parent: g == 0 || random.once(in: 3) ? nil : random.int(0...g - 1))
        }
        let count = random.int(1...mostNeighbors)
        let neighbors = (0..<count).map { _ in
            InstanceParts.NeighborParts(
                bandwidth: bandwidths.randomElement(using: &random)!,
                latency: random.once(in: 3) ? 0 : random.int(0...10),
                ready: random.once(in: 4) ? random.int(0...100) : 0,
                overhead: hasOverheads ? random.int(0...4) : 0,
                limit: isLimited || random.once(in: 6) ? random.int(0...2 * bytes) : nil,
                group: hasGroups && !random.once(in: 4) ? random.int(0...groupCount - 1) : nil)
        }
        return build(
            InstanceParts(
                bytes: bytes, sizes: chain(from: 1, upTo: 2 * mostBytes, &random), neighbors: neighbors, groups: groups)
        )
    }

    /// Figures of every order of magnitude up to the ends of all ranges, with at most `mostShards` shards of the smallest
    /// size (2^53 is the end of that range).
    public static func wide(seed: UInt64, mostNeighbors: Int = 8, mostShards: Int = 1000) -> Instance {
        var random = SeededRandom(seed: seed ^ 0x5749_4445)
        let bytes = random.anyLength(upTo: ModelRange.mostBytes)
        let least = max(1, (bytes + mostShards - 1) / mostShards)
        let smallest = least + (random.once(in: 2) ? 0 : random.int(0...min(least, ModelRange.mostBytes - least)))
        let groupCount = random.once(in: 2) ? random.int(1...5) : 0
        // Some instances keep to one order of magnitude, so that more than one neighbour matters.
        let sameOrder = random.once(in: 2) ? random.anyLength(upTo: ModelRange.mostBandwidth / 2) : nil
        func bandwidth() -> Int {
            sameOrder.map { random.int($0...2 * $0) } ?? random.anyLength(upTo: ModelRange.mostBandwidth)
        }
        func time(oneIn n: Int) -> Int {
            random.once(in: n) ? random.anyLength(upTo: ModelRange.mostNanoseconds) : 0
        }
        let groups = (0..<groupCount).map { g in
            InstanceParts.GroupParts(
                bandwidth: bandwidth(), parent: g == 0 || random.once(in: 3) ? nil : random.int(0...g - 1))
        }
        let neighbors = (0..<random.int(1...mostNeighbors)).map { _ in
            InstanceParts.NeighborParts(
                bandwidth: bandwidth(), latency: time(oneIn: 2), ready: time(oneIn: 4), overhead: time(oneIn: 4),
                limit: random.once(in: 4) ? random.anyLength(upTo: ModelRange.mostBytes) : nil,
                group: groupCount > 0 && !random.once(in: 4) ? random.int(0...groupCount - 1) : nil)
        }
        return build(
            InstanceParts(
                bytes: bytes, sizes: chain(from: smallest, upTo: ModelRange.mostBytes, &random), neighbors: neighbors,
                groups: groups))
    }

    /// Small and wide ones in turn.
    public static func any(seed: UInt64) -> Instance {
        seed % 2 == 0 ? small(seed: seed) : wide(seed: seed)
    }

    private static func chain(from smallest: Int, upTo most: Int, _ random: inout SeededRandom) -> [Int] {
        var sizes = [smallest]
        for _ in 1..<random.int(2...6) {
            let (next, overflow) = sizes.last!.multipliedReportingOverflow(by: random.int(2...5))
            guard !overflow, next <= most else { break }
            sizes.append(next)
        }
        return sizes
    }

    private static func build(_ parts: InstanceParts) -> Instance {
        do {
            return try parts.instance()
        } catch {
            preconditionFailure("the generator made an invalid instance: \(error)")
        }
    }
}
