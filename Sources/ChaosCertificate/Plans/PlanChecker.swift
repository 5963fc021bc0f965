import ChaosModel

/// Checks plans by the certificate of Documentation/MODEL.md, section 4.7: a plan with makespan T is optimal if and only
/// if it is feasible and for every size s of the chain F_s(strictly before T) < K(s).
///
/// It solves nothing. With the solvers it shares what things are and no more: the types of ChaosModel for instances,
/// plans and exact times, their ranges and files, and how two times compare. Everything that is computed it
/// computes by itself, the definitions of section 2 included: K(s), starts and completion times (`PlanTimes`), the
/// forest of groups (`GroupOrder`) and F_s (`StrictCapacity`).
///
/// Cost: O(|D|·(|N| + |G|)), and one digest of the instance for a plan file.
public struct PlanChecker: Sendable {
    public let instance: Instance
    private let groups: GroupOrder

    /// Cost: O(|N| + |G|).
    public init(_ instance: Instance) {
        self.instance = instance
        groups = GroupOrder(instance)
    }

    /// Checks a plan file's content: everything that it says.
    public func check(_ plan: Plan) -> PlanReport {
        var faults = PlanFaultList()
        let digest = instance.sha256
        if plan.instance.sha256 != digest {
            faults.add(.otherInstance(digest: plan.instance.sha256, expected: digest))
        }
        guard instance.shardSizes.sizes.contains(plan.shardSize) else {
            faults.add(.sizeNotInChain(plan.shardSize))
            // Without a size of the chain no count and no time has a meaning.
            var runs = PlanRuns(instance, shardSize: nil)
            for (k, run) in plan.assignments.enumerated() { runs.read(run, at: k, into: &faults) }
            return report(faults, [])
        }
        let shards = PlanTimes.shardCount(of: instance.state, size: plan.shardSize)
        if plan.shards != shards { faults.add(.shardsNotK(plan.shards, expected: shards)) }
        var runs = PlanRuns(instance, shardSize: plan.shardSize)
        for (k, run) in plan.assignments.enumerated() { runs.read(run, at: k, into: &faults) }
        if runs.total != Int128(shards) { faults.add(.totalNotK(Int(clamping: runs.total), expected: shards)) }
        let counts = runs.hasCounts ? runs.counts : nil
        return judge(
            counts, total: runs.total, size: plan.shardSize, makespan: plan.makespan, seconds: plan.makespanSeconds,
            claim: plan.isOptimal, &faults)
    }

    /// Checks an assignment: its size, counts and makespan.
    public func check(_ assignment: ShardAssignment) -> PlanReport {
        var faults = PlanFaultList()
        let size = assignment.shardSize
        if !instance.shardSizes.sizes.contains(size) { faults.add(.sizeNotInChain(size)) }
        if assignment.counts.count != instance.neighbors.count {
            faults.add(.countsMissing(assignment.counts.count, neighbors: instance.neighbors.count))
        }
        guard faults.isEmpty else { return report(faults, []) }
        let shards = PlanTimes.shardCount(of: instance.state, size: size)
        let total = assignment.counts.reduce(Int128(0)) { $0 + Int128($1) }
        // First, so that no number of other faults keeps it from being reported.
        if total != Int128(shards) { faults.add(.totalNotK(Int(clamping: total), expected: shards)) }
        var areInRange = true
        for (i, count) in assignment.counts.enumerated() {
            if !(0...shards).contains(count) {
                faults.add(.countOutOfRange(place: "counts[\(i)]", count, range: 0...shards))
                areInRange = false
            }
            let neighbor = instance.neighbors[i]
            if let limit = neighbor.limit, count > limit / size {
                faults.add(
                    .limitPassed(place: "counts[\(i)]", neighbor: neighbor.id, count, most: limit / size))
            }
        }
        return judge(
            areInRange ? assignment.counts : nil, total: total, size: size, makespan: assignment.makespan,
            seconds: nil, claim: false, &faults)
    }

