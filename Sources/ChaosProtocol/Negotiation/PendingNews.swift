/// News that has come and is still to be passed on, by whom it came from.
///
/// It is kept by the names of the nodes that it is about: what is sent in the end are their latest reports, so of several
/// that follow each other closely only the last travels on.
struct PendingNews: Sendable {
    struct Part: Sendable {
        /// Nil: from this node itself.
        let source: NodeID?
        /// Ascending, each once.
        fileprivate(set) var nodes: [NodeID]
    }

    private(set) var parts: [Part] = []
    /// Whether some of it may make a view due.
    private(set) var isUrgent = false

    var isEmpty: Bool { parts.isEmpty }

    /// Cost: O(log nodes) as a rule, O(nodes) at worst, of those that are pending from this source.
    mutating func add(_ node: NodeID, from source: NodeID?, isUrgent urgent: Bool) {
        isUrgent = isUrgent || urgent
        guard let i = parts.firstIndex(where: { $0.source == source }) else {
            parts.append(Part(source: source, nodes: [node]))
            return
        }
        if !parts[i].nodes.containsSorted(node) { parts[i].nodes.insertSorted(node) }
    }
}

/// Lets something happen at once as long as it is seldom, and when it is frequent at most once in a while: a bucket of
/// `burst` tokens, into which another one falls every `pause`.
struct Pace: Sendable {
    let pause: Int
    let burst: Int
    /// When the bucket will be full again.
    private var fullAt: Int?

    init(pause: Int, burst: Int) {
        self.pause = pause
        self.burst = burst
    }

    /// The earliest time at which it may happen.
    func next(_ now: Int) -> Int { max(now, (fullAt ?? now) - (burst - 1) * pause) }

    /// It happens.
    mutating func take(at now: Int) { fullAt = max(fullAt ?? now, now) + pause }
}
