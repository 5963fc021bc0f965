/// How reports, views and envelopes reach everyone.
extension Negotiation {
    var hello: Message { .hello(view: view?.number ?? 0, digest: map.digest) }

    mutating func send(_ message: Message, to peer: NodeID) { actions.append(.send(message, to: peer)) }

    /// Tells everyone what this node has to say of itself now.
    /// - Parameter isUrgent: whether it may make a view due, measurements apart.
    ///
    /// While a founding view is believed and links of this node in it are still to come, what it says of itself helps nobody, and
    /// waits until they have, or for the next hello. Otherwise each founder would tell all others of each of its links by itself.
    mutating func publish(isUrgent: Bool = true) {
        let report = statement.report(by: node, neighbors: neighbors.keys)
        let change = map.learn(report.sealed(with: authors.signatory?.seal(report)))
        note(change)
        spreading.holdsOwnBack = awaitsOwnLinks
        guard !spreading.holdsOwnBack else { return }
        spreading.news.add(reportOf: node, from: nil, isEvent: change == .events)
        if isUrgent, change == .events { spreading.isUrgent = true }
    }

    private var awaitsOwnLinks: Bool {
        guard decision?.founding != nil, let view else { return false }
        return view.links.contains { $0.a == node && neighbors[$0.b] == nil || $0.b == node && neighbors[$0.a] == nil }
    }

    /// The next hellos are due.
    mutating func sayWhatWasHeldBack() {
        guard spreading.holdsOwnBack, defect != .heldBackForever else { return }
        spreading.holdsOwnBack = false
        spreading.news.add(reportOf: node, from: nil, isEvent: true)
    }

    private mutating func note(_ news: ClusterMap.News) {
        switch news {
        case .none: break
        case .measurements: decision?.demand.noteMeasurements()
        case .events: decision?.demand = .unknown
        }
    }

    /// All neighbours are told the news that is pending, as far as they lack it. What somebody else has measured goes on along
    /// the tree alone.
    mutating func passOnNews() {
        guard !spreading.news.isEmpty else { return }
        let tree = spreading.news.hasMeasurementsOfOthers ? nextInTree() : nil
        for peer in neighbors.keys { tellNews(to: peer, measurements: tree?.containsSorted(peer) ?? true) }
        spreading.news.clear()
        spreading.isUrgent = false
    }

    /// Whoever is to propose is told what may make a view due, over one neighbour: all others will hear of it with the next
    /// hello, or with the view itself. While a founding view is believed, which takes the word of all, everyone is told at once.
    mutating func passOnUrgentNews() {
        guard !spreading.news.isEmpty, let view else { return }
        if decision?.founding != nil { return passOnNews() }
        let news = spreading.news.reports
        guard let peer = map.wayToProposer(under: view, { news[$0] != nil }), neighbors[peer] != nil else { return }
        tellNews(to: peer, isUrgent: true)
    }

    /// The news that is pending goes with what makes use of it, to those who will be asked: so nobody works under a view and
    /// does not know why.
    private mutating func sendWithNews(_ message: Message, to peers: [NodeID]) {
        for peer in peers {
            if !spreading.news.isEmpty { send(spreading.news.take(for: peer) { $0.source != peer }, to: peer) }
            send(message, to: peer)
        }
    }

    /// - Parameter measurements: whether it is told what others have measured.
    private mutating func tellNews(to peer: NodeID, measurements: Bool = true, isUrgent: Bool = false) {
        let map = map
        send(
            spreading.news.take(for: peer) { item in
                guard let source = item.source else { return true }
                // Not to the one that it came from, nor to its neighbours. Where the map is wrong about these, hellos will tell.
                return (measurements || item.isEvent) && peer != source && !map.isUp(Link(source, peer))
            }, to: peer, isUrgent: isUrgent)
    }

    private mutating func send(
        _ news: (claims: [NodeID], reports: [NodeID]), to peer: NodeID, isUrgent: Bool = false
    ) {
        send(news.claims.compactMap(authors.claim), to: peer)
        send(news.reports.compactMap { map.report(of: $0) }, to: peer, isUrgent: isUrgent)
    }

    /// A view goes to the neighbours next to this one in the tree, or where there is none to those that do not have it: not to
    /// the one it came from, nor to its neighbours. Where the map is wrong about these, a hello will tell.
    private mutating func spread(_ view: View, from source: NodeID?) {
        let others = neighbors.keys.filter { $0 != source }
        if let tree = nextInTree() {
            sendWithNews(.decided(view), to: others.filter(tree.containsSorted))
        } else {
            let map = map
            sendWithNews(
                .decided(view), to: others.filter { peer in source.map { !map.isUp(Link($0, peer)) } ?? true })
        }
    }

    /// - Precondition: the map follows the view.
    private mutating func nextInTree() -> [NodeID]? { map.nextInTree(under: view) }

