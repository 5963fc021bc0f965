/// The negotiation of views: one node's part in it.
///
/// Events and the time go in, actions come out; the same events give the same actions. Times are nanoseconds from any
/// origin that the node keeps to, and never go back. The shell owns clock, connections and process.
///
/// **Everything that can happen is a report.** Each node tells all others, in one numbered `Report`, which of its links
/// are up and what it wishes: to join, to become a member, to leave. What may make a view due goes at once to whoever is
/// to propose it, over one neighbour (`ClusterMap.wayToProposer`), and on from there with the request; to all others it goes
/// with the hellos, as does what was measured, along the tree: that changes all the time and makes no view due. So every
/// node has the whole map, and each event (a failure, a link that comes or goes, a joiner, a leaver) is a difference
/// between the map and the view. A member is taken for failed when no path of links leads to it: its neighbours say so,
/// as soon as they notice, and nobody needs to guess from the silence of somebody far away. A link counts when both ends
/// report it.
///
/// **One view of one event.** What happens is reported by several nodes, one after another. So a view waits for a little while
/// for the other end of a link that is lost (`Gathering`), and goes out with all that has made it.
///
/// **Views.** `ClusterMap.next` makes of a view and a map the view that should follow, with all events known in it at
/// once. The reachable member with the least id proposes it without delay; each further one waits for `takeover` longer,
/// and proposes if the view is still due. Maps may differ for a while, and so may what nodes propose; what is decided is
/// one.
///
/// The founding view is believed until its links are up, or for `takeover` if they are not (`Founding`).
///
/// A view that changes learners alone is of the same era (`View.era`) and breaks off no step. It waits until the view at hand
/// has begun: a joiner that cannot keep up, however often it tries, must not stop the cluster.
///
/// **Deciding.** View v + 1 is decided by the members of view v with single-decree Paxos (Lamport 1998): a proposer
/// collects promises of a quorum for its ballot, takes over the view that any of them has accepted in the greatest
/// ballot, and asks them to accept it; accepted by a quorum, it is decided. Round 0 belongs to the least member of view
/// v, who needs no promises for it: the common case is one round trip. It asks for one view in it and never for another.
/// A quorum (Quorum.swift) is more than half, or the half with the least id. Hence a cluster can shrink in steps to
/// one node, and of two halves one goes on at most. The price is the price of every such rule: if of two members the
/// lesser one crashes, the other cannot know that it is not merely cut off, and stays halted.
///
/// When the least member fails, its neighbours promise the next one the ballot after it without being asked
/// (`promiseNext`). Where the proposer says itself when the view begins, it waits for the votes of all, and tells that the view is
/// decided and that it begins at once (`beginsHere`).
///
/// **Going on and halting.** A member that can reach no quorum halts, and keeps state, promises and view. When links
/// come back, hellos show who is behind. A node may install any later view at once, since numbers stand for one view
/// each. One that finds itself outside of it asks to join: it rejoins as a learner. Training under a view needs all of
/// its members; one of them proposed the next view and installed it, so no step of a view is completed once a later one
/// is in force.
///
/// **Learners** neither vote nor count. A learner that has caught up under a view says so, and the next view makes it a
/// member. If another view comes between, it says so again: without those who gave it the state, what it has may be
/// worth nothing, and a member without the state would be taken for one of those who have it.
///
/// **Leaving.** A node that would leave says so, and the next view is without it. It stays until its neighbours in that
/// view have shown that they hold it, for it may have decided it alone; then it is released. The last member cannot
/// leave: with it the state would be gone, so its process just ends.
///
/// **Messages** may be lost, repeated, reordered and late. Requests are repeated until they are answered; for all else
/// each hello carries the number of the view and a digest of the reports, and whoever is behind is given what it lacks.
/// `Relay` says how nodes reach each other that are no neighbours. A message of a peer whose link is not up is ignored.
///
/// **Who has said it.** With a `Signatory`, each node signs its reports and envelopes, and nothing is believed, or passed on,
/// that the node which it is said to be of has not signed. Who stands behind an id tells its claim, which goes before its
/// first report; whoever has reports and no claim asks for that (`Authors`). Without one everything is believed.
///
/// **Operators.** What a quorum cannot say, an operator may (`onProceed`).
///
/// Not tolerated: nodes that lie of themselves, or of views. A message is checked for its form and its size; who may send it
/// at all is the business of the transport's authentication.
public struct Negotiation: Sendable {
    public let node: NodeID
    public let settings: NegotiationSettings
    let defect: PlantedDefect?

