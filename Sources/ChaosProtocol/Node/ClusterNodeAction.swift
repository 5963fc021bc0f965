extension ClusterNode {
    /// What the shell must do next.
    ///
    /// The actions of an event are one batch, in order. Those for the engine must take effect in their order, over all
    /// events, and so must all the others; but the two lines run beside each other: no action of one depends on what the
    /// other has done, except that `freeSnapshot` and `sendDigests` are about what `takeSnapshot` has made, and wait for it.
    /// A shell may collect the batches of several events before it carries them out, as long as the message at hand is at
    /// hand.
    ///
    /// *The message at hand* is the one with which `onMessage` was called.
    public enum Action: Sendable, Equatable {
        // MARK: For the transport

        /// Send it to this neighbour. It may be lost, come twice or late.
        ///
        /// Some kinds travel with a payload, which the shell knows by what the message names: with `shard` go the bytes of
        /// the snapshot, with a probe any bytes. Those that travel with numbers are in `EngineAction.send`.
        case send(Message, to: NodeID)
        /// Call `onWake` at this time; it takes the place of any time named before, but earlier calls do no harm.
        case wake(at: Int)
        /// Nothing has come from the peer for long: close the connection, and try to make another.
        case disconnect(NodeID)
        /// Keep up links to these nodes at these addresses, HOST:PORT, besides those of the configuration, and to no others
        /// that were named before: they are there, and this node would have more links.
        case dial([NodeID: String])
        /// The node has left; the process may end.
        case released

        // MARK: For the training engine

        case engine(EngineAction)

        // MARK: For whoever serves with snapshots

        /// Nobody needs the snapshot any more.
        case freeSnapshot(step: Int)
        /// Compute the digests of these shards of the snapshot and send `ReplicationMessage.digests`.
        case sendDigests(step: Int, shardSize: Int, first: Int, count: Int, to: NodeID)

        // MARK: For whoever watches

        /// A link is found up or down.
        case link(to: NodeID, isUp: Bool)
        /// A view has been decided, and the node works under it in the role that it gives.
        case install(View)
        /// No quorum can be reached: training stops, and the state is kept.
        case halt
        /// A quorum can be reached again.
        case proceed
        /// Who stands behind an id is known from now on.
        case introduced(Claim)
        /// An operator elsewhere has taken this member for gone, and begun another epoch with this view: there are two
        /// clusters, and neither follows the other.
        case otherEpoch(View)
        /// The joiner has news: a plan and the instance that it solves, a suspicion, a failure.
        indirect case tell(Receiver.Action)
        /// The neighbour has sent something that no correct node sends. It was ignored.
        case refused(MessageFault, from: NodeID)
    }
}

extension ClusterNode.Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .send(let message, let node): "send to \(node): \(message)"
        case .wake(let time): "wake at \(Double(time) / 1e6) ms"
        case .disconnect(let node): "disconnect \(node)"
        case .released: "released"
        case .engine(let action): "\(action)"
        case .freeSnapshot(let step): "\(Server.Action.freeSnapshot(step: step))"
        case .sendDigests(let step, let size, let first, let count, let node):
            "\(Server.Action.sendDigests(step: step, shardSize: size, first: first, count: count, to: node))"
        case .link(let node, let isUp): "link to \(node) \(isUp ? "up" : "down")"
        case .install(let view): "install \(view)"
        case .halt: "halt"
        case .proceed: "proceed"
        case .dial(let places): "\(Negotiation.Action.dial(places))"
        case .introduced(let claim): "introduced: \(claim.node)"
        case .otherEpoch(let view): "another epoch: \(view)"
        case .tell(let news): "\(news)"
        case .refused(let fault, let node): "refused from \(node): \(fault)"
        }
    }
}
