/// How reports, views and envelopes reach everyone.
extension Negotiation {
    var hello: Message { .hello(view: view?.number ?? 0, digest: digest) }

    mutating func send(_ message: Message, to peer: NodeID) { actions.append(.send(message, to: peer)) }

    /// Tells everyone what this node has to say of itself now.
    mutating func publish() {
        reportSequence += 1
        let report = Report(
            node: node, sequence: reportSequence, neighbors: neighbors, qualities: qualities,
            resources: resources, uneven: uneven, wish: wish)
        note(map.learn(report))
        news.add(node, from: nil, isUrgent: true)
    }

    private mutating func note(_ news: ClusterMap.News) {
        switch news {
        case .none: break
        case .measurements: isWantedOld = true
        case .events: mapHasChanged = true
        }
    }

    /// Passes news on, if it is urgent and has not to wait for its turn. Measurements of others wait for the next hello:
    /// no view is due by them alone, and they come all the time.
    mutating func considerSpreading(_ now: Int) {
        guard news.isUrgent, pace.next(now) <= now else { return }
        pace.take(at: now)
        spreadNews()
    }

    /// When news is to be passed on that has to wait for its turn.
    func spreadingDue(_ now: Int) -> Int? { news.isUrgent ? pace.next(now) : nil }

    /// Passes on all news that is pending.
    mutating func spreadNews() {
        guard !news.isEmpty else { return }
        let parts = news.parts.map { part in (part.source, part.nodes.compactMap { map.report(of: $0) }) }
        news = PendingNews()
        for peer in neighbors {
            var reports: [Report] = []
            for (source, part) in parts where lacks(peer, whatCameFrom: source) {
                if reports.isEmpty { reports = part } else { reports += part }
            }
            send(reports, to: peer)
        }
    }

    private mutating func spread(_ view: View, from source: NodeID?) {
        for peer in neighbors where lacks(peer, whatCameFrom: source) { send(.decided(view), to: peer) }
    }

    /// News goes to the neighbours that do not have it: not to the one it came from, nor to its neighbours. Where the map
    /// is wrong about these, the next hello will tell.
    private func lacks(_ peer: NodeID, whatCameFrom source: NodeID?) -> Bool {
        guard let source else { return true }
        return peer != source && !map.isUp(Link(source, peer))
    }

    mutating func sendReports(to peer: NodeID) { send(map.relevantReports, to: peer) }

    /// In as many messages as it takes.
    private mutating func send(_ reports: [Report], to peer: NodeID) {
        for part in MessageLimits.parts(of: reports) { send(.reports(part), to: peer) }
    }

    mutating func take(_ number: Int, _ digest: UInt64, from peer: NodeID) {
        heard[peer] = number
        if let view, number < view.number { send(.decided(view), to: peer) }
        // Asks for the later view.
        if number > view?.number ?? 0 { send(hello, to: peer) }
        if digest != self.digest { sendReports(to: peer) }
    }

    mutating func take(_ reports: [Report], from peer: NodeID) {
        for report in reports where report.node != node {
            let change = map.learn(report)
            guard change != .none else { continue }
            note(change)
            news.add(report.node, from: peer, isUrgent: change == .events)
        }
    }

    mutating func take(_ envelope: Envelope, from peer: NodeID, _ now: Int) {
        guard relay.take(envelope, from: peer) else { return }
        if envelope.destination != node { pass(envelope, from: peer) }
        if envelope.destination == nil || envelope.destination == node {
            handle(envelope.body, from: envelope.origin, insists: envelope.insists, now)
        }
    }

    mutating func post(_ body: Envelope.Body, to destination: NodeID?, insists: Bool) {
        pass(relay.envelope(to: destination, insists: insists, body), from: nil)
    }

    private mutating func pass(_ envelope: Envelope, from source: NodeID?) {
        let message = Message.relayed(envelope)
        for peer in relay.nextHops(of: envelope, from: source, neighbors: neighbors, isUp: map.isUp) {
            send(message, to: peer)
        }
    }

    /// Takes over a view that has been decided, unless it is known.
    mutating func install(_ decided: View, from source: NodeID?) {
        guard decided.number > view?.number ?? 0 else { return }
        view = decided
        acceptor = Acceptor(after: decided)
        proposal = nil
        freshRound = 0
        turn = nil
        (dueSince, rival) = (nil, nil)
        isHalted = false
        hasStepped = false
        foundingUntil = nil
        mapHasChanged = true
        actions.append(.install(decided))
        spread(decided, from: source)
        map.follow(decided)
        relay.forget(unless: map.isRelevant)
        // It had caught up and has lost what it had; without the state it can be no member, and proposes no view as one.
        if decided.role(of: node) == .member, case .again = wish {
            wish = .leave
            publish()
        }
    }
}
