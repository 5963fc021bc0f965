import ChaosProtocol

/// What `ClusterMap` should say, worked out from the reports alone each time it is asked.
struct ClusterMapOracle {
    let node: NodeID
    var view: View
    private(set) var reports: [NodeID: Report] = [:]

    init(node: NodeID, view: View) {
        self.node = node
        self.view = view
    }

    mutating func learn(_ report: Report) -> Bool {
        if let old = reports[report.node], old.sequence >= report.sequence { return false }
        reports[report.node] = report
        return true
    }

    mutating func follow(_ view: View) {
        self.view = view
        let kept = relevant
        reports = reports.filter { kept.contains($0.key) }
    }

    func isUp(_ link: Link) -> Bool {
        guard let a = reports[link.a], let b = reports[link.b] else { return false }
        return a.neighbors.contains(link.b) && b.neighbors.contains(link.a)
    }

    var reachable: Set<NodeID> { component(of: node) { _ in true } }
    var relevant: Set<NodeID> { reachable.union(view.everyone) }

    var digest: UInt64 {
        relevant.compactMap { reports[$0] }.reduce(0) { sum, report in
            let wish: UInt64 =
                switch report.wish {
                case .stay: 0
                case .join: 1
                case .leave: 2
                case .ready(let view): 3 + UInt64(view) << 3
                case .again(let admitted): 4 + UInt64(admitted) << 3
                }
            let words = [wish, UInt64(report.uneven) << 1 | (report.isIdle ? 1 : 0), UInt64(report.epoch)]
            return sum
                &+ (words + report.neighbors.map(\.rawValue)).reduce(report.node.rawValue) { term, word in
                    var z = term &* 0x9E37_79B9_7F4A_7C15 &+ word
                    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
                    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
                    return z ^ (z >> 31)
                }
        }
    }

    var next: View? {
        let (members, learners) = candidates
        let kept = largestPart(members: members, learners: learners)
        let links = kept.flatMap { id in
            (reports[id]?.neighbors ?? []).filter { id < $0 && kept.contains($0) }.map { Link(id, $0) }.filter(isUp)
        }
        let isUneven = view.members.contains {
            reports[$0].map { (view.era...view.number).contains($0.uneven) } == true
        }
        let next = View(
            number: view.number + 1, members: members.filter(kept.contains),
            learners: learners.filter { kept.contains($0.node) }, links: links,
            qualities: Dictionary(uniqueKeysWithValues: links.map { ($0, quality(of: $0)) }),
            weights: Dictionary(
                uniqueKeysWithValues: members.map { ($0, reports[$0]?.resources.samplesPerSecond ?? 0) }))
        if next.hasSameShape(as: view), !isUneven { return nil }
        func between(_ view: View) -> Set<Link> {
            Set(view.links.filter { view.members.contains($0.a) && view.members.contains($0.b) })
        }
        guard !isUneven, next.members == view.members, between(next) == between(view) else { return next }
        // Of the same era: what steps depend on stays as it is.
        var qualities = Dictionary(uniqueKeysWithValues: zip(next.links, next.qualities))
        for (link, quality) in zip(view.links, view.qualities) where between(view).contains(link) {
            qualities[link] = quality
        }
        return View(
            number: next.number, members: next.members, learners: next.learners, links: next.links,
            qualities: qualities, weights: Dictionary(uniqueKeysWithValues: zip(view.members, view.weights)),
            era: view.era)
    }

    private func quality(of link: Link) -> LinkQuality {
        func measured(by end: NodeID, to other: NodeID) -> LinkQuality {
            guard let report = reports[end], let i = report.neighbors.firstIndex(of: other) else { return .unmeasured }
            return report.qualities[i]
        }
        let both = [measured(by: link.a, to: link.b), measured(by: link.b, to: link.a)]
        return LinkQuality(
            bandwidth: both.compactMap(\.bandwidth).min(), roundTrip: both.compactMap(\.roundTrip).max())
    }

    private var candidates: (members: [NodeID], learners: [View.Learner]) {
        let present = view.members.filter(reachable.contains)
        let staying = present.filter { reports[$0]?.wish != .leave }
        var members = staying.isEmpty ? Array(present.prefix(1)) : staying
        var learners: [View.Learner] = []
        for learner in view.learners where reachable.contains(learner.node) {
            switch reports[learner.node]?.wish {
            case .leave: break
            case .ready(let number) where (max(view.era, learner.admitted)...view.number).contains(number):
                members.append(learner.node)
            case .again(learner.admitted): learners.append(View.Learner(learner.node, admitted: view.number + 1))
            default: learners.append(learner)
            }
        }
        for id in reachable where reports[id]?.wish == .join && !view.everyone.contains(id) {
            learners.append(View.Learner(id, admitted: view.number + 1))
        }
        return (members, learners)
    }

    private func largestPart(members: [NodeID], learners: [View.Learner]) -> Set<NodeID> {
        let inside = Set(members)
        let learning = Set(learners.map(\.node))
        let parts = inside.sorted().map { component(of: $0, within: inside.contains) }
        func staying(_ part: Set<NodeID>) -> Int { part.count(where: view.members.contains) }
        // Of equal ones the first, which has the least id.
        let most = parts.map(staying).max() ?? 0
        guard let best = parts.first(where: { staying($0) == most }), let first = best.first else { return [] }
        return component(of: first) { best.contains($0) || learning.contains($0) }
    }

    private func component(of start: NodeID, within: (NodeID) -> Bool) -> Set<NodeID> {
        var found: Set<NodeID> = [start]
        var open = [start]
        while let id = open.popLast() {
            for other in reports[id]?.neighbors ?? [] where within(other) && isUp(Link(id, other)) {
                if found.insert(other).inserted { open.append(other) }
            }
        }
        return found
    }
}
