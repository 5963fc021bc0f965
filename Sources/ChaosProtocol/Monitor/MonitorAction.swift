extension Monitor {
    /// What the shell must do next. Actions are to be carried out in their order.
    public enum Action: Hashable, Sendable {
        /// Send it to this peer; with `probe` goes a payload of the bytes that it names, of any content.
        case send(MonitorMessage, to: NodeID)
        /// Call `onWake` at this time, and forget any time named before.
        case wake(at: Int)
        /// The link has come up or gone down: to be told to `Negotiation.onLink`.
        case link(to: NodeID, isUp: Bool)
        /// What has been measured of all links that are up, and of this node: to be told to `Negotiation.onMeasured`.
        case measured([NodeID: LinkQuality], Resources)
        /// Nothing has come from the peer for long: close the connection, and try to make another. The monitor has
        /// forgotten it.
        case disconnect(NodeID)
        /// The peer has sent something that no correct node sends. It was ignored.
        case refused(MessageFault, from: NodeID)
    }
}

extension Monitor.Action: CustomStringConvertible {
    public var description: String {
        switch self {
        case .send(let message, let node): return "send to \(node): \(message)"
        case .wake(let time): return "wake at \(Double(time) / 1e6) ms"
        case .link(let node, let isUp): return "link to \(node) is \(isUp ? "up" : "down")"
        case .measured(let qualities, let resources):
            let links = qualities.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            return "measured \((links + ["here: \(resources)"]).joined(separator: "; "))"
        case .disconnect(let node): return "disconnect \(node)"
        case .refused(let fault, let node): return "refused from \(node): \(fault)"
        }
    }
}
