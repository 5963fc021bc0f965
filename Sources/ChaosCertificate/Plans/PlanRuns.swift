import ChaosModel

/// Reads the runs of a plan in their order: which neighbour each belongs to, and what is wrong with it.
///
/// A right plan names neighbours in the order of the instance, so they are found by walking along; a table of all names
/// is made only for a plan that does not.
struct PlanRuns {
    private let instance: Instance
    private let size: Int?
    private let shards: Int
    /// n_i for every neighbour, as far as the runs could be read.
    private(set) var counts: [Int]
    /// The sum of all runs' counts, readable or not.
    private(set) var total: Int128 = 0
    /// True while `counts` is all that the plan says, each count in 1 … K(s).
    private(set) var hasCounts: Bool

    private var nextNeighbor = 0
    private var nextShard: Int128 = 0
    /// The neighbour of the last run that was found.
    private var previous: Int?
    /// Only for a plan out of order: the index of each name.
    private var indices: [String: Int] = [:]
    private var runOfNeighbor: [Int32]

    /// - Parameter shardSize: nil if the plan's is not one of the chain; then counts and times are not looked at.
    init(_ instance: Instance, shardSize: Int?) {
        self.instance = instance
        size = shardSize
        shards = shardSize.map { PlanTimes.shardCount(of: instance.state, size: $0) } ?? ModelRange.mostBytes
        counts = [Int](repeating: 0, count: instance.neighbors.count)
        runOfNeighbor = [Int32](repeating: -1, count: instance.neighbors.count)
        hasCounts = shardSize != nil
    }

    mutating func read(_ run: Plan.Run, at k: Int, into faults: inout PlanFaultList) {
        total += Int128(run.count)
        if Int128(run.first) != nextShard {
            faults.add(.notContiguous(run: k, first: run.first, expected: Int(clamping: nextShard)))
        }
        // Later runs are measured from where this one says it ends, so that one mistake is one fault.
        nextShard = Int128(run.first) + Int128(run.count)
        let isInRange = (1...shards).contains(run.count)
        if !isInRange {
            faults.add(.countOutOfRange(place: "assignments[\(k)].count", run.count, range: 1...shards))
            hasCounts = false
        }
        guard let i = index(of: run.neighbor) else {
            faults.add(.unknownNeighbor(run: k, run.neighbor))
            hasCounts = false
            return
        }
        if runOfNeighbor[i] >= 0 {
            faults.add(.repeatedNeighbor(run: k, run.neighbor, firstRun: Int(runOfNeighbor[i])))
            hasCounts = false
            return
        }
        runOfNeighbor[i] = Int32(clamping: k)
        if let previous, i < previous {
            faults.add(.outOfOrder(run: k, run.neighbor, after: instance.neighbors[previous].id))
        }
        previous = i
        guard let size, isInRange else { return }
        counts[i] = run.count
        let neighbor = instance.neighbors[i]
        if let limit = neighbor.limit, run.count > limit / size {
            faults.add(
                .limitPassed(
                    place: "assignments[\(k)].count", neighbor: neighbor.id, run.count, most: limit / size))
        }
        let finish = PlanTimes.completion(of: run.count, size: size, from: neighbor)
        if finish != run.finish {
            faults.add(.finishNotExact(run: k, neighbor: neighbor.id, run.finish, exact: finish))
        }
    }

    /// The index of the neighbour of this name.
    private mutating func index(of id: String) -> Int? {
        if indices.isEmpty {
            while nextNeighbor < instance.neighbors.count {
                nextNeighbor += 1
                if instance.neighbors[nextNeighbor - 1].id == id { return nextNeighbor - 1 }
            }
            indices.reserveCapacity(instance.neighbors.count)
            for (i, neighbor) in instance.neighbors.enumerated() { indices[neighbor.id] = i }
        }
        return indices[id]
    }
}
