import ChaosModel

/// The pulling of one snapshot: along the plan, from all neighbours at once, until each shard is there and verified.
///
/// Pulls go to each neighbour in the order of its run, as many at a time as keep it busy. A shard is written when it
/// comes and verified when its digest is settled (`DigestAgreement`), whichever is later. What fails on the way makes a
/// plan anew (`replan`) of the shards that are missing.
///
/// Nothing is assumed of the transport's order. A pull that three others have overtaken, sent well after it to the same
/// neighbour, is sent again, and so is the oldest one when the neighbour is silent. Shards that come twice are counted
/// and dropped.
struct Transfer: Sendable {
    enum Outcome: Hashable, Sendable {
        case complete
        case failed(Receiver.Failure)
    }

    static let overtakingSuggestsLoss = 3
    static let openRanges = 4

    let admitted: Int
    let step: Int
    let stateBytes: Int
    let shardSize: Int
    let settings: ReceiverSettings
    /// Doubled by each failed attempt.
    let silence: Int
    let abandonment: Int
    let defect: PlantedDefect?

    var sources: [TransferSource]
    let index: [NodeID: Int]
    var arrived: ShardSet
    /// What came before its digest was settled.
    var unverified: [Int: (digest: Digest, source: Int)] = [:]
    var agreement: DigestAgreement

    /// When the plan at hand began, and how long it takes.
    var planStart: Int
    var makespan: Int
    var lastPlanAt: Int
    /// Whether neighbours have come or gone, or one has nothing more to do long before it should: the plan at hand is not
    /// kept.
    var needsPlan = false
    /// Whether one falls behind.
    var isBehind = false
    /// Whether there may be something to settle or to ask about digests.
    var needsDigests = true

    var figures: TransferFigures
    var outcome: Outcome?
    var actions: [Receiver.Action] = []

