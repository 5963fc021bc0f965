/// How many members of a view decide for all: the rule, and nothing of it stands anywhere else.
///
/// **Rule.** Dynamic linear voting (Jajodia and Mutchler 1990): more than half of the members, or exactly half of them with
/// the least id among these. Learners do not count, for they come and go without having been asked.
///
/// **Why that is enough.** Any two quorums of a view have a member in common: of two majorities that is counting; a majority
/// and a half hold more than everyone together; two halves share the least id. So no two views are decided after one, and
/// of two parts of a cluster one goes on at most. `ViewTests` tries all pairs of sets of up to eight members, and
/// Proofs/views.pml explores what follows from it.
///
/// **Who asks.** A proposer, for its promises and acceptances (`Proposal`), and a member, for whether those whom it can
/// reach suffice or it must halt (`Negotiation`). They ask with the defect that they are planted with. Outside of the
/// protocol, what watches runs asks what a cluster should be able to do.
extension View {
    public func isQuorum(_ nodes: Set<NodeID>) -> Bool { isQuorum(nodes.contains) }

    private func isQuorum(_ contains: (NodeID) -> Bool) -> Bool {
        let present = members.count(where: contains)
        if 2 * present == members.count { return contains(members[0]) }
        return 2 * present > members.count
    }

    /// The same, or what a planted defect makes of it. Cost: O(members).
    /// - Parameter next: the view that is to be decided, which matters to a defect only.
    func isQuorum(_ contains: (NodeID) -> Bool, deciding next: View?, defect: PlantedDefect?) -> Bool {
        switch defect {
        case .halfTwice: return 2 * members.count(where: contains) >= members.count
        case .tieByProposedView:
            let present = members.count(where: contains)
            guard 2 * present == members.count, let next else { return 2 * present >= members.count }
            return contains(next.members[0])
        case .learnerCounted: return 2 * everyone.count(where: contains) > members.count
        default: return isQuorum(contains)
        }
    }
}
