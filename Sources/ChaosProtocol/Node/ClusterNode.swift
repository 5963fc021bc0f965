import ChaosModel

/// One node of the cluster: monitor, negotiation, reduction and both sides of replication, joined.
///
/// This is the type that a shell runs. Events and the time go in, actions come out; the same events give the same
/// actions. There is neither clock nor socket, thread or random generator in it; times are nanoseconds from any origin
/// that the node keeps to, and never go back.
///
/// The parts know nothing of each other. What one of them finds out becomes an event of another one here:
///
/// - `Monitor` finds links up or down, and measures: `Negotiation` tells everyone, `Receiver` and `Server` follow.
/// - `Negotiation` decides views: `Reduction` is ready for one when it is accepted and works under it when it is decided,
///   `Server` and `Receiver` see who is admitted.
/// - `Reduction` begins a view with a step: `Server` takes the snapshots of that step.
/// - `Receiver` has a plan: `Negotiation` asks for admission. It has the state: `Reduction` applies what has been kept
///   meanwhile, has caught up, and `Negotiation` asks for membership.
///
/// What they have to say to a neighbour at one time goes in one message (`Message.bundled`). So a link carries one message
/// in each direction and heartbeat at rest, as long as `MonitorSettings.heartbeat` and `NegotiationSettings.hello` are the
/// same.
///
/// **Where things attach.** A transport is whatever calls `onConnected`, `onMessage` and `onClosed` and carries out
/// `send`; it may lose, repeat and reorder. If it sends shards over connections of their own, it says so when one closes:
/// `onShardConnectionClosed`. Who may connect at all, and whether a peer is who it says, is the
/// transport's business: a `NodeID` is what it has authenticated. A training engine is whatever carries out `compute`,
/// `sum`, `apply`, `takeSnapshot` and `write`: the protocol never sees a number of a gradient or a byte of a state.
public struct ClusterNode: Sendable {
    public let id: NodeID
    public let settings: NodeSettings
    public internal(set) var monitor: Monitor
    public internal(set) var negotiation: Negotiation
    public internal(set) var reduction: Reduction
    public internal(set) var server: Server
    public internal(set) var receiver: Receiver

    let defect: PlantedDefect?
    private let givenPlan: Plan?
    /// The other ends of the links that are up.
    var links: Set<NodeID> = []
    /// What has been measured here of the links that are up: the bandwidth of the direction to this node.
    public internal(set) var qualities: [NodeID: LinkQuality] = [:]
    /// Whether this node is to leave for good.
    var isLeaving = false
    /// The admission for which the state has come.
    var stateAdmission: Int?
    var wakes = Wakes()
    private var actions: [Action] = []

    /// - Parameters:
    ///   - id: of this node, never used by a process before.
    ///   - founding: the first view, the same on all its members; nil for a node that joins.
    ///   - applied: how many updates the state of a founder has taken, the same on all of them; more than 0 when they
    ///     go on from a state that was kept.
    ///   - settings: of all its parts.
    ///   - signatory: signs for this node; nil: nothing is signed, and everything believed.
    ///   - plan: a plan that was made elsewhere, by which it gets the state whenever the offers allow it (`Receiver`); nil: it
    ///     solves one.
    public init(
        id: NodeID, founding: View?, applied: Int = 0, settings: NodeSettings, signatory: (any Signatory)? = nil,
        plan: Plan? = nil
    ) {
        self.init(
            id: id, founding: founding, applied: applied, settings: settings, signatory: signatory, plan: plan,
            defect: nil)
    }