    /// Measurements that were lost make no difference that a hello would tell. So all reports are told anew, one after another.
    mutating func repeatReport() {
        let reports = map.relevantReports
        guard !reports.isEmpty else { return }
        spreading.news.add(reportOf: reports[helloCount / Self.seldom % reports.count].node, from: nil, isEvent: false)
    }

    mutating func sendReports(to peer: NodeID) { send(map.relevantReports, to: peer) }

    /// In as many messages as it takes. What a neighbour has said of itself, and not signed, stays here.
    private mutating func send(_ reports: [Report], to peer: NodeID, isUrgent: Bool = false) {
        var verified = reports
        if !authors.hasVerifiedAll {
            verified = []
            for report in reports {
                if authors.verify(report) {
                    verified.append(report)
                } else {
                    actions.append(.refused(.forged(report.node), from: report.node))
                }
            }
        }
        for part in MessageLimits.parts(of: verified) { send(isUrgent ? .news(part) : .reports(part), to: peer) }
    }

    /// A hello: whoever is behind, the neighbour or this node, is given what it lacks.
    mutating func compare(_ number: Int, _ digest: UInt64, with peer: NodeID) {
        let isNews = neighbors[peer] != number
        let isFirst = spreading.greeted.insert(peer).inserted
        neighbors[peer] = number
        // Who is in another epoch may stay there, and need not be told ten times a second of this one.
        let isOfThisEpoch = View.epoch(ofView: number) == statement.epoch || number == 0 || view == nil
        if isOfThisEpoch || isNews || helloCount % Self.seldom == 0 {
            // A view that has just come is on its way to others. Whoever has none gets it from the first that it is linked to, and
            // from anybody if it still has none with the next hello.
            let isDue = number == 0 ? !isFirst || isNearest(to: peer) : helloCount >= viewCount + 2
            if let view, number < view.number, isDue { send(.decided(view), to: peer) }
            // Asks for the later view, as it has with its own hello if it has none.
            if let view, number > view.number { send(hello, to: peer) }
        }
        let isSame = digest == map.digest || defect == .differenceIgnored || defect == .treeNotGoneAround
        if spreading.compare(isSame, with: peer) { sendReports(to: peer) }
    }

    /// Whether the neighbour has told of no link before that to this node.
    private func isNearest(to peer: NodeID) -> Bool { map.report(of: peer)?.neighbors.first ?? node == node }

    /// Whoever is correct passes on only what it has checked: the first report that is forged ends the message.
    /// - Parameter areUrgent: whether they are on their way to whoever is to propose.
    mutating func learn(_ reports: [Report], from peer: NodeID, areUrgent: Bool) {
        let isUrgent = areUrgent || decision?.founding != nil
        var unclaimed: [NodeID] = []
        for report in reports where report.node != node && map.isNews(report) {
            // What a neighbour says of itself its connection vouches for, until it is passed on.
            let isOwnWord = report.node == peer && authors.claim(of: peer) != nil
            switch isOwnWord ? .good : authors.word(of: report) {
            case .unknown where defect != .forgeryBelieved: unclaimed.append(report.node)
            case .forged where defect != .forgeryBelieved:
                actions.append(.refused(.forged(report.node), from: peer))
                return
            case .good, .forged, .unknown:
                let change = map.learn(report)
                note(change)
                authors.noteReport(of: report.node, isVerified: !isOwnWord)
                spreading.news.add(reportOf: report.node, from: peer, isEvent: change == .events)
                if isUrgent, change == .events { spreading.isUrgent = true }
            }
        }
        guard !unclaimed.isEmpty, authors.hasRoom else { return }
        send(.unclaimed(Set(unclaimed).sorted()), to: peer)
    }

    mutating func receive(_ envelope: Envelope, from peer: NodeID, _ now: Int) {
        guard relay.isNews(envelope) else { return }
        // As with reports. Most votes need not be passed on: then nobody has to look at their signatures.
        let isOwnWord =
            envelope.origin == peer && authors.claim(of: peer) != nil && hops(of: envelope, from: peer).isEmpty
        switch isOwnWord ? .good : authors.word(of: envelope) {
        case .forged where defect != .forgeryBelieved:
            actions.append(.refused(.forged(envelope.origin), from: peer))
            return
        // As if it were lost: its origin asks again, and a report of it tells that the claim is missing.
        case .unknown where defect != .forgeryBelieved: return
        case .good, .forged, .unknown: relay.admit(envelope, from: peer)
        }
        if envelope.destination != node { pass(envelope, from: peer) }
        if envelope.destination == nil || envelope.destination == node {
            handle(envelope.body, from: envelope.origin, insists: envelope.insists, now)
        }
    }

    mutating func post(_ body: Envelope.Body, to destination: NodeID?, insists: Bool) {
        let envelope = relay.envelope(to: destination, insists: insists, body)
        pass(envelope.sealed(with: authors.signatory?.seal(envelope)), from: nil)
    }

    private mutating func pass(_ envelope: Envelope, from source: NodeID?) {
        let message = Message.relayed(envelope)
        let hops = hops(of: envelope, from: source)
        if envelope.destination == nil {
            sendWithNews(message, to: hops)
        } else {
            for peer in hops { send(message, to: peer) }
        }
    }

