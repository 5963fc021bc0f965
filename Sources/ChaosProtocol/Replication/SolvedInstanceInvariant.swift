extension SolvedInstance: SelfChecking {
    /// Cost: O(neighbours).
    package func check(_ holds: inout Sentences) {
        holds("Each neighbour has its count.", counts.count == instance.neighbors.count)
        holds("A count is not negative.", counts.allSatisfy { $0 >= 0 })
        holds("All shards are dealt out.", counts.reduce(0, +) == plan.shards)
        holds("The shards make the state.", instance.state.shardCount(ofSize: plan.shardSize) == plan.shards)
        holds("A state has no more shards than allowed.", plan.shards <= MessageLimits.shards)
    }
}
