extension Reduction: SelfChecking {
    /// Cost: O(children + chunks), and O(neighbours) while some of them have a later view.
    package func check(_ holds: inout Sentences) {
        let isMember = role == .member
        let isLearner = role != .member && role != .outside

        holds(
            "A member has a step at hand exactly when its era has begun.",
            (step != nil) == (isMember && standing?.division != nil))
        holds("The step at hand is the next one to be applied.", step == nil || step!.number == applied)
        holds(
            "A member has applied all before the step with which its view began.",
            !isMember || begun == nil || applied != nil && begun! <= applied!)
        holds("A member without a replica is lost.", !isMember || applied != nil || isLost)
        holds("Nobody is lost outside.", !isLost || role != .outside)
        holds(
            "A node that a view leaves out keeps nothing.",
            standing == nil || role != .outside || applied == nil && updates.isEmpty && updates.oldest == nil)

        holds("A learner, and nobody else, knows what is stable.", (learning != nil) == isLearner)
        holds(
            "A learner applies only what is stable.",
            defect == .unstableUpdateApplied || defect == .snapshotStepMistaken || learning == nil
                || applied ?? 0 <= learning!.stable)
        holds(
            "A learner that has caught up has a replica, in an era that has begun.",
            learning?.hasCaughtUp != true || applied != nil && standing?.division != nil)

        holds(
            "Whoever has a replica retains updates up to it, and at most `window` of them.",
            applied == nil || updates.oldest != nil && (0...settings.window).contains(applied! - updates.oldest!))
        holds(
            "Of the updates to come no more are kept than there is room for.",
            updates.sets.count <= settings.window + max(settings.window, settings.backlog))
        holds("Updates have `settings.chunks` chunks.", updates.chunks == settings.chunks)
        holds(
            "The updates before the gap are complete.",
            defect == .snapshotStepMistaken || defect == .updateNotHandedOver || updates.oldest == nil
                || updates.gap <= updates.oldest! || updates.isComplete(updates.gap - 1))

        holds(
            "What has come early is of the next step.",
            early.allSatisfy { defect == .earlyPartialKept || $0.step == (step == nil ? applied : applied! + 1) })
        holds("It asks again exactly while it waits.", (retry.due != nil) == isWaiting)
        holds(
            "A member idles exactly while it has nothing to compute.",
            (idle.since != nil) == (isMember && gradient?.isComplete != false))
        holds("Nobody but a member computes.", gradient == nil || isMember)
        holds(
            "In an era that has begun, what is computed is the step at hand.",
            step == nil || gradient?.step == step!.number && gradient!.view == standing!.view.era)
        holds(
            "A step has its gradient when it is complete.", step == nil || step!.hasGradient == gradient!.isComplete)
        holds("Only a root counts uneven steps.", balance.uneven == nil || isMember && parent == nil)
        holds(
            "What is kept for later views is of later views.",
            laterViews.readiness.values.allSatisfy { $0.view > standing?.view.number ?? 0 })

        checkParts(&holds)
    }

    private func checkParts(_ holds: inout Sentences) {
        holds(of: "updates", updates)
        holds(of: "balance", balance)
        holds(of: "idle time", idle)
        holds(of: "later views", laterViews)
        holds(of: "retry", retry)
        if let learning { holds(of: "learning", learning) }
        if let step { check(step, &holds) }
        guard let standing else { return }
        holds(of: "standing", standing)
        guard case .awaited(let readiness) = standing.beginning else { return }
        holds(
            "No more is said of this node than it has applied.",
            readiness.told == nil || readiness.told! <= applied ?? -1)
        holds(
            "A child is asked for what is to be applied.", readiness.asked == nil || readiness.asked! <= applied ?? -1)
    }

    private func check(_ step: Step, _ holds: inout Sentences) {
        holds(of: "step", step)
        holds("A step has `settings.chunks` chunks.", step.summed.chunks == settings.chunks)
        guard let standing else { return }
        holds(
            "Partial sums come from members below.",
            step.received.keys.allSatisfy { child in standing.branches.contains { $0.children.contains(child) } })
        holds(
            "A chunk comes from each child once.",
            defect == .repeatedPartialCounted
                || step.arrived.indices.allSatisfy {
                    (0...standing.branch(ofChunk: $0).children.count).contains(step.arrived[$0])
                })
    }
}

