extension ShardQueue: SelfChecking {
    /// Cost: O(1): the runs themselves are not counted.
    package func check(_ holds: inout Sentences) {
        holds("What is taken was there.", (0...runs.count).contains(head))
        holds("Each run that is left has a shard at least.", count >= runs.count - head)
        holds("A queue without runs is empty.", head < runs.count || count == 0)
    }
}
