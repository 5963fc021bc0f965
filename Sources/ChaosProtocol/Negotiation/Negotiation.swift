/// The negotiation of views: one node's part in it.
///
/// Events and the time go in, actions come out; the same events give the same actions. Times are nanoseconds from any
/// origin that the node keeps to, and never go back. The shell owns clock, connections and process.
///
/// **Everything that can happen is a report.** Each node tells all others, in one numbered `Report`, which of its links
/// are up and what it wishes: to join, to become a member, to leave. Reports are flooded when they change; if only what
/// was measured changes, which is all the time and makes no view due, others pass them on with their hellos. So every
/// node has the whole map, and each event (a failure, a link that comes or goes, a joiner, a leaver) is a difference
/// between the map and the view. A member is taken for failed when no path of links leads to it: its neighbours say so,
/// as soon as they notice, and nobody needs to guess from the silence of somebody far away. A link counts when both ends
/// report it.
///
/// **Views.** `ClusterMap.next` makes of a view and a map the view that should follow, with all events known in it at
/// once. The reachable member with the least id proposes it without delay; each further one waits for `takeover` longer,
/// and proposes if the view is still due. Maps may differ for a while, and so may what nodes propose; what is decided is
/// one.
///
/// The founding view is believed until its links are up, or for `takeover` if they are not: founders that start at
/// slightly different times do not take each other for failed.
///
/// A view that changes learners alone waits until a step has been done under the view at hand: a new view breaks off the
/// step that is going on, and a joiner that cannot keep up, however often it tries, must not stop the cluster.
///
/// **Deciding.** View v + 1 is decided by the members of view v with single-decree Paxos (Lamport 1998): a proposer
/// collects promises of a quorum for its ballot, takes over the view that any of them has accepted in the greatest
/// ballot, and asks them to accept it; accepted by a quorum, it is decided. Round 0 belongs to the least member of view
/// v, who needs no promises for it: the common case is one round trip. It asks for one view in it and never for another.
/// A quorum is `View.isQuorum`: more than half, or the half with the least id. Hence a cluster can shrink in steps to
/// one node, and of two halves one goes on at most. The price is the price of every such rule: if of two members the
/// lesser one crashes, the other cannot know that it is not merely cut off, and stays halted.
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
/// Not tolerated: nodes that lie. A message is checked for its form and its size; who may send it at all is the business
/// of the transport's authentication.
public struct Negotiation: Sendable {
    public let node: NodeID
    public let settings: NegotiationSettings
    /// The latest decided view that this node knows, whether or not it is in it.
    public internal(set) var view: View?
    /// Whether this node is a member that can reach no quorum.
    public internal(set) var isHalted = false

    let defect: PlantedDefect?
    var map: ClusterMap
    var relay: Relay
    /// The other ends of the links that are up, ascending.
    var neighbors: [NodeID] = []
    var qualities: [NodeID: LinkQuality] = [:]
    var resources = Resources()
    /// The number of the view that this node finds uneven; 0: none.
    var uneven = 0
    /// Whether a step has been done under the view at hand.
    var hasStepped = false
    var wish: Report.Wish = .stay
    var reportSequence = 0
    /// The last view that each neighbour said it has.
    var heard = SortedDictionary<NodeID, Int>()
    var isReleased = false

    var acceptor: Acceptor?
    var proposal: Proposal?
    /// The least round that this node has not used or heard of in the decision at hand.
    var freshRound = 0
    /// Since when a view is due; later than now while somebody else's ballot is given its time.
    var dueSince: Int?
    /// Whose ballot that is.
    var rival: NodeID?
    /// When this node may propose; nil while it has nothing to.
    var turn: Int?
    /// The view that should follow according to the map; nil if the view is right.
    var wanted: View?
    /// Whether the map asks for a view that must wait for a step.
    var isPostponed = false
    /// Whether there are later measurements than those in it.
    var isWantedOld = false
    /// How many of the members that can be reached have lesser ids, while a view is wanted.
    var turnsBefore = 0
    /// Of the reports that matter under the view, as of the last event.
    var digest: UInt64 = 0
    /// Whether `wanted`, `turnsBefore` and `isHalted` must be worked out anew.
    var mapHasChanged = true
    var news = PendingNews()
    var pace: Pace