    package init(
        id: NodeID, founding: View?, applied: Int = 0, settings: NodeSettings, signatory: (any Signatory)? = nil,
        plan: Plan? = nil, defect: PlantedDefect?
    ) {
        self.id = id
        var settings = settings
        settings.receiver.isAuthenticated = signatory != nil
        self.settings = settings
        self.defect = defect
        givenPlan = plan
        monitor = Monitor(node: id, settings: settings.monitor, defect: defect)
        negotiation = Negotiation(
            node: id, founding: founding, settings: settings.negotiation, signatory: signatory, defect: defect)
        let isFounder = founding?.role(of: id) == .member
        reduction = Reduction(
            node: id, applied: isFounder ? applied : nil, settings: settings.reduction, defect: defect)
        server = Server(
            node: id, stateBytes: settings.stateBytes, policy: settings.policy, retry: settings.receiver.retry,
            defect: defect)
        receiver = Receiver(node: id, settings: settings.receiver, plan: givenPlan, defect: defect)
    }

    /// Whether this node trains: a member that has a quorum, under a view that has begun.
    public var isTraining: Bool { negotiation.role == .member && !negotiation.isHalted && reduction.begun != nil }

    /// The step with which the view at hand began, as far as this node knows; nil: not yet.
    public var begun: Int? { reduction.begun }

    /// The admission whose snapshot is being pulled, and the step of that snapshot; nil: none is.
    public var pulling: (admitted: Int, step: Int)? { receiver.transfer.map { ($0.admitted, $0.step) } }

    /// The neighbours that the state is pulled from and verified by: those that had offered when the plan was made.
    public var sources: [NodeID] { receiver.sources }

    /// Whether this shard has been asked of this neighbour, and nothing says that it does not come from there any more.
    /// Cost: O(pulls on the way).
    package func awaits(shard: Int, from peer: NodeID) -> Bool {
        guard let transfer = receiver.transfer, let place = transfer.index[peer] else { return false }
        return transfer.sources[place].work.inFlight.contains { $0.shard == shard }
    }

    /// Whether the monitor has found the link to this peer up.
    public func isLinked(to peer: NodeID) -> Bool { links.contains(peer) }

    // MARK: Events of the transport

