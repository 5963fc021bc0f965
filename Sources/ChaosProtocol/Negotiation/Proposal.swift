/// One proposer's part in deciding the view after a given one, in one ballot.
struct Proposal: Sendable {
    enum Phase: Sendable { case preparing, accepting }

    let ballot: Ballot
    private(set) var phase: Phase
    /// What will be asked for: in the first phase it may still give way to what others have accepted.
    private(set) var view: View
    /// Who has answered in this phase; a set, so that an answer that comes twice counts once.
    private var voters: Set<NodeID> = []
    private var greatest: Accepted?
    /// When to ask again.
    var retryAt: Int?

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
    /// - Returns: whether a quorum has promised, so that the second phase begins. The view of the greatest ballot that
    ///   any of them has accepted may have been decided, so it is the one to be asked for.
    mutating func onPromise(
        from voter: NodeID, accepted: Accepted?, defect: PlantedDefect?, isQuorum: (Set<NodeID>, View) -> Bool
    ) -> Bool {
        guard phase == .preparing else { return false }
        voters.insert(voter)
        if let accepted, accepted.ballot >= greatest?.ballot ?? accepted.ballot { greatest = accepted }
        guard isQuorum(voters, view) else { return false }
        if let greatest, defect != .acceptedViewIgnored { view = greatest.view }
        phase = .accepting
        voters = []
        return true
    }

    /// Counts an acceptance.
    /// - Returns: whether a quorum has accepted: the view is decided.
    mutating func onAccepted(from voter: NodeID, isQuorum: (Set<NodeID>, View) -> Bool) -> Bool {
        guard phase == .accepting else { return false }
        voters.insert(voter)
        return isQuorum(voters, view)
    }
}
