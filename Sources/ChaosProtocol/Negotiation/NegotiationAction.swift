extension Negotiation {
    /// What the shell must do next. Actions are to be carried out in their order.
    public enum Action: Hashable, Sendable {
        /// Send it to this neighbour. It may be lost, come twice or late.
        case send(Message, to: NodeID)
        /// Call `onWake` at this time, and forget any time named before.
        case wake(at: Int)
        /// This member has accepted a view of another era that may follow: it is to complete no step of the one at hand any
        /// more, until a view is installed.
        case accepted(View)
        /// Work under this view, in the role that it gives this node.
        case install(View)
        /// Stop training: no quorum can be reached. The state is kept.
        case halt
        /// A quorum can be reached again under the view that was installed last.
        case proceed
        /// The node has left; the process may end.
        case released
        /// Keep up links to these nodes at these addresses, besides those that the shell was told to, and to no others that
        /// were named before.
        case dial([NodeID: String])
        /// Who stands behind an id is known from now on.
        case introduced(Claim)
        /// An operator elsewhere has taken this member for gone, and begun another epoch with this view: there are two
        /// clusters.
        case otherEpoch(View)
        /// The neighbour has sent something that no correct node sends. It was ignored.
        case refused(MessageFault, from: NodeID)
    }
}

extension Negotiation.Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .send(let message, let node): "send to \(node): \(message)"
        case .wake(let time): "wake at \(Double(time) / 1e6) ms"
        case .accepted(let view): "accepted \(view)"
        case .install(let view): "install \(view)"
        case .halt: "halt"
        case .proceed: "proceed"
        case .released: "released"
        case .dial(let places):
            "dial " + places.sorted { $0.key < $1.key }.map { "\($0) at \($1)" }.joined(separator: ", ")
        case .introduced(let claim): "introduced: \(claim.node)"
        case .otherEpoch(let view): "another epoch: \(view)"
        case .refused(let fault, let node): "refused from \(node): \(fault)"
        }
    }
}
