extension ClusterNode {
    /// What the shell must do next. Actions are to be carried out in their order.
    ///
    /// *The message at hand* is the one with which `onMessage` was called.
    public enum Action: Sendable, Equatable {
        // MARK: For the transport

        /// Send it to this neighbour. It may be lost, come twice or late.
        ///
        /// Some kinds travel with a payload, which the shell knows by what the message names: `Reduction.Action` says
        /// which numbers go with `partial` and `total`, with `shard` go the bytes of the snapshot, with a probe any bytes.
        case send(Message, to: NodeID)
        /// Call `onWake` at this time; it takes the place of any time named before, but earlier calls do no harm.
        case wake(at: Int)
        /// Nothing has come from the peer for long: close the connection, and try to make another.
        case disconnect(NodeID)
        /// The node has left; the process may end.
        case released

        // MARK: For the training engine, as `Reduction.Action` describes them

        case begun(view: Int, step: Int)
        case compute(view: Int, step: Int, positions: Range<Int>)
        case stop
        case keep(chunk: Int, from: NodeID)
        case sum(step: Int, chunk: Int, of: [NodeID], isTotal: Bool)
        case store(step: Int, chunk: Int)
        case apply(step: Int)
        case release(step: Int)
        case forget

        // MARK: For the state

        /// Keep a copy of the state before this step, until it is freed.
        case takeSnapshot(step: Int)
        /// Nobody needs the snapshot any more.
        case freeSnapshot(step: Int)
        /// Compute the digests of these shards of the snapshot and send `ReplicationMessage.digests`.
        case sendDigests(step: Int, shardSize: Int, first: Int, count: Int, to: NodeID)
        /// The state before this step begins to come; whatever was written before is void.
        case makeRoom(step: Int, stateBytes: Int)
        /// Copy the payload of the message at hand to its place, which is `shard` times `shardSize`.
        case write(shard: Int, shardSize: Int, bytes: Int)
        /// All that was written is the state before this step, verified.
        case complete(step: Int)

        // MARK: For whoever watches

        /// A link is found up or down.
        case link(to: NodeID, isUp: Bool)
        /// A view has been decided, and the node works under it in the role that it gives.
        case install(View)
        /// No quorum can be reached: training stops, and the state is kept.
        case halt
        /// A quorum can be reached again.
        case proceed
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
        case .begun(let view, let step): "\(Reduction.Action.begun(view: view, step: step))"
        case .compute(let view, let step, let positions):
            "\(Reduction.Action.compute(view: view, step: step, positions: positions))"
        case .stop: "\(Reduction.Action.stop)"
        case .keep(let chunk, let node): "\(Reduction.Action.keep(chunk: chunk, from: node))"
        case .sum(let step, let chunk, let children, let isTotal):
            "\(Reduction.Action.sum(step: step, chunk: chunk, of: children, isTotal: isTotal))"
        case .store(let step, let chunk): "\(Reduction.Action.store(step: step, chunk: chunk))"
        case .apply(let step): "\(Reduction.Action.apply(step: step))"
        case .release(let step): "\(Reduction.Action.release(step: step))"
        case .forget: "\(Reduction.Action.forget)"
        case .takeSnapshot(let step): "\(Server.Action.takeSnapshot(step: step))"
        case .freeSnapshot(let step): "\(Server.Action.freeSnapshot(step: step))"
        case .sendDigests(let step, let size, let first, let count, let node):
            "\(Server.Action.sendDigests(step: step, shardSize: size, first: first, count: count, to: node))"
        case .makeRoom(let step, let bytes): "\(Receiver.Action.begin(step: step, stateBytes: bytes))"
        case .write(let shard, let size, let bytes):
            "\(Receiver.Action.write(shard: shard, shardSize: size, bytes: bytes))"
        case .complete(let step): "\(Receiver.Action.complete(step: step))"
        case .link(let node, let isUp): "link to \(node) \(isUp ? "up" : "down")"
        case .install(let view): "install \(view)"
        case .halt: "halt"
        case .proceed: "proceed"
        case .tell(let news): "\(news)"
        case .refused(let fault, let node): "refused from \(node): \(fault)"
        }
    }
}
