import ChaosControl
import ChaosProtocol
import ChaosScenario

/// What is done to real nodes, one thing at a time, so that an event of a scenario happens to them.
enum LabOrder: Hashable {
    /// A process for a node that joins, with links to these.
    case start(NodeID, links: [NodeID])
    case kill(NodeID)
    /// The process stands still for this long, in nanoseconds.
    case pause(NodeID, for: Int)
    /// The engine is killed, and started again after this long, in nanoseconds.
    case takeEngine(NodeID, for: Int)
    /// Over the control socket of the node.
    case ask(NodeID, ControlRequest)
    /// The node is told that all members which it cannot reach are gone for good.
    case proceed(NodeID, reaching: Set<NodeID>)
    /// Both ends are asked.
    case connect(Link)
    case disconnect(Link)
    /// The shaped network carries this many times less than at first.
    case throttle(Link, factor: Int)
    /// Nothing; why the event cannot be had, for the reader of the story.
    case leaveOut(reason: String)

    /// - Parameters:
    ///   - network: as it is before the event.
    ///   - isShaped: whether the network has the bandwidths of the scenario.
    ///   - hasEngines: whether nodes have engines that are processes of their own.
    static func orders(
        for event: Scenario.Event, in network: NetworkState, isShaped: Bool, hasEngines: Bool
    ) -> [LabOrder] {
        switch event {
        case .join(let node, let links): [.start(node, links: links)]
        case .crash(let node): [.kill(node)]
        case .leave(let node): [.ask(node, .leave)]
        case .cut(let link): [.disconnect(link)]
        case .mend(let link): [.connect(link)]
        case .isolate(let part):
            network.up.filter { part.contains($0.a) != part.contains($0.b) }.map { .disconnect($0) }
        case .heal: network.known.map { .connect($0) }
        case .slow(let node, let factor): [.ask(node, .slow(factor: factor))]
        case .crawl(let link, let factor):
            isShaped ? [.throttle(link, factor: factor)] : [.leaveOut(reason: "\(event): not without --shaped")]
        case .reset: [.leaveOut(reason: "\(event): real nodes are not told to close connections")]
        case .pause(let node, let time): [.pause(node, for: time)]
        case .idle(let node, let time):
            hasEngines
                ? [.takeEngine(node, for: time)]
                : [.leaveOut(reason: "\(event): the nodes compute themselves")]
        case .lie(let node): [.ask(node, .lie(true))]
        case .proceed(let node):
            [.proceed(node, reaching: network.components.first { $0.contains(node) } ?? [node])]
        case .forge: [.leaveOut(reason: "\(event): real nodes pass on what they get")]
        }
    }
}