    /// To be called once, before all else.
    /// - Parameters:
    ///   - address: where others can dial this node, as HOST:PORT; "": nowhere.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onStart(announcing address: String = "", at now: Int) -> [Action] {
        carryOut(monitor.onStart(at: now), now)
        carryOut(negotiation.onStart(announcing: address, at: now), now)
        return finish()
    }

    /// There is a connection to a peer.
    /// - Parameters:
    ///   - peer: the other end.
    ///   - claim: to its id, which the transport has compared with what the connection shows; nil: it has none.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onConnected(to peer: NodeID, claim: Claim? = nil, at now: Int) -> [Action] {
        if let claim { carryOut(negotiation.onClaim(claim, at: now), now) }
        carryOut(monitor.onConnected(to: peer, at: now), now)
        return finish()
    }

    /// The connection to a peer is closed.
    public mutating func onClosed(to peer: NodeID, at now: Int) -> [Action] {
        carryOut(monitor.onClosed(to: peer, at: now), now)
        return finish()
    }

    /// A connection over which a peer sends nothing but shards is closed; the link to the peer stays as it is. What was on
    /// the way is asked for again at once, as `Transfer` tells.
    public mutating func onShardConnectionClosed(to peer: NodeID, at now: Int) -> [Action] {
        carryOut(receiver.onPullsLost(from: peer, at: now), now)
        return finish()
    }

    /// A message of a peer.
    /// - Parameters:
    ///   - message: as it was decoded.
    ///   - payload: what came with it, if it is of a kind that has one.
    ///   - peer: from whom it came.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onMessage(
        _ message: Message, payload: Payload? = nil, from peer: NodeID, at now: Int
    ) -> [Action] {
        if let payload, let duration = payload.duration {
            carryOut(monitor.onDelivered(from: peer, bytes: payload.bytes, over: duration, at: now), now)
        }
        if case .bundle(let messages) = message {
            if let fault = message.bundleFault {
                actions.append(.refused(fault, from: peer))
            } else {
                for message in messages { receive(message, nil, from: peer, now) }
            }
        } else {
            receive(message, payload, from: peer, now)
        }
        return finish()
    }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        wakes.armed = nil
        if wakes.removeDue(.monitor, at: now) { carryOut(monitor.onWake(at: now), now) }
        if wakes.removeDue(.negotiation, at: now) { carryOut(negotiation.onWake(at: now), now) }
        if wakes.removeDue(.reduction, at: now) { carryOut(reduction.onWake(at: now), now) }
        if wakes.removeDue(.server, at: now) { carryOut(server.onWake(at: now), now) }
        if wakes.removeDue(.receiver, at: now) { carryOut(receiver.onWake(at: now), now) }
        return finish()
    }

    // MARK: Events of the operator and the training engine

    /// This node would join: it asks its neighbours for the state. Without effect on a member.
    public mutating func onJoin(at now: Int) -> [Action] {
        guard negotiation.role == .outside else { return [] }
        isLeaving = false
        seekState(now)
        return finish()
    }

    /// This node would leave; `released` follows.
    public mutating func onLeave(at now: Int) -> [Action] {
        isLeaving = true
        carryOut(negotiation.onLeave(at: now), now)
        return finish()
    }

    /// The operator says that these members are gone for good: a halted member goes on without them, in a new epoch
    /// (`Negotiation.onProceed`).
    /// - Throws: why it does not.
    public mutating func onProceed(
        without gone: Set<NodeID>, at now: Int
    ) throws(Negotiation.ProceedFault) -> [Action] {
        carryOut(try negotiation.onProceed(without: gone, at: now), now)
        return finish()
    }

    /// Signs from now on for the same life with another claim, as after a certificate was renewed.
    public mutating func onRenewal(of signatory: any Signatory, at now: Int) -> [Action] {
        carryOut(negotiation.onRenewal(of: signatory, at: now), now)
        return finish()
    }

    /// The gradient that `compute` asked for is there.
    /// - Parameters:
    ///   - view: the number of the view that it was asked for in.
    ///   - step: that it is of.
    ///   - samples: how many it is of.
    ///   - computeTime: how long that took, in nanoseconds.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onGradient(view: Int, step: Int, samples: Int, computeTime: Int, at now: Int) -> [Action] {
        carryOut(monitor.onStep(samples: samples, computeTime: computeTime, at: now), now)
        // Only the root knows how long the others take.
        if reduction.parent == nil { reduction.onRates(negotiation.rates) }
        carryOut(reduction.onGradient(view: view, step: step, computeTime: computeTime, at: now), now)
        return finish()
    }

    /// What computes gradients has come, or is gone: at the beginning it is there. A `compute` that has not been answered
    /// still has to be, by it or by what comes in its place, unless it is given up.
    public mutating func onEngine(isThere: Bool, at now: Int) -> [Action] {
        carryOut(negotiation.onEngine(isThere: isThere, at: now), now)
        return finish()
    }

    /// Memory that is free for snapshots, in bytes.
    public mutating func onMemory(free bytes: Int, at now: Int) -> [Action] {
        carryOut(monitor.onMemory(free: bytes, at: now), now)
        return finish()
    }

    // MARK: From one part to another

    private mutating func carryOut(_ list: [Monitor.Action], _ now: Int) {
        for action in list {
            switch action {
            case .send(let message, let peer): actions.append(.send(.monitor(message), to: peer))
            case .wake(let time): wakes[.monitor] = time
            case .link(let peer, let isUp): note(peer, isUp: isUp, now)
            case .measured(let measured, let resources):
                qualities = measured
                carryOut(negotiation.onMeasured(measured, resources, at: now), now)
                carryOut(receiver.onMeasured(measured, at: now), now)
            case .disconnect(let peer): actions.append(.disconnect(peer))
            case .refused(let fault, let peer): actions.append(.refused(fault, from: peer))
            }
        }
    }

    private mutating func note(_ peer: NodeID, isUp: Bool, _ now: Int) {
        if isUp { links.insert(peer) } else { links.remove(peer) }
        actions.append(.link(to: peer, isUp: isUp))
        // A member that is alone decides at once, and begins the view with a snapshot for whoever is linked.
        if !isUp { reduction.onLinkLost(to: peer) }
        carryOut(server.onLink(to: peer, isUp: isUp, at: now), now)
        carryOut(receiver.onLink(to: peer, isUp: isUp, at: now), now)
        carryOut(negotiation.onLink(to: peer, isUp: isUp, at: now), now)
    }

    private mutating func carryOut(_ list: [Negotiation.Action], _ now: Int) {
        for action in list {
            switch action {
            case .send(let message, let peer): actions.append(.send(message, to: peer))
            case .wake(let time): wakes[.negotiation] = time
            case .accepted(let view): carryOut(reduction.onAccepted(view, at: now), now)
            case .install(let view): install(view, now)
            case .halt:
                actions.append(.halt)
                carryOut(reduction.onHalt(at: now), now)
            case .proceed:
                actions.append(.proceed)
                if !negotiation.hasAccepted { carryOut(reduction.onProceed(at: now), now) }
            case .released: if isLeaving { actions.append(.released) }
            case .dial(let places): actions.append(.dial(places))
            case .introduced(let claim): actions.append(.introduced(claim))
            case .otherEpoch(let view): actions.append(.otherEpoch(view))
            case .refused(let fault, let peer): actions.append(.refused(fault, from: peer))
            }
        }
    }

    private mutating func install(_ view: View, _ now: Int) {
        actions.append(.install(view))
        let wasInside = reduction.role != .outside
        carryOut(reduction.onView(view, at: now), now)
        carryOut(server.onView(view, at: now), now)
        let role = view.role(of: id)
        if role == .outside, wasInside, receiver.phase == .idle || receiver.phase == .complete {
            // Left out, and whatever state there was is void.
            if !isLeaving { seekState(now) }
        } else if case .learner(let admitted) = role, receiver.phase == .complete, admitted != stateAdmission {
            // Admitted anew, perhaps without having seen the view that left it out: that state is void.
            seekState(now)
        } else {
            carryOut(receiver.onView(view, at: now), now)
        }
    }

    /// Asks for the state, from the beginning.
    private mutating func seekState(_ now: Int) {
        let before = receiver
        receiver = Receiver(node: id, settings: settings.receiver, plan: givenPlan, defect: defect)
        wakes[.receiver] = nil
        for peer in links.sorted() { carryOut(receiver.onLink(to: peer, isUp: true, at: now), now) }
        receiver.takeWords(of: before)
        carryOut(receiver.onMeasured(qualities, at: now), now)
        if let view = negotiation.view { carryOut(receiver.onView(view, at: now), now) }
        carryOut(receiver.onStart(at: now), now)
    }

    private mutating func carryOut(_ list: [Reduction.Action], _ now: Int) {
        var (hasBegun, hasStepped) = (false, false)
        let number = negotiation.view?.number
        for action in list {
            switch action {
            case .send(let message, let peer): actions.append(.send(.reduction(message), to: peer))
            case .wake(let time): wakes[.reduction] = time
            case .engine(let action):
                actions.append(.engine(action))
                if case .begun(_, let step) = action, let view = reduction.view {
                    carryOut(server.onBegun(view, step: step, at: now), now)
                    hasBegun = true
                }
                if case .apply = action { hasStepped = reduction.begun != nil }
            case .caughtUp: carryOut(negotiation.onCaughtUp(at: now), now)
            case .lost:
                if negotiation.role == .member {
                    carryOut(negotiation.onLeave(at: now), now)
                } else {
                    carryOut(negotiation.onLost(at: now), now)
                }
            case .uneven: carryOut(negotiation.onUneven(at: now), now)
            case .laterView(let peer): carryOut(negotiation.onLaterView(at: peer, at: now), now)
            case .refused(let fault, let peer): actions.append(.refused(fault, from: peer))
            }
        }
        // It may decide a view at once, which comes after all that has been done under the last.
        if hasBegun, negotiation.view?.number == number { carryOut(negotiation.onBegun(at: now), now) }
        if hasStepped, negotiation.view?.number == number { carryOut(negotiation.onStep(at: now), now) }
    }

    private mutating func receive(_ message: Message, _ payload: Payload?, from peer: NodeID, _ now: Int) {
        if case .monitor(let message) = message {
            return carryOut(monitor.onMessage(message, from: peer, at: now), now)
        }
        carryOut(monitor.onHeard(from: peer, at: now), now)
        switch message {
        case .monitor, .bundle: break
        case .hello, .reports, .news, .claims, .unclaimed, .decided, .relayed:
            carryOut(negotiation.onMessage(message, from: peer, at: now), now)
        case .reduction(let message):
            carryOut(reduction.onMessage(message, from: peer, isLinked: links.contains(peer), at: now), now)
        case .replication(let message): receive(message, payload, from: peer, now)
        }
    }

    private mutating func receive(
        _ message: ReplicationMessage, _ payload: Payload?, from peer: NodeID, _ now: Int
    ) {
        switch message {
        case .ask:
            // What the peer measures of what it receives is the quality of the direction to it.
            let quality = negotiation.quality(from: peer)
            carryOut(server.onMeasured([peer: quality], ready: 0, at: now), now)
            carryOut(server.onMessage(message, from: peer, at: now), now)
        case .pull, .pullDigests: carryOut(server.onMessage(message, from: peer, at: now), now)
        case .offer, .refusal, .snapshot, .digests, .shard, .gone:
            if case .offer = message {
                receiver.onEstimate(of: peer, bandwidth: negotiation.greatestBandwidth(from: peer))
            }
            carryOut(receiver.onMessage(message, payload: payload, from: peer, at: now), now)
        }
    }

    private mutating func carryOut(_ list: [Server.Action], _ now: Int) {
        for action in list {
            switch action {
            case .send(let message, let peer): actions.append(.send(.replication(message), to: peer))
            case .wake(let time): wakes[.server] = time
            case .takeSnapshot(let step): actions.append(.engine(.takeSnapshot(step: step)))
            case .freeSnapshot(let step): actions.append(.freeSnapshot(step: step))
            case .sendShard(let step, let size, let shard, let peer):
                actions.append(.send(.replication(.shard(step: step, shardSize: size, shard: shard)), to: peer))
            case .sendDigests(let step, let size, let first, let count, let peer):
                actions.append(.sendDigests(step: step, shardSize: size, first: first, count: count, to: peer))
            case .refused(let fault, let peer): actions.append(.refused(fault, from: peer))
            }
        }
    }

    private mutating func carryOut(_ list: [Receiver.Action], _ now: Int) {
        for action in list {
            switch action {
            case .send(let message, let peer): actions.append(.send(.replication(message), to: peer))
            case .wake(let time): wakes[.receiver] = time
            case .solved, .replanned, .suspect, .leftOut, .unserved, .planRefused, .abandoned:
                actions.append(.tell(action))
            case .join: if !isLeaving { carryOut(negotiation.onJoin(at: now), now) }
            case .lost: carryOut(negotiation.onLost(at: now), now)
            case .begin(let step, let bytes): actions.append(.engine(.makeRoom(step: step, stateBytes: bytes)))
            case .write(let shard, let size, let bytes):
                actions.append(.engine(.write(shard: shard, shardSize: size, bytes: bytes)))
            case .complete(let step, let begun):
                actions.append(.engine(.complete(step: step)))
                if case .learner(let admitted) = negotiation.role {
                    stateAdmission = admitted
                    carryOut(reduction.onState(step: step, begun: begun, admitted: admitted, at: now), now)
                }
            case .refused(let fault, let peer): actions.append(.refused(fault, from: peer))
            }
        }
    }

    /// Hands over the actions, with the next wake if it is another one.
    private mutating func finish() -> [Action] {
        actions.bundle()
        if let time = wakes.rearm() { actions.append(.wake(at: time)) }
        stopIfBroken(unless: defect)
        defer { actions.removeAll() }
        return actions
    }
}
