/// Carries envelopes between nodes that need not be neighbours.
///
/// Two extremes were weighed. Flooding finds a way whenever there is one, even at the moment when links fail and every
/// map of them is out of date, but it costs a transmission a link, so answers of all n members to one proposer would
/// cost n times all links. Routing by a map costs little, and fails just when it is needed. So each is used for what it
/// is good at:
///
/// - A request to everyone goes along a tree that all have from their maps, which makes n - 1 transmissions; what the maps
///   must tell for that goes with it. Where a node is in no such tree it is flooded, but a relay leaves out neighbours that
///   the map shows as neighbours of the one it got the envelope from: they have been served.
/// - An answer goes the way on which the request came first. That way worked a moment ago and was the fastest.
/// - Whoever gets no answer asks again and *insists*: request and answers are then flooded without any omission.
///
/// An envelope is named by origin and sequence and passed on once, so every flood ends. The names of the last 64
/// envelopes of an origin are told apart, for later ones may overtake earlier ones; what is older is dropped, as if the
/// network had lost it.
struct Relay: Sendable {
    /// What has come from one origin.
    struct Origin: Sendable {
        /// The neighbour from which the newest envelope came first.
        var way: NodeID
        var greatest = 0
        /// Bit i: `greatest` - i has come.
        var seen: UInt64 = 0

        func isNews(_ sequence: Int) -> Bool {
            let age = greatest - sequence
            return age < 0 || age < 64 && seen & (1 << UInt64(age)) == 0
        }

        mutating func admit(_ sequence: Int, from neighbor: NodeID) {
            guard sequence > greatest else {
                seen |= 1 << UInt64(greatest - sequence)
                return
            }
            let shift = sequence - greatest
            seen = (shift < 64 ? seen << UInt64(shift) : 0) | 1
            greatest = sequence
            way = neighbor
        }
    }

    let node: NodeID
    /// Of the last envelope that began here; 0: none has.
    var sequence = 0
    var origins = SortedDictionary<NodeID, Origin>()

    init(node: NodeID) { self.node = node }

    mutating func envelope(to destination: NodeID?, insists: Bool, _ body: Envelope.Body) -> Envelope {
        sequence += 1
        return Envelope(origin: node, sequence: sequence, destination: destination, insists: insists, body: body)
    }

    /// Whether an envelope has not come before. Cost: O(log origins).
    func isNews(_ envelope: Envelope) -> Bool {
        envelope.origin != node && origins[envelope.origin]?.isNews(envelope.sequence) ?? true
    }

    /// Notes that an envelope has come, and by which way. Cost: O(log origins).
    /// - Precondition: it is news.
    mutating func admit(_ envelope: Envelope, from neighbor: NodeID) {
        var origin = origins[envelope.origin] ?? Origin(way: neighbor)
        origin.admit(envelope.sequence, from: neighbor)
        origin.stopIfBroken(unless: nil)
        origins[envelope.origin] = origin
    }

    /// To whom an envelope goes from here.
    /// - Parameters:
    ///   - source: whom it came from; nil if it begins here.
    ///   - neighbors: ascending.
    ///   - tree: the neighbours along which goes what is for everyone, ascending; nil: there is no such tree here.
    ///   - isUp: whether a link is up.
    func nextHops(
        of envelope: Envelope, from source: NodeID?, neighbors: [NodeID], tree: [NodeID]?, isUp: (Link) -> Bool
    ) -> [NodeID] {
        if let destination = envelope.destination {
            if neighbors.containsSorted(destination) { return [destination] }
            if !envelope.insists, let way = origins[destination]?.way, way != source, neighbors.containsSorted(way) {
                return [way]
            }
        }
        let others = neighbors.filter { $0 != source && $0 != envelope.origin }
        guard envelope.destination == nil, !envelope.insists else { return others }
        if let tree { return others.filter(tree.containsSorted) }
        guard let source else { return others }
        return others.filter { !isUp(Link(source, $0)) }
    }

    /// Forgets origins that are gone.
    mutating func forget(unless isKept: (NodeID) -> Bool) { origins.removeAll(unless: isKept) }
}
