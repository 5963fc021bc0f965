extension Reduction {
    /// What the shell must do next. Actions are to be carried out in their order.
    ///
    /// The numbers of gradients and updates are with the shell, which keeps them by these actions. It has
    ///
    /// - the replica, and with each `apply` the next state of it;
    /// - of the step at hand: this node's gradient, the partial sums of its children, and the sums of both;
    /// - of each update: the chunks that have come.
    ///
    /// *The message at hand* is the one with which `onMessage` was called.
    public enum Action: Hashable, Sendable {
        /// Send it to this neighbour. It may be lost, come twice or late.
        ///
        /// With `partial` goes the sum of that step and chunk, which is there since its `sum`; with `total` the chunk of
        /// that update, which is there since its `store` or, at the root, its `sum`.
        case send(ReductionMessage, to: NodeID)
        /// Call `onWake` at this time, and forget any time named before.
        case wake(at: Int)
        /// All members are ready and work under this view; the first step under it is this one. The replica is now the
        /// state before that step on every member: the snapshots of the learners that were admitted are of it.
        case begun(view: Int, step: Int)
        /// Compute the gradient of these positions of the step from the replica as it is now, then call `onGradient`
        /// with the same view and step. The gradient of no position is 0. What is kept of an earlier step is void, sums
        /// included.
        case compute(view: Int, step: Int, positions: Range<Int>)
        /// The step at hand will not be completed under the view in which it began: its gradient, computed or not, is
        /// void, and so are partial sums and sums.
        case stop
        /// Keep the payload of the message at hand as this chunk of the partial sum of this child.
        case keep(chunk: Int, from: NodeID)
        /// Make this chunk of the sum: the own gradient's, then those of these children, added in this order and kept
        /// until the next `compute` or `stop`. At the root it is the chunk of the update of that step, and is to be
        /// kept as such until `release`.
        case sum(step: Int, chunk: Int, of: [NodeID], isTotal: Bool)
        /// Keep the payload of the message at hand as this chunk of the update of this step, until `release`.
        case store(step: Int, chunk: Int)
        /// Apply the update of this step, which is complete, to the replica.
        case apply(step: Int)
        /// Drop what is kept of the update of this step.
        case release(step: Int)
        /// The replica is not the cluster's any more: drop it and all that is kept.
        case forget
        /// This learner has applied all that it knows of: `Negotiation.onCaughtUp`. Once in a stay.
        case caughtUp
        /// An update that this node lacks is gone. A learner is to be admitted anew (`Negotiation.onLost`); a member must
        /// leave and join. Once in a stay or view.
        case lost
        /// The members wait too long for the slowest, and the rates promise better: `Negotiation.onUneven`. Once in a
        /// view.
        case uneven
        /// The neighbour has a later view than this node: `Negotiation.onLaterView`.
        case laterView(at: NodeID)
        /// The neighbour has sent something that no correct node sends. It was ignored.
        case refused(MessageFault, from: NodeID)
    }
}

extension Reduction.Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .send(let message, let node): "send to \(node): \(message)"
        case .wake(let time): "wake at \(Double(time) / 1e6) ms"
        case .begun(let view, let step): "begun view \(view) with step \(step)"
        case .compute(let view, let step, let positions):
            "compute step \(step) in view \(view), "
                + (positions.isEmpty
                    ? "no positions" : "positions \(positions.lowerBound) … \(positions.upperBound - 1)")
        case .stop: "stop"
        case .keep(let chunk, let node): "keep chunk \(chunk) from \(node)"
        case .sum(let step, let chunk, let children, let isTotal):
            "sum \(step).\(chunk) of the own"
                + children.map { ", \($0)'s" }.joined() + (isTotal ? ": the total" : "")
        case .store(let step, let chunk): "store \(step).\(chunk)"
        case .apply(let step): "apply step \(step)"
        case .release(let step): "release step \(step)"
        case .forget: "forget the replica"
        case .caughtUp: "caught up"
        case .lost: "lost"
        case .uneven: "uneven"
        case .laterView(let node): "later view at \(node)"
        case .refused(let fault, let node): "refused from \(node): \(fault)"
        }
    }
}
