import ChaosProtocol

/// What happens to a cluster, and on what network. Together with the seed, from which every delay and every loss is
/// drawn, it determines a run entirely.
public struct Scenario: Hashable, Sendable {
    /// What a reader calls it; nil for one that was drawn.
    public var name: String?
    public var seed: UInt64
    public var founders: [NodeID]
    /// Between founders; up from the start.
    public var links: [Link]
    public var network: NetworkConditions
    /// The links that are not as `network` has them.
    public var capacities: [Link: LinkCapacity] = [:]
    public var training: VirtualTraining
    /// The nodes that are not as `training` has them: samples per second.
    public var speeds: [NodeID: Int] = [:]
    /// Of every node. The sizes in it are those of `training`.
    public var settings: NodeSettings
    public var steps: [Step]
    /// Whether nodes sign what they say.
    public var isSigned = false
    /// The nodes that others can dial once they hear of them (`NegotiationSettings.mostLinks`); all others are behind routers.
    public var dialable: Set<NodeID> = []
    /// Without meaning in a simulation.
    public var lab = LabSettings()

    public init(
        name: String? = nil, seed: UInt64, founders: [NodeID], links: [Link], network: NetworkConditions,
        training: VirtualTraining = VirtualTraining(), settings: NodeSettings? = nil, steps: [Step]
    ) {
        self.name = name
        self.seed = seed
        self.founders = founders
        self.links = links
        self.network = network
        self.training = training
        self.settings = settings ?? NodeSettings(training)
        self.steps = steps
    }

    /// Everybody that is there at some time.
    public var nodes: [NodeID] {
        var nodes = founders
        for case .begins(let node)? in steps.map(\.event?.presence) where !nodes.contains(node) { nodes.append(node) }
        return nodes
    }

    /// How long a calm may last before it counts as a standstill, in nanoseconds: failures are noticed, everything lost
    /// before is asked for again, and for each of as many views as a joiner and a rejoining node need, members that have
    /// disturbed each other wait until they come apart, and joiners ask, pull and ask again.
    public var calmBound: Int {
        let negotiation = settings.negotiation
        let view = 4 * negotiation.longestTakeover + 2 * (negotiation.retry + negotiation.hello)
        let receiver = settings.receiver
        let attempt = receiver.offerTimeout + receiver.longestRest + 2 * receiver.abandonment
        return network.failureBound + settings.monitor.failureBound
            + (6 + nodes.count) * (view + attempt + 4 * nodes.count * network.mostDelay)
    }
}

extension NodeSettings {
    /// The default settings for a training.
    public init(_ training: VirtualTraining) {
        self.init(
            stateBytes: training.stateBytes,
            reduction: ReductionSettings(
                samples: training.samples, batch: training.batch, lost: training.lost,
                gradientBytes: training.gradientBytes))
        receiver.measuring = 1_500_000_000
        // What is late on a link that carries updates as well is not lost.
        receiver.retry = 2_000_000_000
    }
}

/// How the virtual network treats messages. Chances are out of a thousand, times in nanoseconds.
public struct NetworkConditions: Hashable, Sendable {
    /// Each direction of a link loses nothing, as much as this, or three times as much.
    public var loss: Int
    public var duplication: Int
    /// Each message takes a time from `leastDelay` to `mostDelay`, drawn for itself: later ones overtake earlier ones.
    public var leastDelay: Int
    public var mostDelay: Int
    /// Each end of a link is told within this time, drawn for itself, that the link has come up or was closed. Of a link
    /// that goes silently it is told nothing.
    public var failureBound: Int
    /// How many of a thousand ends of links that go are told nothing.
    public var silence: Int
    /// Of payloads, in each direction of each link, unless the scenario says otherwise.
    public var capacity: LinkCapacity

    public init(
        loss: Int = 0, duplication: Int = 0, leastDelay: Int = 1_000_000, mostDelay: Int = 1_000_000,
        failureBound: Int = 1_000_000, silence: Int = 0, capacity: LinkCapacity = LinkCapacity()
    ) {
        self.loss = loss
        self.duplication = duplication
        self.leastDelay = leastDelay
        self.mostDelay = mostDelay
        self.failureBound = failureBound
        self.silence = silence
        self.capacity = capacity
    }
}

/// One direction of a link, for what takes time to carry: shards and parts of gradients.
public struct LinkCapacity: Hashable, Sendable {
    /// 1 … 2^50 bit/s.
    public var bandwidth: Int
    /// 0 … 2^50 ns, from the end of sending to the end of receiving.
    public var latency: Int

    public init(bandwidth: Int = 100_000_000, latency: Int = 1_000_000) {
        self.bandwidth = bandwidth
        self.latency = latency
    }
}

extension Scenario {
    /// What a link carries, whether it has figures of its own or not.
    public func capacity(of link: Link) -> LinkCapacity { capacities[link] ?? network.capacity }
}

/// What is trained, as far as time and bytes go.
public struct VirtualTraining: Hashable, Sendable {
    /// 1 … 2^53.
    public var stateBytes: Int
    /// Of a gradient, 1 … 2^53.
    public var gradientBytes: Int
    /// Rows of the training data.
    public var samples: Int
    /// Rows of a step.
    public var batch: Int
    /// What becomes of those that a lost member was to compute.
    public var lost: LostSamples
    /// Of a node.
    public var samplesPerSecond: Int

    public init(
        stateBytes: Int = 1 << 20, gradientBytes: Int = 1 << 16, samples: Int = 1000, batch: Int = 32,
        lost: LostSamples = .repeated, samplesPerSecond: Int = 1000
    ) {
        self.stateBytes = stateBytes
        self.gradientBytes = gradientBytes
        self.samples = samples
        self.batch = batch
        self.lost = lost
        self.samplesPerSecond = samplesPerSecond
    }
}
