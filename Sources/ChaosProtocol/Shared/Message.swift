/// What one node sends to a neighbour.
public enum Message: Hashable, Sendable {
    /// Now and then, to every neighbour: the number of the view (0: none) and a digest of the reports that matter under
    /// it. Whoever is behind is given what it lacks; a hello with an old number asks for the view.
    case hello(view: Int, digest: UInt64)
    /// Reports, one for each node.
    case reports([Report])
    /// The same, on their way to whoever is to propose a view: what is news goes on at once.
    case news([Report])
    /// Who stands behind the ids of nodes. They come before the first report of each.
    case claims([Claim])
    /// Reports of these nodes have come, and no claims.
    case unclaimed([NodeID])
    /// A view that has been decided.
    indirect case decided(View)
    /// A part of a negotiation, on its way between two nodes that need not be neighbours.
    indirect case relayed(Envelope)
    case monitor(MonitorMessage)
    case reduction(ReductionMessage)
    case replication(ReplicationMessage)
    /// Several messages at once, in their order: what a node has to say to a neighbour at one time (`mayBeBundled`).
    case bundle([Message])
}

/// A part of a negotiation on its way.
public struct Envelope: Hashable, Sendable {
    public let origin: NodeID
    /// Greater in each envelope of the origin than in the one before; with the origin it names the envelope.
    public let sequence: Int
    /// Nil: for everyone.
    public let destination: NodeID?
    /// Whether every relay must pass it on to all its neighbours, because the short way did not work.
    public let insists: Bool
    public let body: Body
    /// With which the origin vouches for it; nil where nothing is signed.
    public private(set) var seal: Seal?

    public init(
        origin: NodeID, sequence: Int, destination: NodeID?, insists: Bool, body: Body, seal: Seal? = nil
    ) {
        self.origin = origin
        self.sequence = sequence
        self.destination = destination
        self.insists = insists
        self.body = body
        self.seal = seal
    }

    /// The same under this seal.
    package func sealed(with seal: Seal?) -> Envelope {
        var copy = self
        copy.seal = seal
        return copy
    }

    /// Single-decree Paxos for the view with the number `next`.
    public enum Body: Hashable, Sendable {
        /// Promise to take part in no lesser ballot.
        case prepare(Ballot, next: Int)
        /// Promised; this is the view accepted in the greatest ballot so far, if any.
        case promise(Ballot, next: Int, accepted: Accepted?)
        /// Accept this view.
        case accept(Ballot, View)
        case accepted(Ballot, next: Int)
        /// A greater ballot has been promised.
        case refuse(promised: Ballot, next: Int)
        /// The sender has no view later than this one and is asked for more than that.
        case behind(view: Int)
        /// The answer to whoever is behind.
        case decided(View)
    }
}

/// A view that has been accepted, perhaps decided.
public struct Accepted: Hashable, Sendable {
    public let ballot: Ballot
    public let view: View

    public init(ballot: Ballot, view: View) {
        self.ballot = ballot
        self.view = view
    }
}
