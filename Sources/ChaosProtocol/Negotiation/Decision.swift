/// The decision of the view after the one at hand, as one node takes part in it.
///
/// It begins when the node installs a view and ends when it installs a later one: whatever was promised, counted or wanted
/// meanwhile is void then, and dropped with it.
struct Decision: Sendable {
    /// What the node does about a view that is due.
    enum Stage: Sendable {
        /// Nothing: none is due, or it may not propose.
        case idle
        /// It lets others try first, from this time on; that is later than now while a ballot of the rival is given its
        /// time.
        case waiting(since: Int, rival: NodeID?)
        /// It has a ballot of its own under way.
        case proposing(Proposal)
    }

    /// The view at hand: the latest that the node knows, whether or not it is in it. Its members decide the next.
    let view: View
    /// Nil: all founding links have been up, the time for them is over, or it is no founding view.
    var founding: Founding?
    /// Whether the view has begun, as far as this node knows,
    var hasBegun = false
    /// and a step has been done under it.
    var hasStepped = false
    /// Whether the node is a member that can reach no quorum.
    var isHalted = false
    var demand = Demand.unknown
    var acceptor: Acceptor
    /// Whether the node has ever accepted a view of another era in this decision: then it has perhaps said what it has applied,
    /// and completes no step until a view is decided, whatever it accepts later.
    var hasAcceptedOtherEra = false
    /// The ballot of somebody else that the node has promised without having been asked (`Negotiation.promiseNext`).
    var anticipated: Ballot?
    /// What others have promised this node without having been asked, by the voter.
    var earlyPromises: [NodeID: Accepted?] = [:]
    /// The least round that the node has neither used nor heard of.
    var freshRound = 0
    var stage = Stage.idle

    init(after view: View) {
        self.view = view
        acceptor = Acceptor(after: view)
    }

    /// Whether the next view is to wait (`Demand.postponed`).
    func mustWait(for next: View) -> Bool {
        next.continues(view) ? !hasBegun : !hasStepped && next.canWaitForAStep(after: view)
    }

    // MARK: Whose turn it is

    var isWaiting: Bool { if case .waiting = stage { true } else { false } }

    var proposal: Proposal? { if case .proposing(let proposal) = stage { proposal } else { nil } }

    /// Takes its place among those who might propose, unless it has done so.
    /// - Parameter isReachable: a rival that is not has had its time.
    mutating func wait(from now: Int, _ isReachable: (NodeID) -> Bool) {
        switch stage {
        case .idle: stage = .waiting(since: now, rival: nil)
        case .waiting(_, let rival?): if !isReachable(rival) { stage = .waiting(since: now, rival: nil) }
        case .waiting, .proposing: break
        }
    }

    mutating func stopWaiting() { if isWaiting { stage = .idle } }

    /// When the node may propose; nil while it has nothing to. Those who might are in the order of their ids, so that all
    /// agree on it without a word.
    func turn(_ settings: NegotiationSettings) -> Int? {
        guard case .waiting(let since, _) = stage, case .due(let next) = demand else { return nil }
        return since + next.turnsBefore * takeover(settings)
    }

    /// How much longer each member waits than the one before it. Grows with the rounds of the decision: members that have
    /// disturbed each other come apart sooner or later, however long a ballot takes.
    private func takeover(_ settings: NegotiationSettings) -> Int {
        max(settings.takeover, min(settings.takeover << min(freshRound, 20), settings.longestTakeover))
    }

    /// A ballot that nobody has used.
    mutating func openBallot(by node: NodeID) -> Ballot {
        let isFirst = freshRound == 0 && view.members[0] == node && acceptor.promised == .first(after: view)
        if !isFirst { freshRound = max(freshRound, acceptor.promised.round + 1) }
        defer { freshRound += 1 }
        return Ballot(round: freshRound, proposer: node)
    }

    /// A ballot that is greater than the other one, and that nobody has used.
    mutating func openBallot(after other: Ballot, by node: NodeID) -> Ballot {
        freshRound = max(freshRound, other.round + 1, acceptor.promised.round + 1)
        defer { freshRound += 1 }
        return Ballot(round: freshRound, proposer: node)
    }

    /// Lets another's ballot, if it is the greatest yet, have its time before this node tries.
    mutating func yield(to ballot: Ballot, _ settings: NegotiationSettings, at now: Int) {
        if ballot >= acceptor.promised { giveUp(for: ballot, settings, at: now) }
    }

    /// The same, unless a proposal of this node has a greater ballot.
    mutating func giveUp(for ballot: Ballot, _ settings: NegotiationSettings, at now: Int) {
        if let proposal, proposal.ballot > ballot { return }
        freshRound = max(freshRound, ballot.round + 1)
        stage = .waiting(since: now + takeover(settings), rival: ballot.proposer)
    }

    // MARK: Answers to the proposal

    /// - Returns: whether a quorum has promised, so that the second phase begins.
    mutating func onPromise(
        _ ballot: Ballot, next: Int, accepted: Accepted?, from voter: NodeID, defect: PlantedDefect?
    ) -> Bool {
        guard counts(ballot, next, from: voter, defect) else { return false }
        let view = view
        return updateProposal {
            $0.onPromise(from: voter, accepted: accepted, membersOf: view, defect: defect)
        } ?? false
    }

    /// - Returns: the view that is decided by this answer, or was by an earlier one; nil: none is.
    mutating func onAccepted(_ ballot: Ballot, next: Int, from voter: NodeID, defect: PlantedDefect?) -> View? {
        guard counts(ballot, next, from: voter, defect) else { return nil }
        let view = view
        return updateProposal {
            $0.isDecided = $0.onAccepted(from: voter, membersOf: view, defect: defect)
            return $0.isDecided ? $0.view : nil
        } ?? nil
    }

    /// - Returns: whether the proposal at hand cannot be accepted any more.
    mutating func onRefused(_ promised: Ballot, next: Int, from voter: NodeID) -> Bool {
        guard let proposal, next == proposal.view.number, promised > proposal.ballot,
            view.members.containsSorted(voter)
        else { return false }
        let view = view
        return updateProposal { $0.onRefused(promised, from: voter, membersOf: view) } ?? false
    }

    /// A promise has come for a ballot that has not been opened. It is kept if it may still be.
    mutating func keepEarly(_ ballot: Ballot, next: Int, accepted: Accepted?, from voter: NodeID) {
        guard proposal == nil, ballot.round == Self.anticipatedRound, freshRound <= ballot.round,
            next == view.number + 1, view.members.containsSorted(voter)
        else { return }
        earlyPromises[voter] = .some(accepted)
    }

    /// The round in which the next member proposes when the least has failed.
    static let anticipatedRound = 1

    /// Whether an answer belongs to the proposal at hand and comes from somebody who votes.
    private func counts(_ ballot: Ballot, _ next: Int, from origin: NodeID, _ defect: PlantedDefect?) -> Bool {
        guard let proposal, ballot == proposal.ballot, next == proposal.view.number else { return false }
        return view.members.containsSorted(origin) || defect == .learnerCounted
    }

    /// Changes the proposal where it is, so that the set of its voters is not copied; nil: there is none.
    @discardableResult
    mutating func updateProposal<Result>(_ update: (inout Proposal) -> Result) -> Result? {
        guard case .proposing(var proposal) = stage else { return nil }
        stage = .idle
        defer { stage = .proposing(proposal) }
        return update(&proposal)
    }
}
