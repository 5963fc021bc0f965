/// The decision of the next view.
extension Negotiation {
    /// Opens a ballot when a view is due and it is this node's turn.
    mutating func considerProposing(_ now: Int) {
        guard let view, let wanted, !isHalted, proposal == nil else {
            turn = nil
            (dueSince, rival) = (nil, nil)
            reuseFirstBallot(now)
            return
        }
        // Whoever had a ballot under way is gone: its time is over.
        if let rival, !map.isReachable(rival) { (dueSince, self.rival) = (now, nil) }
        let since = dueSince ?? now
        dueSince = since
        let due = since + patience
        turn = due
        guard now >= due else { return }
        turn = nil
        (dueSince, rival) = (nil, nil)
        let isFirst = freshRound == 0 && view.members[0] == node && acceptor?.promised == .first(after: view)
        if !isFirst { freshRound = max(freshRound, (acceptor?.promised.round ?? 0) + 1) }
        let ballot = Ballot(round: freshRound, proposer: node)
        freshRound += 1
        proposal = Proposal(ballot: ballot, view: latest(wanted, after: view), retryAt: now + settings.retry)
        ask(insists: false, now)
    }

    /// The view that is wanted, with the latest measurements.
    private mutating func latest(_ wanted: View, after view: View) -> View {
        guard isWantedOld, let next = map.next(after: view, defect: defect) else { return wanted }
        (self.wanted, isWantedOld) = (next, false)
        return next
    }

    /// How long this node lets those before it try. They are in the order of their ids, so that all agree on it without
    /// a word.
    private var patience: Int { turnsBefore * takeover }

    /// Grows with the rounds of the decision at hand: members that have disturbed each other come apart sooner or later,
    /// however long a ballot takes.
    private var takeover: Int {
        max(settings.takeover, min(settings.takeover << min(freshRound, 20), settings.longestTakeover))
    }

    /// Asks everyone, this node included.
    mutating func ask(insists: Bool, _ now: Int) {
        guard let request = proposal?.request else { return }
        post(request, to: nil, insists: insists)
        handle(request, from: node, insists: insists, now)
    }

    /// - Parameter origin: who has sent it, perhaps this node itself.
    mutating func handle(_ body: Envelope.Body, from origin: NodeID, insists: Bool, _ now: Int) {
        switch body {
        case .prepare(let ballot, let next):
            guard isVoter(on: next, for: origin, insists: insists) else { return }
            yield(to: ballot, now)
            let answer = acceptor!.prepare(ballot, next: next, defect: defect)
            reply(answer, to: origin, insists: insists, now)
        case .accept(let ballot, let view):
            guard isVoter(on: view.number, for: origin, insists: insists) else { return }
            yield(to: ballot, now)
            let answer = acceptor!.accept(ballot, view, defect: defect)
            reply(answer, to: origin, insists: insists, now)
            if defect == .appliedBeforeDecided, case .accepted = answer { install(view, from: nil) }
        case .promise(let ballot, let next, let accepted):
            guard counts(ballot, next, from: origin) else { return }
            let defect = defect
            let isReady = proposal!.onPromise(
                from: origin, accepted: accepted, defect: defect, isQuorum: quorumRule)
            if isReady {
                proposal?.retryAt = now + settings.retry
                ask(insists: false, now)
            }
        case .accepted(let ballot, let next):
            guard counts(ballot, next, from: origin) else { return }
            if proposal!.onAccepted(from: origin, isQuorum: quorumRule) { install(proposal!.view, from: nil) }
        case .refuse(let promised, let next):
            guard let proposal, next == proposal.view.number, promised > proposal.ballot else { return }
            giveUp(for: promised, now)
        case .behind(let number):
            if let view, view.number > number { post(.decided(view), to: origin, insists: true) }
        case .decided(let view):
            install(view, from: nil)
        }
    }

    /// Whether this node votes on the view with this number; whoever asks for what is past or to come is told.
    private mutating func isVoter(on next: Int, for origin: NodeID, insists: Bool) -> Bool {
        let number = view?.number ?? 0
        if next > number + 1 {
            post(.behind(view: number), to: origin, insists: insists)
            return false
        }
        if let view, next <= number {
            post(.decided(view), to: origin, insists: insists)
            return false
        }
        switch role {
        case .member: return true
        case .learner: return defect == .learnerCounted
        case .outside: return false
        }
    }

    /// Whether an answer belongs to the proposal at hand and comes from somebody who votes.
    private func counts(_ ballot: Ballot, _ next: Int, from origin: NodeID) -> Bool {
        guard let proposal, let view, ballot == proposal.ballot, next == proposal.view.number else { return false }
        return view.members.containsSorted(origin) || defect == .learnerCounted
    }

    private var quorumRule: (Set<NodeID>, View) -> Bool {
        { [view, defect] voters, next in view?.isQuorum(voters.contains, deciding: next, defect: defect) ?? false }
    }

    private mutating func reply(_ body: Envelope.Body, to origin: NodeID, insists: Bool, _ now: Int) {
        if origin == node {
            handle(body, from: node, insists: insists, now)
        } else {
            post(body, to: origin, insists: insists)
        }
    }

    /// Lets another's ballot, if it is the greatest yet, have its time before this node tries.
    private mutating func yield(to ballot: Ballot, _ now: Int) {
        guard ballot.proposer != node, let promised = acceptor?.promised, ballot >= promised else { return }
        giveUp(for: ballot, now)
    }

    private mutating func giveUp(for ballot: Ballot, _ now: Int) {
        if let proposal, proposal.ballot > ballot { return }
        proposal = nil
        freshRound = max(freshRound, ballot.round + 1)
        (dueSince, rival) = (now + takeover, ballot.proposer)
    }

    private mutating func reuseFirstBallot(_ now: Int) {
        guard defect == .firstBallotReused, let proposal, proposal.ballot.round == 0, let wanted,
            wanted != proposal.view
        else { return }
        self.proposal = Proposal(ballot: proposal.ballot, view: wanted, retryAt: now + settings.retry)
        ask(insists: false, now)
    }
}
