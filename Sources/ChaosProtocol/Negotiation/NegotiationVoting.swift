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
        if !hasEarlyPromises(for: ballot, next: wanted.number, now) { ask(insists: false, now) }
    }

    // MARK: Promises that nobody has asked for

    /// The link to the least member, which has the first ballot, is down. If it has failed, the member after it is to propose, and
    /// needs promises: this one gives its own at once, as if it had been asked, and so do the others that notice; that spares
    /// a round trip. If only the link is down, this member has no vote in the first ballot any more, and the others have.
    mutating func promiseNext(insteadOf peer: NodeID, _ now: Int) {
        guard let view, role == .member, peer == view.members[0], let decision, decision.founding == nil,
            decision.proposal == nil, decision.acceptor.promised == .first(after: view),
            let next = view.members.dropFirst().first(where: map.isPresent), neighbors[next] != nil
        else { return }
        let ballot = Ballot(round: Decision.anticipatedRound, proposer: next)
        self.decision?.anticipated = ballot
        handle(.prepare(ballot, next: view.number + 1), from: next, insists: false, now)
        if defect == .earlyPromiseNotKept { self.decision?.acceptor.promised = .first(after: view) }
    }

    /// Counts what has been promised for this ballot before it was opened.
    /// - Returns: whether that was enough, so that the second phase has begun.
    private mutating func hasEarlyPromises(for ballot: Ballot, next: Int, _ now: Int) -> Bool {
        guard let early = decision?.earlyPromises, !early.isEmpty, ballot.round == Decision.anticipatedRound else {
            return false
        }
        decision?.earlyPromises = [:]
        handle(.prepare(ballot, next: next), from: node, insists: false, now)
        for (voter, accepted) in early.sorted(by: { $0.key < $1.key }) {
            handle(.promise(ballot, next: next, accepted: accepted), from: voter, insists: false, now)
        }
        return decision?.proposal.map { $0.ballot != ballot || $0.phase == .accepting } ?? true
    }

    // MARK: Asking

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
            if case .refuse = answer { sayReadiness(for: view) }
            reply(answer, to: origin, insists: insists, now)
            if defect == .appliedBeforeDecided, case .accepted = answer { install(view, from: nil) }
        case .promise(let ballot, let next, let accepted):
            if ballot.proposer == node {
                decision?.keepEarly(ballot, next: next, accepted: accepted, from: origin)
            }
            guard decision?.onPromise(ballot, next: next, accepted: accepted, from: origin, defect: defect) == true
            else { return }
            let retryAt = now + settings.retry
            decision?.updateProposal { $0.retryAt = retryAt }
            ask(insists: false, now)
        case .accepted(let ballot, let next):
            if let decided = decision?.onAccepted(ballot, next: next, from: origin, defect: defect),
                haveAllAccepted(decided) || !beginsHere(decided)
            {
                install(decided, from: nil)
            }
        case .refuse(let promised, let next):
            guard decision?.onRefused(promised, next: next, from: origin) == true else { return }
            giveWay(to: promised, now)
        case .behind(let number):
            if let view, view.number > number { post(.decided(view), to: origin, insists: true) }
        case .decided(let view):
            follow(view, from: nil, now)
        }
    }

    /// This member has no vote in the first ballot, for it has promised another that may never come. What it would say of its
    /// readiness with its vote it says nevertheless, once, or the view would begin later.
    private mutating func sayReadiness(for view: View) {
        guard let decision, decision.anticipated == decision.acceptor.promised, role == .member,
            self.view.map(view.continues) != true
        else { return }
        self.decision?.anticipated = nil
        self.decision?.hasAcceptedOtherEra = true
        actions.append(.accepted(view))
    }

    // MARK: Decided

    /// Whether this node says when the view begins, and hears itself that the others are ready: their words come with their
    /// votes. Then it waits for the votes of the rest before it says that the view is decided, and says with it that it begins.
    /// Nobody works under it earlier if it tells them that it is decided as soon as it is. Cost: O(links log links).
    private func beginsHere(_ next: View) -> Bool {
        guard let view, !next.continues(view), next.members.allSatisfy({ $0 == node || neighbors[$0] != nil })
        else { return false }
        let tree = ReductionTree(next)
        return tree.root == node && tree.joinsAllMembers
    }

    /// Nobody is waited for any more: all that can be reached have accepted what is decided.
    mutating func installWhenAllHaveAccepted() {
        guard let proposal = decision?.proposal, proposal.isDecided, haveAllAccepted(proposal.view) else { return }
        install(proposal.view, from: nil)
    }

    /// Of those who can be reached and stay.
    private func haveAllAccepted(_ next: View) -> Bool {
        guard let view, let proposal = decision?.proposal else { return false }
        return next.members.allSatisfy {
            proposal.voters.contains($0) || !view.members.containsSorted($0) || !map.isPresent($0)
        }
    }

    /// No answer has been enough for so long. What is decided waits no longer; whoever has been refused lets others try; or asks
    /// again.
    mutating func retry(_ proposal: Proposal, _ now: Int) {
        if proposal.isDecided, defect != .restAwaitedForever { return install(proposal.view, from: nil) }
        if let refusal = proposal.refusal { return giveWay(to: refusal, now) }
        let retryAt = defect == .retryNotRearmed ? Int.max : now + settings.retry
        decision?.updateProposal { $0.retryAt = retryAt }
        ask(insists: true, now)
    }

    /// A greater ballot has been promised to somebody, who is given its time. But where it was promised without having been asked for
    /// perhaps nobody is at it, and those who have accepted wait; so the least member asks for the same in a greater one.
    private mutating func giveWay(to refusal: Ballot, _ now: Int) {
        guard let proposal = decision?.proposal else { return }
        guard proposal.ballot.round == 0, refusal.round == Decision.anticipatedRound,
            defect != .earlyPromiseGivenWay,
            let ballot = decision?.openBallot(after: refusal, by: node)
        else {
            decision?.giveUp(for: refusal, settings, at: now)
            return
        }
        decision?.stage = .proposing(Proposal(ballot: ballot, view: proposal.view, retryAt: now + settings.retry))
        ask(insists: false, now)
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