    /// Until when the founding view is believed although its links are not all up.
    var foundingUntil: Int?
    /// A link of it that was not up when last looked at.
    var foundingGap = 0
    var helloAt: Int?
    var armed: Int?
    var actions: [Action] = []

    /// - Parameter founding: the first view, the same on all its members; nil for a node that joins.
    public init(node: NodeID, founding: View?, settings: NegotiationSettings = NegotiationSettings()) {
        self.init(node: node, founding: founding, settings: settings, defect: nil)
    }

    package init(node: NodeID, founding: View?, settings: NegotiationSettings, defect: PlantedDefect?) {
        precondition(founding?.fault == nil, "the founding view is invalid: \(founding!.fault!)")
        self.node = node
        self.settings = settings
        self.defect = defect
        view = founding
        map = ClusterMap(node: node, view: founding)
        relay = Relay(node: node)
        pace = Pace(pause: settings.spreading, burst: settings.burst)
        acceptor = founding.map(Acceptor.init)
    }

    public var role: View.Role { view?.role(of: node) ?? .outside }

    /// Samples per second of the members of the view, as they last said; 0: unmeasured.
    var rates: [NodeID: Int] {
        Dictionary(
            uniqueKeysWithValues: (view?.members ?? []).map {
                ($0, map.report(of: $0)?.resources.samplesPerSecond ?? 0)
            })
    }

    /// What a neighbour has measured of the link from this node to it.
    func quality(from peer: NodeID) -> LinkQuality { map.report(of: peer)?.quality(to: node) ?? .unmeasured }

    // MARK: Events

    /// To be called once, before all else.
    public mutating func onStart(at now: Int) -> [Action] {
        helloAt = now + settings.hello
        if let view {
            foundingUntil = now + settings.takeover
            actions.append(.install(view))
        }
        publish()
        return settle(now)
    }

    /// A link has come up or gone down, as this end finds it. Repeated news is ignored.
    public mutating func onLink(to peer: NodeID, isUp: Bool, at now: Int) -> [Action] {
        guard peer != node, neighbors.containsSorted(peer) != isUp else { return [] }
        if isUp {
            neighbors.insertSorted(peer)
            send(hello, to: peer)
            sendReports(to: peer)
        } else {
            neighbors.removeSorted(peer)
            heard[peer] = nil
            qualities[peer] = nil
        }
        publish()
        return settle(now)
    }

    /// A message of a neighbour. Cost: O(its size), and O(nodes + links) if it changes the map.
    public mutating func onMessage(_ message: Message, from peer: NodeID, at now: Int) -> [Action] {
        // A view comes from every neighbour; one that is here already need not be looked over again.
        let fault = message.fault(exceptIn: { $0 == acceptor?.accepted?.view || $0 == view }, map.holds)
        if let fault { return [.refused(fault, from: peer)] }
        guard neighbors.containsSorted(peer) else { return [] }
        switch message {
        case .hello(let number, let digest): take(number, digest, from: peer)
        case .reports(let reports): take(reports, from: peer)
        case .decided(let view): install(view, from: peer)
        case .relayed(let envelope): take(envelope, from: peer, now)
        case .monitor, .reduction, .replication: break
        }
        return settle(now)
    }

    /// The time named by the last `wake` has come; earlier calls do no harm.
    public mutating func onWake(at now: Int) -> [Action] {
        armed = nil
        if let due = foundingUntil, now >= due {
            foundingUntil = nil
            mapHasChanged = true
        }
        if let due = helloAt, now >= due {
            spreadNews()
            for peer in neighbors { send(hello, to: peer) }
            helloAt = now + settings.hello
        }
        if let due = proposal?.retryAt, now >= due {
            proposal?.retryAt = defect == .retryNotRearmed ? nil : now + settings.retry
            ask(insists: true, now)
        }
        return settle(now)
    }

    /// This node would be admitted as a learner. Without effect on one that is in the view.
    public mutating func onJoin(at now: Int) -> [Action] {
        guard role == .outside else { return [] }
        isReleased = false
        wish = .join
        publish()
        return settle(now)
    }

    /// The learner has caught up and would become a member. Without effect on any other, and on one that would leave.
    public mutating func onCaughtUp(at now: Int) -> [Action] {
        guard case .learner = role, let view, wish != .leave else { return [] }
        wish = .ready(view: view.number)
        publish()
        return settle(now)
    }

