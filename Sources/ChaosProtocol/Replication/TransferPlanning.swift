import ChaosModel

/// The plan made anew.
extension Transfer {
    /// Solves for the shards that are missing, with the rates that are measured, from the neighbours that are left.
    ///
    /// Rates change all the time, for updates share the links with the shards. So the plan at hand is kept unless a
    /// neighbour has come or gone or has nothing more to do long before it should, or it would end far later than a new
    /// one, and what is on the way stays where it is.
    /// Only shards that would come far later than the new plan ends are asked of others too: these can come twice, and
    /// those of a neighbour that failed.
    ///
    /// Cost: O(K / 64 + neighbours + runs).
    mutating func replan(_ now: Int) {
        let mayKeep = !needsPlan
        (needsPlan, isBehind) = (false, false)
        lastPlanAt = now
        if !sources.indices.contains(where: { isAlive($0) && sources[$0].condition == .serving }) {
            for i in sources.indices where isAlive(i) { sources[i].condition = .serving }
        }
        let left = sources.indices.filter { isAlive($0) && sources[$0].condition == .serving }
        do {
            guard var solved = try solve(from: left, now) else { return finishRuns(left, now) }
            let latest = latestEnd(now, solved.plan.makespan.roundedUp)
            let end = left.map { sources[$0].end(of: sources[$0].owed, from: now) }.max() ?? now
            if mayKeep, end <= latest {
                (planStart, makespan) = (now, end - now)
                for i in left { pull(from: i, now) }
                return
            }
            var isChanged = false
            for i in left where sources[i].measuredPace != nil {
                for k in sources[i].inFlight.indices where sources[i].end(of: k + 1, from: now) > latest {
                    isChanged = isChanged || !sources[i].inFlight[k].isGivenAway
                    sources[i].inFlight[k].isGivenAway = true
                }
            }
            if isChanged, let again = try solve(from: left, now) { solved = again }
            carryOut(solved, from: left, now)
        } catch {
            outcome = .failed(.limits(error.reason))
        }
    }

    /// The runs of missing shards that nobody is sending already.
    private func missing(from left: [Int]) -> [Range<Int>] {
        if defect == .replanPullsWhatHasArrived { return [0..<shards] }
        var covered = arrived
        for i in left { for pull in sources[i].inFlight where !pull.isGivenAway { covered.insert(pull.shard) } }
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
        for (i, queue) in zip(left, queues) { sources[i].queue = queue }
        notePlannedEnds(solved.plan.finishes, from: now)
        figures.plansAnew += 1
        actions.append(.solvedAgain(solved.instance, solved.plan))
        start(makespan: solved.plan.makespan.roundedUp, left, now)
    }

    /// - Parameter finishes: of a plan that is carried out from `start` on.
    mutating func notePlannedEnds(_ finishes: [String: Int], from start: Int) {
        for i in sources.indices { sources[i].plannedEnd = finishes[sources[i].terms.id].map { start + $0 } }
    }

    /// Nothing needs to be pulled but what is on the way.
    private mutating func finishRuns(_ left: [Int], _ now: Int) {
        for i in left { sources[i].queue = ShardQueue() }
        start(makespan: 0, left, now)
    }

    private mutating func start(makespan: Int, _ left: [Int], _ now: Int) {
        planStart = now
        let ends = left.map { sources[$0].end(of: sources[$0].inFlight.count { !$0.isGivenAway }, from: now) - now }
        self.makespan = max(makespan, ends.max() ?? 0)
        for i in left { pull(from: i, now) }
    }
}

extension Plan {
    /// When each neighbour that has a part in it comes to its end, in ns, rounded up.
    var finishes: [String: Int] {
        Dictionary(uniqueKeysWithValues: assignments.map { ($0.neighbor, $0.finish.roundedUp) })
    }
}
