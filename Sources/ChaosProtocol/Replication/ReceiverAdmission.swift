/// From an admission to a snapshot, and back when it fails.
extension Receiver {
    /// The view that admitted this node, if its snapshots are of use.
    var admission: Int? {
        if case .learner(let admitted) = role, admitted != spent { admitted } else { nil }
    }

    /// Asks for an admission, unless there is one.
    mutating func seekAdmission() {
        guard admission == nil else { return }
        if case .learner = role { actions.append(.lost) } else { actions.append(.join) }
    }

    /// What neighbours have told of their snapshots to one whose place this one takes: a word may come before the view that the
    /// snapshot was taken for, and is not said again.
    mutating func takeWords(of other: Receiver) {
        guard defect != .earlySnapshotForgotten else { return }
        announcements = other.announcements.filter { mayAnnounce($0.key) }
    }

    /// Waits for a snapshot from now on, or for an admission first.
    mutating func awaitSnapshot(by plan: PullPlan, _ now: Int) {
        enter(.planned(plan, waitingSince: admission == nil ? nil : now))
    }

    /// Begins to pull when a neighbour of the plan has told of its snapshot; gives up when none does.
    mutating func considerSnapshots(_ now: Int) {
        guard case .planned(let plan, let waitingSince) = state else { return }
        guard plan.nodes.contains(where: links.contains) else { return abandon(.noNeighborLeft, now) }
        guard let admission, let waitingSince else { return }
        let told = steps(since: admission, of: plan)
        if let step = plurality(of: told.values) ?? told.values.max() {
            beginTransfer(step, admission, by: plan, now)
        } else {
            let promised = plan.solved.instance.neighbors.map(\.ready).max() ?? 0
            if now > waitingSince + promised + settings.silence, hasOtherSnapshot(admission, than: plan) {
                // Another plan for the same admission, since those of the plan at hand have no snapshot and others do.
                beginAsking(now)
            } else if now > waitingSince + promised + settings.abandonment << min(failures.withPlan, 6) {
                abandon(.noSnapshot, now)
            }
        }
    }

    /// Whether a neighbour beyond the plan has told of its snapshot.
    private func hasOtherSnapshot(_ admission: Int, than plan: PullPlan) -> Bool {
        announcements.contains { $1.admitted == admission && links.contains($0) && !plan.nodes.contains($0) }
    }

    /// The step that each neighbour of the plan has told for an admission.
    private func steps(since admission: Int, of plan: PullPlan) -> [NodeID: Int] {
        let told = announcements.filter { peer, word in
            plan.nodes.contains(peer) && links.contains(peer)
                && (word.admitted == admission || defect == .snapshotOfAnotherStepUsed)
        }
        return told.mapValues(\.step)
    }

    /// Under which view the snapshots were taken that are pulled, as most neighbours tell; of what is equally often told, the
    /// earliest.
    var begunOfSnapshot: Int {
        guard let transfer else { return 0 }
        let told = announcements.values.filter { $0.admitted == transfer.admitted && $0.step == transfer.step }
        return plurality(of: told.lazy.map(\.begun)) ?? told.map(\.begun).min() ?? 0
    }

    private mutating func beginTransfer(_ step: Int, _ admission: Int, by plan: PullPlan, _ now: Int) {
        var transfer = Transfer(
            admitted: admission, step: step, by: plan, links: links, failures: failures.withPlan, settings: settings,
            defect: defect, at: now)
        transfer.onMonitored(qualities)
        for (peer, step) in steps(since: admission, of: plan).sorted(by: { $0.key < $1.key }) {
            transfer.onSnapshot(of: peer, step: step, at: now)
        }
        enter(.pulling(plan, transfer))
    }

    /// While shards are pulled: another neighbour has told of its snapshot. When more tell of another step than of the
    /// one at hand, that other one is the state's.
    mutating func noteAnnouncement(of peer: NodeID, _ now: Int) {
        guard case .pulling(let plan, let transfer) = state else { return }
        let told = steps(since: transfer.admitted, of: plan)
        guard let step = told[peer] else { return }
        let usable = told.filter { peer, _ in
            guard let i = transfer.index[peer] else { return false }
            return transfer.sources[i].reason != .suspect && transfer.sources[i].reason != .gone
        }
        if let most = plurality(of: usable.values), most != transfer.step, defect != .snapshotOfAnotherStepUsed {
            beginTransfer(most, transfer.admitted, by: plan, now)
        } else {
            withTransfer { $0.onSnapshot(of: peer, step: step, at: now) }
        }
    }

    /// Whether a message is of the snapshot that is being pulled.
    func isAtHand(_ step: Int, _ shardSize: Int) -> Bool {
        guard case .pulling(_, let transfer) = state else { return false }
        return transfer.shardSize == shardSize && (transfer.step == step || defect == .snapshotOfAnotherStepUsed)
    }

    /// Begins again from the start: at once after the first failure, later after further ones.
    mutating func abandon(_ failure: Failure, _ now: Int) {
        actions.append(.abandoned(failure))
        if let admission { spent = admission }
        failures.count += 1
        failures.withPlan += 1
        if failures.count == 1 { beginAsking(now) } else { rest(now) }
    }

    mutating func rest(_ now: Int) {
        let doublings = min(max(0, failures.count - 2), 40)
        let rest = Int128(settings.rest) << Int128(doublings)
        enter(.resting(until: now + Int(min(Int128(settings.longestRest), rest))))
    }
}
