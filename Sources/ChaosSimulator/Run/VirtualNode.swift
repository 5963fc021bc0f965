import ChaosProtocol

/// A message with a payload on its way out.
struct QueuedPayload: Hashable, Sendable {
    let message: Message
    let destination: NodeID
}

/// A node of a simulation: the protocol's own type, and what stands for process, machine and training engine.
struct VirtualNode: Sendable {
    let id: NodeID
    var protocolNode: ClusterNode
    var trainer: VirtualTrainer
    /// When it crashed or was released; nil: it is there.
    var goneAt: Int?
    var isAlive: Bool { goneAt == nil }
    /// When it is to be woken.
    var wakeAt: Int?
    /// What has come while it is paused; nil: it is not.
    var held: [Simulation.Event]?
    /// How many times slower than at first it computes and sends.
    var slowness = 1
    /// When what computes for it is back; nil: it is there.
    var engineAwayUntil: Int?
    /// What it would have computed meanwhile, and how long that takes.
    var unanswered: (event: Simulation.Event, time: Int)?
    var lies = false
    /// Whether it passes on what others have not said.
    var forges = false
    /// Nil: nothing is signed.
    var signatory: SymbolicSignatory?
    /// Whom it would have links to, and has dialled.
    var dialled: Set<NodeID> = []
    var leaves = false
    /// What waits to be sent with its payload, which is not sent a second time meanwhile.
    var queued: Set<QueuedPayload> = []
    /// Learners that it has told of a snapshot, the admissions that these are for, and their steps.
    var told: [NodeID: (admitted: Int, step: Int)] = [:]
    /// When each neighbour's connections for shards were last found closed.
    var connectionsClosedAt: [NodeID: Int] = [:]
    /// Of its pulling.
    var pullObservation = PullObservation()
    /// Of its links, what is counted for the report.
    var bytesSent = 0
    var bytesReceived = 0
}
