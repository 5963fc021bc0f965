/// How updates are taken, passed on, applied, retained, asked for and handed over.
extension Reduction {
    /// The step of the first update that this node needs.
    private var next: Int? { applied ?? oldest }

    /// The first step of which something is missing.
    private var firstMissing: Int? {
        mutating get {
            guard let next else { return nil }
            gap = max(gap, next)
            while updates.isComplete(gap) { gap += 1 }
            return gap
        }
    }

    /// Updates come from above; while a view begins perhaps from a member below.
    private func mayHandOver(_ peer: NodeID) -> Bool { peer == parent || role == .member && begun == nil }

    mutating func take(total chunk: Int, of step: Int, from peer: NodeID) {
        guard mayHandOver(peer) else { return }
        if role != .member { stable = max(stable, step) }
        let room = role == .member ? settings.window : settings.backlog
        guard let view, let next, chunk < settings.chunks, step >= next, step - next < room,
            updates.insert(chunk, of: step)
        else { return }
        // Later ones keep coming; whether a gap is being closed they do not show.
        if role == .member || begun != nil && step == firstMissing { hasProgressed = true }
        actions.append(.store(step: step, chunk: chunk))
        for child in memberChildren where child != peer && ready[child] ?? 0 <= step {
            send(.total(view: view.number, step: step, chunk: chunk), to: child)
        }
        for child in learnerChildren { send(.total(view: view.number, step: step, chunk: chunk), to: child) }
    }

    /// Applies what is complete, in order. A member in the midst of a view goes on to the next step.
    mutating func applyUpdates(_ now: Int) {
        while let number = applied, updates.isComplete(number) {
            let mayApply = number < stable || defect == .unstableUpdateApplied
            guard role == .member || mayApply && !isLost else { return }
            actions.append(.apply(step: number))
            applied = number + 1
            if begun != nil { hasProgressed = true }
            if let first = oldest, number - first >= settings.window {
                oldest = first + 1
                updates.remove(first)
                actions.append(.release(step: first))
            }
            if role == .member, begun != nil, let view {
                considerBalance(view, now)
                startStep(number + 1, view, now)
            }
        }
    }

    /// Nothing before this step is retained, or will be.
    mutating func begin(from step: Int) {
        oldest = step
        // The state may be of an earlier step than the first view that this learner has seen begin.
        gap = step
        stable = max(stable, step)
        for step in updates.remove(where: { number, _ in number < step }) { actions.append(.release(step: step)) }
    }

    /// What this node has of these chunks, to a neighbour in the tree.
    mutating func handOver(_ chunks: [Int], of step: Int, to peer: NodeID) {
        guard let view, let oldest else { return }
        if step < oldest { return send(.gone(view: view.number, before: oldest), to: peer) }
        let there = updates[step]
        for chunk in chunks where chunk < settings.chunks && there.contains(chunk) {
            send(.total(view: view.number, step: step, chunk: chunk), to: peer)
        }
    }

    mutating func take(gone step: Int, from peer: NodeID) {
        guard mayHandOver(peer), let firstMissing, firstMissing < step else { return }
        // As long as the state is on its way, it may turn out to be a later one.
        if applied == nil { begin(from: step) } else { lose() }
    }

    mutating func ask(for step: Int, of peer: NodeID) {
        let missing = updates[step].missing
        guard let view, !missing.isEmpty else { return }
        send(.missing(view: view.number, step: step, .total(missing)), to: peer)
    }

    /// A learner asks for what it lacks of the updates before this step; no more at once than others retain.
    mutating func askForUpdates(before step: Int) {
        guard let firstMissing, let parent, !isLost, firstMissing < step else { return }
        for step in firstMissing..<min(step, firstMissing + settings.window) { ask(for: step, of: parent) }
    }

    /// A learner that has applied all that it knows to be stable has caught up.
    mutating func considerCaughtUp() {
        guard let applied, begun != nil, applied >= stable, !hasCaughtUp, !isLost else { return }
        hasCaughtUp = true
        actions.append(.caughtUp)
    }

    // MARK: Asking again

    mutating func askAgain() {
        guard let view else { return }
        guard role == .member else {
            if begun == nil, let parent { send(readiness(view), to: parent) }
            // The next one may have begun to come as well.
            return askForUpdates(before: stable + 2)
        }
        guard let applied else { return }
        if let begun, applied >= begun { return askForStep(view) }
        if let ahead = memberChildren.first(where: { ready[$0] ?? 0 > applied }) {
            ask(for: applied, of: ahead)
        } else if let parent, updates[applied].count > 0 {
            ask(for: applied, of: parent)
        } else if let parent, readySent == applied {
            send(readiness(view), to: parent)
        }
    }

    private mutating func askForStep(_ view: View) {
        guard let step else { return }
        for child in memberChildren {
            let missing = step.missing(from: child)
            guard !missing.isEmpty else { continue }
            send(.missing(view: view.number, step: step.number, .partial(missing)), to: child)
        }
        let there = updates[step.number]
        let missing = step.summed.members.filter { !there.contains($0) }
        guard let parent, !missing.isEmpty else { return }
        send(.missing(view: view.number, step: step.number, .total(missing)), to: parent)
    }
}
