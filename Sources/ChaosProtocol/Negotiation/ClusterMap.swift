/// The latest report of every node that this one has heard of, and what follows from them.
///
/// Most messages change nothing, and most reports little. So what follows is kept up to date as reports come in, instead
/// of being worked out when it is asked for: which links are up, who can be reached, and the digest. Nodes have numbers
/// of the map's own, their places, so that this is done without looking up ids.
struct ClusterMap: Sendable {
    struct Entry: Sendable {
        var report: Report
        /// The places of the other ends of the links that are up, in the order of their ids. A link counts when both
        /// ends report it, so the word of the living suffices to find out the dead.
        var linked: [Int] = []
        /// Whether a path of links leads here from this node.
        var isReachable = false
        /// Whether this is a member or learner of the view.
        var isInView: Bool

        /// This report's part in the digest.
        var term: UInt64

        var isRelevant: Bool { isReachable || isInView }
    }

    /// The same for reports of a node that ask for the same views, and hardly ever for others. Cost: O(neighbours).
    private static func term(of report: Report) -> UInt64 {
        // Nothing has been reported: the place of the node itself before its first report.
        guard report.sequence > 0 else { return 0 }
        var mixture = Mixture(report.node.rawValue)
        switch report.wish {
        case .stay: mixture.add(0)
        case .join: mixture.add(1)
        case .leave: mixture.add(2)
        case .ready(let view): mixture.add(3 &+ UInt64(bitPattern: Int64(view)) << 3)
        case .again(let admitted): mixture.add(4 &+ UInt64(bitPattern: Int64(admitted)) << 3)
        }
        mixture.add(UInt64(bitPattern: Int64(report.uneven)) << 1 | (report.isIdle ? 1 : 0))
        mixture.add(report.epoch)
        for neighbor in report.neighbors { mixture.add(neighbor.rawValue) }
        return mixture.value
    }

    let node: NodeID
    /// By place; the first is this node.
    var entries: [Entry] = []
    var places = SortedDictionary<NodeID, Int>()
    /// Members and learners of the view, ascending.
    var everyone: [NodeID] = []
    /// Of the view; 0 without one.
    var epoch = 0
    let defect: PlantedDefect?
    /// The same where the same is known of the relevant nodes, measurements apart, and hardly ever for anything else; a
    /// collision is mended by the next change. A sum, so that order does not matter.
    var digest: UInt64 = 0

    /// The neighbours along which goes what is for everyone, as `nextInTree` found it, until links, reachability, epochs or the
    /// view change.
    var knownTree: KnownTree?

    init(node: NodeID, view: View?, defect: PlantedDefect? = nil) {
        self.node = node
        self.defect = defect
        everyone = view?.everyone.sorted() ?? []
        epoch = view?.epoch ?? 0
        begin()
    }

    private mutating func begin() {
        entries = []
        places = SortedDictionary()
        digest = 0
        knownTree = nil
        _ = add(Report(node: node, sequence: 0, neighbors: [], wish: .stay))
        entries[0].isReachable = true
    }

    /// What a report is to those who have heard others.
    enum News: Sendable {
        case none
        /// Other measurements, which alone make no view due.
        case measurements
        /// Whatever may make a view due.
        case events
    }

    /// - Returns: what was new in the report. Cost: O(log nodes); when the node's links have changed, times their number,
    ///   and O(nodes + links) when one is gone.
    mutating func learn(_ report: Report) -> News {
        guard let place = places[report.node] else {
            guard entries.count < MessageLimits.nodes else { return .none }
            link(add(report))
            return .events
        }
        let old = entries[place].report
        guard old.sequence < report.sequence else { return .none }
        entries[place].report = report
        if old.asksForTheSameViews(as: report), old.sequence > 0 { return .measurements }
        let term = Self.term(of: report)
        if entries[place].isRelevant { digest = digest &- entries[place].term &+ term }
        entries[place].term = term
        if old.epoch != report.epoch { knownTree = nil }
        if old.neighbors != report.neighbors { link(place) }
        return .events
    }

    /// Whether it says more of its node than what is here. Cost: O(log nodes).
    func isNews(_ report: Report) -> Bool {
        guard let place = places[report.node] else { return entries.count < MessageLimits.nodes }
        return entries[place].report.sequence < report.sequence
    }

    /// Whether this is the latest report of its node. Cost: O(log nodes) for a copy of it.
    func holds(_ report: Report) -> Bool { places[report.node].map { entries[$0].report == report } ?? false }

    private mutating func add(_ report: Report) -> Int {
        let place = entries.count
        let entry = Entry(
            report: report, isInView: everyone.containsSorted(report.node), term: Self.term(of: report))
        entries.append(entry)
        places[report.node] = place
        if entry.isRelevant { digest &+= entry.term }
        return place
    }

