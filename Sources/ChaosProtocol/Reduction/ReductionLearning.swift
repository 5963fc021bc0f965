extension Reduction {
    /// What a learner knows of the updates that it receives.
    struct Learning: Sendable {
        /// Updates of earlier steps are stable: no member does them again.
        var stable = 0
        /// What `stable` was when the view came.
        var inherited = 0
        /// The members of the last view that is known to have begun: all of them have what is stable.
        var witnesses: [NodeID] = []
        /// Whether it has said under this view that it has caught up. Its word counts for one view.
        var hasCaughtUp = false

        mutating func enterView() {
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
