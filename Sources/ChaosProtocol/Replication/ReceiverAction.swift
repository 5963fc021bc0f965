import ChaosModel

extension Receiver {
    /// What the shell must do next. Actions are to be carried out in their order.
    public enum Action: Equatable, Sendable {
        /// Send it to this neighbour. It may be lost, come twice or late.
        case send(ReplicationMessage, to: NodeID)
        /// Call `onWake` at this time, and forget any time named before.
        case wake(at: Int)
        /// The plan by which the state will be pulled, and the instance that it solves; the neighbours are named by their
        /// ids. Both can be written as files and verified.
        indirect case solved(Instance, Plan)
        /// A replan: the plan for the shards that are missing, which it numbers from 0 on: its k-th is the k-th missing one.
        /// The instance has the rates measured so far, and a state of just these shards.
        indirect case replanned(Instance, Plan)
        /// The node may be admitted: `Negotiation.onJoin`.
        case join
        /// The node must be admitted anew, for its admission came to nothing: `Negotiation.onLost`.
        case lost
        /// The state before this step begins to come. Make room for it; whatever was written before is void.
        case begin(step: Int, stateBytes: Int)
        /// Copy the payload of the message in hand, of just `bytes` bytes, to its place, which is `shard` times
        /// `shardSize`. It may not be verified yet: if it proves wrong, it is written again later.
        case write(shard: Int, shardSize: Int, bytes: Int)
        /// The neighbour sends what it should not; nothing more is pulled from it.
        case suspect(NodeID, Suspicion)
        /// The neighbour's offer was left out: its state has another size than that of most others.
        case leftOut(NodeID, stateBytes: Int, expected: Int)
        /// Nobody serves this node, for these reasons. It asks again later.
        case unserved([NodeID: Withheld])
        /// The plan that was given cannot be used, for this reason; one is solved instead.
        case planRefused(String)
        /// The attempt has failed. Another one follows.
        case abandoned(Failure)
        /// All shards are there and verified: the shell has the state before this step.
        case complete(step: Int, begun: Int)
        /// The neighbour has sent something that no correct node sends. It was ignored.
        case refused(MessageFault, from: NodeID)
    }

    /// What a neighbour is suspected of.
    public enum Suspicion: Hashable, Sendable {
        /// The bytes of this shard do not have the digest on which two neighbours agree.
        case shard(Int)
        /// This shard came with the wrong number of bytes.
        case length(shard: Int, bytes: Int)
        /// Its digest of this shard is not the one on which two others agree.
        case digest(shard: Int)
    }

    /// Why a neighbour takes no part in a plan.
    public enum Withheld: Hashable, Sendable {
        case refused(Refusal)
        /// It did not answer in time.
        case silent
        /// No size of a state is offered by more neighbours than every other.
        case otherState(bytes: Int)
        /// It offered, but there is no plan: the reason in a sentence.
        case noPlan(String)
    }

    /// Why an attempt to get the state has come to nothing.
    public enum Failure: Hashable, Sendable {
        /// Each neighbour's link is down, or it has no snapshot, or it is suspected, or it has long been silent.
        case noNeighborLeft
        /// No neighbour has told of a snapshot in time.
        case noSnapshot
        /// The neighbours that are left are not willing to serve all that is missing: the reason in a sentence.
        case limits(String)
        /// There is nobody left to tell which digest of this shard is right, or which step.
        case unverifiable(shard: Int, opinions: [NodeID: Digest])
        /// A view is without this node.
        case removed
    }
}

extension Receiver.Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .send(let message, let node): "send to \(node): \(message)"
        case .wake(let time): "wake at \(Double(time) / 1e6) ms"
        case .solved(_, let plan): "solved: \(plan.line)"
        case .replanned(_, let plan): "solved again: \(plan.line)"
        case .join: "join"
        case .lost: "lost"
        case .begin(let step, let bytes): "begin with step \(step), \(bytes) bytes"
        case .write(let shard, _, let bytes): "write shard \(shard), \(bytes) bytes"
        case .suspect(let node, let suspicion): "suspect \(node): \(suspicion)"
        case .leftOut(let node, let bytes, let expected): "left out \(node): a state of \(bytes) bytes, not \(expected)"
        case .unserved(let reasons):
            "unserved: "
                + (reasons.isEmpty
                    ? "no neighbour"
                    : reasons.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; "))
        case .planRefused(let reason): "plan refused: \(reason)"
        case .abandoned(let failure): "abandoned: \(failure)"
        case .complete(let step, _): "complete: step \(step)"
        case .refused(let fault, let node): "refused from \(node): \(fault)"
        }
    }
}

extension Plan {
    /// The plan in a line: who sends how many shards, and until when.
    fileprivate var line: String {
        let runs = assignments.map { "\($0.neighbor): \($0.count)" }.joined(separator: ", ")
        return "\(shards) shards of \(shardSize) bytes (\(runs)) in \(makespan.readable)"
    }
}

extension Receiver.Suspicion: CustomStringConvertible {
    public var description: String {
        switch self {
        case .shard(let shard): "shard \(shard) is not what its digest says"
        case .length(let shard, let bytes): "shard \(shard) has \(bytes) bytes"
        case .digest(let shard): "its digest of shard \(shard) differs"
        }
    }
}

extension Receiver.Withheld: CustomStringConvertible {
    public var description: String {
        switch self {
        case .refused(let reason): reason.sentence
        case .silent: "no answer"
        case .otherState(let bytes): "a state of \(bytes) bytes, and others say otherwise"
        case .noPlan(let reason): reason
        }
    }
}

extension Receiver.Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noNeighborLeft: "no neighbour is left"
        case .noSnapshot: "no neighbour has a snapshot"
        case .limits(let reason): reason
        case .unverifiable(let shard, let opinions):
            "unverifiable: of shard \(shard) "
                + opinions.sorted { $0.key < $1.key }.map { "\($0.key) says \($0.value)" }.joined(separator: ", ")
        case .removed: "a view is without this node"
        }
    }
}
