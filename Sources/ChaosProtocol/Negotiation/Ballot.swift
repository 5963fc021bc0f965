/// A numbered attempt to decide a view; greater ballots win over lesser ones.
public struct Ballot: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0 for the least member alone, which needs no promises for it: nobody can have accepted anything in a lesser one.
    public let round: Int
    /// Who proposes in it: two nodes never share a ballot.
    public let proposer: NodeID

    public init(round: Int, proposer: NodeID) {
        self.round = round
        self.proposer = proposer
    }

    /// The ballot that the members of a view hold as promised from the start.
    public static func first(after view: View) -> Ballot { Ballot(round: 0, proposer: view.members[0]) }

    public static func < (x: Ballot, y: Ballot) -> Bool { (x.round, x.proposer) < (y.round, y.proposer) }

    public var description: String { "\(round).\(proposer)" }
}