    var map: ClusterMap
    var relay: Relay
    var authors: Authors
    var linking: Linking
    /// The epochs of others into which this member has not followed.
    var otherEpochs: Set<Int> = []
    static let mostOtherEpochs = 16
    /// The neighbours that have been given claims since the last hello.
    var answered: Set<NodeID> = []
    /// The nodes that did not matter when that was last looked at.
    var irrelevantBefore: Set<NodeID> = []
    var helloCount = 0
    /// What it was when the view at hand came.
    var viewCount = 0
    /// How many hellos there are to one that does more.
    static let seldom = 50
    /// The other ends of the links that are up, each with the number of the view that it last said it has; 0: none.
    var neighbors = SortedDictionary<NodeID, Int>()
    var statement = Statement()
    /// Whether the wish to leave has been granted.
    var isReleased = false
    /// Nil: this node has never seen a view.
    var decision: Decision?
    var spreading: Spreading
    var gathering = Gathering()
    /// When the shell is to call `onWake`.
    var armed: Int?
    var actions: [Action] = []

    /// - Parameters:
    ///   - node: the id of this node.
    ///   - founding: the first view, the same on all its members; nil for a node that joins.
    ///   - settings: times of the protocol, in nanoseconds.
    ///   - signatory: signs for this node; nil: nothing is signed.
    public init(
        node: NodeID, founding: View?, settings: NegotiationSettings = NegotiationSettings(),
        signatory: (any Signatory)? = nil
    ) {
        self.init(node: node, founding: founding, settings: settings, signatory: signatory, defect: nil)
    }

    package init(
        node: NodeID, founding: View?, settings: NegotiationSettings, signatory: (any Signatory)? = nil,
        defect: PlantedDefect?
    ) {
        precondition(founding?.fault == nil, "the founding view is invalid: \(founding!.fault!)")
        self.node = node
        self.settings = settings
        self.defect = defect
        map = ClusterMap(node: node, view: founding, defect: defect)
        relay = Relay(node: node)
        authors = Authors(signatory)
        linking = Linking(
            most: settings.mostLinks, patience: defect == .wallTakesPlace ? .max : 50 * settings.hello)
        statement.epoch = founding?.epoch ?? 0
        decision = founding.map(Decision.init)
        spreading = Spreading(settings)
    }

    /// The latest decided view that this node knows, whether or not it is in it.
    public var view: View? { decision?.view }

    public var role: View.Role { view?.role(of: node) ?? .outside }

    /// Whether this node is a member that can reach no quorum.
    public var isHalted: Bool { decision?.isHalted ?? false }

    /// Whether this member has accepted a view of another era that may follow.
    var hasAccepted: Bool { role == .member && decision?.hasAcceptedOtherEra == true }

    /// The members of the view that this node can reach, itself among them.
    public var reachableMembers: [NodeID] { (view?.members ?? []).filter(map.isPresent) }

    /// Samples per second of the members of the view, as they last said; 0: unmeasured.
    var rates: [NodeID: Int] {
        Dictionary(
            uniqueKeysWithValues: (view?.members ?? []).map {
                ($0, map.report(of: $0)?.resources.samplesPerSecond ?? 0)
            })
    }

    /// What a neighbour has measured of the link from this node to it.
    func quality(from peer: NodeID) -> LinkQuality { map.report(of: peer)?.quality(to: node) ?? .unmeasured }

    /// In bit/s, the most that anybody has measured from a node; nil: nobody has.
    func greatestBandwidth(from node: NodeID) -> Int? { map.greatestBandwidth(from: node) }

    /// Whether this is the latest that it has heard of the report's node.
    package func believes(_ report: Report) -> Bool { map.holds(report) }

    /// Whether the envelope has come to it, and counts.
    package func believes(_ envelope: Envelope) -> Bool { !relay.isNews(envelope) && envelope.origin != node }

    // MARK: Events

    /// To be called once, before all else.
    /// - Parameters:
    ///   - address: where others can dial this node, as HOST:PORT; "": nowhere.
    ///   - now: in nanoseconds of the own clock.
    public mutating func onStart(announcing address: String = "", at now: Int) -> [Action] {
        statement.address = address
        spreading.helloAt = now + settings.hello
        if let view {
            believeFoundingView(now)
            actions.append(.install(view))
        }
        publish()
        return drawConsequences(at: now)
    }

    /// A link has come up or gone down, as this end finds it. Repeated news is ignored.
    public mutating func onLink(to peer: NodeID, isUp: Bool, at now: Int) -> [Action] {
        guard peer != node, (neighbors[peer] != nil) != isUp else { return [] }
        if isUp {
            neighbors[peer] = 0
            sendClaims(to: peer)
            sendReports(to: peer)
            // Last, so that it is not compared before they have come.
            send(hello, to: peer)
        } else {
            neighbors[peer] = nil
            spreading.differences[peer] = nil
            spreading.greeted.remove(peer)
            statement.qualities[peer] = nil
        }
        // Between two of which one is in no view a link matters when it is asked to be.
        publish(isUrgent: role != .outside && view?.role(of: peer) != .outside || statement.wish != .stay)
        if !isUp { promiseNext(insteadOf: peer, now) }
        return drawConsequences(at: now)
    }

