/// How updates come in, are passed on, applied, retained, asked for and handed over.
extension Reduction {
    /// The first step of which something is missing.
    private var firstMissing: Int? {
        mutating get { (applied ?? updates.oldest).map { updates.firstMissing(from: $0) } }
    }

    /// Updates come from above; while a view begins perhaps from a member below.
    private func mayHandOver(_ peer: NodeID) -> Bool { peer == parent || role == .member && begun == nil }

    /// This learner knows that no member does the steps before this one again.
    mutating func noteStable(before step: Int) {
        guard let learning, step > learning.stable else { return }
        self.learning?.stable = step
    }

    /// - Parameter number: of the view under which it was made, or one before that.
    mutating func onTotal(_ chunk: Int, of step: Int, _ samples: Int, under number: Int, from peer: NodeID) {
        // Of the step at hand each chunk comes along its tree.
        let isAlongTree = role == .member && self.step != nil && standing?.branch(ofChunk: chunk).parent == peer
        guard isAlongTree || mayHandOver(peer) else { return }
        noteStable(before: step)
        let room = role == .member ? settings.window : settings.backlog
        guard let standing, let next = applied ?? updates.oldest, chunk < settings.chunks, step >= next,
            step - next < room, updates.insert(chunk, of: step, samples: samples)
        else { return }
        // Later ones keep coming; whether a gap is being closed they do not show.
        if role == .member || begun != nil && step == firstMissing { retry.hasProgressed = true }
        order(.store(step: step, chunk: chunk))
        if standing.isHeld(number) { self.standing?.heldFrom = min(step, standing.heldFrom ?? step) }
        let children = self.step == nil ? standing.memberChildren : standing.branch(ofChunk: chunk).children
        for child in children where child != peer && !isAhead(child, of: step) {
            sendTotal(chunk, of: step, under: number, to: child)
        }
        for child in standing.learnerChildren { sendTotal(chunk, of: step, under: number, to: child) }
    }

    /// Whether an update was made since the view began, of which this node has not heard yet.
    private func isHeld(_ step: Int) -> Bool {
        step >= standing?.heldFrom ?? .max && defect != .totalNotHeld
    }

    /// Whether a member below has said, before the view has begun, that it has applied this step.
    private func isAhead(_ child: NodeID, of step: Int) -> Bool {
        guard case .awaited(let readiness)? = standing?.beginning else { return false }
        return readiness.applied[child] ?? 0 > step
    }

    /// Applies what is complete, in order. A member in the midst of a view goes on to the next step.
    mutating func applyUpdates(_ now: Int) {
        while let number = applied, updates.isComplete(number), let samples = updates.samples[number] {
            let mayApply = number < learning?.stable ?? 0 || defect == .unstableUpdateApplied
            guard role == .member ? !isHeld(number) : mayApply && !isLost else { return }
            order(.apply(step: number, samples: samples))
            applied = number + 1
            if begun != nil || step != nil { retry.hasProgressed = true }
            if let oldest = updates.oldest, number - oldest >= settings.window {
                updates.dropOldest()
                order(.release(step: oldest))
            }
            if role == .member, step != nil {
                considerBalance(now)
                startStep(number + 1, now)
            }
        }
    }

    /// Nothing before this step is retained, or will be.
    mutating func begin(from step: Int) {
        noteStable(before: step)
        release(updates.begin(from: step))
    }

    /// What this node has of these chunks, to a neighbour in the tree.
    mutating func handOver(_ chunks: [Int], of step: Int, to peer: NodeID) {
        guard let view = standing?.view.era, let oldest = updates.oldest, !isHeld(step) else { return }
        if step < oldest { return send(.gone(view: view, before: oldest), to: peer) }
        let there = updates[step]
        for chunk in chunks where chunk < settings.chunks && there.contains(chunk) {
            sendTotal(chunk, of: step, to: peer)
        }
    }

    mutating func onGone(before step: Int, from peer: NodeID) {
        guard mayHandOver(peer), let firstMissing, firstMissing < step else { return }
        // As long as the state is on its way, it may turn out to be a later one.
        if applied == nil { begin(from: step) } else { lose() }
    }

    mutating func ask(for step: Int, of peer: NodeID) {
        let missing = updates[step].missing
        guard let view = standing?.view.era, !missing.isEmpty else { return }
        send(.missing(view: view, step: step, .total(missing)), to: peer)
    }

    /// A learner asks for what it lacks of the updates before this step; no more at once than others retain.
    mutating func askForUpdates(before step: Int) {
        guard let firstMissing, let parent, !isLost, firstMissing < step else { return }
        for step in firstMissing..<min(step, firstMissing + settings.window) { ask(for: step, of: parent) }
    }

    // MARK: Asking again

    mutating func askAgain() {
        guard let standing else { return }
        guard role == .member else {
            if begun == nil, let parent { send(readiness(standing.view.number), to: parent) }
            // The next one may have begun to come as well.
            return askForUpdates(before: (learning?.stable ?? 0) + 2)
        }
        guard let applied else { return }
        if case .awaited(let readiness) = standing.beginning { askToEqualise(readiness, applied) }
        askForStep()
    }

    private mutating func askToEqualise(_ readiness: Readiness, _ applied: Int) {
        guard let standing else { return }
        if let ahead = standing.memberChildren.first(where: { readiness.applied[$0] ?? 0 > applied }) {
            ask(for: applied, of: ahead)
        } else if let parent = standing.parent {
            // The step at hand goes on, and is asked for as such.
            if step == nil, updates[applied].count > 0 { ask(for: applied, of: parent) }
            if readiness.told == applied { send(self.readiness(standing.view.number), to: parent) }
        }
    }

    private mutating func askForStep() {
        guard let step, step.hasGradient, let standing else { return }
        let there = updates[step.number]
        var (partials, totals): ([NodeID: [Int]], [NodeID: [Int]]) = ([:], [:])
        for chunk in 0..<settings.chunks {
            let branch = standing.branch(ofChunk: chunk)
            for child in branch.children where step.received[child]?.contains(chunk) != true {
                partials[child, default: []].append(chunk)
            }
            guard let parent = branch.parent, step.summed.contains(chunk), !there.contains(chunk) else { continue }
            totals[parent, default: []].append(chunk)
        }
        for (child, missing) in partials.sorted(by: { $0.key < $1.key }) {
            send(.missing(view: standing.view.era, step: step.number, .partial(missing)), to: child)
        }
        for (parent, missing) in totals.sorted(by: { $0.key < $1.key }) {
            send(.missing(view: standing.view.era, step: step.number, .total(missing)), to: parent)
        }
    }
}
