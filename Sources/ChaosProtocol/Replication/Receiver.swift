import ChaosModel

/// A joiner's side of replication: it gets the state from its neighbours, all at once and along a plan (`Server` is the
/// other side).
///
/// Events and the time go in, actions come out; the same events give the same actions. Times are nanoseconds from any
/// origin that the node keeps to, and never go back. The shell computes the digests of payloads and writes them.
///
/// **Asking.** Every neighbour is asked whether it serves. With the first offer `join` or `lost` says that the node may be
/// admitted, which takes a few round trips. When all have answered, or in time for those who have, the offers make an instance
/// of the shard assignment problem (Documentation/MODEL.md), which is solved: as soon as all links are measured, or the first
/// neighbour has told of its snapshot. Of a link's bandwidth the lesser of what both ends say counts, or if neither has
/// measured it the most that anybody has measured from that neighbour, or `assumedBandwidth`: once shards come, they tell
/// better. Without offers it asks again later, after ever longer rests.
/// A plan that is given is executed instead (`Transfer`), if it gives each shard of the state to a neighbour that has
/// offered so much, by the neighbours' ids and the size and number of the shards: the offers never make the very instance that
/// it was made for. Its neighbours are waited for as long as for answers. If it does not fit, `planRefused` says why, and it is
/// forgotten.
///
/// **Pulling.** The view that admits this node as a learner makes its neighbours take snapshots. Each tells of its own
/// by the number of that view, and is asked for shards from then on. The step of the state is the one that most of them
/// tell; a snapshot of another step is not used. `Transfer` says how the shards come and how they are verified.
///
/// **Failing.** When no neighbour is left, or nobody is left to tell who is right, the attempt is abandoned and
/// everything begins again with asking, for a new admission and a new snapshot. Nothing is kept, for the step will be
/// another.
///
/// **Trust.** A shard counts as right when two neighbours have said the same of it: the one that sent it, by sending it, and
/// another one that tells its digest. One neighbour that sends wrong shards or digests does no harm as long as two others
/// serve: a third is asked, what two say counts, and whoever deviates is suspected and not used any more until the next
/// attempt. Two that contradict each other, with nobody else there, are not believed either, and the attempt fails. A single
/// neighbour, or the last one when the others have been gone for `silence`, is believed; if its connection is not encrypted it
/// tells digests of what it sends, so that what the network has spoilt is found out.
///
/// **Messages** may be lost, repeated, reordered and late. A message of a peer whose link is not up is ignored. What
/// becomes of a pull when a connection closes is told at `Transfer`.
public struct Receiver: Sendable {
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

    /// A phase with all that there is in it and in no other.
    enum State: Sendable {
        case idle
        case asking(Enquiry)
        case resting(until: Int)
        /// `waitingSince`: since when a snapshot is waited for; nil: the admission is.
        case planned(PullPlan, waitingSince: Int?)
        case pulling(PullPlan, Transfer)
        /// With the neighbours of the plan by which the state came, and the number of the view with whose beginning its
        /// snapshots were taken.
        case complete(from: [NodeID], begun: Int)
    }

    /// What a neighbour has told of its snapshot.
    struct Announcement: Sendable {
        let admitted: Int
        let begun: Int
        let step: Int
    }

    /// Attempts that have failed since one succeeded.
    struct Failures: Sendable {
        var count = 0
        /// Those of them that had a plan: only they say that neighbours should be waited for longer.
        var withPlan = 0
    }

    public let node: NodeID
    public let settings: ReceiverSettings

    let defect: PlantedDefect?
    /// Nil: none is given, or it was refused.
    var givenPlan: Plan?
    var links: Set<NodeID> = []
    var qualities: [NodeID: LinkQuality] = [:]
    /// Of a neighbour, the greatest bandwidth that others have measured from it, in bit/s.
    var estimates: [NodeID: Int] = [:]
    /// The number of the last view, and what this node is in it.
    var latestView = 0
    var role = View.Role.outside
    /// When it became what it is.
    var roleSince = 0
    /// The admission that has come to nothing; 0: none.
    var spent = 0
    var state = State.idle
    /// The latest snapshot that each neighbour has told of.
    var announcements: [NodeID: Announcement] = [:]
    var failures = Failures()
    /// Of the last transfer that has ended; nil before the first.
    var lastFigures: TransferFigures?
    /// The time that the shell has been told to wake this type.
    var armed: Int?
    var actions: [Action] = []

