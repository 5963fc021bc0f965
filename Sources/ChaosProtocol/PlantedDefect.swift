/// Errors that the simulator plants into the protocol to see whether it would find them. Nothing outside the package can
/// switch them on.
package enum PlantedDefect: String, Sendable, CaseIterable {
    /// Exactly half of the members suffice, whichever half.
    case halfTwice
    /// A half is broken by the least id of the view that is proposed instead of the one that decides.
    case tieByProposedView
    /// Learners vote and count.
    case learnerCounted
    /// A promise is given and not kept.
    case promiseForgotten
    /// The proposer asks for its own view although another may have been decided.
    case acceptedViewIgnored
    /// A member installs what it has accepted.
    case appliedBeforeDecided
    /// The least member, when events come in, asks for another view in the ballot that it has already used.
    case firstBallotReused
    /// A request is repeated once only.
    case retryNotRearmed
    /// A learner becomes a member on the word of an earlier stay.
    case oldReadinessBelieved
    /// A minority does not notice that it is one.
    case minorityGoesOn
}

extension View {
    /// `isQuorum`, or what a planted defect makes of it.
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
