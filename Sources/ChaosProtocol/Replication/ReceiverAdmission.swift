/// From an admission to a snapshot, and back when it fails.
extension Receiver {
    /// The view that admitted this node, if its snapshots are of use.
    private var admission: Int? {
        if case .learner(let admitted) = role, admitted != spent { admitted } else { nil }
    }

    /// A plan is there: goes on with the admission that there is, or asks for one.
    mutating func seekAdmission(_ now: Int) {
        phase = .planned
        if admission != nil { return awaitSnapshot(now) }
        if case .learner = role { actions.append(.lost) } else { actions.append(.join) }
    }

    mutating func awaitSnapshot(_ now: Int) { waitingSince = admission == nil ? nil : now }

    /// Begins to pull when a neighbour of the plan has told of its snapshot; gives up when none does.
    mutating func considerSnapshots(_ now: Int) {
        guard phase == .planned, let solved else { return }
        guard nodes.contains(where: links.contains) else { return abandon(.noNeighborLeft, now) }
        guard let admission, let waitingSince else { return }
        let told = steps(since: admission)
        if let step = plurality(of: told.values) ?? told.values.max() {
            beginTransfer(step, admission, now)
        } else {
            let promised = solved.instance.neighbors.map(\.ready).max() ?? 0
            if now > waitingSince + promised + settings.silence, hasOtherSnapshot(admission) {
                askAnew(now)
            } else if now > waitingSince + promised + settings.abandonment << min(abandonments, 6) {
                abandon(.noSnapshot, now)
            }
        }
    }

    /// Whether a neighbour beyond the plan has told of its snapshot.
    private func hasOtherSnapshot(_ admission: Int) -> Bool {
        announcements.contains { $1.admitted == admission && links.contains($0) && !nodes.contains($0) }
    }

    /// Another plan for the same admission, since those of the plan at hand have no snapshot and others do.
    private mutating func askAnew(_ now: Int) {
        solved = nil
        nodes = []
        waitingSince = nil
        beginAsking(now)
    }

    /// The step that each neighbour of the plan has told for an admission.
    private func steps(since admission: Int) -> [NodeID: Int] {
        let told = announcements.filter { peer, word in
            nodes.contains(peer) && links.contains(peer)
                && (word.admitted == admission || defect == .snapshotOfAnotherStepUsed)
        }
        return told.mapValues(\.step)
    }

    private mutating func beginTransfer(_ step: Int, _ admission: Int, _ now: Int) {
        guard let solved else { return }
        endTransfer()
        phase = .pulling
        waitingSince = nil
        var transfer = Transfer(
            admitted: admission, step: step, along: solved, nodes: nodes, links: links, failures: abandonments,
            settings: settings, defect: defect, at: now)
        transfer.onMonitored(qualities)
        for (peer, step) in steps(since: admission).sorted(by: { $0.key < $1.key }) {
            transfer.onSnapshot(of: peer, step: step, at: now)
        }
        self.transfer = transfer
    }

    /// While shards are pulled: another neighbour has told of its snapshot. When more tell of another step than of the
    /// one at hand, that other one is the state's.
    mutating func takeAnnouncement(of peer: NodeID, _ now: Int) {
        guard phase == .pulling, let transfer, let step = steps(since: transfer.admitted)[peer] else { return }
        let usable = steps(since: transfer.admitted).filter { peer, _ in
            guard let i = transfer.index[peer] else { return false }
            return transfer.sources[i].condition != .suspect && transfer.sources[i].condition != .gone
        }
        if let most = plurality(of: usable.values), most != transfer.step, defect != .snapshotOfAnotherStepUsed {
            beginTransfer(most, transfer.admitted, now)
        } else {
            self.transfer?.onSnapshot(of: peer, step: step, at: now)
        }
    }

    /// Whether a message is of the snapshot that is being pulled.
    func isAtHand(_ step: Int, _ shardSize: Int) -> Bool {
        transfer?.shardSize == shardSize && (transfer?.step == step || defect == .snapshotOfAnotherStepUsed)
    }

    mutating func endTransfer() {
        lastFigures = transfer?.figures ?? lastFigures
        transfer = nil
    }

    /// Begins again from the start: at once after the first failure, later after further ones.
    mutating func abandon(_ failure: Failure, _ now: Int) {
        actions.append(.abandoned(failure))
        endTransfer()
        if let admission { spent = admission }
        solved = nil
        nodes = []
        waitingSince = nil
        failures += 1
        abandonments += 1
        if failures == 1 { beginAsking(now) } else { rest(now) }
    }

    mutating func rest(_ now: Int) {
        let doublings = min(max(0, failures - 2), 40)
        let patience = Int128(settings.patience) << Int128(doublings)
        phase = .resting(until: now + Int(min(Int128(settings.longestPatience), patience)))
    }
}