    /// - Parameters:
    ///   - node: the id of this node.
    ///   - settings: the chain of sizes, times and bounds.
    ///   - plan: a plan that was made elsewhere, to be executed as it is if the offers allow it; nil: one is solved.
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

    public var phase: Phase {
        switch state {
        case .idle: .idle
        case .asking: .asking
        case .resting(let until): .resting(until: until)
        case .planned: .planned
        case .pulling: .pulling
        case .complete: .complete
        }
    }

    /// Of the transfer at hand, or of the last one; nil before the first.
    public var figures: TransferFigures? { transfer?.figures ?? lastFigures }

    /// The neighbours of the plan at hand, or of that by which the state came.
    var sources: [NodeID] {
        switch state {
        case .planned(let plan, _), .pulling(let plan, _): plan.nodes
        case .complete(let nodes, _): nodes
        case .idle, .asking, .resting: []
        }
    }

    /// The one at hand.
    var transfer: Transfer? { if case .pulling(_, let transfer) = state { transfer } else { nil } }

    // MARK: Changes of the state

    /// Goes on in another phase, or in the same one from its beginning. The figures of a transfer that ends are kept.
    mutating func enter(_ next: State) {
        let ended = transfer?.figures
        state = next
        guard let ended else { return }
        lastFigures = ended
        announcements = announcements.filter { mayAnnounce($0.key) }
    }

    /// Whether a word of this neighbour's snapshot may be of use: it can be reached, or is pulled from if its link comes up
    /// again.
    func mayAnnounce(_ peer: NodeID) -> Bool { links.contains(peer) || transfer?.index[peer] != nil }

    /// Changes the enquiry, if there is one.
    mutating func withEnquiry(_ change: (inout Enquiry, ReceiverSettings) -> Void) {
        guard case .asking(var enquiry) = state else { return }
        // With two holders its tables would be copied.
        state = .idle
        change(&enquiry, settings)
        state = .asking(enquiry)
    }

    /// Changes the transfer, if there is one, and takes over its actions.
    @discardableResult mutating func withTransfer<Result>(_ change: (inout Transfer) -> Result) -> Result? {
        guard case .pulling(let plan, var transfer) = state else { return nil }
        // With two holders its tables would be copied.
        state = .idle
        let result = change(&transfer)
        actions += transfer.actions
        transfer.actions.removeAll(keepingCapacity: true)
        state = .pulling(plan, transfer)
        return result
    }

    // MARK: Events

    /// To be called once: asks for the state.
    public mutating func onStart(at now: Int) -> [Action] {
        if case .idle = state { beginAsking(now) }
        return finish(now)
    }

    public mutating func onLink(to peer: NodeID, isUp: Bool, at now: Int) -> [Action] {
        guard peer != node, links.contains(peer) != isUp else { return [] }
        if isUp {
            links.insert(peer)
            withEnquiry { $0.noteLink(at: now, settings: $1) }
        } else {
            links.remove(peer)
            withEnquiry { enquiry, _ in enquiry.forget(peer) }
            estimates[peer] = nil
            if !mayAnnounce(peer) { announcements[peer] = nil }
        }
        withTransfer { $0.onLink(to: peer, isUp: isUp, at: now) }
        return finish(now)
    }

    /// A message of a neighbour; those that are for a server are ignored.
    /// - Parameters:
    ///   - message: as it was decoded.
    ///   - payload: what came with a shard; a shard without a digest is ignored.
    ///   - peer: from whom it came.
    ///   - now: in nanoseconds of the own clock.
    /// - Cost: O(1) for a shard, O(digests) for digests, and O(neighbours) beyond if a plan is made.
    public mutating func onMessage(
        _ message: ReplicationMessage, payload: Payload? = nil, from peer: NodeID, at now: Int
    ) -> [Action] {
        if let fault = message.fault { return [.refused(fault, from: peer)] }
        guard links.contains(peer) else { return [] }
        switch message {
        case .offer(let offer): withEnquiry { enquiry, _ in enquiry.note(offer, from: peer, at: now) }
        case .refusal(let reason):
            withEnquiry { enquiry, _ in enquiry.note(reason, from: peer) }
            withTransfer { $0.onGone(peer) }
        case .snapshot(let admitted, let begun, let step):
            if admitted >= announcements[peer]?.admitted ?? 0 || defect == .snapshotOfAnotherStepUsed {
                announcements[peer] = Announcement(admitted: admitted, begun: begun, step: step)
                noteAnnouncement(of: peer, now)
            }
        case .digests(let step, let size, let first, let digests):
            if isAtHand(step, size) {
                withTransfer { $0.onDigests(digests, first: first, from: peer, at: now) }
            }
        case .shard(let step, let size, let shard):
            if isAtHand(step, size), let payload, let digest = payload.digest {
                withTransfer { $0.onShard(shard, bytes: payload.bytes, digest, from: peer, at: now) }
            }
        case .gone(let step): withTransfer { if $0.step == step { $0.onGone(peer) } }
        case .ask, .pullDigests, .pull: break
        }
        return finish(now)
    }

