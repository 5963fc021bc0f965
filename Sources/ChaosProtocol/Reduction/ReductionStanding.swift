extension Reduction {
    /// A view, and what it makes of this node.
    struct Standing: Sendable {
        let view: View
        let role: View.Role
        /// The node above this one in the tree; nil for the root, and for whoever does not hang on it.
        let parent: NodeID?
        /// The nodes below this one, ascending.
        let memberChildren: [NodeID]
        let learnerChildren: [NodeID]
        /// Whether this node says when the view begins: it is the root, and all members hang on it.
        let leads: Bool
        var beginning = Beginning.awaited(Readiness())
        /// This node's share of a step, by the number of positions that are divided: there are three such numbers at most,
        /// those of an epoch's steps, and that of what is missing when the view begins.
        var shares: [Int: Range<Int>] = [:]

        /// Cost: O(links log links).
        init(of node: NodeID, in view: View) {
            let tree = ReductionTree(view)
            self.view = view
            role = view.role(of: node)
            parent = tree.parent(of: node)
            memberChildren = tree.memberChildren(of: node)
            learnerChildren = tree.learnerChildren(of: node)
            leads = tree.root == node && tree.joinsAllMembers
        }

        /// The step with which the view began; nil: not yet, as far as this node knows.
        var begun: Int? { if case .begun(let step, _) = beginning { step } else { nil } }

        /// What members had of this step when the view began with it; of any other one nobody has.
        func contributions(to step: Int) -> [Contribution] {
            if case .begun(step, let contributions) = beginning { contributions } else { [] }
        }

        /// Cost: O(children).
        func isChild(_ peer: NodeID) -> Bool { memberChildren.contains(peer) || learnerChildren.contains(peer) }

        mutating func share(of node: NodeID, batch: Int, defect: PlantedDefect?) -> Range<Int> {
            if let share = shares[batch] { return share }
            let idle = defect == .idleGivenSamples ? [] : view.idle
            let share = Shares(members: view.members, weights: view.weights, idle: idle, batch: batch).positions(
                of: node)
            shares[batch] = share
            return share
        }
    }

    /// How far a view is begun.
    enum Beginning: Sendable {
        case awaited(Readiness)
        /// With this step, of which members had this.
        case begun(Int, [Contribution])
    }

    /// What has been said while the beginning of a view is awaited.
    struct Readiness: Sendable {
        /// How many updates each member below has said it has applied.
        var applied: [NodeID: Int] = [:]
        /// What each of them has said that it and those below it have of the next step.
        var contributions: [NodeID: [Contribution]] = [:]
        /// The same of this node, as it was last said to the parent.
        var told: Int?
        /// The last step that a child was asked for.
        var asked: Int?
    }
}
