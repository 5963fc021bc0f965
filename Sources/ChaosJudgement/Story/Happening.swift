import ChaosProtocol
import ChaosScenario

/// Something that happens in a simulation, for whoever watches.
public enum Happening: Sendable {
    /// What the scenario lets happen.
    case event(Scenario.Event)
    /// The scenario lets nothing happen for a time, which is over now.
    case wait
    /// From now on the cluster is left alone until it has settled.
    case calm
    /// What a node does.
    case action(NodeID, ClusterNode.Action)
    /// A payload has come.
    case delivered(Message, bytes: Int, from: NodeID, to: NodeID)
}

extension Happening {
    /// Whether it happens all the time and says little.
    public var isRoutine: Bool {
        switch self {
        case .action(_, .wake): true
        case .action(_, .send(let message, _)): message.isRoutine
        case .delivered(.monitor, _, _, _): true
        case .event, .wait, .calm, .action, .delivered: false
        }
    }
}

extension Message {
    fileprivate var isRoutine: Bool {
        switch self {
        case .monitor, .hello: true
        case .bundle(let messages): messages.allSatisfy(\.isRoutine)
        default: false
        }
    }
}

extension Happening: CustomStringConvertible {
    public var description: String {
        switch self {
        case .event(let event): "*** \(event)"
        case .wait: "*** wait"
        case .calm: "*** calm"
        case .action(let node, let action): "\(node): \(action)"
        case .delivered(let message, let bytes, let source, let node):
            "\(source) -> \(node): \(message) with \(bytes) bytes"
        }
    }
}
