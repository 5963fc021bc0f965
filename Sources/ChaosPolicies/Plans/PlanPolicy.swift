import ChaosModel
import ChaosSolver
import HeapModule

/// Ways to divide the shards among the neighbours. All but ours are what others do or what a user would write; each makes a
/// plan, which nodes can execute.
public enum PlanPolicy: String, Sendable, CaseIterable {
    /// Ours, provably the fastest over the chain of sizes.
    case threshold
    /// The greedy of the paper's first version: the size for which its rule does best, found as there by a search over the
    /// chain, and each shard to the neighbour with the least load, not looking at when it would be done: load is the time
    /// of its shards on its link, without latency, readiness and overheads.
    case firstGreedy = "first-greedy"
    /// As many bytes from each.
    case equal
    /// All from the neighbour with the fastest link.
    case best
    /// All from one that is drawn.
    case random
    /// Whole parameters of one size in turn from each.
    case perParameter = "per-parameter"
    /// Shards of the greatest size, each to the neighbour that has the least to send.
    case largestFirst = "largest-first"

    public var title: String {
        switch self {
        case .threshold: "Chaos"
        case .firstGreedy: "First greedy"
        case .equal: "Equal split"
        case .best: "Best source"
        case .random: "Random source"
        case .perParameter: "Per parameter"
        case .largestFirst: "Largest first"
        }
    }

    /// - Parameters:
    ///   - instance: its limits and groups are kept to by `threshold` alone; the others know none.
    ///   - source: the neighbour that is drawn.
    ///   - settings: how many parameters there are.
    /// - Returns: nil where the limits allow no plan, or its times are beyond the range.
    /// - Throws: what the solver throws.
    public func assignment(
        for instance: Instance, drawn source: Int, settings: PolicySettings
    ) throws -> ShardAssignment? {
        let neighbors = instance.neighbors
        guard let fastest = neighbors.fastest else { return nil }
        let sizes = instance.shardSizes
        switch self {
        case .threshold: return try ChainSearch().solve(instance).best
        case .firstGreedy:
            let all = sizes.sizes.map { size in
                let costs = neighbors.map { Situation.time(of: size, at: $0.bandwidth) }
                let shards = instance.state.shardCount(ofSize: size)
                return assignment((size, Self.leastLoad(shards, costs: costs, looksAhead: false)))
            }
            return all.min { $0.makespan < $1.makespan }
        case .equal: return each(of: sizes.smallest) { Self.divide($0, among: neighbors.count) }
        case .best: return each(of: sizes.largest) { Self.all($0, from: fastest, of: neighbors.count) }
        case .random: return each(of: sizes.largest) { Self.all($0, from: source, of: neighbors.count) }
        case .perParameter:
            // Parameters in turn: as many each, the first ones one more; then shards of the smallest size.
            let parts = Self.divide(settings.parameters, among: neighbors.count)
            return each(of: sizes.smallest) { shards in
                var (taken, counts) = (0, [Int]())
                var end = 0
                for part in parts {
                    end += part
                    let upTo = Int(Int128(shards) * Int128(end) / Int128(settings.parameters))
                    counts.append(upTo - taken)
                    taken = upTo
                }
                return counts
            }
        case .largestFirst:
            return each(of: sizes.largest) { Self.divide($0, among: neighbors.count) }
        }

        func assignment(_ found: (size: Int, counts: [Int])) -> ShardAssignment {
            ShardAssignment(
                shardSize: found.size, counts: found.counts,
                makespan: instance.makespan(of: found.counts, shardsOf: found.size))
        }
        func each(of size: Int, _ counts: (Int) -> [Int]) -> ShardAssignment {
            assignment((size, counts(instance.state.shardCount(ofSize: size))))
        }
    }

    /// A plan for real nodes to execute.
    /// - Parameters:
    ///   - instance: of the join.
    ///   - number: how many joins came before.
    ///   - settings: the seed, and how many parameters there are.
    /// - Returns: nil as `assignment`.
    /// - Throws: what the solver throws.
    public func plan(for instance: Instance, join number: Int, settings: PolicySettings) throws -> Plan? {
        let drawn = settings.source(of: instance.neighbors.count, join: number)
        return try assignment(for: instance, drawn: drawn, settings: settings).map {
            Plan($0, for: instance, isOptimal: false, algorithm: rawValue)
        }
    }

    /// As equal as may be, the first ones one more.
    static func divide(_ count: Int, among parts: Int) -> [Int] {
        (0..<parts).map { count / parts + ($0 < count % parts ? 1 : 0) }
    }

    private static func all(_ count: Int, from source: Int, of neighbors: Int) -> [Int] {
        (0..<neighbors).map { $0 == source ? count : 0 }
    }

    private struct Load: Comparable {
        let time: Int
        let neighbor: Int

        static func < (a: Load, b: Load) -> Bool { (a.time, a.neighbor) < (b.time, b.neighbor) }
    }

    /// Deals shards out one by one, each to the least load and the first of equals. All that come before a time are dealt at
    /// once: cost O((log T + neighbours) · neighbours).
    /// - Parameters:
    ///   - costs: what a shard adds to each load, 1 or more.
    ///   - looksAhead: whether the load that counts is that with the shard.
    static func leastLoad(_ shards: Int, costs: [Int], looksAhead: Bool) -> [Int] {
        // The shards of a load up to a time are a prefix of those that are dealt.
        func dealt(by time: Int) -> [Int] { costs.map { looksAhead ? time / $0 : (time + $0 - 1) / $0 } }
        var (low, high) = (0, 1 << 61)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let sum = dealt(by: middle).reduce(Int128(0)) { $0 + Int128($1) }
            if sum <= Int128(shards) { low = middle } else { high = middle }
        }
        var counts = dealt(by: low)
        var loads = Heap(
            costs.indices.map { Load(time: (counts[$0] + (looksAhead ? 1 : 0)) * costs[$0], neighbor: $0) })
        for _ in 0..<shards - counts.reduce(0, +) {
            let least = loads.removeMin()
            counts[least.neighbor] += 1
            loads.insert(Load(time: least.time + costs[least.neighbor], neighbor: least.neighbor))
        }
        return counts
    }
}
