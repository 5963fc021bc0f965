extension Reduction {
    /// What a learner knows of the updates that it receives.
    struct Learning: Sendable {
        /// Updates of earlier steps are stable: no member does them again.
        var stable = 0
        /// What `stable` was when the era came.
        var inherited = 0
        /// The members of the last view that is known to have begun: all of them have what is stable.
        var witnesses: [NodeID] = []
        /// The first era that it has heard begin, by its first view. From then on it would have noticed if all were gone who had
        /// what it has.
        var firstEra: Int?
        /// The number of the view with whose beginning the snapshot was taken that it has; nil: it has none.
        var stateBegun: Int?

        /// Whether nobody may have the state any more that it has.
        var isStateVoid: Bool { stateBegun ?? .max < firstEra ?? .min }

        /// Whether it has said in this era that it has caught up. Its word counts for one era.
        var hasCaughtUp = false

        mutating func enterEra() {
            inherited = stable
            hasCaughtUp = false
        }
    }

    /// A learner that has applied all that it knows to be stable has caught up.
    mutating func considerCaughtUp() {
        guard let applied, let learning, begun != nil, applied >= learning.stable, !learning.hasCaughtUp, !isLost
        else { return }
        self.learning?.hasCaughtUp = true
        actions.append(.caughtUp)
    }
}
