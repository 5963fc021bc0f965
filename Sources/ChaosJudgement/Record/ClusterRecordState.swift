import ChaosProtocol

/// Steps, states, and how a joiner gets the state.
extension ClusterRecord {
    /// A node begins a view with a step.
    /// - Parameters:
    ///   - number: of the view.
    ///   - step: the first that is made under it.
    ///   - state: of its replica before that step; nil: nobody has said.
    ///   - node: whose replica it is.
    ///   - now: in nanoseconds of the run.
    public mutating func begun(
        _ number: Int, with step: Int, state: State?, by node: NodeID, at now: Int
    ) throws(Violation) {
        guard let view = decided[number] else { return }
        if standings[node]?.view?.number == number { standings[node]?.begun = step }
        guard view.role(of: node) == .member else { return }
        if beginnings[number] == nil {
            beginnings[number] = (step, state)
            for member in view.members {
                guard let other = standings[member], let updates = other.updates, updates > step,
                    other.view?.number == number
                else { continue }
                throw Violation(
                    invariant: .updatesOnce,
                    finding:
                        "view \(View.name(ofView: number)) begins with step \(step), and \(member) has applied \(updates)",
                    time: now)
            }
        }
        try check(state: state, after: step, of: node, in: number, now)
    }

    /// A node is about to compute the gradient of some of a step's samples, or has.
    /// - Parameters:
    ///   - share: what will be in its gradient under this view.
    ///   - added: what it did not have when the view began.
    ///   - awaited: what it has not computed yet.
    ///   - step: of which the samples are.
    ///   - number: of the view.
    ///   - now: in nanoseconds of the run.
    public mutating func computes(
        _ share: Contribution, added: RangeSet<Int>, awaited: RangeSet<Int>, of step: Int, in number: Int, at now: Int
    ) throws(Violation) {
        let node = share.node
        if !awaited.isEmpty, let view = decided[number], view.idle.contains(node), view.idle.count < view.members.count
        {
            throw Violation(
                invariant: .idleRests,
                finding: "\(node) computes \(awaited.count) samples of step \(step) under \(view)", time: now)
        }
        // Whatever is computed of a step that somebody has applied is void.
        guard step >= mostUpdates else { return }
        if batch != nil { computed[step, default: [:]][number, default: []].append(share) }
        for member in decided[number]?.members ?? [] {
            // What a member was given by a later view, it did not have when this one began.
            for (view, positions) in asked[step]?[member] ?? [:] where view < number && !positions.isDisjoint(added) {
                throw Violation(
                    invariant: .computedOnce,
                    finding: "\(node) computes samples \(positions.intersection(added).text) of step \(step) in view "
                        + "\(View.name(ofView: number)), which \(member) has since view \(View.name(ofView: view))",
                    time: now)
            }
        }
        asked[step, default: [:]][node, default: [:]][number] = added
    }

    /// A node has lost what it was to compute.
    mutating func dropAsked(of node: NodeID) {
        for step in asked.keys { asked[step]?[node] = nil }
    }

    /// A node, the root, has made the update of a step of what the members computed under this view.
    public func summed(_ step: Int, in view: Int, by node: NodeID, at now: Int) throws(Violation) {
        guard let batch, step >= mostUpdates else { return }
        let shares = filled(computed[step]?[view] ?? [], view, batch(step))
        guard let fault = Contribution.fault(of: shares, samples: batch(step), lost) else { return }
        throw Violation(
            invariant: .samplesOnce,
            finding: "\(node) sums step \(step) under view \(View.name(ofView: view)): \(fault)", time: now)
    }

    /// A node has applied the update of a step.
    /// - Parameters:
    ///   - step: whose update it is.
    ///   - state: of its replica after it; nil: nobody has said.
    ///   - node: whose replica it is.
    ///   - now: in nanoseconds of the run.
    public mutating func applied(_ step: Int, state: State?, by node: NodeID, at now: Int) throws(Violation) {
        guard let standing = standings[node] else { return }
        if let updates = standing.updates, updates != step {
            throw Violation(
                invariant: .updatesOnce, finding: "\(node) applies step \(step) to a replica with \(updates) updates",
                time: now)
        }
        standings[node]?.updates = step + 1
        if step >= mostUpdates {
            mostUpdates = step + 1
            asked = asked.filter { $0.key > step }
            try checkSamples(of: step, by: node, now)
        }
        guard let view = standing.view, view.role(of: node) == .member, let begun = standing.begun, step >= begun
        else { return }
        try check(state: state, after: step + 1, of: node, in: view.number, now)
    }

    /// A node has dropped its replica.
    public mutating func forgot(_ node: NodeID) {
        standings[node]?.updates = nil
        dropAsked(of: node)
    }

