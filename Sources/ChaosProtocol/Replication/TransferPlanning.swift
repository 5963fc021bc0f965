import ChaosModel

/// The replan.
extension Transfer {
    /// Solves for the shards that are missing, with the rates that are measured, from the neighbours that are left. What is on
    /// the way stays where it is. That rates are other than planned needs no replan: whoever is done early takes over from the
    /// others (`help`).
    ///
    /// Cost: O(K / 64 + neighbours + runs).
    /// - Returns: why there is no plan; nil: there is one.
    mutating func replan(_ now: Int) -> Receiver.Failure? {
        course.isVoid = false
        course.holdsUntil = now + settings.replanPause
        if !sources.indices.contains(where: { isAlive($0) && sources[$0].isServing }) {
            for i in sources.indices where isAlive(i) { sources[i].resume() }
        }
        let left = sources.indices.filter { isAlive($0) && sources[$0].isServing }
        do {
            carryOut(try solve(from: left, now), from: left, now)
            return nil
        } catch {
            return .limits(error.reason)
        }
    }

    /// The runs of missing shards that nobody is sending already.
    private func missing(from left: [Int]) -> [Range<Int>] {
        if defect == .replanPullsWhatHasArrived { return [0..<shards] }
        var covered = arrived
        for i in left { for pull in sources[i].work.inFlight { covered.insert(pull.shard) } }
        return covered.gaps
    }

    /// - Returns: nil if nothing is missing that is not on the way.
    private func solve(from left: [Int], _ now: Int) throws(SolvedInstance.Unsolvable) -> SolvedInstance? {
        let count = missing(from: left).reduce(0) { $0 + $1.count }
        guard count > 0 else { return nil }
        let neighbors = left.map { i in
            let promised = figures.started + sources[i].terms.ready
            return sources[i].remaining(wait: hasSnapshot(i) ? 0 : max(0, promised - now))
        }
        // All figures come from an instance or from measurements kept in range.
        guard
            let instance = try? Instance(
                state: TrainingState(bytes: count * shardSize), shardSizes: [shardSize], neighbors: neighbors)
        else { throw SolvedInstance.Unsolvable(reason: "the measurements are out of range") }
        return try SolvedInstance(instance)
    }

    /// - Parameter solved: nil: nothing needs to be pulled but what is on the way.
    private mutating func carryOut(_ solved: SolvedInstance?, from left: [Int], _ now: Int) {
        let queues = solved.map { ShardQueue.deal(missing(from: left), counts: $0.counts) }
        for (k, i) in left.enumerated() { sources[i].assign(queues?[k] ?? ShardQueue()) }
        unassigned = ShardQueue()
        course.isGiven = false
        if let solved {
            figures.replans += 1
            actions.append(.replanned(solved.instance, solved.plan))
        }
        for i in left { pull(from: i, now) }
    }
}

extension Plan {
    /// When each neighbour that has a part in it comes to its end, in ns, rounded up.
    var finishes: [String: Int] {
        Dictionary(uniqueKeysWithValues: assignments.map { ($0.neighbor, $0.finish.roundedUp) })
    }
}
