import ChaosModel

/// From offers to a plan.
extension Receiver {
    mutating func beginAsking(_ now: Int) {
        var enquiry = Enquiry()
        if !links.isEmpty { enquiry.noteLink(at: now, settings: settings) }
        enter(.asking(enquiry))
    }

    mutating func considerAnswers(_ now: Int) {
        guard case .asking(var enquiry) = state else { return }
        for peer in enquiry.due(links, at: now, settings: settings) {
            enquiry.noteAsked(peer, at: now)
            actions.append(.send(.ask, to: peer))
        }
        if enquiry.hasOffer, !enquiry.hasSoughtAdmission {
            enquiry.hasSoughtAdmission = true
            seekAdmission()
        }
        enter(.asking(enquiry))
        let measured = Set(qualities.filter { $0.value.bandwidth != nil }.keys)
        let peers = links.union(givenSources)
        if enquiry.isOver(peers, measured: measured, isServed: isServed, settings: settings, at: now) {
            conclude(enquiry, now)
        }
    }

    /// Whether a neighbour has told of its snapshot for the admission at hand.
    private var isServed: Bool {
        guard let admission else { return false }
        return announcements.contains { $1.admitted == admission && links.contains($0) }
    }

    /// Those that a given plan is for.
    private var givenSources: [NodeID] {
        givenPlan?.assignments.compactMap { run in UInt64(run.neighbor).map { NodeID($0) } } ?? []
    }

    /// Makes a plan of the offers, or reports why there is none.
    private mutating func conclude(_ enquiry: Enquiry, _ now: Int) {
        var reasons: [NodeID: Withheld] = [:]
        var offers: [(node: NodeID, offer: Offer, roundTrip: Int)] = []
        for peer in links.sorted() {
            switch enquiry.answer(of: peer) {
            case .offer(let offer, let roundTrip)?: offers.append((peer, offer, roundTrip))
            case .refusal(let reason)?: reasons[peer] = .refused(reason)
            case nil: reasons[peer] = .silent
            }
        }
        if let stateBytes = plurality(of: offers.lazy.map(\.offer.stateBytes)) {
            for offer in offers where offer.offer.stateBytes != stateBytes {
                actions.append(.leftOut(offer.node, stateBytes: offer.offer.stateBytes, expected: stateBytes))
            }
            offers.removeAll { $0.offer.stateBytes != stateBytes }
            do {
                let plan = try solve(
                    offers.map { ($0.node, neighbor($0.node, $0.offer, $0.roundTrip, now)) }, stateBytes)
                actions.append(.solved(plan.solved.instance, plan.solved.plan))
                return awaitSnapshot(by: plan, now)
            } catch {
                for offer in offers { reasons[offer.node] = .noPlan(error.reason) }
            }
        } else {
            for offer in offers { reasons[offer.node] = .otherState(bytes: offer.offer.stateBytes) }
        }
        actions.append(.unserved(reasons))
        failures.count += 1
        rest(now)
    }

    /// An offer in the words of an instance.
    private func neighbor(_ peer: NodeID, _ offer: Offer, _ roundTrip: Int, _ now: Int) -> Neighbor {
        let quality = qualities[peer] ?? .unmeasured
        let measured = [offer.bandwidth, quality.bandwidth].compactMap { $0 }.min()
        let bandwidth = measured ?? estimates[peer] ?? settings.assumedBandwidth
        return Neighbor(
            id: "\(peer)", bandwidth: bandwidth, latency: offer.latency ?? quality.roundTrip ?? roundTrip,
            ready: ready(peer, offer, now), overhead: offer.overhead, limit: offer.limit)
    }

    /// How long a neighbour takes yet until its snapshot is there: what it promised begins with the admission.
    private func ready(_ peer: NodeID, _ offer: Offer, _ now: Int) -> Int {
        guard let admission else { return offer.ready }
        return announcements[peer]?.admitted == admission ? 0 : max(0, offer.ready - (now - roleSince))
    }