    /// Brings the links of a node up to date, and who can be reached over them.
    private mutating func link(_ place: Int) {
        knownTree = nil
        let id = entries[place].report.node
        let before = entries[place].linked
        let now = entries[place].report.neighbors.compactMap { neighbor -> Int? in
            guard let other = places[neighbor], entries[other].report.neighbors.containsSorted(id) else { return nil }
            return other
        }
        entries[place].linked = now
        var isAnyGone = false
        var (i, j) = (0, 0)
        while i < before.count || j < now.count {
            let old = i < before.count ? before[i] : nil
            let new = j < now.count ? now[j] : nil
            if old == new {
                i += 1
                j += 1
            } else if let old, new.map({ entries[old].report.node < entries[$0].report.node }) ?? true {
                entries[old].linked.removeAll { $0 == place }
                isAnyGone = true
                i += 1
            } else if let new {
                let next = entries[new].linked.firstIndex { entries[$0].report.node > id }
                entries[new].linked.insert(place, at: next ?? entries[new].linked.count)
                j += 1
            }
        }
        if isAnyGone && entries[place].isReachable {
            searchAnew()
        } else if entries[place].isReachable {
            for other in now { search(from: other) }
        } else if now.contains(where: { entries[$0].isReachable }) {
            search(from: place)
        }
    }

    /// Marks what can be reached by this way and was not reached before.
    private mutating func search(from start: Int) {
        guard !entries[start].isReachable else { return }
        var open = [start]
        setReachable(start, true)
        while let place = open.popLast() {
            for other in entries[place].linked where !entries[other].isReachable {
                setReachable(other, true)
                open.append(other)
            }
        }
    }

    private mutating func searchAnew() {
        for place in entries.indices { setReachable(place, false) }
        search(from: 0)
    }

    private mutating func setReachable(_ place: Int, _ isReachable: Bool) {
        guard entries[place].isReachable != isReachable else { return }
        entries[place].isReachable = isReachable
        guard !entries[place].isInView else { return }
        digest = isReachable ? digest &+ entries[place].term : digest &- entries[place].term
    }

    /// Whether this is this node or a path of links leads there.
    func isReachable(_ id: NodeID) -> Bool { places[id].map { entries[$0].isReachable } ?? false }

    /// Whether this member can be reached and works in the epoch of the view.
    func isPresent(_ id: NodeID) -> Bool { places[id].map(isPresent(at:)) ?? false }

    func isPresent(at place: Int) -> Bool {
        entries[place].isReachable
            && (entries[place].report.epoch == epoch || place == 0 || defect == .otherEpochCounted)
    }

    /// Whether both ends report the link.
    func isUp(_ link: Link) -> Bool {
        guard let a = places[link.a], let b = places[link.b] else { return false }
        return entries[a].linked.contains(b)
    }

    /// Whether both ends report the link, and are in the epoch of the view.
    func isUpInEpoch(_ link: Link) -> Bool {
        guard let a = places[link.a], let b = places[link.b] else { return false }
        return entries[a].linked.contains(b) && entries[a].report.epoch == epoch && entries[b].report.epoch == epoch
    }

    /// Whether the node's reports matter: it can be reached, or belongs to the view.
    func isRelevant(_ id: NodeID) -> Bool {
        places[id].map { entries[$0].isRelevant } ?? everyone.containsSorted(id)
    }

    /// The reports that matter, ascending by node.
    var relevantReports: [Report] {
        places.values.compactMap { place in
            let entry = entries[place]
            return entry.isRelevant && entry.report.sequence > 0 ? entry.report : nil
        }
    }

    /// The nodes whose reports do not matter.
    var irrelevant: [NodeID] { entries.filter { !$0.isRelevant }.map(\.report.node) }

    /// Cost: O((nodes + links) · log nodes).
    mutating func forget(_ nodes: Set<NodeID>) { keep { !nodes.contains($0.report.node) } }

    private mutating func keep(_ isKept: (Entry) -> Bool) {
        let kept = entries.filter(isKept)
        guard kept.count < entries.count else { return }
        begin()
        for entry in kept { _ = learn(entry.report) }
    }

    /// Goes over to a view, and forgets the nodes that no path leads to and that it does not name: nothing will ever
    /// depend on them. Cost: O((nodes + links) · log nodes).
    mutating func follow(_ view: View) {
        everyone = view.everyone.sorted()
        epoch = view.epoch
        digest = 0
        knownTree = nil
        for place in entries.indices {
            entries[place].isInView = everyone.containsSorted(entries[place].report.node)
            if entries[place].isRelevant { digest &+= entries[place].term }
        }
        keep(\.isRelevant)
    }
}
