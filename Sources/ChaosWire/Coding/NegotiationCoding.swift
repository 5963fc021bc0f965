import ChaosProtocol

extension ProtoNegotiation {
    func message() throws(WireFault) -> Message {
        switch kind {
        case .hello(let hello):
            let view = try within("hello") { () throws(WireFault) in
                try hello.view.number("view", WireRange.numberOrNone)
            }
            return .hello(view: view, digest: hello.digest)
        case .reports(let reports): return .reports(try within("reports", reports.list))
        case .news(let reports): return .news(try within("news", reports.list))
        case .claims(let claims):
            try checkCount(claims.claims.count, "claims.claims", in: 0...MessageLimits.nodes)
            var made: [Claim] = []
            for (i, claim) in claims.claims.enumerated() {
                made.append(try within("claims.claims[\(i)]", claim.claim))
            }
            return .claims(made)
        case .unclaimed(let nodes):
            try checkCount(nodes.nodes.count, "unclaimed.nodes", in: 0...MessageLimits.nodes)
            return .unclaimed(nodes.nodes.map { NodeID($0) })
        case .decided(let view): return .decided(try within("decided", view.view))
        case .relayed(let envelope): return .relayed(try within("relayed", envelope.envelope))
        case nil: throw WireFault("kind", .missing)
        }
    }
}

extension ProtoReports {
    fileprivate func list() throws(WireFault) -> [Report] {
        var made: [Report] = []
        for (i, report) in reports.enumerated() {
            made.append(try within("reports[\(i)]", report.report))
        }
        return made
    }
}

extension ProtoReport {
    init(_ report: Report) {
        node = report.node.rawValue
        sequence = UInt64(sent: report.sequence)
        neighbors = report.neighbors.map(\.rawValue)
        (bandwidths, roundTrips) = report.qualities.columns
        samplesPerSecond = report.resources.samplesPerSecond.map(UInt64.init(sent:)) ?? 0
        snapshotMemory = UInt64(sent: report.resources.snapshotMemory)
        load = UInt64(sent: report.resources.load)
        uneven = UInt64(sent: report.uneven)
        idle = report.isIdle
        epoch = UInt64(sent: report.epoch)
        address = report.address
        wish =
            switch report.wish {
            case .stay: .stay(ProtoNothing())
            case .join: .join(ProtoNothing())
            case .ready(let view): .ready(UInt64(sent: view))
            case .again(let admitted): .again(UInt64(sent: admitted))
            case .leave: .leave(ProtoNothing())
            }
    }

    /// - Parameter seal: under the bytes that this was read from.
    func report(_ seal: Seal?) throws(WireFault) -> Report {
        try checkCount(address.utf8.count, "address", in: 0...MessageLimits.address)
        try checkCount(neighbors.count, "neighbors", in: 0...MessageLimits.nodes)
        let neighbors = try neighbors.nodes("neighbors")
        let qualities = try [LinkQuality](bandwidths: bandwidths, roundTrips: roundTrips, count: neighbors.count)
        let rate = try samplesPerSecond.number("samples_per_second", WireRange.quantity)
        let resources = Resources(
            samplesPerSecond: rate == 0 ? nil : rate,
            snapshotMemory: try snapshotMemory.number("snapshot_memory", WireRange.quantity),
            load: try load.number("load", 0...1000))
        let wish: Report.Wish =
            switch wish {
            case .stay: .stay
            case .join: .join
            case .ready(let view): .ready(view: try view.number("ready", WireRange.numberOrNone))
            case .again(let admitted): .again(admitted: try admitted.number("again", WireRange.numberOrNone))
            case .leave: .leave
            case nil: throw WireFault("wish", .missing)
            }
        return Report(
            node: NodeID(node), sequence: try sequence.number("sequence", WireRange.number), neighbors: neighbors,
            qualities: Dictionary(uniqueKeysWithValues: zip(neighbors, qualities)), resources: resources,
            uneven: try uneven.number("uneven", WireRange.numberOrNone), isIdle: idle, wish: wish,
            epoch: try epoch.number("epoch", 0...View.greatestEpoch), address: address, seal: seal)
    }
}

