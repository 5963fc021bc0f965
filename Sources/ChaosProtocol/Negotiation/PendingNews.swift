/// News that has come and is still to be passed on, by whom it came from.
///
/// It is kept by the names of the nodes that it is about: what is sent in the end are their latest reports, so of several
/// that follow each other closely only the last travels on.
struct PendingNews: Sendable {
    struct Part: Sendable {
        /// Nil: from this node itself.
        let source: NodeID?
        /// Ascending, each once.
        var nodes: [NodeID]
    }

    /// Each of another source.
    var parts: [Part] = []
    /// Whether some of it may make a view due.
    var isUrgent = false

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
