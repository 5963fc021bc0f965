import ChaosControl
import ChaosProtocol
import Foundation
import Synchronization

/// Asks the nodes of a run what they do, again and again, on a thread of its own: a node that does not answer holds
/// nobody up.
final class StatusPoller: Sendable {
    private struct State {
        var sockets: [NodeID: String] = [:]
        var latest: [NodeID: NodeStatus] = [:]
        var isStopped = false
    }

    private let state = Mutex(State())

    /// - Parameter milliseconds: between two rounds.
    init(every milliseconds: Int) {
        let thread = Thread { [weak self] in
            while let poller = self, poller.round() { usleep(UInt32(milliseconds) * 1000) }
        }
        thread.start()
    }

    func stop() { state.withLock { $0.isStopped = true } }

    /// The nodes that can answer.
    func watch(_ sockets: [NodeID: String]) { state.withLock { $0.sockets = sockets } }

    /// What each node said last, whether it is still there or not.
    var latest: [NodeID: NodeStatus] { state.withLock { $0.latest } }

    /// - Returns: false when it is to stop.
    private func round() -> Bool {
        for (node, socket) in state.withLock({ $0.sockets }) {
            guard let client = try? ControlClient(socket, timeout: 1),
                case .status(let status)? = try? client.send(.status)
            else { continue }
            state.withLock { $0.latest[node] = status }
        }
        return state.withLock { !$0.isStopped }
    }
}
