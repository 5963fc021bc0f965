/// The ways that what is said goes: to whoever is to propose, and from there to everyone.
extension ClusterMap {
    /// The neighbour over which the member that is to propose the next view hears soonest of what this node knows; nil: that is
    /// this node, or nobody can be reached.
    ///
    /// It is the first step of a shortest way over the links that are up, the same tree for all nodes with the same map. When
    /// something has failed, maps differ for a moment. So whoever has just lost a link to somebody is passed by, as proposer
    /// and on the way: it may be gone, and others will not have said so yet. Where that leads nowhere, news still goes to all
    /// neighbours with the next hello.
    ///
    /// - Parameters:
    ///   - view: that the map follows.
    ///   - lately: the nodes whose reports are news.
    /// Cost: O(links of the view · log nodes + nodes + links), and O(links of the view) where the proposer is a neighbour.
    func wayToProposer(under view: View, _ lately: (NodeID) -> Bool) -> NodeID? {
        if view.members.first == node { return nil }
        let doubtful = doubtful(under: view, lately)
        for member in view.members where member == node || !doubtful.contains(member) {
            guard let place = places[member], isPresent(at: place) else { continue }
            if place == 0 { return nil }
            return way(from: place) { doubtful.contains(entries[$0].report.node) }
                ?? way(from: place) { _ in false }
        }
        return nil
    }

    /// The other ends of links of the view that somebody has lately reported as lost.
    private func doubtful(under view: View, _ lately: (NodeID) -> Bool) -> Set<NodeID> {
        var doubtful: Set<NodeID> = []
        for link in view.links {
            for (end, other) in [(link.a, link.b), (link.b, link.a)]
            where lately(end) && report(of: end)?.neighbors.containsSorted(other) == false {
                doubtful.insert(other)
            }
        }
        return doubtful
    }

    /// The neighbour of this node that is nearest to the place, of several the first in the order of the search. That its
    /// report tells of the link to this node is not asked for: it may be on its way.
    private func way(from start: Int, avoiding isAvoided: (Int) -> Bool) -> NodeID? {
        let neighbors = entries[0].report.neighbors
        var seen = Array(repeating: false, count: entries.count)
        (seen[0], seen[start]) = (true, true)
        var open = [start]
        var next = 0
        while next < open.count {
            let place = open[next]
            next += 1
            if neighbors.containsSorted(entries[place].report.node) { return entries[place].report.node }
            for other in entries[place].linked where !seen[other] {
                seen[other] = true
                if !isAvoided(other) { open.append(other) }
            }
        }
        return nil
    }

    /// The nodes next to this one in the tree that what is for everyone goes along, ascending: a tree of shortest ways from the
    /// least member of the view that can be reached, the same for all nodes with the same map, whoever has something to say.
    /// Nil: it does not lead here. Cost: O(nodes + links) when the map has changed, else O(1).
    mutating func nextInTree(under view: View?) -> [NodeID]? {
        if let knownTree, knownTree.view == view?.number { return knownTree.next }
        let next = findTree(under: view)
        knownTree = KnownTree(view: view?.number, next: next)
        return next
    }

    struct KnownTree: Sendable {
        /// The number of the view under which it was found; nil: none.
        let view: Int?
        let next: [NodeID]?
    }

    private func findTree(under view: View?) -> [NodeID]? {
        guard let root = view?.members.first(where: isPresent), let start = places[root] else { return nil }
        var parents = Array(repeating: -1, count: entries.count)
        parents[start] = start
        var open = [start]
        var next = 0
        while next < open.count {
            let place = open[next]
            next += 1
            for other in entries[place].linked where parents[other] < 0 {
                parents[other] = place
                open.append(other)
            }
        }
        guard parents[0] >= 0 else { return nil }
        return entries[0].linked.filter { parents[$0] == 0 || parents[0] == $0 }.map { entries[$0].report.node }
    }
}
