import ChaosModel

/// F_s(strictly before T) of Documentation/MODEL.md, sections 4 and 4.7, for one time T and any number of sizes.
///
/// With D = o·b + 8·10^9·s, neighbour i completes n ≥ 1 shards strictly before T exactly when n·D < (T - a)·b. The left
/// side is whole, so n is at most N / D with N = ⌈(T - a)·b⌉ - 1, which no size changes. Without overhead
/// D = 8·10^9·s, and ⌊N / D⌋ = ⌊⌊N / 8·10^9⌋ / s⌋: the bytes that can be complete, divided by the size. A limit in bytes
/// and the capacity of a group are of that form too, so all but neighbours with an overhead cost one 64-bit division a
/// size.
///
/// Counts are clamped to K(s), which changes nothing that is asked: for counts that are not negative, min(K, ·) commutes
/// with their sums and minima up to K.
struct StrictCapacity {
    /// A neighbour without overhead.
    private struct Plain {
        /// Bytes that can be complete strictly before T, at most `mostBytes`.
        let bytes: UInt64
        let group: Int32
    }

    /// A neighbour with an overhead.
    private struct Loaded {
        /// N; below 2^127.
        let budget: UInt128
        /// o·b; below 2^100.
        let overheadCost: UInt128
        /// The limit in bytes, at most `mostBytes`.
        let bytes: UInt64
        let group: Int32
    }

    private var plain: [Plain] = []
    private var loaded: [Loaded] = []
    /// Bytes that each group can have passed strictly before T.
    private var groupBytes: [UInt64]
    private let tree: GroupOrder
    /// The shards complete below each group, for the size that is being counted.
    private var below: [Int]

    /// K(s)·s < S + s ≤ 2^54, so that more bytes than this are K(s) shards anyway.
    private static let mostBytes: UInt64 = 1 << 54
    private static let bitNanosecondsPerByte = UInt128(ModelRange.bitNanosecondsPerByte)

    /// Cost: O(|N|).
    /// - Precondition: `time` is at most 2^76 ns.
    init(_ instance: Instance, _ tree: GroupOrder, before time: ExactTime) {
        precondition(time.nanoseconds <= ModelRange.longestMakespan)
        self.tree = tree
        plain.reserveCapacity(instance.neighbors.count)
        for neighbor in instance.neighbors {
            let group = Int32(neighbor.group ?? -1)
            let limit = min(Self.mostBytes, neighbor.limit.map { UInt64($0) } ?? Self.mostBytes)
            let budget = Self.budget(before: time, start: PlanTimes.start(of: neighbor), bandwidth: neighbor.bandwidth)
            if neighbor.overhead == 0 {
                plain.append(Plain(bytes: min(limit, Self.bytes(of: budget)), group: group))
            } else {
                let cost = UInt128(neighbor.overhead) * UInt128(neighbor.bandwidth)
                loaded.append(Loaded(budget: budget, overheadCost: cost, bytes: limit, group: group))
            }
        }
        groupBytes = instance.groups.indices.map { g in
            guard let start = tree.starts[g] else { return 0 }
            return Self.bytes(
                of: Self.budget(before: time, start: start, bandwidth: instance.groups[g].bandwidth))
        }
        below = [Int](repeating: 0, count: instance.groups.count)
    }

    /// ⌈(T - a)·b⌉ - 1, and 0 if that is negative.
    private static func budget(before time: ExactTime, start: Int, bandwidth: Int) -> UInt128 {
        let wait = time.nanoseconds - Int128(start)
        if wait < 0 { return 0 }
        let b = UInt128(bandwidth)
        let d = UInt128(time.denominator)
        let product = UInt128(wait) * b + (UInt128(time.remainder) * b + d - 1) / d
        return product == 0 ? 0 : product - 1
    }

    private static func bytes(of budget: UInt128) -> UInt64 {
        UInt64(min(budget / bitNanosecondsPerByte, UInt128(mostBytes)))
    }

    /// The number of shards of `size` bytes that can be complete strictly before T, at most `shards`, which is K(size).
    /// Cost: O(|N| + |G|).
    mutating func count(ofSize size: Int, atMost shards: Int) -> Int {
        let (s, k) = (UInt64(size), UInt64(shards))
        let shardCost = Self.bitNanosecondsPerByte * UInt128(size)
        var total = 0
        return below.withUnsafeMutableBufferPointer { below in
            below.update(repeating: 0)
            func give(_ count: Int, to group: Int32) {
                if group < 0 {
                    total = min(shards, total + count)
                } else {
                    below[Int(group)] = min(shards, below[Int(group)] + count)
                }
            }
            for neighbor in plain { give(Int(min(k, neighbor.bytes / s)), to: neighbor.group) }
            for neighbor in loaded {
                let inTime = min(UInt128(k), neighbor.budget / (neighbor.overheadCost + shardCost))
                give(Int(min(UInt64(inTime), neighbor.bytes / s)), to: neighbor.group)
            }
            for g in tree.childrenFirst {
                give(min(below[Int(g)], Int(min(k, groupBytes[Int(g)] / s))), to: tree.parents[Int(g)])
            }
            return total
        }
    }
}
