/// A member's gradient of a step, which outlives the view under which it is computed.
///
/// A new view voids the sums, since the tree is another one, and no gradient: what survivors have computed stays valid, for
/// it is of their positions. Before a view begins each member says which positions it has (`ready`), and with which step
/// and positions the view begins the root tells all (`begin`). Only what nobody has is divided, by the shares of the new
/// view, and each member adds its part to its gradient. What is said in `begin` counts: whoever has other positions than it
/// says, computes those that it says.
extension Reduction {
    struct OwnGradient: Sendable {
        let step: Int
        /// Of the step's samples, all that are to be in it.
        let positions: RangeSet<Int>
        /// The first of the era in which it was asked for last.
        let view: Int
        /// Whether all of them are.
        var isComplete = false
    }

    /// What this node and the members below it have of the step that is to be done next. Nothing, if that is in more
    /// pieces than a message may hold: then it is computed again.
    func contributions(_ below: [NodeID: [Contribution]]) -> [Contribution] {
        var all = below.values.flatMap { $0 }
        if let gradient, gradient.step == applied || defect == .oldGradientUsed, defect != .gradientNotKept,
            !gradient.positions.isEmpty, gradient.positions.ranges.count <= MessageLimits.positionRanges
        {
            all.append(Contribution(node, gradient.positions))
        }
        all.sort { $0.node < $1.node }
        return all.fault == nil ? all : []
    }

    /// Of how many samples the update of a step is made under this view.
    func samples(ofStep step: Int) -> Int {
        let contributions = standing?.contributions(to: step) ?? []
        guard settings.lost == .dropped, !contributions.isEmpty, defect != .lostSamplesCounted else {
            return settings.batch(ofStep: step)
        }
        return contributions.reduce(0) { $0 + $1.positions.count }
    }

    /// Nothing here computes any more: a gradient that is not complete will not be. One that is, stays.
    mutating func giveUpComputing() {
        guard gradient?.isComplete == false else { return }
        gradient = nil
        order(.stop)
    }

    /// Asks for this node's part of a step: of what nobody has, and of what the others believe it has and it has not. Where
    /// samples may be lost, what nobody has is lost as soon as anybody has something.
    mutating func compute(_ number: Int) {
        guard let standing else { return }
        let (node, defect) = (node, defect)
        let contributions = standing.contributions(to: number)
        let mine = contributions.first { $0.node == node }?.positions ?? RangeSet()
        var positions = RangeSet<Int>()
        if contributions.isEmpty || settings.lost == .repeated && defect != .lostPositionsLeftOut {
            let batch = RangeSet(0..<settings.batch(ofStep: number))
            let missing = contributions.reduce(into: batch) { $0.subtract($1.positions) }
            let share = self.standing?.share(of: node, batch: missing.count, defect: defect)
            positions = missing.positions(at: share ?? 0..<0)
        }
        let isOfStep = gradient?.step == number || defect == .oldGradientUsed
        let isKept = isOfStep && !mine.isEmpty && gradient?.positions == mine
        gradient = OwnGradient(step: number, positions: positions.union(mine), view: standing.view.era)
        if !isKept { positions.formUnion(mine) }
        order(.compute(view: standing.view.era, step: number, positions: positions, isAdded: isKept))
    }
}
