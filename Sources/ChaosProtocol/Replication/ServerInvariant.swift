extension Server: SelfChecking {
    /// Cost: O(learners squared), and there are few.
    package func check(_ holds: inout Sentences) {
        holds("A node has no link to itself.", !links.contains(node))
        holds("What is measured is in its range.", qualities.values.allSatisfy(\.isInRange))
        holds("A time is in its range.", (0...MessageLimits.greatestQuantity).contains(ready))
        holds("No more stay than are learners.", stays.count <= view?.learners.count ?? 0)
        guard !stays.isEmpty else { return }
        for (learner, stay) in stays {
            holds("A stay is that of a learner.", view?.role(of: learner) == .learner(admitted: stay.admitted))
            holds("Only those are served that the policy allows.", policy.audience.contains(learner))
            holds(
                "No more is served than the policy allows.",
                (0...(policy.mostBytes ?? MessageLimits.greatestNumber)).contains(stay.servedBytes))
        }
        holds("No more snapshots are held than the policy allows.", snapshotCount <= policy.mostSnapshots)
        holds("A word that is due is sent.", nextWord == nil || nextWord == armed)
    }

    /// `snapshots.count`, without making a table of them.
    private var snapshotCount: Int {
        stays.indices.count { i in
            guard let step = stays.values[i].step else { return false }
            return stays.indices.first { stays.values[$0].step == step } == i
        }
    }

    /// When the first learner that can be reached is told of its snapshot again; nil: none is.
    private var nextWord: Int? {
        var next: Int?
        for (learner, stay) in stays where links.contains(learner) {
            if case .announced(_, let due) = stay.snapshot { next = min(next ?? due, due) }
        }
        return next
    }
}
