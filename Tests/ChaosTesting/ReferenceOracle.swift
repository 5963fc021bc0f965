import BigInt
import ChaosModel

/// Sections 2 to 4 of the model in big integers and nothing else: slow, and independent of the solvers, of `Forest` and
/// of `ExactTime`. Groups are looked up by walking from each neighbour to its root.
public struct ReferenceOracle {
    private let instance: Instance
    private let size: Int
    /// K(s).
    public let shards: BigInt
    /// For each neighbour the groups around it, innermost first.
    private let groupsAround: [[Int]]
    /// a_g; nil for a group without a neighbour.
    private let startOfGroup: [Int?]

    public init(_ instance: Instance, size: Int) {
        self.instance = instance
        self.size = size
        shards = (BigInt(instance.state.bytes) + BigInt(size) - 1) / BigInt(size)
        var around: [[Int]] = []
        var starts = [Int?](repeating: nil, count: instance.groups.count)
        for neighbor in instance.neighbors {
            var chain: [Int] = []
            var group = neighbor.group
            while let g = group {
                chain.append(g)
                let start = neighbor.ready + neighbor.latency
                starts[g] = min(starts[g] ?? start, start)
                group = instance.groups[g].parent
            }
            around.append(chain)
        }
        groupsAround = around
        startOfGroup = starts
    }

    /// ⌊u_i / s⌋, or K(s) where there is no limit.
    private func most(_ i: Int) -> BigInt {
        instance.neighbors[i].limit.map { min(shards, BigInt($0) / BigInt(size)) } ?? shards
    }

    /// Σ_i ⌊u_i / s⌋, at most K(s).
    public var attainable: BigInt {
        min(shards, instance.neighbors.indices.reduce(BigInt(0)) { $0 + most($1) })
    }

    /// The least T that satisfies all rows of the program for these counts; nil if they break a limit or do not cover
    /// the state.
    public func makespan(of counts: [Int]) -> BigTime? {
        guard counts.count == instance.neighbors.count, counts.allSatisfy({ $0 >= 0 }) else { return nil }
        var latest = BigTime(0)
        var covered = BigInt(0)
        var below = [Int](repeating: 0, count: instance.groups.count)
        for (i, count) in counts.enumerated() where count > 0 {
            let neighbor = instance.neighbors[i]
            guard BigInt(count) <= most(i) else { return nil }
            covered += BigInt(count)
            for g in groupsAround[i] { below[g] += count }
            latest = max(
                latest,
                .completion(
                    of: count, size: size, start: neighbor.ready + neighbor.latency, overhead: neighbor.overhead,
                    bandwidth: neighbor.bandwidth))
        }
        guard covered >= shards else { return nil }
        for (g, group) in instance.groups.enumerated() where below[g] > 0 {
            latest = max(
                latest,
                .completion(
                    of: below[g], size: size, start: startOfGroup[g]!, overhead: 0, bandwidth: group.bandwidth))
        }
        return latest
    }

    /// F_s(T), or F_s strictly before T: how many shards of this size can be complete.
    public func capacity(by time: BigTime, strictly: Bool = false) -> BigInt {
        var supply = [BigInt](repeating: 0, count: instance.groups.count)
        var waiting = [Int](repeating: 0, count: instance.groups.count)
        for group in instance.groups { if let p = group.parent { waiting[p] += 1 } }
        var total = BigInt(0)
        func give(_ amount: BigInt, to group: Int?) {
            if let group { supply[group] += amount } else { total += amount }
        }
        for (i, neighbor) in instance.neighbors.enumerated() {
            let count = time.completions(
                strictlyBefore: strictly, size: size, start: neighbor.ready + neighbor.latency,
                overhead: neighbor.overhead, bandwidth: neighbor.bandwidth)
            give(min(count, most(i)), to: neighbor.group)
        }
        // A group is done once all groups inside it are.
        var done = waiting.indices.filter { waiting[$0] == 0 }
        while let g = done.popLast() {
            let group = instance.groups[g]
            if let start = startOfGroup[g] {
                let count = time.completions(
                    strictlyBefore: strictly, size: size, start: start, overhead: 0, bandwidth: group.bandwidth)
                give(min(count, supply[g]), to: group.parent)
            }
            if let p = group.parent {
                waiting[p] -= 1
                if waiting[p] == 0 { done.append(p) }
            }
        }
        return total
    }

    /// True if T is the optimum by the certificate: F(T) ≥ K and F(strictly before T) < K.
    public func isOptimum(_ time: BigTime) -> Bool {
        capacity(by: time) >= shards && capacity(by: time, strictly: true) < shards
    }

    /// The optimum by looking at every assignment; nil if there is none. For a handful of neighbours and shards.
    public func enumeratedOptimum() -> BigTime? {
        var best: BigTime?
        var counts = [Int](repeating: 0, count: instance.neighbors.count)
        func fill(_ i: Int, _ left: Int) {
            if i == counts.count - 1 {
                counts[i] = left
                if let makespan = makespan(of: counts), best.map({ makespan < $0 }) ?? true { best = makespan }
                return
            }
            for count in 0...left {
                counts[i] = count
                fill(i + 1, left - count)
            }
        }
        fill(0, Int(shards))
        return best
    }
}
