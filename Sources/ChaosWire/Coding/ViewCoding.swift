import ChaosProtocol

extension ProtoView {
    init(_ view: View) {
        number = UInt64(sent: view.number)
        members = view.members.map(\.rawValue)
        weights = view.weights.map(UInt64.init(sent:))
        idle = view.idle.map(\.rawValue)
        era = UInt64(sent: view.era)
        learners = view.learners.map(\.node.rawValue)
        admitted = view.learners.map { UInt64(sent: $0.admitted) }
        let nodes = view.members + view.learners.map(\.node)
        let places = Dictionary(zip(nodes, 0...)) { first, _ in first }
        // An end outside the view, which no valid one has, is sent as a place that no receiver finds.
        func place(_ node: NodeID) -> UInt32 { UInt32(places[node] ?? Int(UInt32.max)) }
        linkEnds = view.links.flatMap { [place($0.a), place($0.b)] }
        (bandwidths, roundTrips) = view.qualities.columns
    }

    /// Checks all that `View` would otherwise put right or trip over; the rest is its own.
    func view() throws(WireFault) -> View {
        let number = try number.number("number", WireRange.number)
        try checkCount(members.count, "members", in: 1...MessageLimits.nodes)
        try checkCount(learners.count, "learners", in: 0...MessageLimits.nodes - members.count)
        try checkCount(linkEnds.count / 2, "link_ends", in: 0...MessageLimits.links)
        try checkCount(weights.count, "weights", in: members.count...members.count)
        try checkCount(admitted.count, "admitted", in: learners.count...learners.count)
        try checkCount(idle.count, "idle", in: 0...members.count)
        let members = try members.nodes("members")
        let weights = try weights.numbers("weights", WireRange.quantity)
        let learners = try learners.nodes("learners")
        let admitted = try admitted.numbers("admitted", 1...number)
        let links = try links(among: members + learners)
        let qualities = try [LinkQuality](bandwidths: bandwidths, roundTrips: roundTrips, count: links.count)
        let view = View(
            number: number, members: members,
            learners: zip(learners, admitted).map { View.Learner($0, admitted: $1) }, links: links,
            qualities: Dictionary(uniqueKeysWithValues: zip(links, qualities)),
            weights: Dictionary(uniqueKeysWithValues: zip(members, weights)), idle: try idle.nodes("idle"),
            era: try era.number("era", 1...number))
        if let fault = view.fault { throw WireFault("", .view(fault)) }
        return view
    }

    private func links(among nodes: [NodeID]) throws(WireFault) -> [Link] {
        let even = linkEnds.count / 2 * 2
        try checkCount(linkEnds.count, "link_ends", in: even...even)
        var links: [Link] = []
        links.reserveCapacity(even / 2)
        for i in stride(from: 0, to: even, by: 2) {
            for j in i...i + 1 where linkEnds[j] >= UInt32(nodes.count) { throw WireFault("link_ends", .entry(j)) }
            let (a, b) = (nodes[Int(linkEnds[i])], nodes[Int(linkEnds[i + 1])])
            guard a < b else { throw WireFault("link_ends", .entry(i + 1)) }
            let link = Link(a, b)
            if let last = links.last, last >= link { throw WireFault("link_ends", .entry(i)) }
            links.append(link)
        }
        return links
    }
}

extension [LinkQuality] {
    /// As two lists of numbers, 0 for what is unmeasured.
    var columns: (bandwidths: [UInt64], roundTrips: [UInt64]) {
        (
            map { $0.bandwidth.map(UInt64.init(sent:)) ?? 0 },
            map { $0.roundTrip.map { UInt64(sent: $0) &+ 1 } ?? 0 }
        )
    }

    init(bandwidths: [UInt64], roundTrips: [UInt64], count: Int) throws(WireFault) {
        try checkCount(bandwidths.count, "bandwidths", in: count...count)
        try checkCount(roundTrips.count, "round_trips", in: count...count)
        let bandwidths = try bandwidths.numbers("bandwidths", WireRange.quantity)
        let roundTrips = try roundTrips.numbers("round_trips", 0...MessageLimits.greatestQuantity + 1)
        self = zip(bandwidths, roundTrips).map {
            LinkQuality(bandwidth: $0 == 0 ? nil : $0, roundTrip: $1 == 0 ? nil : $1 - 1)
        }
    }
}
