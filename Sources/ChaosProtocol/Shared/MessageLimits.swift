/// Bounds on what a message may hold; a message beyond them is refused before anything is made of it.
public enum MessageLimits {
    /// Nodes of a view, neighbours in a report, reports in a message and nodes in the map.
    public static let nodes = 4096
    /// Neighbours in all reports of a message, so that the longest one is shorter than 4 MiB on the wire.
    public static let reportedNeighbors = 131_072
    /// Bytes of a claim: the certificates that lead to an authority are in it.
    public static let claim = 16_384
    /// Bytes of all claims in a message, so that the longest one is shorter than 4 MiB on the wire.
    public static let claims = 1 << 21
    /// Bytes of a signed report, beside those of its neighbours.
    public static let reportContent = 1024
    /// Bytes of each neighbour in a signed report.
    public static let neighborContent = 32
    /// Bytes of a signed envelope: a view of the most nodes and links fits into it.
    public static let envelopeContent = 1 << 21
    /// Bytes of a signature.
    public static let signature = 1024
    /// Bytes of an address in a report.
    public static let address = 259
    /// Links of a view.
    public static let links = 65_536
    /// Messages of a bundle.
    public static let bundled = 16
    /// Bytes of a bundle, as its sender estimates them: less than the longest message has on the wire.
    static let bundleBytes = 1 << 21
    /// Bytes of a probe.
    public static let probe = 1 << 21
    /// Chunks of an update.
    public static let chunks = 4096
    /// Ranges of the positions that a member has of a step.
    public static let positionRanges = 64
    /// Those of all members in a message, so that the longest one is shorter than 4 MiB on the wire.
    public static let contributedRanges = 65_536
    /// Numbers of views, sequences, rounds and steps.
    public static let greatestNumber = 1 << 62
    /// Bandwidths, times of links and other measurements.
    public static let greatestQuantity = 1 << 50
}

/// Why a message is refused.
public enum MessageFault: Error, Hashable, Sendable {
    case view(View.Fault)
    /// A number outside 1 … 2^62, or for a round, a step or the view of a hello 0 … 2^62.
    case number(Int)
    /// More entries than allowed.
    case size(Int)
    /// A probe whose number of bytes or parts is 0 or more than `MessageLimits.probe`; or a part beyond the last.
    case probe(Int)
    /// What a node is said to have said, and has not signed.
    case forged(NodeID)
    /// A claim to an id that cannot be right.
    case claim(of: NodeID)
    /// A claim to an id that another life has.
    case taken(NodeID)
    /// An address that is none, or too long.
    case address(of: NodeID)
    /// Neighbours that are not ascending, or a node as its own neighbour.
    case neighbors(of: NodeID)
    /// A measurement out of its range.
    case measurement(of: NodeID)
    /// An offer with a figure outside the ranges of Documentation/MODEL.md, section 2.
    case offer
    /// A shard size outside 1 … 64 MiB.
    case shardSize(Int)
    /// A shard, or the first one of a range, that is negative or beyond the number of shards that a state may have.
    case shard(Int)
    /// A chunk outside 0 … 4095, or not greater than the one before it.
    case chunk(Int)
    /// What members have of a step, with nodes that are not ascending or not members, with a member that has no positions,
    /// some outside 0 … 2^50 or of the step, or too many ranges of them, or with positions that two have.
    case contributions
    /// An update of no sample, or of more than 2^50.
    case samples(Int)
    /// Times of computing outside 0 … 2^50, or the greatest less than the least.
    case computeTimes(ComputeTimes)
    /// A bundle of fewer than 2 messages or more than `MessageLimits.bundled`, or of one that goes by itself.
    case bundle(Int)
}

extension Message {
    /// The first thing that is wrong, or nil. Cost: O(size).
    public var fault: MessageFault? { fault(exceptIn: { _ in false }, { _ in false }) }

    /// - Parameters:
    ///   - isKnown: whether a view has been found right before.
    ///   - isHere: whether a report has.
    func fault(exceptIn isKnown: (View) -> Bool, _ isHere: (Report) -> Bool) -> MessageFault? {
        switch self {
        case .hello(let view, _): return (0...MessageLimits.greatestNumber).contains(view) ? nil : .number(view)
        case .claims(let claims): return MessageLimits.fault(of: claims)
        case .unclaimed(let nodes):
            guard nodes.count <= MessageLimits.nodes else { return .size(nodes.count) }
            return nodes.isStrictlyAscending ? nil : .neighbors(of: nodes[0])
        case .decided(let view): return isKnown(view) ? nil : view.fault.map(MessageFault.view)
        case .relayed(let envelope): return envelope.fault(exceptIn: isKnown)
        case .monitor(let message): return message.fault
        case .reduction(let message): return message.fault
        case .replication(let message): return message.fault
        case .reports(let reports), .news(let reports): return MessageLimits.fault(of: reports, exceptIn: isHere)
        case .bundle(let messages):
            if let fault = bundleFault { return fault }
            for message in messages {
                if let fault = message.fault(exceptIn: isKnown, isHere) { return fault }
            }
            return nil
        }
    }

    /// What is wrong with a bundle as such, whatever its messages say; nil: nothing, or it is none. Cost: O(messages).
    var bundleFault: MessageFault? {
        guard case .bundle(let messages) = self else { return nil }
        let isRight = (2...MessageLimits.bundled).contains(messages.count) && messages.allSatisfy(\.mayBeBundled)
        return isRight ? nil : .bundle(messages.count)
    }
}

