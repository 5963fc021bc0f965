/// News that has come and is still to be passed on: of each node the last, and by whom it came.
///
/// It is kept by the names of the nodes that it is about: what is sent in the end are their latest reports and claims, so of
/// several that follow each other closely only the last travels on. Neighbours are told at different times; what each of
/// them has been told is known by the serial number that news had then.
struct PendingNews: Sendable {
    struct Item: Sendable {
        /// Nil: from this node itself.
        let source: NodeID?
        /// Greater than that of everything that came before.
        let serial: Int
        /// Whether it, or what it took the place of, may make a view due.
        let isEvent: Bool
    }

    private(set) var reports = SortedDictionary<NodeID, Item>()
    private(set) var claims = SortedDictionary<NodeID, Item>()
    /// The serial of the last news that each neighbour has been told; absent: none.
    var told: [NodeID: Int] = [:]
    /// Of the last news.
    var serial = 0

    /// Whether there is some that makes no view due. Cost: O(nodes) of those that are pending.
    var hasMeasurementsOfOthers: Bool { reports.values.contains { !$0.isEvent && $0.source != nil } }

    var isEmpty: Bool { reports.keys.isEmpty && claims.keys.isEmpty }

    /// Cost: O(nodes) of those that are pending.
    mutating func add(reportOf node: NodeID, from source: NodeID?, isEvent: Bool) {
        serial += 1
        let isEvent = isEvent || reports[node]?.isEvent == true
        reports[node] = Item(source: source, serial: serial, isEvent: isEvent)
    }

    /// Likewise.
    mutating func add(claimOf node: NodeID, from source: NodeID?) {
        serial += 1
        claims[node] = Item(source: source, serial: serial, isEvent: true)
    }

    /// What a neighbour has not been told, in the order of the nodes; it has been told then.
    /// - Parameter isFor: whether it is for this neighbour.
    /// Cost: O(nodes) of those that are pending.
    mutating func take(
        for peer: NodeID, where isFor: (Item) -> Bool
    ) -> (claims: [NodeID], reports: [NodeID]) {
        let last = told[peer] ?? 0
        guard serial > last else { return ([], []) }
        told[peer] = serial
        func taken(_ items: SortedDictionary<NodeID, Item>) -> [NodeID] {
            zip(items.keys, items.values).compactMap { node, item in
                item.serial > last && node != peer && isFor(item) ? node : nil
            }
        }
        return (taken(claims), taken(reports))
    }

    /// All neighbours have been told.
    mutating func clear() {
        (reports, claims, told) = (SortedDictionary(), SortedDictionary(), [:])
    }
}
