/// How reports, views and envelopes reach everyone.
extension Negotiation {
    var hello: Message { .hello(view: view?.number ?? 0, digest: map.digest) }

    mutating func send(_ message: Message, to peer: NodeID) { actions.append(.send(message, to: peer)) }

    /// Tells everyone what this node has to say of itself now.
    mutating func publish() {
        note(map.learn(statement.report(by: node, neighbors: neighbors.keys)))
        spreading.news.add(node, from: nil, isUrgent: true)
    }

    private mutating func note(_ news: ClusterMap.News) {
        switch news {
        case .none: break
        case .measurements: decision?.demand.noteMeasurements()
        case .events: decision?.demand = .unknown
        }
    }

    /// Passes on all news that is pending.
    mutating func passOnNews() {
        guard !spreading.news.isEmpty else { return }
        let parts = spreading.news.parts.map { part in (part.source, part.nodes.compactMap { map.report(of: $0) }) }
        spreading.news = PendingNews()
        for peer in neighbors.keys {
            var reports: [Report] = []
            for (source, part) in parts where lacks(peer, whatCameFrom: source) {
                if reports.isEmpty { reports = part } else { reports += part }
            }
            send(reports, to: peer)
        }
    }

    private mutating func spread(_ view: View, from source: NodeID?) {
        for peer in neighbors.keys where lacks(peer, whatCameFrom: source) { send(.decided(view), to: peer) }
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

    /// A hello: whoever is behind, the neighbour or this node, is given what it lacks.
    mutating func compare(_ number: Int, _ digest: UInt64, with peer: NodeID) {
        neighbors[peer] = number
        if let view, number < view.number { send(.decided(view), to: peer) }
        // Asks for the later view.
        if number > view?.number ?? 0 { send(hello, to: peer) }
        if digest != map.digest { sendReports(to: peer) }
    }

    mutating func learn(_ reports: [Report], from peer: NodeID) {
        for report in reports where report.node != node {
            let change = map.learn(report)
            guard change != .none else { continue }
            note(change)
            spreading.news.add(report.node, from: peer, isUrgent: change == .events)
        }
    }

    mutating func receive(_ envelope: Envelope, from peer: NodeID, _ now: Int) {
        guard relay.admit(envelope, from: peer) else { return }
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
        for peer in relay.nextHops(of: envelope, from: source, neighbors: neighbors.keys, isUp: map.isUp) {
            send(message, to: peer)
        }
    }

    /// Takes over a view that has been decided, unless it is known.
    mutating func install(_ decided: View, from source: NodeID?) {
        guard decided.number > view?.number ?? 0 else { return }
        decision = Decision(after: decided)
        actions.append(.install(decided))
        spread(decided, from: source)
        map.follow(decided)
        relay.forget(unless: map.isRelevant)
        // It had caught up and has lost what it had; without the state it can be no member, and proposes no view as one.
        if decided.role(of: node) == .member, case .again = statement.wish {
            statement.wish = .leave
            publish()
        }
    }
}
