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
        mapHasChanged = map.learn(report) || mapHasChanged
        spread(.reports([report]), from: nil)
    }

    /// Passes news on to the neighbours that do not have it: not to the one it came from, nor to its neighbours. Where
    /// the map is wrong about these, the next hello will tell.
    private mutating func spread(_ message: Message, from source: NodeID?) {
        for peer in neighbors where peer != source {
            if let source, map.isUp(Link(source, peer)) { continue }
            send(message, to: peer)
        }
    }

    mutating func sendReports(to peer: NodeID) {
        let reports = map.relevantReports
        if !reports.isEmpty { send(.reports(reports), to: peer) }
    }

    mutating func take(_ number: Int, _ digest: UInt64, from peer: NodeID) {
        heard[peer] = number
        if let view, number < view.number { send(.decided(view), to: peer) }
        // Asks for the later view.
        if number > view?.number ?? 0 { send(hello, to: peer) }
        if digest != self.digest { sendReports(to: peer) }
    }

    mutating func take(_ reports: [Report], from peer: NodeID) {
        let news = reports.filter { $0.node != node && map.learn($0) }
        guard !news.isEmpty else { return }
        mapHasChanged = true
        spread(.reports(news), from: peer)
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
        spread(.decided(decided), from: source)
        map.follow(decided)
        relay.forget(unless: map.isRelevant)
    }
}
