/// Which others a node links itself to, besides those that it is told to, and those that link themselves to it.
///
/// As long as it has fewer than `most` links that are up, it chooses among the nodes that can be dialled: two at random, for
/// a cluster in which each node has some links at random hangs together when one of them goes, and then those that others
/// have measured the greatest bandwidth from. Chance is a hash of both ids, so that it needs no generator and nobody can
/// arrange to be everyone's choice. A choice stands as long as the node may matter. One to which no link comes up for a while
/// is dialled on, but takes nobody's place: so parts of a cluster find each other again, whoever is gone meanwhile, and those
/// who can be reached are not passed over for those behind a wall.
struct Linking: Sendable {
    static let leastAtRandom = 2

    struct Choice: Hashable, Sendable {
        var address: String
        let isAtRandom: Bool
        /// When it was made, or its link was last seen up.
        var since: Int
    }

    /// How many choices there are at most, as a multiple of `most`; beyond it those go that have been of no use for longest.
    private static let mostTried = 4

    /// 0: this node chooses nobody.
    let most: Int
    /// For how long a choice without a link takes a place, in ns.
    let patience: Int
    private(set) var choices = SortedDictionary<NodeID, Choice>()

    init(most: Int, patience: Int) { (self.most, self.patience) = (most, patience) }

    /// A node that can be dialled.
    struct Candidate: Sendable {
        let node: NodeID
        let address: String
        /// In bit/s, the most that anybody has measured from it; 0: nobody has.
        let bandwidth: Int
    }

    /// - Parameters:
    ///   - node: that chooses.
    ///   - linked: the other ends of its links that are up, ascending.
    ///   - map: what it knows of the others.
    ///   - now: in nanoseconds of the own clock.
    /// - Returns: where to dial whom, if that has changed. Cost: O(nodes + links) while links are missing, else O(choices).
    mutating func choose(by node: NodeID, linked: [NodeID], in map: ClusterMap, at now: Int) -> [NodeID: String]? {
        guard most > 0 else { return nil }
        let before = choices.keys
        var hasMoved = false
        for id in before {
            guard let report = map.report(of: id), map.isRelevant(id), !report.address.isEmpty else {
                choices[id] = nil
                continue
            }
            if linked.containsSorted(id) { choices[id]?.since = now }
            guard choices[id]?.address != report.address else { continue }
            choices[id]?.address = report.address
            hasMoved = true
        }
        let open = zip(choices.keys, choices.values).count { id, choice in
            !linked.containsSorted(id) && now - choice.since < patience
        }
        if linked.count + open < most { add(most - linked.count - open, by: node, linked, map, now) }
        dropUseless(now)
        guard hasMoved || choices.keys != before else { return nil }
        return Dictionary(uniqueKeysWithValues: zip(choices.keys, choices.values.map(\.address)))
    }

    private mutating func add(
        _ count: Int, by node: NodeID, _ linked: [NodeID], _ map: ClusterMap, _ now: Int
    ) {
        var candidates = map.dialable.filter {
            $0.node != node && !linked.containsSorted($0.node) && choices[$0.node] == nil
        }
        func chance(_ candidate: Candidate) -> UInt64 {
            Mixture.of(node.rawValue, candidate.node.rawValue)
        }
        for _ in 0..<count {
            let isAtRandom = choices.values.count { $0.isAtRandom && now - $0.since < patience } < Self.leastAtRandom
            let best = candidates.indices.min { i, j in
                let (a, b) = (candidates[i], candidates[j])
                if !isAtRandom, a.bandwidth != b.bandwidth { return a.bandwidth > b.bandwidth }
                return (chance(a), a.node) < (chance(b), b.node)
            }
            guard let best else { return }
            let chosen = candidates.remove(at: best)
            choices[chosen.node] = Choice(address: chosen.address, isAtRandom: isAtRandom, since: now)
        }
    }

    private mutating func dropUseless(_ now: Int) {
        while choices.keys.count > Self.mostTried * most,
            let oldest = zip(choices.keys, choices.values).min(by: { ($0.1.since, $0.0) < ($1.1.since, $1.0) }),
            oldest.1.since < now
        {
            choices[oldest.0] = nil
        }
    }
}

extension Linking: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("Whom this node links itself to can be dialled.", choices.values.allSatisfy { !$0.address.isEmpty })
        holds("Nobody is chosen where nobody is to be.", most > 0 || choices.keys.isEmpty)
    }
}
