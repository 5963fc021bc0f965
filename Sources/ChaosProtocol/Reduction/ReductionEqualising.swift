/// How a view begins: all its members get the same updates first. Whether the step at hand goes on or one is begun, is the
/// only difference between a view that goes on in an era and the first of one.
extension Reduction {
    func readiness(_ view: Int) -> ReductionMessage {
        var below: [NodeID: [Contribution]] = [:]
        if case .awaited(let readiness)? = standing?.beginning { below = readiness.contributions }
        return .ready(view: view, applied: applied ?? updates.oldest ?? 0, role == .member ? contributions(below) : [])
    }

    /// Goes on as far as what the members below have said allows: asks for an update that one of them has, says that all
    /// are ready, or begins.
    mutating func equalise(_ now: Int) {
        guard let applied, let standing, case .awaited(var readiness) = standing.beginning else { return }
        let children = standing.memberChildren
        if let ahead = children.first(where: { readiness.applied[$0] ?? 0 > applied }), readiness.asked != applied {
            readiness.asked = applied
            self.standing?.beginning = .awaited(readiness)
            ask(for: applied, of: ahead)
        }
        let isEqual = children.allSatisfy { child in
            defect == .updateNotHandedOver
                ? readiness.applied[child] != nil : readiness.applied[child] == applied
        }
        guard isEqual else { return }
        if let parent = standing.parent {
            guard readiness.told != applied else { return }
            readiness.told = applied
            self.standing?.beginning = .awaited(readiness)
            if !hasSaidEarly(applied, in: standing.view, to: parent) {
                send(self.readiness(standing.view.number), to: parent)
            }
        } else if standing.leads, !hasGivenAway(applied) || defect == .givenAwayIgnored {
            begin(with: applied, division(of: applied, readiness), now)
        }
    }

    /// Whether this root has made all of its part of an update, of which others may have had the rest before it does. Then a
    /// member may have applied it after its word that it had not.
    private func hasGivenAway(_ number: Int) -> Bool {
        guard let standing, let step, step.number == number else { return false }
        return (0..<settings.chunks).allSatisfy {
            standing.branch(ofChunk: $0).parent != nil || step.summed.contains($0)
        }
    }

    /// Who has what of the step that is next: in an era that goes on as ever, in a new one as the members have said.
    private func division(of step: Int, _ readiness: Readiness) -> [Contribution] {
        guard let standing else { return [] }
        if standing.division != nil { return standing.contributions(to: step) }
        let said = contributions(readiness.contributions)
        let divides = said.divide(settings.batch(ofStep: step), among: standing.view.members)
        return divides || defect == .oldGradientUsed ? said : []
    }

    /// A child has not heard of a beginning; a member among them says how much it has.
    mutating func onReady(_ number: Int, _ contributions: [Contribution], from child: NodeID) {
        guard let standing else { return }
        guard case .awaited(var readiness) = standing.beginning else {
            if let begun, defect != .beginNotRepeated {
                send(.begin(view: standing.view.number, step: begun, standing.contributions(to: begun)), to: child)
            }
            return
        }
        guard standing.memberChildren.contains(child), let applied else { return }
        if number > readiness.applied[child] ?? -1 {
            readiness.applied[child] = number
            readiness.contributions[child] = contributions
            self.standing?.beginning = .awaited(readiness)
            retry.hasProgressed = true
        }
        let known = readiness.applied[child] ?? number
        guard known < applied, defect != .updateNotHandedOver else { return }
        guard let oldest = updates.oldest, oldest <= known else { return handOver([], of: known, to: child) }
        for step in known...applied { handOver(updates[step].members, of: step, to: child) }
    }

    mutating func onBegin(_ step: Int, _ contributions: [Contribution], from parent: NodeID, _ now: Int) {
        guard begun == nil, let view else { return }
        guard contributions.divide(settings.batch(ofStep: step), among: view.members) || defect == .oldGradientUsed
        else { return actions.append(.refused(.contributions, from: parent)) }
        if role == .member {
            if defect == .updateNotHandedOver { applied = step }
            guard step == applied else { return }
            begin(with: step, contributions, now)
        } else {
            // Less than what was stable: those who had it are gone.
            if step < learning?.inherited ?? 0 { part() }
            if learning?.firstEra == nil { learning?.firstEra = view.era }
            if learning?.isStateVoid == true, defect != .voidStateTaken { part() }
            noteStable(before: step)
            learning?.witnesses = view.members
            if updates.oldest == nil { begin(from: step) }
            tell(begin: step, contributions)
            askForUpdates(before: step)
        }
    }

    private mutating func begin(with step: Int, _ contributions: [Contribution], _ now: Int) {
        let goesOn = self.step != nil
        tell(begin: step, contributions)
        if !goesOn { startStep(step, now) } else if parent == nil { sumChunks(now) }
    }

    private mutating func tell(begin step: Int, _ contributions: [Contribution]) {
        standing?.begin(with: step, contributions)
        guard let standing else { return }
        retry.hasProgressed = true
        for child in standing.memberChildren + standing.learnerChildren {
            send(.begin(view: standing.view.number, step: step, contributions), to: child)
        }
        // What there is of the step already has not gone to them.
        for learner in standing.newLearners { handOver(updates[step].members, of: step, to: learner) }
        order(.begun(view: standing.view.number, step: step))
    }
}
