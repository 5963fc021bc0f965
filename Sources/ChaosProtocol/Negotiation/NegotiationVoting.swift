/// The decision of the next view.
extension Negotiation {
    /// Opens a ballot when a view is due and it is this node's turn.
    mutating func considerProposing(_ now: Int) {
        guard let view, let next = decision?.demand.next, !isHalted, decision?.proposal == nil else {
            decision?.stopWaiting()
            gathering = Gathering()
            reuseFirstBallot(now)
            return
        }
        decision?.wait(from: now, map.isPresent)
        guard let turn = decision?.turn(settings), now >= turn else { return }
        let isHalfLost = map.isHalfLost(from: view, to: next.view)
        guard !gathering.holds(isHalfLost, for: 2 * settings.hello, at: now),
            let ballot = decision?.openBallot(by: node)
        else { return }
        let wanted = latest(next, after: view)
        decision?.stage = .proposing(Proposal(ballot: ballot, view: wanted, retryAt: now + settings.retry))
        ask(insists: false, now)
    }

    /// The view that should follow, with the latest measurements.
    private mutating func latest(_ next: Demand.Next, after view: View) -> View {
        guard next.isOld, let latest = map.next(after: view, defect: defect) else { return next.view }
        decision?.demand = .due(Demand.Next(view: latest, turnsBefore: next.turnsBefore))
        return latest
    }

    /// Asks everyone, this node included.
    mutating func ask(insists: Bool, _ now: Int) {
        guard let request = decision?.proposal?.request else { return }
        post(request, to: nil, insists: insists)
        handle(request, from: node, insists: insists, now)
    }

    /// - Parameter origin: who has sent it, perhaps this node itself.
    mutating func handle(_ body: Envelope.Body, from origin: NodeID, insists: Bool, _ now: Int) {
        switch body {
        case .prepare(let ballot, let next):
            guard mayPropose(in: ballot, origin), isVoter(on: next, for: origin, insists: insists) else { return }
            yield(to: ballot, now)
            guard let answer = decision?.acceptor.prepare(ballot, next: next, defect: defect) else { return }
            reply(answer, to: origin, insists: insists, now)
        case .accept(let ballot, let view):
            guard mayPropose(in: ballot, origin), isVoter(on: view.number, for: origin, insists: insists) else {
                return
            }
            yield(to: ballot, now)
            let before = decision?.acceptor.accepted
            guard let answer = decision?.acceptor.accept(ballot, view, defect: defect) else { return }
            if role == .member, decision?.acceptor.accepted != before, self.view.map(view.continues) != true {
                decision?.hasAcceptedOtherEra = true
                actions.append(.accepted(view))
            }
            reply(answer, to: origin, insists: insists, now)
            if defect == .appliedBeforeDecided, case .accepted = answer { install(view, from: nil) }
        case .promise(let ballot, let next, let accepted):
            guard decision?.onPromise(ballot, next: next, accepted: accepted, from: origin, defect: defect) == true
            else { return }
            let retryAt = now + settings.retry
            decision?.updateProposal { $0.retryAt = retryAt }
            ask(insists: false, now)
        case .accepted(let ballot, let next):
            if let decided = decision?.onAccepted(ballot, next: next, from: origin, defect: defect) {
                install(decided, from: nil)
            }
        case .refuse(let promised, let next):
            guard let proposal = decision?.proposal, next == proposal.view.number, promised > proposal.ballot
            else { return }
            decision?.giveUp(for: promised, settings, at: now)
        case .behind(let number):
            if let view, view.number > number { post(.decided(view), to: origin, insists: true) }
        case .decided(let view):
            follow(view, from: nil, now)
        }
    }

    /// Nobody proposes in another's ballot, and nobody uses up the rounds. Whoever is no member here may be one of an earlier
    /// or a later view, and is told which it is.
    private func mayPropose(in ballot: Ballot, _ origin: NodeID) -> Bool {
        ballot.proposer == origin && ballot.round <= Self.greatestRound
    }

    private static let greatestRound = 1 << 32

    /// Whether this node votes on the view with this number; whoever asks for what is past or to come is told.
    private mutating func isVoter(on next: Int, for origin: NodeID, insists: Bool) -> Bool {
        let number = view?.number ?? 0
        // Hellos tell of other epochs.
        guard view == nil || View.epoch(ofView: next) == View.epoch(ofView: number) else { return false }
        if next > number + 1 {
            post(.behind(view: number), to: origin, insists: insists)
            return false
        }
        if let view, next <= number {
            post(.decided(view), to: origin, insists: insists)
            return false
        }
        switch role {
        case .member: return view?.members.containsSorted(origin) == true || defect == .learnerCounted
        case .learner: return defect == .learnerCounted
        case .outside: return false
        }
    }

    private mutating func yield(to ballot: Ballot, _ now: Int) {
        if ballot.proposer != node { decision?.yield(to: ballot, settings, at: now) }
    }

    private mutating func reply(_ body: Envelope.Body, to origin: NodeID, insists: Bool, _ now: Int) {
        if origin == node {
            handle(body, from: node, insists: insists, now)
        } else {
            post(body, to: origin, insists: insists)
        }
    }

    private mutating func reuseFirstBallot(_ now: Int) {
        guard defect == .firstBallotReused, let proposal = decision?.proposal, proposal.ballot.round == 0,
            let wanted = decision?.demand.next?.view, wanted != proposal.view
        else { return }
        decision?.stage = .proposing(Proposal(ballot: proposal.ballot, view: wanted, retryAt: now + settings.retry))
        ask(insists: false, now)
    }
}
