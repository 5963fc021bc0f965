import ChaosModel

/// The replan.
extension Transfer {
    /// Solves for the shards that are missing, with the rates that are measured, from the neighbours that are left.
    ///
    /// Rates change all the time, for updates share the links with the shards. So the plan at hand is kept unless it is
    /// void, or would end far later than the new one, and what is on the way stays where it is. Only shards that would
    /// come far later than the new plan ends are asked of others too: these can come twice, and those of a neighbour
    /// that failed.
    ///
    /// Cost: O(K / 64 + neighbours + runs).
    /// - Returns: why there is no plan; nil: there is one.
    mutating func replan(_ now: Int) -> Receiver.Failure? {
        let mayKeep = course.standing < .void
        course.standing = .sound
        course.holdsUntil = now + settings.replanPause
        if !sources.indices.contains(where: { isAlive($0) && sources[$0].isServing }) {
            for i in sources.indices where isAlive(i) { sources[i].resume() }
        }
        let left = sources.indices.filter { isAlive($0) && sources[$0].isServing }
        do {
            guard var solved = try solve(from: left, now) else {
                finishRuns(left, now)
                return nil
            }
            let latest = latestEnd(now, solved.plan.makespan.roundedUp)
            let end = left.map { sources[$0].end(of: sources[$0].owed, from: now) }.max() ?? now
            if mayKeep, end <= latest {
                (course.start, course.makespan) = (now, end - now)
                for i in left { pull(from: i, now) }
                return nil
            }
            var isChanged = false
            for i in left where sources[i].measuredPace != nil {
                isChanged = sources[i].giveAway(after: latest, now) || isChanged
            }
            if isChanged, let again = try solve(from: left, now) { solved = again }
            carryOut(solved, from: left, now)
            return nil
        } catch {
            return .limits(error.reason)
        }
    }

    /// The runs of missing shards that nobody is sending already.
    private func missing(from left: [Int]) -> [Range<Int>] {
        if defect == .replanPullsWhatHasArrived { return [0..<shards] }
        var covered = arrived
        for i in left { for pull in sources[i].work.inFlight where !pull.isGivenAway { covered.insert(pull.shard) } }
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

    private mutating func carryOut(_ solved: SolvedInstance, from left: [Int], _ now: Int) {
        let queues = ShardQueue.deal(missing(from: left), counts: solved.counts)
        for (i, queue) in zip(left, queues) { sources[i].assign(queue) }
        notePlannedEnds(solved.plan.finishes, from: now)
        figures.replans += 1
        actions.append(.replanned(solved.instance, solved.plan))
        start(makespan: solved.plan.makespan.roundedUp, left, now)
    }

    /// - Parameter finishes: of a plan that is carried out from `start` on.
    mutating func notePlannedEnds(_ finishes: [String: Int], from start: Int) {
        for i in sources.indices { sources[i].plannedEnd = finishes[sources[i].terms.id].map { start + $0 } }
    }

    /// Nothing needs to be pulled but what is on the way.
    private mutating func finishRuns(_ left: [Int], _ now: Int) {
        for i in left { sources[i].assign(ShardQueue()) }
        start(makespan: 0, left, now)
    }

    private mutating func start(makespan: Int, _ left: [Int], _ now: Int) {
        course.start = now
        course.isGiven = false
        let ends = left.map { i in
            sources[i].end(of: sources[i].work.inFlight.count { !$0.isGivenAway }, from: now) - now
        }
        course.makespan = max(makespan, ends.max() ?? 0)
        for i in left { pull(from: i, now) }
    }
}

extension Plan {
    /// When each neighbour that has a part in it comes to its end, in ns, rounded up.
    var finishes: [String: Int] {
        Dictionary(uniqueKeysWithValues: assignments.map { ($0.neighbor, $0.finish.roundedUp) })
    }
}