extension MessageLimits {
    fileprivate static func fault(of reports: [Report], exceptIn isHere: (Report) -> Bool) -> MessageFault? {
        guard reports.count <= nodes else { return .size(reports.count) }
        var count = 0
        for report in reports {
            count += report.neighbors.count
            guard count <= reportedNeighbors else { return .size(count) }
            if !isHere(report), let fault = report.fault { return fault }
        }
        return nil
    }

    fileprivate static func fault(of claims: [Claim]) -> MessageFault? {
        guard claims.count <= nodes else { return .size(claims.count) }
        var bytes = 0
        for claim in claims {
            bytes += claim.bytes.count
            guard (1...MessageLimits.claim).contains(claim.bytes.count) else { return .claim(of: claim.node) }
        }
        return bytes <= MessageLimits.claims ? nil : .size(bytes)
    }

    /// The claims in their order, in as few parts as the limits of a message allow.
    static func parts(of claims: [Claim]) -> [[Claim]] {
        parts(of: claims, weight: { $0.bytes.count }, most: MessageLimits.claims)
    }

    /// The reports in their order, in as few parts as the limits of a message allow.
    static func parts(of reports: [Report]) -> [[Report]] {
        parts(of: reports, weight: \.weight, most: reportedNeighbors)
    }

    private static func parts<Element>(of all: [Element], weight: (Element) -> Int, most: Int) -> [[Element]] {
        var parts: [[Element]] = []
        var start = 0
        var count = 0
        for (i, element) in all.enumerated() {
            count += weight(element)
            guard i - start == nodes || count > most else { continue }
            parts.append(Array(all[start..<i]))
            (start, count) = (i, weight(element))
        }
        if start == 0 { return all.isEmpty ? [] : [all] }
        return parts + [Array(all[start...])]
    }
}

extension Report {
    /// In a message, in neighbours: what is signed travels as it is, whatever it says.
    fileprivate var weight: Int {
        let bytes = seal.map { $0.content.count + $0.signature.count + 16 } ?? 0
        return max(neighbors.count, (bytes + 23) / 24)
    }

    fileprivate var fault: MessageFault? {
        guard (1...MessageLimits.greatestNumber).contains(sequence) else { return .number(sequence) }
        guard neighbors.count <= MessageLimits.nodes else { return .size(neighbors.count) }
        guard neighbors.isStrictlyAscending, !neighbors.contains(node) else { return .neighbors(of: node) }
        guard (0...MessageLimits.greatestNumber).contains(uneven) else { return .number(uneven) }
        guard (0...View.greatestEpoch).contains(epoch) else { return .number(epoch) }
        let most = MessageLimits.reportContent + MessageLimits.neighborContent * neighbors.count
        if let seal, let fault = seal.fault(atMost: most) { return fault }
        guard address.isEmpty || MessageLimits.isAddress(address) else { return .address(of: node) }
        return qualities.allSatisfy(\.isInRange) && resources.isInRange ? nil : .measurement(of: node)
    }
}

extension Seal {
    /// Whatever else stands in the content, it is kept and passed on.
    fileprivate func fault(atMost bytes: Int) -> MessageFault? {
        guard signature.count <= MessageLimits.signature else { return .size(signature.count) }
        return content.count <= bytes ? nil : .size(content.count)
    }
}

extension MessageLimits {
    /// Whether it may stand for a place to be dialled: HOST:PORT of printable ASCII, with a port. Nothing is looked up.
    public static func isAddress(_ text: String) -> Bool {
        guard text.utf8.count <= address, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let port = Int(text[text.index(after: colon)...])
        else { return false }
        return (1...65_535).contains(port)
    }
}

extension Envelope {
    fileprivate func fault(exceptIn isKnown: (View) -> Bool) -> MessageFault? {
        let numbers = 1...MessageLimits.greatestNumber
        let numbersOrZero = 0...MessageLimits.greatestNumber
        guard numbers.contains(sequence) else { return .number(sequence) }
        if let seal, let fault = seal.fault(atMost: MessageLimits.envelopeContent) { return fault }
        if let next = body.next, !numbers.contains(next) { return .number(next) }
        if let ballot = body.ballot, !numbersOrZero.contains(ballot.round) { return .number(ballot.round) }
        if let accepted = body.accepted, !numbersOrZero.contains(accepted.ballot.round) {
            return .number(accepted.ballot.round)
        }
        if case .behind(let view) = body, !numbersOrZero.contains(view) { return .number(view) }
        guard let view = body.view, !isKnown(view) else { return nil }
        return view.fault.map(MessageFault.view)
    }
}

extension Envelope.Body {
    fileprivate var next: Int? {
        switch self {
        case .prepare(_, let next), .promise(_, let next, _), .accepted(_, let next), .refuse(_, let next): next
        case .accept, .behind, .decided: nil
        }
    }

    fileprivate var ballot: Ballot? {
        switch self {
        case .prepare(let ballot, _), .promise(let ballot, _, _), .accept(let ballot, _), .accepted(let ballot, _),
            .refuse(let ballot, _):
            ballot
        case .behind, .decided: nil
        }
    }

    fileprivate var accepted: Accepted? {
        if case .promise(_, _, let accepted) = self { accepted } else { nil }
    }

    fileprivate var view: View? {
        switch self {
        case .accept(_, let view), .decided(let view): view
        default: accepted?.view
        }
    }
}
