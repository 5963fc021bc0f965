extension TransferSource: SelfChecking {
    /// Cost: O(1).
    package func check(_ holds: inout Sentences) {
        holds("What is on the way has been asked for.", work.inFlight.count <= asked)
        holds("Pulls are in the order of their sending.", areSorted)
        holds("A pull is sent again after it was sent.", work.inFlight.first.map { $0.sentAt < work.repeatAt } ?? true)
        holds("Repeats are counted.", work.repeats >= 0)
        holds("A bandwidth is in its range.", monitored.map { $0 > 0 } ?? true)
        holds(of: "queue", work.queue)
        holds("Who has something to be asked for is not unused.", unusedSince == nil || work.queue.count == 0)
    }

    /// Looks at both ends only, for there may be a thousand.
    private var areSorted: Bool {
        guard let first = work.inFlight.first, let last = work.inFlight.last else { return true }
        return first.sentAt <= last.sentAt
    }
}
