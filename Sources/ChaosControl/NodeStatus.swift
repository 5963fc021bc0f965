import ChaosModel
import ChaosProtocol

/// What a node says of itself. Times are nanoseconds of the machine's CLOCK_MONOTONIC.
public struct NodeStatus: Hashable, Sendable {
    public enum Phase: String, Hashable, Sendable, CaseIterable {
        /// It has no state and does not ask for any.
        case idle
        /// It asks its neighbours, or rests between two attempts.
        case asking
        /// It has a plan and waits to be admitted.
        case planned
        case pulling
        /// It has the state and applies what has been kept meanwhile.
        case catchingUp
        /// A member that waits for a view to begin.
        case waiting
        case training
        /// A member without a quorum.
        case halted
        /// It has been told to leave.
        case leaving
        /// A member that has done all the steps that it was to do.
        case finished
    }

    public struct Link: Hashable, Sendable {
        public var peer: NodeID
        /// That the node dials; nil: the peer dials.
        public var address: String?
        public var isUp: Bool
        /// Connections that are open.
        public var connections: Int
        /// Bits per second towards this node, and round trip in nanoseconds, as measured here.
        public var bandwidth: Int?
        public var roundTrip: Int?
        /// Bytes of frames so far.
        public var bytesSent: Int
        public var bytesReceived: Int
        /// Bytes that wait to be sent.
        public var bytesQueued: Int
        /// Why the link is down, in words; nil: it is up, or nothing is known.
        public var trouble: String?
        /// Whose node the peer is, by its certificate; nil: it is down, or peers need none.
        public var institution: String?

        public init(
            peer: NodeID, address: String?, isUp: Bool, connections: Int, bandwidth: Int?, roundTrip: Int?,
            bytesSent: Int, bytesReceived: Int, bytesQueued: Int, trouble: String? = nil, institution: String? = nil
        ) {
            self.peer = peer
            self.address = address
            self.isUp = isUp
            self.connections = connections
            self.bandwidth = bandwidth
            self.roundTrip = roundTrip
            self.bytesSent = bytesSent
            self.bytesReceived = bytesReceived
            self.bytesQueued = bytesQueued
            self.trouble = trouble
            self.institution = institution
        }
    }

    /// How far a transfer of the state to this node is, or how it ended.
    public struct Transfer: Hashable, Sendable {
        public struct Neighbor: Hashable, Sendable {
            public var node: NodeID
            /// As in the first plan.
            public var plannedBytes: Int
            /// Of shards that have come.
            public var bytes: Int
            /// Bits per second, of the instance.
            public var plannedRate: Int
            /// Bits per second from its first shard to its last so far.
            public var measuredRate: Int?
            /// When its last shard was to be there, in nanoseconds from the beginning.
            public var plannedFinish: Int
            /// When its last shard so far came, in nanoseconds from the beginning.
            public var lastArrival: Int?

            public init(
                node: NodeID, plannedBytes: Int, bytes: Int, plannedRate: Int, measuredRate: Int?,
                plannedFinish: Int, lastArrival: Int?
            ) {
                self.node = node
                self.plannedBytes = plannedBytes
                self.bytes = bytes
                self.plannedRate = plannedRate
                self.measuredRate = measuredRate
                self.plannedFinish = plannedFinish
                self.lastArrival = lastArrival
            }
        }

        public var admitted: Int
        /// The step of the state.
        public var step: Int
        public var stateBytes: Int
        public var shardSize: Int
        /// Bytes of shards written so far.
        public var bytes: Int
        public var began: Int
        /// When the state was whole and verified.
        public var ended: Int?
        /// Of the first plan, in nanoseconds, rounded up.
        public var plannedMakespan: Int
        /// How often the plan was made anew.
        public var plansAnew: Int
        public var neighbors: [Neighbor]

        public init(
            admitted: Int, step: Int, stateBytes: Int, shardSize: Int, bytes: Int, began: Int, ended: Int?,
            plannedMakespan: Int, plansAnew: Int, neighbors: [Neighbor]
        ) {
            self.admitted = admitted
            self.step = step
            self.stateBytes = stateBytes
            self.shardSize = shardSize
            self.bytes = bytes
            self.began = began
            self.ended = ended
            self.plannedMakespan = plannedMakespan
            self.plansAnew = plansAnew
            self.neighbors = neighbors
        }
    }

    public var node: NodeID
    public var cluster: String
    /// Whose node it is; nil: it has no identity.
    public var institution: String?
    /// Those that stand behind the other nodes that it knows, by name.
    public var institutions: [NodeID: String]
    /// When its certificate expires, in seconds since 1970; nil: it has none.
    public var certificateExpiry: Int?
    /// Of the process.
    public var process: Int
    /// Where it accepts connections.
    public var address: String
    /// When this was said.
    public var time: Int
    public var phase: Phase
    /// Why it is in this phase and not further, in words; nil where nothing needs to be said.
    public var reason: String?
    /// Since the node was started.
    public var uptime: Int
    /// The step before which the state was written to disk last; nil: not since the node was started.
    public var checkpoint: Int?
    /// What cannot be written to disk, and why; nil: nothing.
    public var trouble: String?
    /// The latest view, which also says in what role the node is in it; nil: none yet.
    public var view: View?
    public var isHalted: Bool
    /// The number of updates that the replica has taken; nil: there is no replica.
    public var step: Int?
    /// Mean loss of the samples of the last step that this node computed, in nats.
    public var loss: Double?
    /// Mean loss and accuracy on the test rows when they were last computed.
    public var testLoss: Double?
    public var testAccuracy: Double?
    /// Of the replica, when it was last computed, and the number of updates that it had taken then.
    public var stateDigest: Digest?
    public var stateDigestStep: Int?
    /// How long this node, as a member, could have computed and waited instead.
    public var idleTime: Int
    /// The factor by which it has been slowed down, and whether it sends wrong bytes.
    public var slowness: Int
    public var lies: Bool
    public var links: [Link]
    public var transfer: Transfer?
    /// The steps of the snapshots that are held, ascending.
    public var snapshots: [Int]

    public init(
        node: NodeID, cluster: String, process: Int, address: String, time: Int, phase: Phase, view: View?,
        isHalted: Bool, step: Int?, loss: Double?, testLoss: Double?, testAccuracy: Double?, stateDigest: Digest?,
        idleTime: Int, slowness: Int, lies: Bool, links: [Link], transfer: Transfer?, snapshots: [Int],
        stateDigestStep: Int? = nil, reason: String? = nil, uptime: Int = 0, checkpoint: Int? = nil,
        trouble: String? = nil, institution: String? = nil, institutions: [NodeID: String] = [:],
        certificateExpiry: Int? = nil
    ) {
        self.node = node
        self.cluster = cluster
        self.process = process
        self.address = address
        self.time = time
        self.phase = phase
        self.view = view
        self.isHalted = isHalted
        self.step = step
        self.loss = loss
        self.testLoss = testLoss
        self.testAccuracy = testAccuracy
        self.stateDigest = stateDigest
        self.stateDigestStep = stateDigestStep
        self.idleTime = idleTime
        self.slowness = slowness
        self.lies = lies
        self.links = links
        self.transfer = transfer
        self.snapshots = snapshots
        self.reason = reason
        self.uptime = uptime
        self.checkpoint = checkpoint
        self.trouble = trouble
        self.institution = institution
        self.institutions = institutions
        self.certificateExpiry = certificateExpiry
    }

    /// A certificate that expires within so many days is warned of.
    public static let mostDaysWarned = 14

    /// What the node is in its view.
    public var role: View.Role { view?.role(of: node) ?? .outside }
}
