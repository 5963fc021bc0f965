import ChaosModel

/// Threshold, the polynomial algorithm (Documentation/MODEL.md, section 5): it returns the very plan of `Greedy`, ties
/// included, at a cost that does not depend on the number of shards.
///
/// At a node with Q shards to give, T is the least time by which its children can complete Q together. Every child gets
/// what it completes strictly before T; the rest goes, in order, to the children that complete shards at T. Then the
/// same inside each group with its share. A group whose share is not below what its children complete strictly before
/// T is done with that same T: only a group held back by its own capacity needs a search of its own.
///
/// Cost: O(n) expected for a flat instance, and for each group that is held back as much again for what is below it and not
/// known to be held back itself (`HeldGroups`): O(h·n) at worst for a forest of height h. Nothing recurses.
public struct Threshold: FixedSizeSolver {
    public let name = "threshold"

    public init() {}

    public func solve(_ problem: FixedSizeProblem) -> FixedSizeResult {
        if let shortage = problem.shortage { return .infeasible(shortage) }
        var search = ThresholdSearch(PassTree(problem))
        guard let top = search.divide(problem.shards, below: 0) else { return .beyondRange }
        var open = top.held.map { (group: $0, end: top.end) }
        while let (group, end) = open.popLast() {
            if group.share == 0 {
                search.divideNothing(below: group.inner)
                continue
            }
            guard let found = search.divide(group.share, below: group.inner, by: end) else {
                preconditionFailure("a share that was reached is reached")
            }
            open += found.held.map { ($0, found.end) }
        }
        let leaves = search.settled.counts
        return .optimal(
            ShardAssignment(
                shardSize: problem.shardSize, counts: problem.order.leafOfNeighbor.map { leaves[Int($0)] },
                makespan: top.time))
    }
}