    /// A connection over which shards come from this neighbour is closed, and what was on the way is lost: it is asked for
    /// again at once. `Transfer` tells the whole story. Without effect if nothing is on the way. Cost: O(pulls on the way).
    public mutating func onPullsLost(from peer: NodeID, at now: Int) -> [Action] {
        guard withTransfer({ $0.onPullsLost(from: peer, at: now) }) == true else { return [] }
        return finish(now)
    }

    /// A view is installed; one that is older than the last is ignored.
    public mutating func onView(_ view: View, at now: Int) -> [Action] {
        guard view.number > latestView else { return [] }
        latestView = view.number
        let before = role
        role = view.role(of: node)
        if role != before { roleSince = now }
        switch (state, role) {
        case (.pulling(let plan, let transfer), .learner(let admitted)) where admitted != transfer.admitted:
            // Admitted anew without having asked for it: the plan holds, the snapshot does not.
            awaitSnapshot(by: plan, now)
        case (.pulling, .outside): abandon(.removed, now)
        case (.planned(let plan, _), .learner) where before != role: awaitSnapshot(by: plan, now)
        case (.planned(let plan, _), .outside) where before != .outside:
            enter(.planned(plan, waitingSince: nil))
            actions.append(.join)
        case (.planned(let plan, _), .member): enter(.planned(plan, waitingSince: nil))
        case (.asking, .outside) where before != .outside:
            withEnquiry { enquiry, _ in enquiry.hasSoughtAdmission = false }
        default: break
        }
        return finish(now)
    }

    /// What this node has measured of its links, in the direction to it.
    public mutating func onMeasured(_ qualities: [NodeID: LinkQuality], at now: Int) -> [Action] {
        self.qualities = qualities.filter(\.value.isInRange)
        let measured = self.qualities
        withTransfer { $0.onMonitored(measured) }
        return finish(now)
    }

    /// The most that others have measured from a neighbour, in bit/s, for as long as its link to this node is unmeasured;
    /// nil: nobody has. It counts from the next plan on.
    public mutating func onEstimate(of peer: NodeID, bandwidth: Int?) { estimates[peer] = bandwidth }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        armed = nil
        if case .resting(let until) = state, now >= until { beginAsking(now) }
        withTransfer { $0.onTick(at: now) }
        return finish(now)
    }

    // MARK: After every event

    /// Draws the consequences, and hands over the actions.
    private mutating func finish(_ now: Int) -> [Action] {
        var before: Phase
        repeat {
            before = phase
            considerAnswers(now)
            considerSnapshots(now)
            concludeTransfer(now)
            // A plan may be met by a snapshot that is there already, and an attempt that failed by another one.
        } while phase != before
        rearm(now)
        stopIfBroken(unless: defect)
        defer { actions.removeAll() }
        return actions
    }

    private mutating func concludeTransfer(_ now: Int) {
        guard let outcome = withTransfer({ $0.conclude(now) }) ?? nil else { return }
        switch outcome {
        case .complete(let step):
            let begun = begunOfSnapshot
            actions.append(.complete(step: step, begun: begun))
            enter(.complete(from: sources, begun: begun))
            failures = Failures()
        case .failed(let failure): abandon(failure, now)
        }
    }

    private mutating func rearm(_ now: Int) {
        let next: Int?
        switch state {
        case .asking(let enquiry): next = enquiry.wake(links, settings: settings, after: now)
        case .resting(let until): next = until
        case .planned(_, let waitingSince): next = waitingSince == nil ? nil : armed ?? now + settings.tick
        case .pulling: next = armed.map { min($0, now + settings.tick) } ?? now + settings.tick
        case .idle, .complete: next = nil
        }
        guard let next, next != armed else { return }
        armed = next
        actions.append(.wake(at: next))
    }
}
