import ChaosProtocol
import ChaosScenario

/// Something that happens in a simulation, for whoever watches.
public enum Happening: Sendable {
    case fault(Scenario.Fault)
    /// What a node does.
    case action(NodeID, ClusterNode.Action)
    /// A payload has come.
    case delivered(Message, bytes: Int, from: NodeID, to: NodeID)
}

extension Happening {
    /// Whether it happens all the time and says little.
    public var isRoutine: Bool {
        switch self {
        case .action(_, .wake), .action(_, .send(.monitor, _)), .action(_, .send(.hello, _)): true
        case .delivered(.monitor, _, _, _): true
        default: false
        }
    }
}

extension Happening: CustomStringConvertible {
    public var description: String {
        switch self {
        case .fault(let fault): "*** \(fault)"
        case .action(let node, let action): "\(node): \(action)"
        case .delivered(let message, let bytes, let source, let node):
            "\(source) -> \(node): \(message) with \(bytes) bytes"
        }
    }
}
