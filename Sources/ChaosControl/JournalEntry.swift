import ChaosModel
import ChaosProtocol

/// A line of a node's journal: something that happened, told so that the promises can be checked afterwards from the
/// journals of all nodes alone.
///
/// `{"time":…,"node":3,"event":"begun","view":2,"step":41,"digest":"…"}`: the key `event` names the case, the other keys
/// are the names of its values; those that are nil are left out. Lines of one node are written in the order in which
/// things were known, which for digests of the state may be a little after `time`.
public struct JournalEntry: Hashable, Sendable {
    /// Of a line, in bytes.
    public static let mostBytes = 16 << 20

    /// When it happened, in nanoseconds of CLOCK_MONOTONIC, which the processes of one machine have in common.
    public var time: Int
    public var node: NodeID
    public var event: Event

    public init(time: Int, node: NodeID, _ event: Event) {
        self.time = time
        self.node = node
        self.event = event
    }

    public enum Event: Hashable, Sendable {
        /// The first line of a process. `wallClock` is nanoseconds since 1970 at `time`; `trainer` the configuration of the
        /// trainer; `samples` and `batch` say what the positions of a step are; `founding` is nil for a node that joins.
        case started(Start)
        case linkUp(peer: NodeID)
        case linkDown(peer: NodeID)
        /// A view has been decided, and the node works under it.
        case installed(View)
        /// The institution that stands behind a node, by name, or who has issued its certificate and is not trusted here.
        case identified(NodeID, institution: String)
        /// An operator has said that these members are gone for good: the next view is of a new epoch.
        case epochBegun(without: [NodeID])
        /// No quorum can be reached.
        case halted
        case proceeded
        /// The first step under a view, and the replica before it.
        case begun(view: Int, step: Int, digest: Digest?)
        /// This node's gradient of a step is there: of these positions, of which it was to compute some under this view
        /// and had the others. `computeTime` is that of those for which it had not been told yet.
        case computed(
            view: Int, step: Int, positions: RangeSet<Int>, added: RangeSet<Int>, computeTime: Int)
        /// The root has the sum over all members of the view: an update is made of what the members computed under it.
        case summed(view: Int, step: Int)
        /// An update has been applied; `view` is the view at hand. `digest` is of the replica after it, if it was
        /// computed; `loss` the mean of the samples that this node computed for that step, which are `positions`
        /// (empty: none); `idleTime` how long the node, as a member, could have computed and waited so far.
        case applied(
            view: Int, step: Int, digest: Digest?, loss: Double?, positions: RangeSet<Int>, idleTime: Int)
        /// Loss and accuracy on the test rows with the replica before this step.
        case evaluated(step: Int, loss: Double, accuracy: Double)
        /// The replica is void.
        case forgot
        case snapshotTaken(step: Int)
        case snapshotFreed(step: Int)
        /// A learner has been told of the snapshot that was taken for it.
        case announced(learner: NodeID, admitted: Int, step: Int)
        /// This node asks for the state.
        case joining
        /// A neighbour's answer to the question whether it serves.
        case offered(by: NodeID, Offer)
        case withheld(by: NodeID, Refusal)
        /// There is a plan: its makespan in nanoseconds, rounded up.
        case planned(shards: Int, shardSize: Int, makespan: Int)
        /// The state before this step begins to come. The files hold the instance and the plan, as `chaos verify` reads
        /// them; nil if none are written.
        case receiving(admitted: Int, step: Int, stateBytes: Int, instance: String?, plan: String?)
        /// A shard was asked for.
        case pulled(step: Int, shardSize: Int, shard: Int, from: NodeID)
        /// A shard has come and was written.
        case written(step: Int, shardSize: Int, shard: Int, from: NodeID)
        /// A plan for what is missing, with its files as above.
        case replanned(shards: Int, makespan: Int, instance: String?, plan: String?)
        /// A neighbour is not used any more, in words why.
        case suspected(NodeID, reason: String)
        /// The attempt has failed, in words why; another one follows.
        case abandoned(reason: String)
        /// Other news of a join, in words.
        case news(String)
        /// The state before this step is there, verified; the digest is of all of it.
        case completed(admitted: Int, step: Int, digest: Digest?)
        /// A peer has sent something that no correct node sends, in words what.
        case refused(from: NodeID, fault: String)
        case checkpointed(step: Int, path: String)
        /// An experiment has begun or ended.
        case slowed(factor: Int)
        case lying(Bool)
        /// The node has been told to leave.
        case leaving
        /// The last line of a process that ends by itself; `isReleased` if the others go on without it in agreement.
        case left(isReleased: Bool)

        /// Whether there is such a line for every step, or for every shard.
        public var isRoutine: Bool {
            switch self {
            case .computed, .summed, .applied, .pulled, .written: true
            case .started, .linkUp, .linkDown, .installed, .identified, .epochBegun, .halted, .proceeded, .begun,
                .evaluated, .forgot,
                .snapshotTaken, .snapshotFreed, .announced, .joining, .offered, .withheld, .planned, .receiving,
                .replanned, .suspected, .abandoned, .news, .completed, .refused, .checkpointed, .slowed, .lying,
                .leaving, .left:
                false
            }
        }
    }

    public struct Start: Hashable, Sendable {
        public var wallClock: Int
        public var cluster: String
        public var process: Int
        public var trainer: String
        public var stateBytes: Int
        public var samples: Int
        public var batch: Int
        public var chunks: Int
        public var lost: LostSamples
        public var founding: View?

        public init(
            wallClock: Int, cluster: String, process: Int, trainer: String, stateBytes: Int, samples: Int, batch: Int,
            chunks: Int, lost: LostSamples = .repeated, founding: View?
        ) {
            self.wallClock = wallClock
            self.cluster = cluster
            self.process = process
            self.trainer = trainer
            self.stateBytes = stateBytes
            self.samples = samples
            self.batch = batch
            self.chunks = chunks
            self.lost = lost
            self.founding = founding
        }
    }
}
