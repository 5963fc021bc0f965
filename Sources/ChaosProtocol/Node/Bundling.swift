/// What a node has to say to a neighbour at one time goes in one message.
///
/// A heartbeat, a hello and what has been measured are due together, a view goes with the reports that it is made of, and a
/// new neighbour is told many things at once. Each part of a node says its own and knows nothing of the others'; they are
/// put together here, where all that an event gives rise to lies side by side.
extension Message {
    /// Whether it may go with others: it has no payload, nothing waits for it to be carried out by itself, and it is short.
    var mayBeBundled: Bool {
        switch self {
        case .hello, .reports, .news, .claims, .unclaimed, .decided, .relayed, .monitor(.heartbeat): true
        case .reduction(.ready), .reduction(.readyFor), .reduction(.begin): true
        case .replication(.ask), .replication(.offer), .replication(.refusal): true
        case .monitor, .reduction, .replication, .bundle: false
        }
    }

    /// About how long it is on the wire, in bytes, and rather more than less. Cost: O(size).
    var weight: Int {
        switch self {
        case .hello, .monitor, .replication: 64
        case .reduction(let message): message.bytesAtMost
        case .reports(let reports), .news(let reports): reports.reduce(64) { $0 + $1.bytesAtMost }
        case .claims(let claims): claims.reduce(64) { $0 + $1.bytes.count + 32 }
        case .unclaimed(let nodes): 64 + 8 * nodes.count
        case .decided(let view): view.bytesAtMost
        case .relayed(let envelope): envelope.bytesAtMost
        case .bundle(let messages): messages.reduce(64) { $0 + $1.weight }
        }
    }

    /// Both in one message, in their order, except that a heartbeat goes first: by it a link comes up, and what comes over
    /// one that is not is lost. Nil: they go by themselves.
    func bundled(with next: Message) -> Message? {
        var messages = [self]
        if case .bundle(let earlier) = self { messages = earlier }
        guard messages.count < MessageLimits.bundled, weight + next.weight <= MessageLimits.bundleBytes else {
            return nil
        }
        if case .monitor = next { messages.insert(next, at: 0) } else { messages.append(next) }
        return .bundle(messages)
    }
}

extension [ClusterNode.Action] {
    /// The same with fewer messages. What goes to a neighbour by itself is not overtaken by what comes after it.
    mutating func bundle() {
        /// Where the last message to each neighbour is that others may go with.
        var places: [NodeID: Int] = [:]
        var count = 0
        for action in self {
            self[count] = action
            count += 1
            switch action {
            case .send(let message, let peer) where message.mayBeBundled:
                if let place = places[peer], case .send(let earlier, _) = self[place],
                    let both = earlier.bundled(with: message)
                {
                    self[place] = .send(both, to: peer)
                    count -= 1
                } else {
                    places[peer] = count - 1
                }
            case .send(_, let peer), .sendDigests(_, _, _, _, let peer), .disconnect(let peer): places[peer] = nil
            default: break
            }
        }
        removeSubrange(count...)
    }
}

extension ReductionMessage {
    fileprivate var bytesAtMost: Int {
        switch self {
        case .ready(_, _, let contributions), .readyFor(_, _, _, let contributions), .begin(_, _, let contributions):
            contributions.reduce(64) { $0 + 32 + 32 * $1.positions.ranges.count }
        case .partial, .total, .missing, .gone: 64
        }
    }
}

extension View {
    fileprivate var bytesAtMost: Int { 64 + 32 * (members.count + learners.count) + 32 * links.count }
}

extension Report {
    fileprivate var bytesAtMost: Int {
        seal.map { $0.content.count + $0.signature.count + 32 }
            ?? MessageLimits.reportContent + MessageLimits.neighborContent * neighbors.count
    }
}

extension Envelope {
    fileprivate var bytesAtMost: Int {
        if let seal { return seal.content.count + seal.signature.count + 64 }
        switch body {
        case .accept(_, let view), .decided(let view): return 128 + view.bytesAtMost
        case .promise(_, _, let accepted): return 128 + (accepted?.view.bytesAtMost ?? 0)
        case .prepare, .accepted, .refuse, .behind: return 128
        }
    }
}
