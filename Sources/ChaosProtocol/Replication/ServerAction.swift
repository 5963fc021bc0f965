extension Server {
    /// What the shell must do next. Actions are to be carried out in their order.
    public enum Action: Hashable, Sendable {
        /// Send it to this neighbour. It may be lost, come twice or late.
        case send(ReplicationMessage, to: NodeID)
        /// Keep a copy of the state before this step, until it is freed.
        case takeSnapshot(step: Int)
        /// Nobody needs the snapshot any more. What of it is on its way to a neighbour need not arrive.
        case freeSnapshot(step: Int)
        /// Send `ReplicationMessage.shard` with the bytes of the shard. If the same one still waits to be sent to this
        /// neighbour, once is enough: it was asked for again because the line is slow.
        case sendShard(step: Int, shardSize: Int, shard: Int, to: NodeID)
        /// Compute the digests of these shards and send `ReplicationMessage.digests`.
        case sendDigests(step: Int, shardSize: Int, first: Int, count: Int, to: NodeID)
        /// Call `onWake` at this time, and forget any time named before.
        case wake(at: Int)
        /// The neighbour has sent something that no correct node sends. It was ignored.
        case refused(MessageFault, from: NodeID)
    }
}

extension Server.Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .send(let message, let node): "send to \(node): \(message)"
        case .takeSnapshot(let step): "take snapshot of step \(step)"
        case .freeSnapshot(let step): "free snapshot of step \(step)"
        case .sendShard(let step, _, let shard, let node): "send to \(node): shard \(shard) of step \(step)"
        case .sendDigests(let step, _, let first, let count, let node):
            "send to \(node): digests \(first) … \(first + count - 1) of step \(step)"
        case .wake(let time): "wake at \(Double(time) / 1e6) ms"
        case .refused(let fault, let node): "refused from \(node): \(fault)"
        }
    }
}
