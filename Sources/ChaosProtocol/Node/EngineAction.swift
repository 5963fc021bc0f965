/// What a training engine must do next: the only way in which the protocol touches the numbers of gradients and updates
/// and the bytes of a state. It sees none of them itself.
///
/// Whatever carries these actions out is an engine: one in the node's process, one in another process behind a socket and
/// shared memory, a simulated one. An engine keeps
///
/// - the replica, and with each `apply` the next state of it;
/// - of the step at hand: this node's gradient, the partial sums of its children, and the sums of both;
/// - of each update: the chunks that have come;
/// - of a state that is being received: what has been written.
///
/// **Order.** Each action counts on what those before it have made, over all events, so they take effect in the order in
/// which they come. Two of them may go on beside those that follow: a gradient is computed from the replica as it was
/// when the turn of its `compute` came, and a snapshot copied from the replica at the turn of its `takeSnapshot`. No other
/// action of a node (`ClusterNode.Action`) waits for one of these, and these wait for no other, so an engine may be any
/// time behind its node.
///
/// **Answers.** A `compute` is answered by `ClusterNode.onGradient`, once or, if it has been given up, perhaps never; an
/// answer that comes although it was given up does no harm. Nothing else is answered. An engine that cannot carry out an
/// action cannot go on, and its node ends as if it had crashed.
///
/// **What may be lost.** A `send` of numbers that are void by then is left out, as if the message had been lost on its
/// way. No other action may be left out.
///
/// **What is void.** With `compute` and `stop`, all that is kept of the step at hand: the gradient, computed or not, unless
/// the next one is added to it, and the sums; of the partial sums those of earlier steps with `compute`, and all with
/// `stop`. Those of the step that are there may be of an earlier era: they are not used, unless they are kept anew before.
/// With `forget`, besides these, the replica and all updates; a state that is being received stays, and so do snapshots.
/// With `makeRoom`, what was written before.
///
/// **Payloads.** `keep`, `store` and `write` take the payload of *the message at hand*, the one with which `onMessage` was
/// called. From then on it belongs to the engine. Numbers that were sent must stay as they are until the transport has
/// written them, also after `release`, `stop` and `forget`.
public enum EngineAction: Hashable, Sendable {
    // MARK: A step

    /// Compute the gradient of these positions of the step from the replica as it is now. If it `isAdded`, it is a part of
    /// the gradient of this step that is computed already, or being computed; else that is void. When the whole of it is
    /// there, call `onGradient` with this view, which is the first of the era, and step; an earlier `compute` needs no answer
    /// any more. The gradient of no position is 0. Sums are void, and partial sums of earlier steps.
    case compute(view: Int, step: Int, positions: RangeSet<Int>, isAdded: Bool)
    /// Nothing computes the gradient of the step at hand any more: it is void, and so are partial sums and sums.
    case stop
    /// Keep the payload of the message at hand as this chunk of the partial sum of this child, of this step, which is the
    /// one at hand or the next.
    case keep(step: Int, chunk: Int, from: NodeID)
    /// Make this chunk of the sum: the own gradient's, then those of these children, added in this order and kept until
    /// the next `compute` or `stop`. At the root it is the chunk of the update of that step, and is to be kept as such
    /// until `release`.
    case sum(step: Int, chunk: Int, of: [NodeID], isTotal: Bool)
    /// Send a `partial` with the sum of its chunk, which is there since its `sum`, or a `total` with the chunk of its
    /// update, which is there since its `store` or, at the root, its `sum`. It may be lost, come twice or late.
    case send(ReductionMessage, to: NodeID)

    // MARK: Updates

    /// Keep the payload of the message at hand as this chunk of the update of this step, until `release`.
    case store(step: Int, chunk: Int)
    /// Apply the update of this step, which is complete and made of this many samples, to the replica.
    case apply(step: Int, samples: Int)
    /// Drop what is kept of the update of this step.
    case release(step: Int)

    // MARK: The replica

    /// All members are ready and work under this view; the first step under it is this one, which may have been begun before.
    /// The replica is now the state before that step on every member: the snapshots of the learners that were admitted are
    /// of it. A learner may not have that state yet.
    case begun(view: Int, step: Int)
    /// Make a copy of the state before this step, which the replica is now, to serve learners with. It belongs to the
    /// node, until `ClusterNode.Action.freeSnapshot`.
    case takeSnapshot(step: Int)
    /// The replica is not the cluster's any more: drop it and all that is kept of steps and updates.
    case forget

    // MARK: A state that is received

    /// The state before this step begins to come; whatever was written before is void.
    case makeRoom(step: Int, stateBytes: Int)
    /// Copy the payload of the message at hand, of this many bytes, to its place, which is `shard` times `shardSize`. It
    /// may not be verified yet: if it proves wrong, it is written again.
    case write(shard: Int, shardSize: Int, bytes: Int)
    /// All that was written is the state before this step, verified: it is the replica from now on.
    case complete(step: Int)
}

extension EngineAction {
    /// Whether the payload of the message at hand goes with it.
    public var takesPayload: Bool {
        switch self {
        case .keep, .store, .write: true
        case .compute, .stop, .sum, .send, .apply, .release, .begun, .takeSnapshot, .forget, .makeRoom, .complete: false
        }
    }
}

extension EngineAction: CustomStringConvertible {
    public var description: String {
        switch self {
        case .compute(let view, let step, let positions, let isAdded):
            "compute step \(step) in view \(View.name(ofView: view)), \(isAdded ? "besides " : "")"
                + (positions.isEmpty ? "no positions" : "positions \(positions.text)")
        case .stop: "stop"
        case .keep(let step, let chunk, let node): "keep \(step).\(chunk) from \(node)"
        case .sum(let step, let chunk, let children, let isTotal):
            "sum \(step).\(chunk) of the own"
                + children.map { ", \($0)'s" }.joined() + (isTotal ? ": the total" : "")
        case .send(let message, let node): "send to \(node): \(message)"
        case .store(let step, let chunk): "store \(step).\(chunk)"
        case .apply(let step, let samples): "apply step \(step), of \(samples) samples"
        case .release(let step): "release step \(step)"
        case .begun(let view, let step): "begun view \(View.name(ofView: view)) with step \(step)"
        case .takeSnapshot(let step): "\(Server.Action.takeSnapshot(step: step))"
        case .forget: "forget the replica"
        case .makeRoom(let step, let bytes): "\(Receiver.Action.begin(step: step, stateBytes: bytes))"
        case .write(let shard, let size, let bytes):
            "\(Receiver.Action.write(shard: shard, shardSize: size, bytes: bytes))"
        case .complete(let step): "complete: step \(step)"
        }
    }
}
