import ChaosModel

/// The pulling of one snapshot: along the plan, from all neighbours at once, until each shard is there and verified.
///
/// Pulls go to each neighbour in the order of its run, as many at a time as keep it busy. A shard is written when it
/// comes and verified when another neighbour has told the same digest (`DigestAgreement`), whichever is later. What fails on
/// the way is made good by a *replan*: another plan, of the shards that are missing (`replan`).
///
/// **A plan that was given** is executed as it is, for it is not there to be the best: that a neighbour falls behind, has
/// nothing left to do, comes back or has no part in it and goes is no reason for a replan. Only the loss of shards is: those
/// that a neighbour still owed when its link went down, it fell silent, refused or proved to have another snapshot, and those
/// that came wrong. The replan is solved as any other, and what follows is as without a given plan.
///
/// **Losses.** Nothing is assumed of the transport's order. A pull that three others have overtaken, sent well after it to
/// the same neighbour, is sent again when all that is on the way from there has had its time, and so is the oldest one when
/// the neighbour is silent. Shards that come twice are
/// counted and dropped.
///
/// **A connection that closes.** Requests go over the connection for control, shards come over others. When one of those
/// closes, the transport calls `ClusterNode.onShardConnectionClosed`, and that calls `Receiver.onPullsLost`, which calls
/// `onPullsLost` here: all that this neighbour was asked for and that has not come is asked for again at once, in the same
/// order (`TransferSource.renew`). Nobody knows which shards went down with the connection, so some of them may still
/// come over another one, or wait at the neighbour to be sent: a shard that comes twice is dropped. A pull whose shard
/// another neighbour is asked for too is forgotten. That all happens once within `retry`: what a connection takes with it
/// that closes soon after another one is asked for when it is overtaken or the neighbour is silent, as any other loss, so
/// that connections that come and go cannot make a storm. Nor does a closing count as a word of the neighbour: one that
/// sends nothing stalls and is given up in its time. When the connection for control closes, the link goes down instead
/// (`onLink`): nothing is expected of the neighbour any more, and a replan gives its shards to others. Digests come over
/// the connection for control too.
struct Transfer: Sendable {
    /// How it ends.
    enum Outcome: Hashable, Sendable {
        case complete(step: Int)
        case failed(Receiver.Failure)
    }

    /// The plan at hand: the first one, or the last replan.
    struct Course: Sendable {
        /// No other plan is made earlier.
        var holdsUntil: Int
        /// Whether it was made elsewhere: it holds until shards are lost.
        var isGiven = false
        /// Neighbours have come or gone, or shards have come wrong: there must be another plan.
        var isVoid = false
    }

    static let overtakingSuggestsLoss = 3
    /// Ranges of digests in which something is asked, for each neighbour.
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
    /// Shards asked of others than was planned, until they come: their witnesses may be those who send them.
    var diverted: Set<Int> = []
    /// What is missing and nobody is to send, until there is another plan.
    var unassigned = ShardQueue()
    /// What has come, and of which it is not certain that it is right.
    var unverified: [Int: (digest: Digest, source: Int)] = [:]
    var agreement: DigestAgreement

    var course: Course
    /// Whether there may be something to settle or to ask about digests.
    var needsDigests = true

    var figures: TransferFigures
    var actions: [Receiver.Action] = []