    private mutating func hops(of envelope: Envelope, from source: NodeID?) -> [NodeID] {
        if envelope.destination == node { return [] }
        let tree = envelope.destination == nil && !envelope.insists ? nextInTree() : nil
        return relay.nextHops(of: envelope, from: source, neighbors: neighbors.keys, tree: tree, isUp: map.isUp)
    }

    // MARK: Who stands behind an id

    /// In as many messages as it takes.
    mutating func send(_ claims: [Claim], to peer: NodeID) {
        for part in MessageLimits.parts(of: claims) { send(.claims(part), to: peer) }
    }

    /// A claim that is new here goes to all others before the first report of its node.
    mutating func learn(_ claims: [Claim], from peer: NodeID, at now: Int) {
        for claim in claims {
            let isReported = map.report(of: claim.node) != nil || neighbors[claim.node] != nil || claim.node == peer
            switch authors.learn(claim, isReported: isReported, at: now, defect: defect) {
            case .none: break
            case .new:
                actions.append(.introduced(claim))
                spreading.news.add(claimOf: claim.node, from: peer)
            case .wrong:
                actions.append(.refused(.claim(of: claim.node), from: peer))
                return
            case .taken:
                actions.append(.refused(.taken(claim.node), from: peer))
                return
            }
        }
    }

    /// A neighbour has reports of these nodes without their claims. It is answered once between two hellos.
    mutating func introduce(_ nodes: [NodeID], to peer: NodeID) {
        guard answered.insert(peer).inserted else { return }
        send(nodes.compactMap(authors.claim), to: peer)
        send(nodes.compactMap { map.report(of: $0) }, to: peer)
    }

    /// Of nodes that matter, and of neighbours: whoever misses others asks for them.
    mutating func sendClaims(to peer: NodeID) {
        guard let own = authors.signatory?.claim else { return }
        let others = Set(map.relevantReports.map(\.node) + neighbors.keys).subtracting([node, peer])
        send([own] + others.sorted().compactMap(authors.claim), to: peer)
    }

    /// Forgets what has not mattered for a while: nodes that no path leads to, that the view does not name and that are no
    /// neighbours. One of them that comes back, as another life perhaps, is as new.
    mutating func forgetIrrelevant() {
        let irrelevant = Set(map.irrelevant.filter { neighbors[$0] == nil })
        let gone = irrelevant.intersection(irrelevantBefore)
        irrelevantBefore = irrelevant.subtracting(gone)
        guard !gone.isEmpty else { return }
        map.forget(gone)
        relay.forget { !gone.contains($0) }
        authors.forget { !gone.contains($0) }
    }

    // MARK: Views

    /// Takes over a view that somebody else has decided, if it is later. A member that goes on does not follow into another
    /// epoch: an operator elsewhere has taken it for gone, and it is not (`onProceed`). And nobody is a member there who does
    /// not come from the view at which it began: what he has would be taken for the state of those who do.
    mutating func follow(_ decided: View, from source: NodeID?, _ now: Int) {
        guard decided.number > view?.number ?? 0 else { return }
        let isOfAnotherEpoch = view.map { $0.epoch != decided.epoch } ?? false
        if isOfAnotherEpoch, role == .member, !isHalted, defect != .epochDeserted {
            return noteOtherEpoch(decided)
        }
        if isOfAnotherEpoch, decided.role(of: node) == .member, view?.precedes(epochOf: decided) != true,
            defect != .epochMemberUnchecked
        {
            return noteOtherEpoch(decided)
        }
        install(decided, from: source)
        if isOfAnotherEpoch { believeFoundingView(now) }
    }

    private mutating func noteOtherEpoch(_ view: View) {
        guard otherEpochs.count < Self.mostOtherEpochs, otherEpochs.insert(view.epoch).inserted else { return }
        actions.append(.otherEpoch(view))
    }

    /// Takes over a view that has been decided, unless it is known.
    mutating func install(_ decided: View, from source: NodeID?) {
        guard decided.number > view?.number ?? 0 else { return }
        // Whoever is to propose has not been known until now.
        if view == nil { spreading.isUrgent = !spreading.news.isEmpty }
        gathering = Gathering()
        viewCount = helloCount
        decision = Decision(after: decided)
        // First, so that nobody hears of its beginning before.
        spread(decided, from: source)
        actions.append(.install(decided))
        map.follow(decided)
        relay.forget(unless: map.isRelevant)
        authors.forget { map.isRelevant($0) || neighbors[$0] != nil }
        irrelevantBefore = []
        if statement.epoch != decided.epoch {
            statement.epoch = decided.epoch
            otherEpochs = []
            publish()
        }
        // It had caught up and has lost what it had; without the state it can be no member, and proposes no view as one.
        if decided.role(of: node) == .member, case .again = statement.wish {
            statement.wish = .leave
            publish()
        }
    }
}
