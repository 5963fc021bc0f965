/// One proposer's part in deciding the view after a given one, in one ballot.
struct Proposal: Sendable {
    enum Phase: Sendable { case preparing, accepting }

    let ballot: Ballot
    var phase: Phase
    /// What will be asked for: in the first phase it may still give way to what others have accepted.
    var view: View
    /// Who has answered in this phase; a set, so that an answer that comes twice counts once.
    var voters: Set<NodeID> = []
    /// Of what the voters have accepted before, that of the greatest ballot.
    var greatest: Accepted?
    /// Who has promised a greater ballot, and the greatest of these.
    var refusers: Set<NodeID> = []
    var refusal: Ballot?
    /// Whether a quorum has accepted: the view is decided.
    var isDecided = false
    /// When to ask again.
    var retryAt: Int

    /// Round 0 needs no first phase (`Ballot.round`).
    init(ballot: Ballot, view: View, retryAt: Int) {
        self.ballot = ballot
        self.view = view
        phase = ballot.round == 0 ? .accepting : .preparing
        self.retryAt = retryAt
    }

    /// What everyone is asked now.
    var request: Envelope.Body {
        switch phase {
        case .preparing: .prepare(ballot, next: view.number)
        case .accepting: .accept(ballot, view)
        }
    }

    /// Counts a promise.
    /// - Parameter deciders: the view whose members decide.
    /// - Returns: whether a quorum of them has promised, so that the second phase begins. The view of the greatest ballot
    ///   that any of them has accepted may have been decided, so it is the one to be asked for.
    mutating func onPromise(
        from voter: NodeID, accepted: Accepted?, membersOf deciders: View, defect: PlantedDefect?
    ) -> Bool {
        guard phase == .preparing else { return false }
        voters.insert(voter)
        if let accepted, accepted.ballot >= greatest?.ballot ?? accepted.ballot { greatest = accepted }
        guard deciders.isQuorum(voters.contains, deciding: view, defect: defect) else { return false }
        if let greatest, defect != .acceptedViewIgnored { view = greatest.view }
        phase = .accepting
        voters = []
        return true
    }

    /// Counts a refusal.
    /// - Returns: whether those who are left are no quorum.
    mutating func onRefused(_ promised: Ballot, from voter: NodeID, membersOf deciders: View) -> Bool {
        refusers.insert(voter)
        refusal = max(refusal ?? promised, promised)
        return !deciders.isQuorum(Set(deciders.members).subtracting(refusers))
    }

    /// Counts an acceptance.
    /// - Parameter deciders: the view whose members decide.
    /// - Returns: whether a quorum of them has accepted: the view is decided.
    mutating func onAccepted(from voter: NodeID, membersOf deciders: View, defect: PlantedDefect?) -> Bool {
        guard phase == .accepting else { return false }
        voters.insert(voter)
        return deciders.isQuorum(voters.contains, deciding: view, defect: defect)
    }
}
