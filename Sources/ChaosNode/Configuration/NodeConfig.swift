import ChaosIdentity
import ChaosModel
import ChaosProtocol
import ChaosTraining
import Logging
import Metrics

/// What a node is set to: a file `node.yaml`, which Documentation/NODE.md describes key by key.
public struct NodeConfig: Sendable {
    public struct Peer: Sendable, Hashable {
        public var node: NodeID
        public var address: Endpoint

        public init(_ node: NodeID, _ address: Endpoint) {
            self.node = node
            self.address = address
        }
    }

    public struct Metrics: Sendable, Hashable {
        public var path: String
        /// Between two writings, in nanoseconds.
        public var period = 5_000_000_000
    }

    /// The files that say who the node is and whom it trusts.
    public struct Identity: Sendable, Hashable {
        public var certificate: String
        public var key: String
        /// A folder.
        public var trust: String

        public init(certificate: String, key: String, trust: String) {
            self.certificate = certificate
            self.key = key
            self.trust = trust
        }
    }

    /// Where it was read, as the user gave it; empty for one made in code.
    public var file = ""
    public var node: NodeID
    /// Whether the id was drawn when the configuration was read.
    public var isNodeDrawn = false
    /// With which this life of the node signs, if it has an identity.
    private(set) var lifeKey = LifeKey()
    /// The name of the cluster: nodes of different ones do not talk to each other.
    public var cluster: String
    public var listen: Endpoint
    /// Where others dial this node; nil: nowhere, it only dials out.
    public var announce: Endpoint?
    /// Nil: connections are neither encrypted nor authenticated.
    public var identity: Identity?
    /// Whether a node without an identity may listen where others than this machine reach it.
    public var isInsecure = false
    /// The path of the control socket; nil: none.
    public var control: String?
    /// The first view, the same on all its members; nil for a node that joins.
    public var founding: View?
    /// Whether this node founds a cluster of its own, if no node that it can reach is in one.
    public var founds = false
    /// States on disk of which the node founds with the newest; none: as `checkpoint` says.
    public private(set) var restoring: [String] = []
    /// Whether a node that is no founder asks for the state at once.
    public var joins = true
    /// The file of a plan that was made elsewhere, by which the state is to come; nil: this node solves one.
    public var joinPlan: String?
    /// The links that this node keeps up by dialling.
    public var peers: [Peer] = []
    /// Addresses that this node keeps connected, whoever is there.
    public var contacts: [Endpoint] = []
    /// For shards, to each neighbour.
    public var connections = 2
    /// What whoever connects may cost.
    public var bounds = TransportBounds()
    public var policy = ServingPolicy()
    /// For snapshots, in bytes; nil: what `policy.mostSnapshots` of them take.
    public var snapshotMemory: Int?
    public var trainer: TrainerConfig
    /// The seed of the order of the samples.
    public var sampleSeed: UInt64 = 1
    public var batch: Int
    /// What becomes of the samples of a step that a lost member was to compute; the same on all nodes.
    public var lost = LostSamples.repeated
    /// Of an update.
    public var chunks = ReductionSettings(samples: 1, batch: 1).chunks
    /// How its numbers travel; the same on all nodes.
    public var wire = WireFormat.float32
    /// How many steps are done; nil: without end.
    public var steps: Int?
    public var epochs: Int?
    public var monitor = MonitorSettings()
    public var negotiation = NegotiationSettings(mostLinks: 8)
    public var receiver = ReceiverSettings()
    /// How long the samples must be badly divided before a new view divides them, in ns.
    public var patience = ReductionSettings(samples: 1, batch: 1).patience
    /// How long whoever has connected may take until it has introduced itself, in ns.
    public var introduction = 5_000_000_000
    /// How long a node that founds looks for a cluster that is there, in ns.
    public var finding = 5_000_000_000
    /// How long a node that was told to leave waits for being released, in ns.
    public var leaveTimeout = 10_000_000_000
    public var journal: String?
    public var observation = Observation()
    /// The folder for what joins solve and execute; nil: nothing is written.
    public var plans: String?
    public var checkpoint: CheckpointConfig?
    public var metrics: Metrics?
    public var log = Logger.Level.info
    /// Whether the control socket takes `slow` and `lie`.
    public var experiments = false

    public struct Observation: Sendable, Hashable {
        /// Every how many steps, and when a view begins, the digest of the replica goes into the journal; 0: never; nil:
        /// with every step if the state is small.
        public var digests: Int?
        /// Every how many steps the replica is tested; 0: never; nil: after each epoch.
        public var tests: Int?
        public var journalDetail = JournalDetail.everything
        /// The size in bytes at which the journal goes on in a new file; nil: it does not.
        public var journalBytes: Int?
    }

    public init(node: NodeID, cluster: String, listen: Endpoint, trainer: TrainerConfig, batch: Int) {
        self.node = node
        self.cluster = cluster
        self.listen = listen
        self.trainer = trainer
        self.batch = batch
        // A plan is as good as its rates, and a probe takes little longer than a round trip.
        receiver.measuring = 1_000_000_000
        policy.overhead = ServingPolicy.usualOverhead
    }

    /// Founds with the newest of these states on disk, unless there is a cluster that it can join.
    public mutating func found(restoring paths: [String]) {
        restoring = paths
        guard founding == nil else { return }
        founds = true
        founding = View(number: 1, members: [node])
    }

    /// As others are told where to dial this node; "": nowhere.
    /// - Parameter listening: where it listens, with the port that the system has chosen.
    func announced(_ listening: Endpoint) -> String {
        announce.map { Endpoint(host: $0.host, port: $0.port == 0 ? listening.port : $0.port).description } ?? ""
    }

    /// Writes the metrics of this process to the file that the configuration names, if it does. To be called once.
    /// - Returns: what writes them once more, at the end.
    public func bootstrapMetrics() -> @Sendable () -> Void {
        guard let metrics else { return {} }
        let file = FileMetrics(metrics.path, period: metrics.period)
        MetricsSystem.bootstrap(file)
        return { file.writeNow() }
    }
}
