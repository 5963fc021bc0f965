import ChaosProtocol

/// What happens to a cluster, and on what network. Together with the seed, from which every delay and every loss is
/// drawn, it determines a run entirely.
public struct Scenario: Hashable, Sendable {
    /// Something that happens to nodes or links.
    public enum Fault: Hashable, Sendable {
        case cut(Link)
        /// A link comes back, or comes up for the first time.
        case mend(Link)
        /// Every link between these nodes and all others is cut.
        case isolate([NodeID])
        /// Every link that there has ever been comes back.
        case heal
        /// The node is gone, and what it knew.
        case crash(NodeID)
        /// A new node appears with links to these.
        case join(NodeID, links: [NodeID])
        case leave(NodeID)
        /// Nothing happens and nothing is lost until the cluster has settled, which it must within `calmBound`.
        case calm
    }

    /// A fault and how long after the one before it comes, in nanoseconds.
    public struct Step: Hashable, Sendable {
        public var delay: Int
        public var fault: Fault

        public init(after delay: Int, _ fault: Fault) {
            self.delay = delay
            self.fault = fault
        }
    }

    public var seed: UInt64
    public var founders: [NodeID]
    /// Between founders; up from the start.
    public var links: [Link]
    public var network: NetworkConditions
    public var settings: NegotiationSettings
    public var steps: [Step]

    public init(
        seed: UInt64, founders: [NodeID], links: [Link], network: NetworkConditions,
        settings: NegotiationSettings = NegotiationSettings(), steps: [Step]
    ) {
        self.seed = seed
        self.founders = founders
        self.links = links
        self.network = network
        self.settings = settings
        self.steps = steps
    }

    /// Everybody that is there at some time.
    public var nodes: [NodeID] {
        var nodes = founders
        for case .join(let node, _) in steps.map(\.fault) where !nodes.contains(node) { nodes.append(node) }
        return nodes
    }

    /// How long a calm may last before it counts as a standstill, in nanoseconds: failures are noticed, everything lost
    /// before is asked for again, and for each of as many views as a joiner and a rejoining node need, members that have
    /// disturbed each other wait until they come apart.
    public var calmBound: Int {
        let view = 4 * settings.longestTakeover + 2 * (settings.retry + settings.hello)
        return network.failureBound + network.catchUp + 6 * (view + 4 * nodes.count * network.mostDelay)
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
    /// Each end of a link notices a change within this time, drawn for itself.
    public var failureBound: Int
    /// A learner needs at most this long to catch up.
    public var catchUp: Int

    public init(
        loss: Int = 0, duplication: Int = 0, leastDelay: Int = 1_000_000, mostDelay: Int = 1_000_000,
        failureBound: Int = 1_000_000, catchUp: Int = 0
    ) {
        self.loss = loss
        self.duplication = duplication
        self.leastDelay = leastDelay
        self.mostDelay = mostDelay
        self.failureBound = failureBound
        self.catchUp = catchUp
    }
}
