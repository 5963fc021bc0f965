/// Who is known to stand behind which id.
///
/// The first claim to an id that is heard of stands: as long as its node may matter, no other life can have the id, be it of
/// another institution or of the same process started again. Ids that are drawn belong to their keys, so that nobody can be
/// first with another's.
///
/// What others may bring is bounded: claims of which no report has come yet to `mostExpected`, of which the oldest goes when
/// another comes, all together to `mostBytes`, and a life renews its own once in `renewal`.
struct Authors: Sendable {
    private struct Known: Sendable {
        let author: any Author
        /// When its claim came.
        let since: Int
    }

    /// Claims of nodes that nothing is known of but that.
    private static let mostExpected = 64
    /// Less than what may wait for a peer to read it.
    static let mostBytes = 16 << 20
    private static let renewal = 60_000_000_000

    /// Nil: nothing is signed, and everything is believed.
    var signatory: (any Signatory)?
    private var known = SortedDictionary<NodeID, Known>()
    /// Those of whom no report has come, in the order in which they came.
    private var expected: [NodeID] = []
    private(set) var bytes = 0
    /// The nodes whose latest report came from themselves, and whose signature nobody has looked at.
    private var unverified: Set<NodeID> = []

    init(_ signatory: (any Signatory)?) { self.signatory = signatory }

    enum News: Sendable {
        /// It is here already, or there is no place for it.
        case none
        case new
        /// Nobody can have made it so.
        case wrong
        /// The id is another's.
        case taken
    }

    /// Whether there is a place for another claim.
    var hasRoom: Bool { known.keys.count < MessageLimits.nodes && bytes + MessageLimits.claim <= Self.mostBytes }

    /// - Parameter isReported: whether a report of the node is here, or a link to it.
    /// Cost: a signature to be checked, unless the claim is here.
    mutating func learn(_ claim: Claim, isReported: Bool, at now: Int, defect: PlantedDefect?) -> News {
        guard let signatory, claim.node != signatory.claim.node else { return .none }
        let old = known[claim.node]
        guard old?.author.claim != claim, old != nil || hasRoom else { return .none }
        guard let author = signatory.author(of: claim) else { return .wrong }
        if let old, !old.author.isRenewed(by: author), defect != .idTakenAway {
            // The earlier of two claims of one life is no theft, and no news.
            return author.isRenewed(by: old.author) ? .none : .taken
        }
        if let old, now < old.since + Self.renewal { return .none }
        insert(author, now)
        if old == nil, !isReported { expect(claim.node) }
        return .new
    }

    private mutating func insert(_ author: any Author, _ now: Int) {
        bytes += author.claim.bytes.count - (known[author.claim.node]?.author.claim.bytes.count ?? 0)
        known[author.claim.node] = Known(author: author, since: now)
    }

    private mutating func expect(_ node: NodeID) {
        expected.append(node)
        guard expected.count > Self.mostExpected else { return }
        let oldest = expected.removeFirst()
        bytes -= known[oldest]?.author.claim.bytes.count ?? 0
        known[oldest] = nil
    }

    /// A report of the node is here, with its signature checked or not yet.
    mutating func noteReport(of node: NodeID, isVerified: Bool) {
        expected.removeAll { $0 == node }
        if isVerified || signatory == nil { unverified.remove(node) } else { unverified.insert(node) }
    }

    var hasVerifiedAll: Bool { unverified.isEmpty }

    /// Whether the latest report of its node may be passed on. Cost: a signature to be checked, once.
    mutating func verify(_ report: Report) -> Bool {
        guard unverified.contains(report.node) else { return true }
        guard case .good = word(of: report) else { return false }
        unverified.remove(report.node)
        return true
    }

    /// Whether a claim is another's than that which is known here. Cost: a signature to be checked, if it is another one.
    func contradicts(_ claim: Claim) -> Bool {
        guard let signatory, let old = known[claim.node]?.author, old.claim != claim else { return false }
        guard let author = signatory.author(of: claim) else { return true }
        return !old.isRenewed(by: author) && !author.isRenewed(by: old)
    }

    func claim(of node: NodeID) -> Claim? {
        signatory?.claim.node == node ? signatory?.claim : known[node]?.author.claim
    }

    /// What a node's word is worth.
    enum Word: Sendable {
        case good
        /// It has not said so.
        case forged
        /// Nobody knows who it is.
        case unknown
    }

    func word(of report: Report) -> Word { word(of: report.node, report.seal != nil) { $0.hasSigned(report) } }

    func word(of envelope: Envelope) -> Word {
        word(of: envelope.origin, envelope.seal != nil) { $0.hasSigned(envelope) }
    }

    private func word(of node: NodeID, _ isSealed: Bool, _ hasSigned: (any Author) -> Bool) -> Word {
        guard signatory != nil else { return .good }
        guard let author = known[node]?.author else { return .unknown }
        return isSealed && hasSigned(author) ? .good : .forged
    }

    mutating func forget(unless isKept: (NodeID) -> Bool) {
        known.removeAll(unless: isKept)
        expected.removeAll { !isKept($0) }
        unverified = unverified.filter(isKept)
        bytes = known.values.reduce(0) { $0 + $1.author.claim.bytes.count }
    }
}

extension Authors: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("Claims take no more room than they have.", bytes <= Self.mostBytes && bytes >= 0)
        holds("Few claims wait for reports.", expected.count <= Self.mostExpected)
    }
}
