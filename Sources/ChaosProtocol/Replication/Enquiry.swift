/// A round of asking the neighbours whether they serve.
struct Enquiry: Sendable {
    enum Answer: Hashable, Sendable {
        /// With the time from the last asking to the offer, in ns.
        case offer(Offer, roundTrip: Int)
        case refusal(Refusal)
    }

    private(set) var answers: [NodeID: Answer] = [:]
    private var askedAt: [NodeID: Int] = [:]
    /// When it ends, whoever has answered by then; nil until there is a neighbour.
    private(set) var deadline: Int?
    /// Until when further links may come up.
    private var gatheredAt = 0

    mutating func noteLink(at now: Int, settings: ReceiverSettings) {
        deadline = deadline ?? now + settings.offerTimeout
        gatheredAt = now + settings.gathering
    }

    mutating func forget(_ peer: NodeID) {
        answers[peer] = nil
        askedAt[peer] = nil
    }

    mutating func noteAsked(_ peer: NodeID, at now: Int) { askedAt[peer] = now }

    mutating func take(_ offer: Offer, from peer: NodeID, at now: Int) {
        guard let asked = askedAt[peer] else { return }
        answers[peer] = .offer(offer, roundTrip: min(now - asked, MessageLimits.greatestQuantity))
    }

    mutating func take(_ refusal: Refusal, from peer: NodeID) {
        if askedAt[peer] != nil { answers[peer] = .refusal(refusal) }
    }

    /// Those of the peers that are to be asked, for the first time or again.
    func due(_ peers: Set<NodeID>, at now: Int, settings: ReceiverSettings) -> [NodeID] {
        peers.sorted().filter { peer in
            answers[peer] == nil && askedAt[peer].map { now >= $0 + settings.retry } ?? true
        }
    }

    /// - Parameter measured: whose link has a bandwidth by a measurement of this node.
    func isOver(_ peers: Set<NodeID>, measured: Set<NodeID>, settings: ReceiverSettings, at now: Int) -> Bool {
        guard let deadline else { return false }
        if now >= deadline { return true }
        guard now >= gatheredAt, !peers.isEmpty, peers.allSatisfy({ answers[$0] != nil }) else { return false }
        return now >= gatheredAt + settings.measuring
            || answers.allSatisfy { peer, answer in
                guard case .offer(let offer, _) = answer else { return true }
                return offer.bandwidth != nil || measured.contains(peer)
            }
    }

    /// When something is to be done next if nothing comes.
    func wake(_ peers: Set<NodeID>, settings: ReceiverSettings, after now: Int) -> Int? {
        guard let deadline else { return nil }
        let retries = peers.filter { answers[$0] == nil }.compactMap { askedAt[$0].map { $0 + settings.retry } }
        return (retries + [deadline, gatheredAt, gatheredAt + settings.measuring].filter { $0 > now }).min()
    }
}
