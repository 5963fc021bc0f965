/// A set of shards 0 ..< K, a bit each.
struct ShardSet: Sendable {
    var words: [UInt64]
    let capacity: Int
    var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        words = [UInt64](repeating: 0, count: (capacity + 63) / 64)
    }

    var isFull: Bool { count == capacity }

    func contains(_ shard: Int) -> Bool { words[shard >> 6] & 1 << UInt64(shard & 63) != 0 }

    mutating func insert(_ shard: Int) {
        if !contains(shard) { count += 1 }
        words[shard >> 6] |= 1 << UInt64(shard & 63)
    }

    mutating func remove(_ shard: Int) {
        if contains(shard) { count -= 1 }
        words[shard >> 6] &= ~(1 << UInt64(shard & 63))
    }

    /// The runs of shards that are not in it, ascending. Cost: O(K / 64 + runs).
    var gaps: [Range<Int>] {
        var gaps: [Range<Int>] = []
        var shard = 0
        while shard < capacity {
            let start = shard
            shard = next(from: start, isIn: true)
            if start < shard { gaps.append(start..<shard) }
            shard = next(from: shard, isIn: false)
        }
        return gaps
    }

    /// The first shard from there on that is or is not in the set, or the capacity.
    private func next(from start: Int, isIn: Bool) -> Int {
        var shard = start
        while shard < capacity {
            let word = isIn ? words[shard >> 6] : ~words[shard >> 6]
            let rest = word >> UInt64(shard & 63)
            if rest != 0 { return min(capacity, shard + rest.trailingZeroBitCount) }
            shard = (shard | 63) + 1
        }
        return capacity
    }
}