    /// The learner cannot catch up any more, for what it needs is gone: it would be admitted anew. Without effect on any
    /// other, and on one that would leave.
    public mutating func onLost(at now: Int) -> [Action] {
        guard case .learner(let admitted) = role, wish != .leave else { return [] }
        wish = .again(admitted: admitted)
        publish()
        return settle(now)
    }

    /// What this node has measured of its links and itself. Everyone is told, so small changes had better be kept back.
    public mutating func onMeasured(
        _ qualities: [NodeID: LinkQuality], _ resources: Resources, at now: Int
    ) -> [Action] {
        let qualities = qualities.filter { neighbors.containsSorted($0.key) && $0.value.isInRange }
        guard resources.isInRange, qualities != self.qualities || resources != self.resources else { return [] }
        (self.qualities, self.resources) = (qualities, resources)
        publish()
        return settle(now)
    }

    /// Under the view at hand members wait too long for the slowest, and the measurements say how to divide the samples
    /// better.
    public mutating func onUneven(at now: Int) -> [Action] {
        guard let view, role == .member, uneven != view.number else { return [] }
        uneven = view.number
        publish()
        return settle(now)
    }

    /// This member has done a step under the view at hand. Views for learners alone wait for that.
    public mutating func onStep(at now: Int) -> [Action] {
        guard !hasStepped, role == .member else { return [] }
        hasStepped = true
        mapHasChanged = mapHasChanged || isPostponed
        return settle(now)
    }

    /// A neighbour has a later view than this node: asks it for that.
    public mutating func onLaterView(at peer: NodeID, at now: Int) -> [Action] {
        guard neighbors.containsSorted(peer) else { return [] }
        send(hello, to: peer)
        return settle(now)
    }

    /// This node would leave; `released` follows.
    public mutating func onLeave(at now: Int) -> [Action] {
        wish = .leave
        publish()
        return settle(now)
    }

    // MARK: After every event

    /// Draws the consequences of what has changed, and hands over the actions.
    private mutating func settle(_ now: Int) -> [Action] {
        considerSpreading(now)
        digest = map.digest
        repeat {
            if mapHasChanged { assess() }
            considerProposing(now)
            // A proposal may have been decided on the spot, and another view may be due.
        } while mapHasChanged
        considerRelease()
        rearm(now)
        defer { actions.removeAll() }
        return actions
    }

    private mutating func assess() {
        mapHasChanged = false
        isWantedOld = false
        digest = map.digest
        guard let view, role == .member else {
            wanted = nil
            isHalted = false
            return
        }
        if foundingUntil != nil {
            // Asked for every report of every founder: the link that was missing mostly still is.
            for _ in view.links {
                guard map.isUp(view.links[foundingGap]) else { return }
                foundingGap = (foundingGap + 1) % view.links.count
            }
            foundingUntil = nil
        }
        wanted = map.next(after: view, defect: defect)
        isPostponed = !hasStepped && wanted?.concernsLearnersOnly(after: view) == true
        if isPostponed { wanted = nil }
        if wanted != nil { turnsBefore = view.members.prefix { $0 < node }.count(where: map.isReachable) }
        let hasQuorum = view.isQuorum(map.isReachable, deciding: wanted, defect: defect)
        if isHalted == hasQuorum, defect != .minorityGoesOn {
            isHalted = !hasQuorum
            actions.append(isHalted ? .halt : .proceed)
        }
    }

    private mutating func considerRelease() {
        guard wish == .leave, !isReleased, role == .outside else { return }
        if let view {
            let inside = neighbors.filter { view.role(of: $0) != .outside }
            guard !inside.isEmpty, inside.allSatisfy({ heard[$0] ?? 0 >= view.number }) else { return }
        }
        isReleased = true
        actions.append(.released)
    }

    private mutating func rearm(_ now: Int) {
        func earlier(_ a: Int?, _ b: Int?) -> Int? { a.map { min($0, b ?? $0) } ?? b }
        let spreading = spreadingDue(now)
        let next = earlier(earlier(earlier(helloAt, foundingUntil), earlier(proposal?.retryAt, turn)), spreading)
        guard let next, next != armed else { return }
        armed = next
        actions.append(.wake(at: next))
    }
}
