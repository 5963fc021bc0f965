/// What the parts of a node are set to.
public struct NodeSettings: Sendable, Hashable {
    /// The size of the training state, 1 … 2^53 bytes; the same on all nodes.
    public var stateBytes: Int
    public var monitor: MonitorSettings
    public var negotiation: NegotiationSettings
    public var reduction: ReductionSettings
    public var receiver: ReceiverSettings
    public var policy: ServingPolicy

    public init(
        stateBytes: Int, reduction: ReductionSettings, monitor: MonitorSettings = MonitorSettings(),
        negotiation: NegotiationSettings = NegotiationSettings(), receiver: ReceiverSettings = ReceiverSettings(),
        policy: ServingPolicy = ServingPolicy()
    ) {
        self.stateBytes = stateBytes
        self.reduction = reduction
        self.monitor = monitor
        self.negotiation = negotiation
        self.receiver = receiver
        self.policy = policy
    }
}
