extension Negotiation {
    /// What the shell must do next. Actions are to be carried out in their order.
    public enum Action: Hashable, Sendable {
        /// Send it to this neighbour. It may be lost, come twice or late.
        case send(Message, to: NodeID)
        /// Call `onWake` at this time, and forget any time named before.
        case wake(at: Int)
        /// Work under this view, in the role that it gives this node.
        case install(View)
        /// Stop training: no quorum can be reached. The state is kept.
        case halt
        /// A quorum can be reached again under the view that was installed last.
        case proceed
        /// The node has left; the process may end.
        case released
        /// The neighbour has sent something that no correct node sends. It was ignored.
        case refused(MessageFault, from: NodeID)
    }
}

extension Negotiation.Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .send(let message, let node): "send to \(node): \(message)"
        case .wake(let time): "wake at \(Double(time) / 1e6) ms"
        case .install(let view): "install \(view)"
        case .halt: "halt"
        case .proceed: "proceed"
        case .released: "released"
        case .refused(let fault, let node): "refused from \(node): \(fault)"
        }
    }
}
