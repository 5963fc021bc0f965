/// A round of asking the neighbours whether they serve.
struct Enquiry: Sendable {
    enum Answer: Hashable, Sendable {
        /// With the time from the last asking to the offer, in ns.
        case offer(Offer, roundTrip: Int)
        case refusal(Refusal)
    }

    /// To one neighbour.
    struct Question: Sendable {
        /// When it was asked last.
        var askedAt: Int
        var answer: Answer?
    }

    /// How long it lasts, from the first link on.
    struct Span: Sendable {
        /// When it ends, whoever has answered by then.
        let deadline: Int
        /// Until when further links may come up.
        var gatheredAt: Int
    }

    var questions: [NodeID: Question] = [:]
    /// Whether the admission has been asked for: with the first offer, for it takes some round trips, and the plan is made
    /// meanwhile.
    var hasSoughtAdmission = false
    /// Nil until there is a neighbour.
    var span: Span?

    var hasOffer: Bool { questions.values.contains { if case .offer? = $0.answer { true } else { false } } }

    func answer(of peer: NodeID) -> Answer? { questions[peer]?.answer }

    mutating func noteLink(at now: Int, settings: ReceiverSettings) {
        span = Span(deadline: span?.deadline ?? now + settings.offerTimeout, gatheredAt: now + settings.gathering)
    }

    mutating func forget(_ peer: NodeID) { questions[peer] = nil }

    mutating func noteAsked(_ peer: NodeID, at now: Int) { questions[peer] = Question(askedAt: now) }

    mutating func note(_ offer: Offer, from peer: NodeID, at now: Int) {
        guard let asked = questions[peer]?.askedAt else { return }
        questions[peer]?.answer = .offer(offer, roundTrip: min(now - asked, MessageLimits.greatestQuantity))
    }

    mutating func note(_ refusal: Refusal, from peer: NodeID) { questions[peer]?.answer = .refusal(refusal) }

    /// Those of the peers that are to be asked, for the first time or again.
    func due(_ peers: Set<NodeID>, at now: Int, settings: ReceiverSettings) -> [NodeID] {
        peers.sorted().filter { peer in
            guard let question = questions[peer] else { return true }
            return question.answer == nil && now >= question.askedAt + settings.retry
        }
    }

    /// Measurements are waited for as long as nothing else could be done with a plan.
    /// - Parameters:
    ///   - measured: whose link has a bandwidth by a measurement of this node.
    ///   - isServed: whether a neighbour has told of its snapshot for this node, so that it could be pulled.
    func isOver(
        _ peers: Set<NodeID>, measured: Set<NodeID>, isServed: Bool, settings: ReceiverSettings, at now: Int
    ) -> Bool {
        guard let span else { return false }
        if now >= span.deadline { return true }
        guard now >= span.gatheredAt, !peers.isEmpty, peers.allSatisfy({ answer(of: $0) != nil }) else { return false }
        return isServed || now >= span.gatheredAt + settings.measuring
            || questions.allSatisfy { peer, question in
                guard case .offer(let offer, _)? = question.answer else { return true }
                return offer.bandwidth != nil || measured.contains(peer)
            }
    }

    /// When something is to be done next if nothing comes.
    func wake(_ peers: Set<NodeID>, settings: ReceiverSettings, after now: Int) -> Int? {
        guard let span else { return nil }
        let retries = peers.compactMap { questions[$0] }.filter { $0.answer == nil }.map { $0.askedAt + settings.retry }
        let ends = [span.deadline, span.gatheredAt, span.gatheredAt + settings.measuring].filter { $0 > now }
        return (retries + ends).min()
    }
}