    /// Who stands behind the id of a peer, as its connection has shown it.
    public mutating func onClaim(_ claim: Claim, at now: Int) -> [Action] {
        learn([claim], from: claim.node, at: now)
        return drawConsequences(at: now)
    }

    /// Signs for the same life with another claim from now on.
    public mutating func onRenewal(of signatory: any Signatory, at now: Int) -> [Action] {
        authors.signatory = signatory
        for peer in neighbors.keys { send([signatory.claim], to: peer) }
        return drawConsequences(at: now)
    }

    /// Whether a claim is to an id that another life is known to have.
    public func contradicts(_ claim: Claim) -> Bool { authors.contradicts(claim) }

    /// Who is known to stand behind an id; nil: nobody.
    public func claim(of node: NodeID) -> Claim? { authors.claim(of: node) }

    /// A message of a neighbour. Cost: O(its size), and O(nodes + links) if it changes the map.
    public mutating func onMessage(_ message: Message, from peer: NodeID, at now: Int) -> [Action] {
        // A view comes from every neighbour; one that is here already need not be looked over again.
        let fault = message.fault(
            exceptIn: { $0 == decision?.acceptor.accepted?.view || $0 == view }, map.holds)
        if let fault { return [.refused(fault, from: peer)] }
        guard neighbors[peer] != nil else { return [] }
        switch message {
        case .hello(let number, let digest): compare(number, digest, with: peer)
        case .reports(let reports): learn(reports, from: peer, areUrgent: false)
        case .news(let reports): learn(reports, from: peer, areUrgent: true)
        case .claims(let claims): learn(claims, from: peer, at: now)
        case .unclaimed(let nodes): introduce(nodes, to: peer)
        case .decided(let view): follow(view, from: peer, now)
        case .relayed(let envelope): receive(envelope, from: peer, now)
        case .monitor, .reduction, .replication, .bundle: break
        }
        return drawConsequences(at: now)
    }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        armed = nil
        if let founding = decision?.founding, now >= founding.until {
            decision?.founding = nil
            decision?.demand = .unknown
        }
        if let due = spreading.helloAt, now >= due {
            sayWhatWasHeldBack()
            if defect != .treeNotGoneAround { passOnNews() }
            for peer in neighbors.keys { send(hello, to: peer) }
            if let chosen = linking.choose(by: node, linked: neighbors.keys, in: map, at: now) {
                actions.append(.dial(chosen))
            }
            spreading.helloAt = now + settings.hello
            answered = []
            helloCount += 1
            if helloCount % Self.seldom == 0 {
                forgetIrrelevant()
                repeatReport()
            }
        }
        if let proposal = decision?.proposal, now >= proposal.retryAt { retry(proposal, now) }
        return drawConsequences(at: now)
    }

    /// This node would be admitted as a learner. Without effect on one that is in the view.
    public mutating func onJoin(at now: Int) -> [Action] {
        guard role == .outside else { return [] }
        isReleased = false
        return say(.join, at: now)
    }

    /// The learner has caught up and would become a member. Without effect on any other, and on one that would leave.
    public mutating func onCaughtUp(at now: Int) -> [Action] {
        guard case .learner = role, let view, statement.wish != .leave else { return [] }
        return say(.ready(view: view.number), at: now)
    }

    /// The learner cannot catch up any more, for what it needs is gone: it would be admitted anew. Without effect on any
    /// other, and on one that would leave.
    public mutating func onLost(at now: Int) -> [Action] {
        guard case .learner(let admitted) = role, statement.wish != .leave else { return [] }
        return say(.again(admitted: admitted), at: now)
    }

    /// This node would leave; `released` follows.
    public mutating func onLeave(at now: Int) -> [Action] { say(.leave, at: now) }

    private mutating func say(_ wish: Report.Wish, at now: Int) -> [Action] {
        statement.wish = wish
        publish()
        return drawConsequences(at: now)
    }

    /// What this node has measured of its links and itself. Everyone is told, so small changes had better be kept back.
    public mutating func onMeasured(
        _ qualities: [NodeID: LinkQuality], _ resources: Resources, at now: Int
    ) -> [Action] {
        let qualities = qualities.filter { neighbors[$0.key] != nil && $0.value.isInRange }
        guard resources.isInRange, qualities != statement.qualities || resources != statement.resources else {
            return []
        }
        (statement.qualities, statement.resources) = (qualities, resources)
        publish()
        return drawConsequences(at: now)
    }

    /// Under the view at hand members wait too long for the slowest, and the measurements say how to divide the samples
    /// better.
    public mutating func onUneven(at now: Int) -> [Action] {
        guard let view, role == .member, statement.uneven != view.number else { return [] }
        statement.uneven = view.number
        publish()
        return drawConsequences(at: now)
    }

    /// What computes gradients for this node has come, or is gone: it gets samples, or none, from the next view on.
    public mutating func onEngine(isThere: Bool, at now: Int) -> [Action] {
        guard statement.isIdle == isThere, !isThere || defect != .returnOfEngineForgotten else { return [] }
        statement.isIdle = !isThere
        publish()
        return drawConsequences(at: now)
    }

    /// This member works under the view at hand: views for learners alone wait for that.
    public mutating func onBegun(at now: Int) -> [Action] {
        guard decision?.hasBegun == false, role == .member else { return [] }
        decision?.hasBegun = true
        return considerPostponed(at: now)
    }

    /// This member has done a step under the view at hand, which has begun.
    public mutating func onStep(at now: Int) -> [Action] {
        guard decision?.hasStepped == false, role == .member else { return [] }
        decision?.hasBegun = true
        decision?.hasStepped = true
        return considerPostponed(at: now)
    }

    private mutating func considerPostponed(at now: Int) -> [Action] {
        if decision?.demand.isPostponed == true { decision?.demand = .unknown }
        return drawConsequences(at: now)
    }

    /// A neighbour has a later view than this node: asks it for that.
    public mutating func onLaterView(at peer: NodeID, at now: Int) -> [Action] {
        // Where a view has been accepted it is on its way.
        guard neighbors[peer] != nil, !hasAccepted else { return [] }
        send(hello, to: peer)
        return drawConsequences(at: now)
    }

    // MARK: After every event

    /// Does what follows from what has changed, and hands over the actions.
    mutating func drawConsequences(at now: Int) -> [Action] {
        if spreading.mayPassOn(at: now, whileFounding: decision?.founding != nil) { passOnUrgentNews() }
        installWhenAllHaveAccepted()
        repeat {
            if decision?.demand.isUnknown == true { assess() }
            considerProposing(now)
            // A proposal may have been decided on the spot, and another view may be due.
        } while decision?.demand.isUnknown == true
        considerRelease()
        rearm()
        let handedOver = actions
        actions.removeAll()
        stopIfBroken(unless: defect)
        return handedOver
    }

    /// Works out what the map asks for, and whether a quorum can be reached.
    private mutating func assess() {
        guard let view, role == .member else {
            decision?.demand = .nothing
            decision?.isHalted = false
            return
        }
        if decision?.founding?.isLinked(view.links, isUp: map.isUpInEpoch) == false {
            decision?.demand = .nothing
            return
        }
        decision?.founding = nil
        // Who has accepted a view and said what it has applied waits until one is decided, though the network may be again as the
        // view at hand has it.
        let isDue = decision?.hasAcceptedOtherEra == true && defect != .acceptedLeftUndecided
        var next = map.next(after: view, isDue: isDue, defect: defect)
        if let wanted = next, decision?.mustWait(for: wanted) == true {
            decision?.demand = .postponed
            next = nil
        } else if let next {
            let turnsBefore = view.members.prefix { $0 < node }.count(where: map.isPresent)
            decision?.demand = .due(Demand.Next(view: next, turnsBefore: turnsBefore))
        } else {
            decision?.demand = .nothing
        }
        let hasQuorum = view.isQuorum(map.isPresent, deciding: next, defect: defect)
        if isHalted == hasQuorum, defect != .minorityGoesOn {
            decision?.isHalted = !hasQuorum
            actions.append(hasQuorum ? .proceed : .halt)
        }
    }

    private mutating func considerRelease() {
        guard statement.wish == .leave, !isReleased, role == .outside else { return }
        if let view {
            let inside = zip(neighbors.keys, neighbors.values).filter { view.role(of: $0.0) != .outside }
            guard !inside.isEmpty, inside.allSatisfy({ $0.1 >= view.number }) else { return }
        }
        isReleased = true
        actions.append(.released)
    }

    /// The earliest time at which something is to be done without any other event.
    var nextWake: Int? {
        func earlier(_ a: Int?, _ b: Int?) -> Int? { a.map { min($0, b ?? $0) } ?? b }
        let turn = decision?.turn(settings).map { max($0, gathering.until ?? $0) }
        let own = earlier(decision?.proposal?.retryAt, turn)
        let news = spreading.newsAt(whileFounding: decision?.founding != nil)
        return earlier(earlier(spreading.helloAt, news), earlier(decision?.founding?.until, own))
    }

    private mutating func rearm() {
        guard let next = nextWake, next != armed else { return }
        armed = next
        actions.append(.wake(at: next))
    }
}
