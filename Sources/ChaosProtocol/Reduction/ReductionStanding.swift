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
        /// This node's place in each of the trees of a step; the first is as above.
        let branches: [Branch]
        /// Whether this node says when the view begins: it is the root, and all members hang on it.
        let leads: Bool
        var beginning = Beginning.awaited(Readiness())
        /// With which step the era began, as far as this node knows, and what members had of that; nil: not yet.
        var division: Division?
        /// The number of the last view of the era that has begun, as far as this node knows; of the first one, if none has.
        /// What is sent under a later one was made after all members were ready for that.
        var worksUnder: Int
        /// While a view that goes on in an era is awaited to begin: the update of this step and of later ones is not to be
        /// applied before, for it was made since; nil: none has come.
        var heldFrom: Int?
        /// If the view has not begun until then, the root sums nothing of this step before it has.
        var pausesBefore = Int.max
        /// Of the learners below, those that were not below this node under the view before.
        var newLearners: [NodeID] = []
        /// This node's share of a step, by the number of positions that are divided: there are three such numbers at most,
        /// those of an epoch's steps, and that of what is missing when the view begins.
        var shares: [Int: Range<Int>] = [:]

        /// The nodes above and below a member in a tree.
        struct Branch: Sendable {
            let parent: NodeID?
            /// Ascending.
            let children: [NodeID]
        }

        /// Cost: that of `ReductionTree.trees`, and without branches O(links log links), or O(nodes) with the tree.
        /// - Parameters:
        ///   - node: whose it is.
        ///   - view: that was installed.
        ///   - settings: which tell whether there are several trees.
        ///   - tree: of the view, if it is at hand.
        ///   - branches: if they are known from an earlier view of the era.
        init(
            of node: NodeID, in view: View, _ settings: ReductionSettings, tree: ReductionTree? = nil,
            branches: [Branch]? = nil
        ) {
            let role = view.role(of: node)
            let first = tree ?? ReductionTree(view)
            let trees = branches == nil && role == .member ? ReductionTree.trees(view, settings, first) : [first]
            let tree = trees[0]
            self.view = view
            self.role = role
            self.branches =
                branches ?? trees.map { Branch(parent: $0.parent(of: node), children: $0.memberChildren(of: node)) }
            parent = tree.parent(of: node)
            memberChildren = tree.memberChildren(of: node)
            learnerChildren = tree.learnerChildren(of: node)
            leads = tree.root == node && tree.joinsAllMembers
            worksUnder = view.era
        }

        /// The same under a later view of the era. Cost: O(links log links).
        func goingOn(as node: NodeID, in view: View, _ settings: ReductionSettings) -> Standing {
            var next = Standing(of: node, in: view, settings, branches: role == .member ? branches : nil)
            next.division = division
            next.worksUnder = worksUnder
            next.shares = shares
            // Those of a view that has not begun have been given nothing yet.
            let known = begun == nil ? learnerChildren.filter { !newLearners.contains($0) } : learnerChildren
            next.newLearners = next.learnerChildren.filter { child in
                !known.contains(child) || self.view.role(of: child) != view.role(of: child)
            }
            return next
        }

        /// The step with which the view began; nil: not yet, as far as this node knows.
        var begun: Int? { if case .begun(let step) = beginning { step } else { nil } }

        /// What members had of this step when the era began with it; of any other one nobody has.
        func contributions(to step: Int) -> [Contribution] { division?.step == step ? division!.contributions : [] }

        /// All members are ready: this is the next step, and the members had this of it when the era began.
        mutating func begin(with step: Int, _ contributions: [Contribution]) {
            beginning = .begun(step)
            division = division ?? Division(step: step, contributions: contributions)
            worksUnder = view.number
            heldFrom = nil
        }

        /// Whether what was sent under a view of the era was made since all members were ready for the view at hand, of which
        /// this node has not heard yet.
        func isHeld(_ number: Int) -> Bool {
            role == .member && begun == nil && number == view.number && number > view.era
        }

        /// Cost: O(children).
        func isChild(_ peer: NodeID) -> Bool { memberChildren.contains(peer) || learnerChildren.contains(peer) }

        /// This node's place in the tree that a chunk goes along.
        func branch(ofChunk chunk: Int) -> Branch { branches[chunk % branches.count] }

        /// Whether they are next to each other in one of the trees. Cost: O(children in all of them).
        func isJoined(to peer: NodeID) -> Bool {
            isChild(peer) || branches.contains { $0.parent == peer || $0.children.contains(peer) }
        }

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
        /// With this step.
        case begun(Int)
    }

    /// Who has what of the step with which an era begins.
    struct Division: Sendable {
        let step: Int
        /// In the order of their ids.
        let contributions: [Contribution]
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