extension ProtoEnvelope {
    init(_ envelope: Envelope) {
        origin = envelope.origin.rawValue
        sequence = UInt64(sent: envelope.sequence)
        if let node = envelope.destination { destination = node.rawValue }
        insists = envelope.insists
        body =
            switch envelope.body {
            case .prepare(let ballot, let next): .prepare(ProtoVote(ballot, next))
            case .promise(let ballot, let next, let accepted):
                .promise(
                    .with {
                        $0.ballot = ProtoBallot(ballot)
                        $0.next = UInt64(sent: next)
                        if let accepted { $0.accepted = ProtoProposal(accepted.ballot, accepted.view) }
                    })
            case .accept(let ballot, let view): .accept(ProtoProposal(ballot, view))
            case .accepted(let ballot, let next): .accepted(ProtoVote(ballot, next))
            case .refuse(let promised, let next): .refuse(ProtoVote(promised, next))
            case .behind(let view): .behind(UInt64(sent: view))
            case .decided(let view): .decided(ProtoView(view))
            }
    }

    /// - Parameter seal: under the bytes that this was read from.
    func envelope(_ seal: Seal?) throws(WireFault) -> Envelope {
        Envelope(
            origin: NodeID(origin), sequence: try sequence.number("sequence", WireRange.number),
            destination: hasDestination ? NodeID(destination) : nil, insists: insists, body: try makeBody(),
            seal: seal)
    }

    private func makeBody() throws(WireFault) -> Envelope.Body {
        switch body {
        case .prepare(let vote):
            let (ballot, next) = try within("prepare", vote.vote)
            return .prepare(ballot, next: next)
        case .promise(let promise): return try within("promise", promise.promise)
        case .accept(let proposal):
            let accepted = try within("accept", proposal.accepted)
            return .accept(accepted.ballot, accepted.view)
        case .accepted(let vote):
            let (ballot, next) = try within("accepted", vote.vote)
            return .accepted(ballot, next: next)
        case .refuse(let vote):
            let (ballot, next) = try within("refuse", vote.vote)
            return .refuse(promised: ballot, next: next)
        case .behind(let view): return .behind(view: try view.number("behind", WireRange.numberOrNone))
        case .decided(let view): return .decided(try within("decided", view.view))
        case nil: throw WireFault("body", .missing)
        }
    }
}

extension ProtoBallot {
    init(_ ballot: Ballot) {
        round = UInt64(sent: ballot.round)
        proposer = ballot.proposer.rawValue
    }

    func ballot() throws(WireFault) -> Ballot {
        Ballot(round: try round.number("round", WireRange.numberOrNone), proposer: NodeID(proposer))
    }
}

extension ProtoVote {
    init(_ ballot: Ballot, _ next: Int) {
        self.ballot = ProtoBallot(ballot)
        self.next = UInt64(sent: next)
    }

    func vote() throws(WireFault) -> (Ballot, next: Int) {
        guard hasBallot else { throw WireFault("ballot", .missing) }
        return (try within("ballot", ballot.ballot), try next.number("next", WireRange.number))
    }
}

extension ProtoProposal {
    init(_ ballot: Ballot, _ view: View) {
        self.ballot = ProtoBallot(ballot)
        self.view = ProtoView(view)
    }

    func accepted() throws(WireFault) -> Accepted {
        guard hasBallot else { throw WireFault("ballot", .missing) }
        guard hasView else { throw WireFault("view", .missing) }
        return Accepted(ballot: try within("ballot", ballot.ballot), view: try within("view", view.view))
    }
}

extension ProtoPromise {
    func promise() throws(WireFault) -> Envelope.Body {
        guard hasBallot else { throw WireFault("ballot", .missing) }
        return .promise(
            try within("ballot", ballot.ballot), next: try next.number("next", WireRange.number),
            accepted: hasAccepted ? try within("accepted", accepted.accepted) : nil)
    }
}