    /// - Parameters:
    ///   - links: those that can be reached.
    ///   - failures: how many attempts with a plan came before.
    init(
        admitted: Int, step: Int, by pullPlan: PullPlan, links: Set<NodeID>, failures: Int, settings: ReceiverSettings,
        defect: PlantedDefect?, at now: Int
    ) {
        let (solved, nodes) = (pullPlan.solved, pullPlan.nodes)
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
            sources[i].assign(queue)
        }
        arrived = ShardSet(capacity: plan.shards)
        agreement = DigestAgreement(
            parts: solved.counts,
            rangeLength: max(1, min(settings.digestsAtOnce, settings.digestBytes / plan.shardSize)))
        course = Course(holdsUntil: now, isGiven: pullPlan.isGiven)
        let finishes = plan.finishes
        figures = TransferFigures(
            started: now, planned: plan.makespan.roundedUp,
            neighbors: Dictionary(
                uniqueKeysWithValues: nodes.map { ($0, TransferFigures.Neighbor(planned: finishes["\($0)"])) }))
        actions.append(.begin(step: step, stateBytes: stateBytes))
        // Those that are down have been assigned nothing.
        for i in sources.indices where sources[i].reason == .down { noteChange(losing: solved.counts[i]) }
    }

    var shards: Int { arrived.capacity }

    func length(of shard: Int) -> Int { min(shardSize, stateBytes - shard * shardSize) }

    /// Whether a neighbour may still take part: it is there and has, or may yet have, the snapshot of this step.
    func isAlive(_ i: Int) -> Bool {
        sources[i].mayServe && (sources[i].announced == nil || hasSnapshot(i))
    }

    func hasSnapshot(_ i: Int) -> Bool {
        sources[i].announced == step || (defect == .snapshotOfAnotherStepUsed && sources[i].announced != nil)
    }

    /// The step that a neighbour is asked for.
    func askedStep(_ i: Int) -> Int { defect == .snapshotOfAnotherStepUsed ? sources[i].announced ?? step : step }

    // MARK: Events

    mutating func onSnapshot(of source: NodeID, step: Int, at now: Int) {
        guard let i = index[source], sources[i].announced != step else { return }
        sources[i].noteAnnouncement(of: step, now)
        needsDigests = true
        if hasSnapshot(i) {
            resume(i)
        } else {
            release(i)
            sources[i].drop()
        }
        pull(from: i, now)
    }

    mutating func onLink(to peer: NodeID, isUp: Bool, at now: Int) {
        guard let i = index[peer] else { return }
        switch sources[i].condition {
        case .serving where !isUp, .idle(.stalled) where !isUp:
            stop(i, .down)
            sources[i].downSince = now
        case .idle(.down) where isUp:
            sources[i].resume()
            sources[i].noteHeard(now)
            noteChange()
            needsDigests = true
        default: break
        }
    }

    /// The neighbour will not serve any more, or not this.
    mutating func onGone(_ peer: NodeID) {
        guard let i = index[peer], isAlive(i) || sources[i].reason == .down else { return }
        stop(i, .gone)
    }

    /// Nothing more is expected of it.
    private mutating func stop(_ i: Int, _ reason: TransferSource.Reason) {
        release(i)
        sources[i].stop(reason)
        needsDigests = true
    }

    /// What it was to send is anybody's, but for what another one is sending too.
    private mutating func release(_ i: Int) {
        noteChange(losing: sources[i].owed)
        let work = sources[i].work
        for run in work.queue.runs[work.queue.head...] { unassigned.append(run) }
        let elsewhere = shardsOnTheWay(but: i)
        for pull in work.inFlight where !arrived.contains(pull.shard) && !elsewhere.contains(pull.shard) {
            unassigned.append(pull.shard..<pull.shard + 1)
        }
    }

    private func shardsOnTheWay(but i: Int) -> Set<Int> {
        Set(sources.indices.lazy.filter { $0 != i }.flatMap { sources[$0].work.inFlight.lazy.map(\.shard) })
    }

    /// Neighbours have come or gone.
    /// - Parameter owed: how many shards one of them was still to send, and does not.
    private mutating func noteChange(losing owed: Int = 0) {
        if owed > 0 || !course.isGiven { course.isVoid = true }
    }

    /// A neighbour that was silent is heard again.
    private mutating func resume(_ i: Int) {
        guard sources[i].reason == .stalled else { return }
        sources[i].resume()
        noteChange()
    }

    /// A connection over which shards come from it is closed.
    /// - Returns: whether anything was on the way.
    mutating func onPullsLost(from peer: NodeID, at now: Int) -> Bool {
        guard let i = index[peer], !sources[i].work.inFlight.isEmpty, defect != .lostPullsForgotten else {
            return false
        }
        for shard in sources[i].renew(now, settings: settings, without: arrived) { request(shard, from: i) }
        if !isReplanDue(now) { pull(from: i, now) }
        return true
    }

    mutating func onMonitored(_ qualities: [NodeID: LinkQuality]) {
        for i in sources.indices { sources[i].monitored = qualities[sources[i].node]?.bandwidth }
    }

    mutating func onShard(_ shard: Int, bytes: Int, _ digest: Digest, from peer: NodeID, at now: Int) {
        guard shard < shards, let i = index[peer], sources[i].reason != .suspect else { return }
        guard bytes == length(of: shard) else { return suspect(i, .length(shard: shard, bytes: bytes)) }
        note(shard, from: i, now)
        if arrived.contains(shard) {
            figures.bytesTwice += bytes
        } else if let agreed = agreed(on: shard), agreed != digest {
            suspect(i, .shard(shard))
        } else {
            arrived.insert(shard)
            diverted.remove(shard)
            actions.append(.write(shard: shard, shardSize: shardSize, bytes: bytes))
            if defect != .shardAcceptedWithoutDigest {
                unverified[shard] = (digest, i)
                judge(shard)
            }
            if arrived.isFull { needsDigests = true }
        }
        // The next shard may be another one's by a plan that is made now.
        if !isReplanDue(now) { pull(from: i, now) }
    }

    /// Looks at all deadlines, and at who has nothing to do. Cost: O(neighbours) for each neighbour that has nothing to do.
    mutating func onTick(at now: Int) {
        for i in sources.indices where isAlive(i) { lookAfter(i, now) }
        if !isReplanDue(now) { for i in sources.indices { pull(from: i, now) } }
        needsDigests = true
    }

    /// Draws the consequences of what has changed.
    /// - Returns: how the transfer ends; nil: it goes on.
    mutating func conclude(_ now: Int) -> Outcome? {
        if needsDigests, let failure = considerDigests(now) { return .failed(failure) }
        if arrived.isFull, unverified.isEmpty {
            figures.finished = now
            return .complete(step: step)
        }
        guard sources.indices.contains(where: isAlive) else { return .failed(.noNeighborLeft) }
        if isReplanDue(now), let failure = replan(now) { return .failed(failure) }
        return nil
    }

    private func isReplanDue(_ now: Int) -> Bool { course.isVoid && now >= course.holdsUntil }

    // MARK: Pulling

    mutating func pull(from i: Int, _ now: Int) {
        guard sources[i].isServing, hasSnapshot(i) else { return }
        let window = sources[i].window(most: settings.mostInFlight)
        while let shard = sources[i].nextQueued(window: window) {
            if arrived.contains(shard), defect != .replanPullsWhatHasArrived { continue }
            ask(i, for: shard, now)
        }
        help(with: i, window: window, now)
    }

    mutating func ask(_ i: Int, for shard: Int, _ now: Int) {
        sources[i].send(shard, now, settings: settings)
        request(shard, from: i)
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
        if arrived.contains(sources[i].work.inFlight[position].shard) {
            sources[i].forget(at: position)
        } else if let shard = sources[i].sendAgain(at: position, now) {
            request(shard, from: i)
            figures.repeats += 1
        }
    }

    /// Takes down that a shard has come, and what that says about its neighbour.
    private mutating func note(_ shard: Int, from i: Int, _ now: Int) {
        let node = sources[i].node
        let bytes = length(of: shard)
        figures.neighbors[node]?.note(bytes, at: now)
        let position = sources[i].noteArrival(of: shard, now, settings: settings)
        resume(i)
        for k in (0..<(position ?? 0)).reversed()
        where sources[i].isLost(at: k, now) {
            repeatPull(at: k, of: i, now)
        }
    }

    mutating func suspect(_ i: Int, _ suspicion: Receiver.Suspicion) {
        guard sources[i].reason != .suspect else { return }
        stop(i, .suspect)
        agreement.disturb()
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
        // One that has stalled is asked for nothing, so its silence says nothing: it is asked again when all others are gone.
        guard !source.work.inFlight.isEmpty else { return }
        if quiet > abandonment + source.expected { return onGone(source.node) }
        if quiet > silence + source.expected { stall(i) }
        guard let oldest = sources[i].work.inFlight.indices.first, now >= repeatTime(of: source) else { return }
        repeatPull(at: oldest, of: i, now)
        sources[i].noteSilence(now, settings: settings)
    }

    private func repeatTime(of source: TransferSource) -> Int {
        defect == .repeatedTooEarly ? source.lastHeard + settings.retry + source.alone : source.work.repeatAt
    }

    /// Gives a silent neighbour's shards to others, if there are any.
    private mutating func stall(_ i: Int) {
        let others = sources.indices.contains { $0 != i && sources[$0].isServing && isAlive($0) }
        guard others, sources[i].isServing else { return }
        stop(i, .stalled)
    }
}
