import ChaosModel

/// A joiner's side of replication: it gets the state from its neighbours, all at once and along a plan (`Server` is the
/// other side).
///
/// Events and the time go in, actions come out; the same events give the same actions. Times are nanoseconds from any
/// origin that the node keeps to, and never go back. The shell computes the digests of payloads and writes them.
///
/// **Asking.** Every neighbour is asked whether it serves. When all have answered, or in time for those who have, the
/// offers make an instance of the shard assignment problem (Documentation/MODEL.md): of a link's bandwidth the lesser
/// of what both ends say, or `assumedBandwidth` if neither has measured it. The instance is solved, and `join` or `lost`
/// says that the node may be admitted. Without offers it asks again later, with growing patience.
///
/// **Pulling.** The view that admits this node as a learner makes its neighbours take snapshots. Each tells of its own
/// by the number of that view, and is asked for shards from then on. The step of the state is the one that most of them
/// tell; a snapshot of another step is not used. `Transfer` says how the shards come and how they are verified.
///
/// **Failing.** When no neighbour is left, or nobody is left to tell who is right, the attempt is abandoned and
/// everything begins again with asking, for a new admission and a new snapshot. Nothing is kept, for the step will be
/// another.
///
/// **Trust.** One neighbour that sends wrong shards or digests does no harm as long as two others serve: the digest on
/// which two agree counts, and whoever deviates is suspected and not used any more until the next attempt. Two that
/// contradict each other, with nobody else there, are not believed either, and the attempt fails. A single neighbour, or
/// the last one left, is believed.
///
/// **Messages** may be lost, repeated, reordered and late. A message of a peer whose link is not up is ignored.
public struct Receiver: Sendable {
    /// The bytes that came with a `ReplicationMessage.shard`, as far as this type needs to know them.
    public struct Payload: Hashable, Sendable {
        public let bytes: Int
        /// Their SHA-256.
        public let digest: Digest

        public init(bytes: Int, digest: Digest) {
            self.bytes = bytes
            self.digest = digest
        }
    }

    public enum Phase: Hashable, Sendable {
        /// Not started.
        case idle
        case asking
        /// The next attempt is due then.
        case resting(until: Int)
        /// There is a plan; the admission or the first snapshot is waited for.
        case planned
        case pulling
        case complete
    }

    public let node: NodeID
    public let settings: ReceiverSettings
    public internal(set) var phase = Phase.idle

    let defect: PlantedDefect?
    let givenPlan: Plan?
    var links: Set<NodeID> = []
    var qualities: [NodeID: LinkQuality] = [:]
    /// The number of the last view, and what this node is in it.
    var latestView = 0
    var role = View.Role.outside
    /// The admission that has come to nothing; 0: none.
    var spent = 0
    var enquiry = Enquiry()
    /// What the offers came to, and the neighbours in its order.
    var solved: SolvedInstance?
    var nodes: [NodeID] = []
    /// The latest snapshot that each neighbour has told of.
    var announcements: [NodeID: (admitted: Int, step: Int)] = [:]
    /// Since when a snapshot is waited for.
    var waitingSince: Int?
    var transfer: Transfer?
    /// Attempts that failed since one succeeded.
    var failures = 0
    /// Those of them that had a plan: only they say that there should be more patience with neighbours.
    var abandonments = 0
    var armed: Int?
    var actions: [Action] = []

    /// - Parameter plan: a plan to be used if the offers allow it; nil: one is solved.
    public init(node: NodeID, settings: ReceiverSettings = ReceiverSettings(), plan: Plan? = nil) {
        self.init(node: node, settings: settings, plan: plan, defect: nil)
    }

    package init(node: NodeID, settings: ReceiverSettings, plan: Plan? = nil, defect: PlantedDefect?) {
        precondition(settings.isInRange, "the settings are out of range: \(settings)")
        self.node = node
        self.settings = settings
        self.defect = defect
        givenPlan = plan
    }

    /// Of the transfer at hand, or of the last one; nil before the first.
    public var figures: TransferFigures? { transfer?.figures ?? lastFigures }
    var lastFigures: TransferFigures?

    // MARK: Events

    /// To be called once: asks for the state.
    public mutating func onStart(at now: Int) -> [Action] {
        if phase == .idle { beginAsking(now) }
        return settle(now)
    }

