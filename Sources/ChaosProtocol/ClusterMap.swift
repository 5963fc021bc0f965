/// The latest report of every node that this one has heard of, and what follows from them.
struct ClusterMap: Sendable {
    let node: NodeID
    private(set) var reports: [NodeID: Report] = [:]
    /// Nodes with a path of links from this one, itself included. A link counts when both ends report it, so the word of
    /// the living suffices to find out the dead.
    private(set) var reachable: Set<NodeID>

    init(node: NodeID) {
        self.node = node
        reachable = [node]
    }

    /// - Returns: whether the report was news. Cost: O(links) when the node's links have changed, else O(1).
    mutating func learn(_ report: Report) -> Bool {
        let old = reports[report.node]
        if let old, old.sequence >= report.sequence { return false }
        if old == nil, reports.count >= MessageLimits.nodes { return false }
        reports[report.node] = report
        if old?.neighbors != report.neighbors { reachable = component(of: node) { _ in true } }
        return true
    }

    /// Forgets the nodes that no path leads to and that no view names: nothing will ever depend on them.
    mutating func forget(except view: View) {
        let kept = relevant(to: view)
        reports = reports.filter { kept.contains($0.key) }
    }

    /// Whether both ends report the link.
    func isUp(_ link: Link) -> Bool {
        guard let a = reports[link.a], let b = reports[link.b] else { return false }
        return a.neighbors.contains(link.b) && b.neighbors.contains(link.a)
    }

    /// The nodes whose reports matter under a view.
    func relevant(to view: View?) -> Set<NodeID> { view.map { reachable.union($0.everyone) } ?? reachable }

    /// The same for equal sequences of the relevant nodes, and hardly ever for different ones; a collision is mended by
    /// the next change. Cost: O(relevant nodes).
    func digest(under view: View?) -> UInt64 {
        var sum: UInt64 = 0
        for id in relevant(to: view) {
            guard let report = reports[id] else { continue }
            // The finalizer of SplitMix64; a sum, so that order does not matter.
            var z = id.rawValue &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(report.sequence)
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            sum &+= z ^ (z >> 31)
        }
        return sum
    }

    /// The view that should follow, or nil if the given one is right: every event that is known goes into it at once.
    ///
    /// Members stay that can be reached and do not leave; learners that are ready become members; whoever can be reached
    /// and would join becomes a learner. Of these it takes the part whose members hang together by links among
    /// themselves, the one with most members of the given view (then the one with the least id), with the learners that
    /// are linked to it: what is reduced goes from member to member, even if control messages find a way through
    /// others. If all would leave, the least stays for one view more: somebody must hand the state over.
    ///
    /// Measurements alone make no new view due, unless a member finds the division of the samples uneven; whenever there
    /// is a new view, it has the latest.
    func next(after view: View, defect: PlantedDefect? = nil) -> View? {
        let (members, learners) = candidates(after: view, defect: defect)
        let (kept, links) = largestPart(members: members, learners: learners, staying: Set(view.members))
        let next = View(
            number: view.number + 1, members: members.filter(kept.contains),
            learners: learners.filter { kept.contains($0.node) }, links: links,
            qualities: Dictionary(uniqueKeysWithValues: links.map { ($0, quality(of: $0)) }),
            weights: Dictionary(
                uniqueKeysWithValues: members.map { ($0, reports[$0]?.resources.samplesPerSecond ?? 0) }))
        let isUneven = view.members.contains { reports[$0]?.uneven == view.number }
        return next.hasSameShape(as: view) && !isUneven ? nil : next
    }

    private func quality(of link: Link) -> LinkQuality {
        LinkQuality(
            reports[link.a]?.quality(to: link.b) ?? .unmeasured, reports[link.b]?.quality(to: link.a) ?? .unmeasured)
    }

    private func candidates(after view: View, defect: PlantedDefect?) -> (members: [NodeID], learners: [View.Learner]) {
        let present = view.members.filter(reachable.contains)
        let staying = present.filter { reports[$0]?.wish != .leave }
        var members = staying.isEmpty ? Array(present.prefix(1)) : staying
        var learners: [View.Learner] = []
        for learner in view.learners where reachable.contains(learner.node) {
            switch reports[learner.node]?.wish {
            case .leave: break
            case .ready(learner.admitted): members.append(learner.node)
            case .ready where defect == .oldReadinessBelieved: members.append(learner.node)
            case .again(learner.admitted): learners.append(View.Learner(learner.node, admitted: view.number + 1))
            default: learners.append(learner)
            }
        }
        let everyone = view.everyone
        for id in reachable where reports[id]?.wish == .join && !everyone.contains(id) {
            learners.append(View.Learner(id, admitted: view.number + 1))
        }
        return (members, learners)
    }

    private func largestPart(
        members: [NodeID], learners: [View.Learner], staying: Set<NodeID>
    ) -> (Set<NodeID>, [Link]) {
        let inside = Set(members)
        let learning = Set(learners.map(\.node))
        var best: Set<NodeID> = []
        var most = 0
        var unseen = inside
        for member in members.sorted() where unseen.contains(member) {
            let part = component(of: member, within: inside.contains)
            unseen.subtract(part)
            let count = part.count(where: staying.contains)
            if count > most { (best, most) = (part, count) }
        }
        // Learners hang on the members, or on each other.
        if let first = best.first {
            best = component(of: first) { best.contains($0) || learning.contains($0) }
        }
        var links: [Link] = []
        for id in best {
            for other in reports[id]?.neighbors ?? [] where id < other && best.contains(other) {
                let link = Link(id, other)
                if isUp(link) { links.append(link) }
            }
        }
        return (best, links)
    }

    private func component(of start: NodeID, within: (NodeID) -> Bool) -> Set<NodeID> {
        var found: Set<NodeID> = [start]
        var open = [start]
        while let id = open.popLast() {
            for other in reports[id]?.neighbors ?? [] where !found.contains(other) && within(other) {
                guard reports[other]?.neighbors.contains(id) == true else { continue }
                found.insert(other)
                open.append(other)
            }
        }
        return found
    }
}
