/// What follows from the map for the view.
extension ClusterMap {
    /// The view that should follow, or nil if the given one is right: every event that is known goes into it at once.
    ///
    /// Members stay that can be reached and do not leave; learners that are ready become members; whoever can be reached
    /// and would join becomes a learner. Of these it takes the part whose members hang together by links among
    /// themselves, the one with most members of the given view (then the one with the least id), with the learners that
    /// are linked to it: what is reduced goes from member to member, even if control messages find a way through
    /// others. If all would leave, the least stays for one view more: somebody must hand the state over.
    ///
    /// Who has nothing to compute gradients with is idle in it.
    ///
    /// Measurements alone make no new view due, unless a member finds the division of the samples uneven; whenever there
    /// is a new view, it has the latest. One that differs in learners alone continues the era of the given one, and so keeps
    /// what was measured of members then: the step at hand goes on.
    ///
    /// - Precondition: the map follows the given view. Cost: O((nodes + links) · log nodes).
    /// - Parameters:
    ///   - view: that is at hand.
    ///   - node: a member that the next view must have, whichever part is the largest; nil: none must.
    ///   - isDue: whether one is due even if it would be like the given one.
    ///   - defect: that is planted.
    func next(
        after view: View, with node: NodeID? = nil, isDue: Bool = false, defect: PlantedDefect? = nil
    ) -> View? {
        var candidates = Candidates(places: entries.count)
        collectMembers(of: view, &candidates, defect: defect)
        collectJoiners(after: view, &candidates)
        let kept = largestPart(of: candidates, with: node)
        let members = candidates.members.filter { kept[$0.place] }.map(\.id).sorted()
        let learners = candidates.learners.filter { kept[$0.place] }.map(\.learner).sorted()
        let (links, ends) = links(inside: kept)
        // The division is the same in all the era, so what was said of it under an earlier view of it still holds.
        let isUneven = view.members.contains { report(of: $0).map { view.numbersOfEra.contains($0.uneven) } == true }
        let idle = members.filter { report(of: $0)?.isIdle == true }
        let isAlike =
            members == view.members && learners == view.learners && links == view.links && idle == view.idle
        if isAlike, !isUneven, !isDue { return nil }
        let latest = View(
            number: view.number + 1, members: members, learners: learners, links: links,
            qualities: zip(links, ends).map { link, ends in
                LinkQuality(entries[ends.a].report.quality(to: link.b), entries[ends.b].report.quality(to: link.a))
            },
            weights: members.map { report(of: $0)?.resources.samplesPerSecond ?? 0 }, idle: idle, era: view.number + 1)
        return isUneven || isAlike ? latest : latest.continuing(view, defect) ?? latest
    }

    /// The nodes that can be reached, and say where they can be dialled, in no particular order. Cost: O(nodes + links).
    var dialable: [Linking.Candidate] {
        entries.compactMap { entry in
            guard entry.isReachable, !entry.report.address.isEmpty else { return nil }
            return Linking.Candidate(
                node: entry.report.node, address: entry.report.address, bandwidth: greatestBandwidth(from: entry) ?? 0)
        }
    }

    /// In bit/s, the most that anybody has measured from a node; nil: nobody has. Cost: O(its links).
    func greatestBandwidth(from id: NodeID) -> Int? { places[id].flatMap { greatestBandwidth(from: entries[$0]) } }

    private func greatestBandwidth(from entry: Entry) -> Int? {
        entry.linked.compactMap { entries[$0].report.quality(to: entry.report.node).bandwidth }.max()
    }

    func report(of id: NodeID) -> Report? { places[id].map { entries[$0].report } }

    /// Who may be in the next view.
    private struct Candidates {
        enum Kind { case none, staying, promoted, learner }

        var members: [(id: NodeID, place: Int)] = []
        var learners: [(learner: View.Learner, place: Int)] = []
        /// By place.
        var kinds: [Kind]

        init(places: Int) { kinds = Array(repeating: .none, count: places) }

        mutating func add(member: NodeID, at place: Int, _ kind: Kind) {
            members.append((member, place))
            kinds[place] = kind
        }

        mutating func add(_ learner: View.Learner, at place: Int) {
            learners.append((learner, place))
            kinds[place] = .learner
        }
    }