extension Reduction.Standing: SelfChecking {
    /// Cost: O(children).
    package func check(_ holds: inout Sentences) {
        holds("There are three numbers of positions at most.", shares.count <= 3)
        holds("A view that has begun is of an era that has.", begun == nil || division != nil)
        holds("Nothing is held back under a view that has begun.", begun == nil || heldFrom == nil)
        holds(
            "A node works under a view of the era.",
            view.numbersOfEra.contains(worksUnder) && (begun == nil || worksUnder == view.number))
        holds(
            "The first branch is that of the view's tree.",
            branches[0].parent == parent && branches[0].children == memberChildren || role != .member)
        holds("New learners are learners below.", newLearners.allSatisfy(learnerChildren.contains))
        guard case .awaited(let readiness) = beginning else { return }
        holds("Readiness is that of members below.", readiness.applied.keys.allSatisfy(memberChildren.contains))
        holds(
            "What a member has is said with its readiness.",
            Set(readiness.applied.keys) == Set(readiness.contributions.keys))
        holds("Readiness is told to a parent.", readiness.told == nil || parent != nil)
    }
}

extension Reduction.Step: SelfChecking {
    /// Cost: O(chunks).
    package func check(_ holds: inout Sentences) {
        holds("Whoever has computed has said how long.", !hasGradient || times != nil)
        holds("No time is negative, and the least is not the greater one.", times == nil || times!.isInOrder)
        holds("Nothing is summed before the own gradient is there.", hasGradient || summed.count == 0)
        holds("Arrivals are counted of every chunk.", arrived.count == summed.chunks)
        holds(of: "summed", summed)
    }
}

extension Reduction.Balance: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("It is told only after uneven steps.", !hasTold || uneven != nil)
        holds("What is uneven has been so for a step.", uneven == nil || uneven!.steps > 0)
        holds("Renewals are counted up to a bound.", (0...Self.mostRenewals).contains(renewals))
    }
}

extension Reduction.Learning: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("What is stable stays so.", 0 <= inherited && inherited <= stable)
    }
}

extension Updates: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("Nothing is kept before it is known where to begin.", oldest != nil || sets.isEmpty)
        holds("Nothing is kept of the update before the oldest.", oldest == nil || sets[oldest! - 1] == nil)
        holds("Of as many updates it is known of how many samples they are.", samples.count == sets.count)
        guard let oldest, let first = sets[oldest] else { return }
        holds(of: "oldest", first)
    }
}

extension ChunkSet: SelfChecking {
    /// Cost: O(chunks / 64).
    package func check(_ holds: inout Sentences) {
        holds("There is a bit for each chunk.", words.count == (chunks + 63) / 64)
        holds("As many chunks are counted as there are bits.", words.reduce(0) { $0 + $1.nonzeroBitCount } == count)
        holds(
            "Nothing is beyond the last chunk.", chunks % 64 == 0 || words[words.count - 1] >> UInt64(chunks % 64) == 0)
    }
}

extension RetryTimer: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("It waits neither shorter nor longer than it is set to.", (shortest...longest).contains(interval))
        holds("The shell wakes it in time.", due == nil || armed != nil && armed! <= due!)
        holds("Progress counts for one event.", !hasProgressed)
    }
}

extension IdleTime: SelfChecking {
    package func check(_ holds: inout Sentences) { holds("No time is negative.", soFar >= 0) }
}

extension LaterViews: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("No more nodes are kept than a view has.", readiness.count <= MessageLimits.nodes)
    }
}

/// Looked at when it is made, in debug builds; it never changes.
extension ReductionTree: SelfChecking {
    /// Cost: O(nodes · depth).
    package func check(_ holds: inout Sentences) {
        holds("Every node has a place.", parents.count == members.count + learners.count)
        holds("The root is a member, and below nobody.", members.containsSorted(root) && parent(of: root) == nil)
        holds("Members hang on members.", parents.prefix(members.count).allSatisfy { $0 < members.count })
        holds("Every way up ends.", parents.indices.allSatisfy(wayUpEnds))
        holds(
            "All members hang on the root, or it is known that they do not.",
            joinsAllMembers == (parents.prefix(members.count).count { $0 < 0 } == 1))
    }

    private func wayUpEnds(from place: Int) -> Bool {
        var (place, steps) = (place, 0)
        while parents[place] >= 0, steps < parents.count { (place, steps) = (parents[place], steps + 1) }
        return steps < parents.count
    }
}

/// Looked at when they are made, in debug builds; they never change.
extension Shares: SelfChecking {
    /// Cost: O(members).
    package func check(_ holds: inout Sentences) {
        holds("Every member has a share.", ranges.count == members.count)
        holds("The first share begins with the first position.", ranges.first?.lowerBound == 0)
        holds(
            "Each share begins where the one before it ends.",
            ranges.indices.dropFirst().allSatisfy { ranges[$0 - 1].upperBound == ranges[$0].lowerBound })
        holds("The last share ends with the last position.", ranges.last?.upperBound == batch)
    }
}

extension ComputeTimes {
    fileprivate var isInOrder: Bool { 0 <= least && least <= greatest }
}
