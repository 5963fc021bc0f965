/// Shards to be pulled from a neighbour, in their order: runs, since there may be millions.
struct ShardQueue: Sendable {
    var runs: [Range<Int>] = []
    var head = 0
    var count = 0

    mutating func append(_ run: Range<Int>) {
        guard !run.isEmpty else { return }
        runs.append(run)
        count += run.count
    }

    mutating func popFirst() -> Int? {
        guard head < runs.count else { return nil }
        let shard = runs[head].lowerBound
        count -= 1
        if runs[head].count > 1 { runs[head] = shard + 1..<runs[head].upperBound } else { head += 1 }
        return shard
    }

    /// The one that would be pulled last.
    mutating func popLast() -> Int? {
        guard head < runs.count, let run = runs.last else { return nil }
        count -= 1
        if run.count > 1 { runs[runs.count - 1] = run.dropLast() } else { runs.removeLast() }
        return run.upperBound - 1
    }

    /// How many of these are in it. Cost: O(runs).
    func count(in run: Range<Int>) -> Int { runs[head...].reduce(0) { $0 + $1.clamped(to: run).count } }

    /// Deals shards out: to each its count, one after the other.
    /// - Precondition: the counts' sum is at most the number of shards.
    static func deal(_ shards: [Range<Int>], counts: [Int]) -> [ShardQueue] {
        var runs = shards[...]
        return counts.map { count in
            var queue = ShardQueue()
            while queue.count < count {
                let run = runs.removeFirst()
                let part = run.prefix(count - queue.count)
                queue.append(part)
                if part.endIndex < run.endIndex { runs.insert(part.endIndex..<run.upperBound, at: runs.startIndex) }
            }
            return queue
        }
    }
}