    private mutating func check(
        state: State?, after updates: Int, of node: NodeID, in view: Int, _ now: Int
    ) throws(Violation) {
        func fail(_ finding: String) -> Violation { Violation(invariant: .sameState, finding: finding, time: now) }
        if let own = standings[node]?.updates, own != updates {
            throw fail("\(node) has applied \(own) updates in view \(View.name(ofView: view)), others \(updates)")
        }
        standings[node]?.updates = updates
        guard let state else { return }
        if let other = states[view]?[updates] {
            guard other == state else {
                throw fail(
                    "\(node) has another state after \(updates) updates in view \(View.name(ofView: view)) than others")
            }
            return
        }
        states[view, default: [:]][updates] = state
        // Whoever is further behind than this has left the view.
        states[view]?[updates - 8] = nil
        states[view - 64] = nil
    }

    /// The first that applies a step: its update must have been made under some view, of each sample once.
    private mutating func checkSamples(of step: Int, by node: NodeID, _ now: Int) throws(Violation) {
        guard let batch else { return }
        defer { computed = computed.filter { $0.key > step } }
        let views = computed[step] ?? [:]
        var faults: [String] = []
        for (view, shares) in views.sorted(by: { $0.key < $1.key }) {
            let shares = filled(shares, view, batch(step))
            guard let fault = Contribution.fault(of: shares, samples: batch(step), lost) else { return }
            faults.append("under view \(View.name(ofView: view)) \(fault)")
        }
        throw Violation(
            invariant: .samplesOnce,
            finding: "\(node) applies step \(step): "
                + (faults.isEmpty ? "nobody has computed it" : faults.joined(separator: ", ")), time: now)
    }

    /// With what members may have computed who had no time to say so: what the others did not.
    private func filled(_ shares: [Contribution], _ number: Int, _ batch: Int) -> [Contribution] {
        guard !forgetful.isEmpty, let view = decided[number] else { return shares }
        let told = Set(shares.map(\.node))
        let missing = view.members.filter { forgetful.contains($0) && !told.contains($0) }
        if missing.isEmpty { return shares }
        let rest = shares.reduce(into: RangeSet(0..<batch)) { $0.subtract($1.positions) }
        return shares + [Contribution(missing[0], rest)]
    }

    // MARK: Joining

    /// What a node pulls will be another state: nothing of it is there yet.
    public mutating func madeRoom(_ node: NodeID) {
        standings[node]?.shards = [:]
        standings[node]?.suspects = []
    }

    /// A shard has come to a node and is kept.
    public mutating func wrote(_ shard: Int, from source: NodeID, by node: NodeID, at now: Int) throws(Violation) {
        if let before = standings[node]?.shards[shard], standings[node]?.suspects.contains(before) != true {
            throw Violation(
                invariant: .pulledOnce,
                finding: "\(node) writes shard \(shard) from \(source) again, which had come from \(before)", time: now)
        }
        standings[node]?.shards[shard] = source
    }

    /// A node no longer believes what a neighbour sends.
    public mutating func suspected(_ neighbor: NodeID, by node: NodeID) {
        standings[node]?.suspects.insert(neighbor)
    }

    /// A node takes what it has pulled for the state before this step.
    /// - Parameters:
    ///   - step: of which the state is.
    ///   - state: what it has taken; nil: nobody has said.
    ///   - node: whose replica it is.
    ///   - now: in nanoseconds of the run.
    public mutating func completed(_ step: Int, state: State?, by node: NodeID, at now: Int) throws(Violation) {
        standings[node]?.updates = step
        standings[node]?.shards = [:]
        guard let view = standings[node]?.view, case .learner(let admitted) = view.role(of: node) else { return }
        caughtUp.insert(View.Learner(node, admitted: admitted))
        guard let state else { return }
        let right = beginnings.filter { $0.key >= admitted && $0.value.step == step }.compactMap(\.value.state)
        guard right.isEmpty || right.contains(state) else {
            throw Violation(
                invariant: .verifiedState,
                finding: "\(node) takes a state before step \(step) that no member had when it took its snapshot",
                time: now)
        }
    }

    /// A node has freed its snapshot of the state before this step.
    /// - Parameters:
    ///   - step: of which the snapshot was.
    ///   - node: whose it was.
    ///   - now: in nanoseconds of the run.
    ///   - pulls: whether this learner has been told of the snapshot by the node, and pulls it.
    public func freed(
        _ step: Int, by node: NodeID, at now: Int, pulls: (View.Learner) -> Bool
    ) throws(Violation) {
        guard let view = standings[node]?.view else { return }
        for learner in view.learners where learner.node != node && view.links.contains(Link(learner.node, node)) {
            guard standings[learner.node] != nil, !forgetful.contains(learner.node), pulls(learner) else { continue }
            throw Violation(
                invariant: .snapshotKept,
                finding: "\(node) frees the snapshot of step \(step) that \(learner.node) pulls", time: now)
        }
    }
}