    /// The makespan of counts, by the checker's own evaluation; limits are not looked at. Cost: O(|N| + |G|).
    /// - Parameters:
    ///   - counts: n_i for every neighbour, not negative, in all at most K(size).
    ///   - size: s in bytes.
    public func makespan(of counts: [Int], shardsOf size: Int) -> ExactTime {
        latestCompletion(of: counts, size: size).0
    }

    /// The makespan and the certificate.
    /// - Parameter counts: one count in 0 … K(s) for each neighbour, or nil if the plan has none that can be read.
    private func judge(
        _ counts: [Int]?, total: Int128, size: Int, makespan claimed: ExactTime, seconds: String?, claim: Bool,
        _ faults: inout PlanFaultList
    ) -> PlanReport {
        // With more than K(s) shards in all, a group's bytes could be beyond what exact times are made for.
        guard let counts, total <= Int128(PlanTimes.shardCount(of: instance.state, size: size)) else {
            return report(faults, [], hasCounts: counts != nil)
        }
        let (exact, place) = latestCompletion(of: counts, size: size)
        guard exact <= ExactTime(nanoseconds: ModelRange.longestMakespan) else {
            faults.add(.beyondRange(at: place()))
            return report(faults, [], hasCounts: true)
        }
        if exact != claimed { faults.add(.makespanNotExact(claimed, exact: exact, at: place())) }
        if let seconds, !DecimalSeconds.isClose(seconds, to: exact) {
            faults.add(.secondsNotMakespan(seconds, exact: exact))
        }
        var capacity = StrictCapacity(instance, groups, before: exact)
        let sizes = instance.shardSizes.sizes.map { size in
            let shards = PlanTimes.shardCount(of: instance.state, size: size)
            return PlanReport.SizeFinding(
                shardSize: size, shards: shards, before: capacity.count(ofSize: size, atMost: shards))
        }
        if claim, let better = sizes.first(where: \.isBetter) { faults.add(.falseClaim(betterSize: better.shardSize)) }
        return report(faults, sizes, hasCounts: true)
    }

    private func report(
        _ faults: PlanFaultList, _ sizes: [PlanReport.SizeFinding], hasCounts: Bool = false
    ) -> PlanReport {
        let verdict: PlanReport.Verdict
        if !faults.isEmpty {
            verdict = .wrong(faults.faults, count: faults.count)
        } else if let better = sizes.first(where: \.isBetter) {
            verdict = .feasible(betterSize: better.shardSize)
        } else {
            verdict = .optimal
        }
        return PlanReport(verdict: verdict, hasCounts: hasCounts, sizes: sizes)
    }

    /// The latest completion of a neighbour or a group with shards, and the words that name one completing then.
    private func latestCompletion(of counts: [Int], size: Int) -> (ExactTime, at: () -> String) {
        var latest = ExactTime.zero
        var last: (neighbor: Int?, group: Int?)
        for (i, count) in counts.enumerated() where count > 0 {
            let time = PlanTimes.completion(of: count, size: size, from: instance.neighbors[i])
            if latest < time { (latest, last) = (time, (i, nil)) }
        }
        for (g, count) in groups.sums(of: counts, in: instance).enumerated() where count > 0 {
            guard let start = groups.starts[g] else { continue }
            let time = PlanTimes.completion(
                of: count, size: size, start: start, overhead: 0, bandwidth: instance.groups[g].bandwidth)
            if latest < time { (latest, last) = (time, (nil, g)) }
        }
        return (
            latest,
            {
                if let i = last.neighbor { return "neighbor \"\(instance.neighbors[i].id)\"" }
                if let g = last.group { return "group \"\(instance.groups[g].id)\"" }
                return "no shard"
            }
        )
    }
}

/// Collects the faults of a plan up to a bound, and counts the rest.
struct PlanFaultList {
    private(set) var faults: [PlanFault] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func add(_ fault: @autoclosure () -> PlanFault) {
        count += 1
        if faults.count < PlanReport.mostFaults { faults.append(fault()) }
    }
}