    private func collectMembers(of view: View, _ candidates: inout Candidates, defect: PlantedDefect?) {
        var leaver: (id: NodeID, place: Int)?
        for id in view.members {
            guard let place = places[id], isPresent(at: place) else { continue }
            if entries[place].report.wish == .leave {
                leaver = leaver ?? (id, place)
            } else {
                candidates.add(member: id, at: place, .staying)
            }
        }
        if candidates.members.isEmpty, let leaver { candidates.add(member: leaver.id, at: leaver.place, .staying) }
        for learner in view.learners {
            guard let place = places[learner.node], entries[place].isReachable else { continue }
            switch entries[place].report.wish {
            case .leave: break
            // Since then the members have been the same: what it has is still theirs.
            case .ready(let number) where view.numbersOfEra.contains(number) && number >= learner.admitted:
                candidates.add(member: learner.node, at: place, .promoted)
            case .ready where defect == .oldReadinessBelieved:
                candidates.add(member: learner.node, at: place, .promoted)
            case .again(learner.admitted):
                candidates.add(View.Learner(learner.node, admitted: view.number + 1), at: place)
            default: candidates.add(learner, at: place)
            }
        }
    }

    private func collectJoiners(after view: View, _ candidates: inout Candidates) {
        for place in entries.indices {
            let entry = entries[place]
            guard entry.isReachable, !entry.isInView, entry.report.wish == .join else { continue }
            candidates.add(View.Learner(entry.report.node, admitted: view.number + 1), at: place)
        }
    }

    /// - Returns: for each place, whether it belongs to the part.
    private func largestPart(of candidates: Candidates, with node: NodeID?) -> [Bool] {
        let kinds = candidates.kinds
        var seen = Array(repeating: false, count: entries.count)
        var best: [Int] = []
        var most = 0
        for start in candidates.members.sorted(by: { $0.id < $1.id }) where !seen[start.place] {
            let part = component(of: [start.place], &seen) { kinds[$0] == .staying || kinds[$0] == .promoted }
            let count = part.count { kinds[$0] == .staying }
            if let place = node.flatMap({ places[$0] }), !part.contains(place) { continue }
            if count > most { (best, most) = (part, count) }
        }
        var kept = Array(repeating: false, count: entries.count)
        for place in best { kept[place] = true }
        // Learners hang on the members, or on each other.
        _ = component(of: best, &kept) { kinds[$0] == .learner }
        return kept
    }

    /// What hangs on these places by links within, they included.
    private func component(of start: [Int], _ seen: inout [Bool], within: (Int) -> Bool) -> [Int] {
        for place in start { seen[place] = true }
        var found = start
        var next = 0
        while next < found.count {
            for other in entries[found[next]].linked where !seen[other] && within(other) {
                seen[other] = true
                found.append(other)
            }
            next += 1
        }
        return found
    }

    /// The links between these places, ascending, and where their ends are.
    private func links(inside kept: [Bool]) -> ([Link], [(a: Int, b: Int)]) {
        var links: [Link] = []
        var ends: [(a: Int, b: Int)] = []
        for (id, a) in zip(places.keys, places.values) where kept[a] {
            for b in entries[a].linked where kept[b] && entries[b].report.node > id {
                links.append(Link(id, entries[b].report.node))
                ends.append((a, b))
            }
        }
        return (links, ends)
    }
}

extension View {
    /// This view, which follows the other, as one of the same era; nil: they differ in what steps depend on, or may.
    /// Cost: O(links · log members).
    fileprivate func continuing(_ before: View, _ defect: PlantedDefect?) -> View? {
        guard members == before.members, idle == before.idle else { return nil }
        var qualities = qualities
        var kept = before.links.indices.lazy.filter { before.isBetweenMembers(before.links[$0]) }.makeIterator()
        for i in links.indices where isBetweenMembers(links[i]) {
            guard let j = kept.next(), before.links[j] == links[i] || defect == .eraNotEnded else { return nil }
            qualities[i] = before.qualities[j]
        }
        guard kept.next() == nil else { return nil }
        return View(
            number: number, members: members, learners: learners, links: links, qualities: qualities,
            weights: before.weights, idle: idle, era: before.era)
    }
}
