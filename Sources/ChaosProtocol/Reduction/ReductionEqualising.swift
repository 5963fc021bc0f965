/// How a view begins: all its members get the same updates first.
extension Reduction {
    func readiness(_ view: View) -> ReductionMessage { .ready(view: view.number, applied: applied ?? oldest ?? 0) }

    /// Goes on as far as what the members below have said allows: asks for an update that one of them has, says that all
    /// are ready, or begins.
    mutating func equalise(_ view: View, _ now: Int) {
        guard let applied else { return }
        if let ahead = memberChildren.first(where: { ready[$0] ?? 0 > applied }), asked != applied {
            asked = applied
            ask(for: applied, of: ahead)
        }
        let isEqual = memberChildren.allSatisfy { child in
            defect == .updateNotHandedOver ? ready[child] != nil : ready[child] == applied
        }
        guard isEqual else { return }
        if let parent {
            guard readySent != applied else { return }
            readySent = applied
            send(readiness(view), to: parent)
        } else if tree?.root == node, tree?.joinsAllMembers == true {
            begin(view, with: applied, now)
        }
    }

    /// A child has not heard of a beginning; a member among them says how much it has.
    mutating func take(ready number: Int, from child: NodeID) {
        guard let view else { return }
        if let begun {
            if defect != .beginNotRepeated { send(.begin(view: view.number, step: begun), to: child) }
            return
        }
        guard memberChildren.contains(child), let applied else { return }
        if number > ready[child] ?? -1 {
            ready[child] = number
            hasProgressed = true
        }
        let known = ready[child] ?? number
        guard known < applied, defect != .updateNotHandedOver else { return }
        guard let oldest, oldest <= known else { return handOver([], of: known, to: child) }
        for step in known...applied { handOver(updates[step].members, of: step, to: child) }
    }

    mutating func take(begin step: Int, _ now: Int) {
        guard begun == nil, let view else { return }
        if role == .member {
            if defect == .updateNotHandedOver { applied = step }
            guard step == applied else { return }
            begin(view, with: step, now)
        } else {
            // Less than what was stable: those who had it are gone.
            if step < inherited { part() }
            stable = max(stable, step)
            witnesses = view.members
            if oldest == nil { begin(from: step) }
            tell(begin: step, view)
            askForUpdates(before: step)
        }
    }

    private mutating func begin(_ view: View, with step: Int, _ now: Int) {
        tell(begin: step, view)
        startStep(step, view, now)
    }

    private mutating func tell(begin step: Int, _ view: View) {
        begun = step
        hasProgressed = true
        for child in memberChildren + learnerChildren { send(.begin(view: view.number, step: step), to: child) }
        actions.append(.begun(view: view.number, step: step))
    }
}