    public mutating func onLink(to peer: NodeID, isUp: Bool, at now: Int) -> [Action] {
        guard peer != node, links.contains(peer) != isUp else { return [] }
        if isUp {
            links.insert(peer)
            if phase == .asking { enquiry.noteLink(at: now, settings: settings) }
        } else {
            links.remove(peer)
            enquiry.forget(peer)
            announcements[peer] = phase == .pulling ? announcements[peer] : nil
        }
        transfer?.onLink(to: peer, isUp: isUp, at: now)
        return settle(now)
    }

    /// A message of a neighbour; those that are for a server are ignored.
    /// - Parameter payload: what came with a shard; a shard without is ignored.
    /// - Cost: O(1) for a shard, O(digests) for digests, and O(neighbours) beyond if a plan is made.
    public mutating func onMessage(
        _ message: ReplicationMessage, payload: Payload? = nil, from peer: NodeID, at now: Int
    ) -> [Action] {
        if let fault = message.fault { return [.refused(fault, from: peer)] }
        guard links.contains(peer) else { return [] }
        switch message {
        case .offer(let offer):
            if phase == .asking { enquiry.take(offer, from: peer, at: now) }
        case .refusal(let reason):
            if phase == .asking { enquiry.take(reason, from: peer) }
            transfer?.onGone(peer)
        case .snapshot(let admitted, let step):
            if admitted >= announcements[peer]?.admitted ?? 0 || defect == .snapshotOfAnotherStepUsed {
                announcements[peer] = (admitted, step)
                takeAnnouncement(of: peer, now)
            }
        case .digests(let step, let size, let first, let digests):
            if isAtHand(step, size) { transfer?.onDigests(digests, first: first, from: peer, at: now) }
        case .shard(let step, let size, let shard):
            if isAtHand(step, size), let payload {
                transfer?.onShard(shard, payload, from: peer, at: now)
            }
        case .gone(let step): if transfer?.step == step { transfer?.onGone(peer) }
        case .ask, .pullDigests, .pull: break
        }
        return settle(now)
    }

    /// A view is installed; one that is older than the last is ignored.
    public mutating func onView(_ view: View, at now: Int) -> [Action] {
        guard view.number > latestView else { return [] }
        latestView = view.number
        let before = role
        role = view.role(of: node)
        switch (phase, role) {
        case (.pulling, .learner(let admitted)) where admitted != transfer?.admitted:
            // Admitted anew without having asked for it: the plan holds, the snapshot does not.
            endTransfer()
            phase = .planned
            awaitSnapshot(now)
        case (.pulling, .outside): abandon(.removed, now)
        case (.planned, .learner) where before != role: awaitSnapshot(now)
        case (.planned, .outside) where before != .outside:
            waitingSince = nil
            actions.append(.join)
        default: break
        }
        return settle(now)
    }

    /// What this node has measured of its links, in the direction to it.
    public mutating func onMeasured(_ qualities: [NodeID: LinkQuality], at now: Int) -> [Action] {
        self.qualities = qualities.filter(\.value.isInRange)
        transfer?.onMonitored(self.qualities)
        return settle(now)
    }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        armed = nil
        if case .resting(let until) = phase, now >= until { beginAsking(now) }
        transfer?.onTick(at: now)
        return settle(now)
    }

    // MARK: After every event

    private mutating func settle(_ now: Int) -> [Action] {
        var before: Phase
        repeat {
            before = phase
            if phase == .asking { considerAnswers(now) }
            considerSnapshots(now)
            settleTransfer(now)
            // A plan may be met by a snapshot that is there already, and an attempt that failed by another one.
        } while phase != before
        rearm(now)
        defer { actions.removeAll() }
        return actions
    }

    private mutating func settleTransfer(_ now: Int) {
        transfer?.settle(now)
        actions += transfer?.actions ?? []
        transfer?.actions.removeAll(keepingCapacity: true)
        switch transfer?.outcome {
        case .complete?:
            actions.append(.complete(step: transfer!.step))
            endTransfer()
            phase = .complete
            (failures, abandonments) = (0, 0)
        case .failed(let failure)?: abandon(failure, now)
        case nil: break
        }
    }

    private mutating func rearm(_ now: Int) {
        let next: Int?
        switch phase {
        case .asking: next = enquiry.wake(links, settings: settings, after: now)
        case .resting(let until): next = until
        case .planned: next = waitingSince == nil ? nil : armed ?? now + settings.tick
        case .pulling: next = armed.map { min($0, now + settings.tick) } ?? now + settings.tick
        case .idle, .complete: next = nil
        }
        guard let next, next != armed else { return }
        armed = next
        actions.append(.wake(at: next))
    }
}