    private mutating func solve(
        _ offers: [(node: NodeID, neighbor: Neighbor)], _ stateBytes: Int
    ) throws(SolvedInstance.Unsolvable) -> PullPlan {
        let state = TrainingState(bytes: stateBytes)
        if let givenPlan {
            do {
                return try use(givenPlan, offers, state)
            } catch {
                actions.append(.planRefused(error.reason))
                self.givenPlan = nil
            }
        }
        let sizes = settings.shardSizes.filter { state.shardCount(ofSize: $0) <= MessageLimits.shards }
        guard !sizes.isEmpty else {
            throw SolvedInstance.Unsolvable(
                reason: "\(stateBytes) bytes are more than \(MessageLimits.shards) shards of every size allowed")
        }
        return PullPlan(
            solved: try SolvedInstance(instance(state, sizes, offers.map(\.neighbor))), nodes: offers.map(\.node))
    }

    /// Pulls by a plan that was made elsewhere, as far as it fits what is offered here.
    private func use(
        _ plan: Plan, _ offers: [(node: NodeID, neighbor: Neighbor)], _ state: TrainingState
    ) throws(SolvedInstance.Unsolvable) -> PullPlan {
        func refuse(_ reason: String) -> SolvedInstance.Unsolvable { SolvedInstance.Unsolvable(reason: reason) }
        guard (1...MessageLimits.shardBytes).contains(plan.shardSize) else {
            throw refuse("shards of \(plan.shardSize) bytes; allowed: 1 … \(MessageLimits.shardBytes)")
        }
        let shards = state.shardCount(ofSize: plan.shardSize)
        guard plan.shards == shards, shards <= MessageLimits.shards else {
            throw refuse(
                "\(plan.shards) shards of \(plan.shardSize) bytes; \(state.bytes) bytes need \(shards), "
                    + "and at most \(MessageLimits.shards) are allowed")
        }
        var order: [(node: NodeID, neighbor: Neighbor)] = []
        var first = 0
        for run in plan.assignments {
            guard let offer = offers.first(where: { $0.neighbor.id == run.neighbor }),
                !order.contains(where: { $0.node == offer.node })
            else { throw refuse("neighbour \"\(run.neighbor)\" has no offer, or two runs") }
            let most = offer.neighbor.limit.map { $0 / plan.shardSize } ?? shards
            guard run.first == first, (1...max(1, min(most, shards - first))).contains(run.count), most > 0 else {
                throw refuse(
                    "neighbour \"\(run.neighbor)\" with \(run.count) shards from \(run.first) on; "
                        + "allowed: 1 … \(min(most, shards - first)) from \(first) on")
            }
            first += run.count
            order.append(offer)
        }
        guard first == shards else { throw refuse("runs of \(first) shards in all, not \(shards)") }
        // Neighbours without a run come last: they verify, and step in for others.
        let idle = offers.filter { offer in !order.contains { $0.node == offer.node } }
        let counts = plan.assignments.map(\.count) + idle.map { _ in 0 }
        let instance = try instance(state, [plan.shardSize], (order + idle).map(\.neighbor))
        let assignment = ShardAssignment(
            shardSize: plan.shardSize, counts: counts, makespan: instance.makespan(of: counts, shardsOf: plan.shardSize)
        )
        return PullPlan(
            solved: SolvedInstance(assignment, of: instance, isOptimal: false, algorithm: plan.algorithm),
            nodes: (order + idle).map(\.node), isGiven: true)
    }

    private func instance(
        _ state: TrainingState, _ sizes: [Int], _ neighbors: [Neighbor]
    ) throws(SolvedInstance.Unsolvable) -> Instance {
        do {
            return try Instance(state: state, shardSizes: sizes, joiner: "\(node)", neighbors: neighbors)
        } catch { throw SolvedInstance.Unsolvable(reason: error.description) }
    }
}
