/// How a member is ready for a view before it is decided.
///
/// From when it has accepted the view that may follow, unless that is of the same era, a member completes no step of the
/// view at hand, as if it were halted: if the view is decided, that step is broken off anyway, and if it is not, that is
/// because the proposer is gone, and another view will be. So what it has applied is what it will have applied when the view
/// comes. It says so as soon as the members below it in the tree of that view have; its word goes with its vote, and the
/// view can begin when it has been decided. That saves a round trip.
///
/// Its word is of the view that it has accepted. If another one is decided with the same number, others are below it in its
/// tree, who have said nothing; so the word names what the view says, and counts in no other.
extension Reduction {
    /// What a view that has been accepted will make of this member.
    struct Candidacy: Sendable {
        let view: Int
        let digest: UInt64
        let tree: ReductionTree
        let parent: NodeID
        let children: [NodeID]

        /// The tree of a view, if it is this one. Cost: O(members + learners + links).
        func tree(of other: View) -> ReductionTree? {
            view == other.number && digest == other.digest ? tree : nil
        }
    }

    /// A word that is given before the view is there.
    struct EarlyWord: WordOfView, Sendable {
        let view: Int
        let digest: UInt64
        let applied: Int
        let contributions: [Contribution]

        init(view: Int, digest: UInt64, applied: Int, _ contributions: [Contribution]) {
            (self.view, self.digest, self.applied, self.contributions) = (view, digest, applied, contributions)
        }

        func isOf(_ other: View) -> Bool { view == other.number && digest == other.digest }
    }

    /// This member has accepted a view that may follow, and in which the step at hand does not go on. Cost: O(links log links).
    public mutating func onAccepted(_ next: View, at now: Int) -> [Action] {
        (candidacy, saidEarly) = (nil, nil)
        // What it has not computed yet it gives up where the view has it idle.
        if role == .member, next.role(of: node) == .member, !next.idle.containsSorted(node) {
            let tree = ReductionTree(next)
            candidacy = tree.parent(of: node).map {
                Candidacy(
                    view: next.number, digest: next.digest, tree: tree, parent: $0,
                    children: tree.memberChildren(of: node))
            }
            considerEarlyWord()
        }
        return defect == .stepAfterAcceptance ? onProceed(at: now) : onHalt(at: now)
    }

    /// Says that this member and all below it are ready, once they are. Cost: O(children).
    private mutating func considerEarlyWord() {
        guard let candidacy, saidEarly == nil, let applied else { return }
        var below: [NodeID: [Contribution]] = [:]
        for child in candidacy.children {
            guard let word = earlyWords[child], word.view == candidacy.view, word.applied == applied,
                word.digest == candidacy.digest || defect == .earlyWordOfAnyView
            else { return }
            below[child] = word.contributions
        }
        let word = EarlyWord(
            view: candidacy.view, digest: candidacy.digest, applied: applied, contributions(below))
        saidEarly = (word, candidacy.parent)
        send(
            .readyFor(view: word.view, digest: word.digest, applied: applied, word.contributions),
            to: candidacy.parent)
    }

    /// Whether the parent has been told under this view, before it came.
    func hasSaidEarly(_ applied: Int, in view: View, to parent: NodeID) -> Bool {
        saidEarly.map { $0.word.isOf(view) && $0.word.applied == applied && $0.parent == parent } ?? false
    }

    /// The word of a neighbour about a view that is not here.
    mutating func note(_ word: EarlyWord, from peer: NodeID) {
        if earlyWords.keep(word, of: peer, after: standing?.view.number) { considerEarlyWord() }
    }

    /// A view has come: what has been said of it, ascending by node; what is older is dropped with it.
    mutating func takeEarlyWords(for view: View) -> [(node: NodeID, word: EarlyWord)] {
        let defect = defect
        return earlyWords.take(ofView: view.number) {
            $0.isOf(view) || defect == .earlyWordOfAnyView && $0.view == view.number
        }
    }
}

extension View {
    /// The same for equal views, and hardly ever for others. Cost: O(members + learners + links).
    var digest: UInt64 {
        var mixture = Mixture()
        mixture.add(number)
        mixture.add(era)
        for nodes in [members, idle, learners.map(\.node), links.flatMap { [$0.a, $0.b] }] {
            mixture.add(nodes.count)
            for node in nodes { mixture.add(node.rawValue) }
        }
        for learner in learners { mixture.add(learner.admitted) }
        for quality in qualities {
            mixture.add(quality.bandwidth ?? -1)
            mixture.add(quality.roundTrip ?? -1)
        }
        for weight in weights { mixture.add(weight) }
        return mixture.value
    }
}