    /// - Parameters:
    ///   - nodes: the neighbours of the solved instance, in its order.
    ///   - links: those that can be reached.
    ///   - failures: how many attempts with a plan came before.
    init(
        admitted: Int, step: Int, along solved: SolvedInstance, nodes: [NodeID], links: Set<NodeID>, failures: Int,
        settings: ReceiverSettings, defect: PlantedDefect?, at now: Int
    ) {
        let plan = solved.plan
        self.admitted = admitted
        self.step = step
        self.settings = settings
        self.defect = defect
        stateBytes = solved.instance.state.bytes
        shardSize = plan.shardSize
        silence = settings.silence << min(failures, 6)
        abandonment = settings.abandonment << min(failures, 6)
        index = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1, $0) })
        sources = zip(nodes, solved.instance.neighbors).map {
            TransferSource(
                $0, terms: $1, shardSize: plan.shardSize, isUp: links.contains($0), settings: settings, at: now)
        }
        for (i, queue) in ShardQueue.deal([0..<plan.shards], counts: solved.counts).enumerated() {
            sources[i].queue = queue
        }
        arrived = ShardSet(capacity: plan.shards)
        agreement = DigestAgreement(
            shards: plan.shards,
            rangeLength: max(1, min(settings.digestsAtOnce, settings.digestBytes / plan.shardSize)))
        planStart = now
        lastPlanAt = now - settings.replanPause
        makespan = plan.makespan.roundedUp
        let finishes = plan.finishes
        figures = TransferFigures(
            started: now, planned: makespan,
            neighbors: Dictionary(
                uniqueKeysWithValues: nodes.map { ($0, TransferFigures.Neighbor(planned: finishes["\($0)"])) }))
        notePlannedEnds(finishes, from: now)
        actions.append(.begin(step: step, stateBytes: stateBytes))
        needsPlan = sources.contains { $0.condition == .down }
    }

    var shards: Int { arrived.capacity }

    func length(of shard: Int) -> Int { min(shardSize, stateBytes - shard * shardSize) }

    /// Whether a neighbour may still take part: it is there and has, or may yet have, the snapshot of this step.
    func isAlive(_ i: Int) -> Bool {
        (sources[i].condition == .serving || sources[i].condition == .stalled)
            && (sources[i].announced == nil || hasSnapshot(i))
    }

    func hasSnapshot(_ i: Int) -> Bool {
        sources[i].announced == step || (defect == .snapshotOfAnotherStepUsed && sources[i].announced != nil)
    }

    /// The step that a neighbour is asked for.
    func askedStep(_ i: Int) -> Int { defect == .snapshotOfAnotherStepUsed ? sources[i].announced ?? step : step }

    // MARK: Events

    mutating func onSnapshot(of source: NodeID, step: Int, at now: Int) {
        guard let i = index[source], sources[i].announced != step else { return }
        sources[i].announced = step
        sources[i].lastHeard = now
        needsDigests = true
        if hasSnapshot(i), sources[i].condition == .stalled {
            sources[i].condition = .serving
            needsPlan = true
        }
        if !hasSnapshot(i) {
            stop(i, sources[i].condition)
        }
        pull(from: i, now)
    }

    mutating func onLink(to peer: NodeID, isUp: Bool, at now: Int) {
        guard let i = index[peer] else { return }
        switch sources[i].condition {
        case .serving where !isUp, .stalled where !isUp:
            stop(i, .down)
        case .down where isUp:
            sources[i].condition = .serving
            sources[i].lastHeard = now
            needsPlan = true
            needsDigests = true
        default: break
        }
    }

    /// The neighbour will not serve any more, or not this.
    mutating func onGone(_ peer: NodeID) {
        guard let i = index[peer], isAlive(i) || sources[i].condition == .down else { return }
        stop(i, .gone)
    }

    /// Nothing more is expected of it.
    private mutating func stop(_ i: Int, _ condition: TransferSource.Condition) {
        sources[i].stop(condition)
        needsPlan = true
        needsDigests = true
    }

    mutating func onMonitored(_ qualities: [NodeID: LinkQuality]) {
        for i in sources.indices { sources[i].monitored = qualities[sources[i].node]?.bandwidth }
    }

    mutating func onShard(_ shard: Int, _ payload: Receiver.Payload, from peer: NodeID, at now: Int) {
        guard shard < shards, let i = index[peer], sources[i].condition != .suspect else { return }
        let bytes = length(of: shard)
        guard payload.bytes == bytes else { return suspect(i, .length(shard: shard, bytes: payload.bytes)) }
        note(shard, from: i, now)
        if arrived.contains(shard) {
            figures.bytesTwice += bytes
        } else if let digest = agreement.digest(of: shard), digest != payload.digest {
            suspect(i, .shard(shard))
        } else {
            if agreement.digest(of: shard) == nil, defect != .shardAcceptedWithoutDigest {
                unverified[shard] = (payload.digest, i)
            }
            arrived.insert(shard)
            actions.append(.write(shard: shard, shardSize: shardSize, bytes: bytes))
        }
        // The next shard may be another one's by a plan that is made now.
        if !isPlanDue(now) { pull(from: i, now) }
    }

    /// Looks at all deadlines. Cost: O(neighbours).
    mutating func onTick(at now: Int) {
        for i in sources.indices where isAlive(i) { lookAfter(i, now) }
        needsDigests = true
    }

    /// Draws the consequences of what has changed.
    mutating func settle(_ now: Int) {
        if needsDigests { settleDigests(now) }
        guard outcome == nil else { return }
        if arrived.isFull, unverified.isEmpty {
            figures.finished = now
            outcome = .complete
        } else if !sources.indices.contains(where: isAlive) {
            outcome = .failed(.noNeighborLeft)
        } else if isPlanDue(now) {
            replan(now)
        }
    }

    private func isPlanDue(_ now: Int) -> Bool {
        (needsPlan || isBehind) && now >= lastPlanAt + settings.replanPause
    }

    // MARK: Pulling

    mutating func pull(from i: Int, _ now: Int) {
        guard sources[i].condition == .serving, hasSnapshot(i) else { return }
        let window = sources[i].window(most: settings.mostInFlight)
        while sources[i].inFlight.count < window, let shard = sources[i].queue.popFirst() {
            if arrived.contains(shard), defect != .replanPullsWhatHasArrived { continue }
            sources[i].send(shard, now, settings: settings)
            request(shard, from: i)
        }
    }

    private func pulling(_ shard: Int, from i: Int) -> ReplicationMessage {
        .pull(step: askedStep(i), shardSize: shardSize, shard: shard)
    }

    private mutating func request(_ shard: Int, from i: Int) {
        actions.append(.send(pulling(shard, from: i), to: sources[i].node))
    }

    /// Sends a pull again, or forgets it if the shard has come from elsewhere.
    private mutating func repeatPull(at position: Int, of i: Int, _ now: Int) {
        guard defect != .pullNotRepeated else { return }
        if arrived.contains(sources[i].inFlight[position].shard) {
            sources[i].inFlight.remove(at: position)
            return
        }
        request(sources[i].sendAgain(at: position, now), from: i)
        figures.repeats += 1
    }

    /// Takes down that a shard has come, and what that says about its neighbour.
    private mutating func note(_ shard: Int, from i: Int, _ now: Int) {
        let node = sources[i].node
        let bytes = length(of: shard)
        figures.neighbors[node]?.note(bytes, at: now)
        let position = sources[i].noteArrival(of: shard, now, settings: settings)
        if sources[i].condition == .stalled {
            sources[i].condition = .serving
            needsPlan = true
        }
        for k in (0..<(position ?? 0)).reversed()
        where sources[i].inFlight[k].overtaken >= Self.overtakingSuggestsLoss {
            repeatPull(at: k, of: i, now)
        }
        if sources[i].measuredPace != nil, sources[i].owed > 0,
            sources[i].end(of: sources[i].owed, from: now) > latestEnd(planStart, makespan)
        {
            isBehind = true
        }
        // Faster than planned: it can take over some of what others will not have sent for a while.
        if sources[i].owed == 0, let end = sources[i].plannedEnd, now + settings.replanPause < end,
            sources.contains(where: {
                $0.condition == .serving && $0.end(of: $0.owed, from: now) > now + 2 * settings.replanPause
            })
        {
            needsPlan = true
        }
    }

    /// Until when a neighbour may take, by a plan, without it being made anew.
    func latestEnd(_ start: Int, _ makespan: Int) -> Int {
        let spare = Int128(makespan) * Int128(settings.tolerance) / 1000 + Int128(settings.replanPause)
        return Int(clamping: Int128(start) + Int128(makespan) + spare)
    }

    mutating func suspect(_ i: Int, _ suspicion: Receiver.Suspicion) {
        guard sources[i].condition != .suspect else { return }
        stop(i, .suspect)
        actions.append(.suspect(sources[i].node, suspicion))
    }

    private mutating func lookAfter(_ i: Int, _ now: Int) {
        let source = sources[i]
        if source.announced == nil {
            // A snapshot that is not there when it was promised.
            let promised = figures.started + source.terms.ready
            if now > promised + abandonment { return onGone(source.node) }
            if now > promised + silence { stall(i) }
            return
        }
        let quiet = now - source.lastHeard
        if source.condition == .stalled || !source.inFlight.isEmpty, quiet > abandonment + source.expected {
            return onGone(source.node)
        }
        guard !source.inFlight.isEmpty else { return }
        if quiet > silence + source.expected { stall(i) }
        guard let oldest = sources[i].inFlight.indices.first, now >= source.repeatAt else { return }
        repeatPull(at: oldest, of: i, now)
        sources[i].repeats += 1
        sources[i].repeatAt = now + (settings.retry + source.expected) << min(source.repeats + 1, 5)
    }

    /// Gives a silent neighbour's shards to others, if there are any.
    private mutating func stall(_ i: Int) {
        let others = sources.indices.contains { $0 != i && sources[$0].condition == .serving && isAlive($0) }
        guard others, sources[i].condition == .serving else { return }
        stop(i, .stalled)
    }
}
