extension Reduction {
    /// What the shell must do next, in the order and with the freedom that `ClusterNode.Action` describes.
    public enum Action: Hashable, Sendable {
        /// Send it to this neighbour; it has no payload. It may be lost, come twice or late.
        case send(ReductionMessage, to: NodeID)
        /// Call `onWake` at this time, and forget any time named before.
        case wake(at: Int)
        /// For the training engine.
        case engine(EngineAction)
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
        case .engine(let action): "\(action)"
        case .caughtUp: "caught up"
        case .lost: "lost"
        case .uneven: "uneven"
        case .laterView(let node): "later view at \(node)"
        case .refused(let fault, let node): "refused from \(node): \(fault)"
        }
    }
}
