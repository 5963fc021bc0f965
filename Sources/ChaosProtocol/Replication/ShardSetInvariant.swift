extension ShardSet: SelfChecking {
    /// Cost: O(1): the bits themselves are not counted.
    package func check(_ holds: inout Sentences) {
        holds("A set has no more shards than there are.", (0...capacity).contains(count))
        holds("There is a bit for each shard.", words.count == (capacity + 63) / 64)
        holds("A state has no more shards than allowed.", capacity <= MessageLimits.shards)
    }
}
