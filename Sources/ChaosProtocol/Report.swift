/// What a node says of itself: the links it finds up, and what it wishes. Only the latest of a node counts.
///
/// Everything that can change a view comes in this one form, so that telling it to all, asking for what was missed and
/// making one view of many events are each written once.
public struct Report: Hashable, Sendable, CustomStringConvertible {
    /// What a node wants to be.
    public enum Wish: Hashable, Sendable {
        /// To remain what it is.
        case stay
        /// To be admitted as a learner.
        case join
        /// To become a member: the learner admitted by this view has caught up.
        case ready(admitted: Int)
        /// To be left out of the next view.
        case leave
    }

    public let node: NodeID
    /// Greater in each report of the node than in the one before; 1 … 2^62.
    public let sequence: Int
    /// The other ends of its links that are up, ascending.
    public let neighbors: [NodeID]
    public let wish: Wish

    public init(node: NodeID, sequence: Int, neighbors: [NodeID], wish: Wish) {
        self.node = node
        self.sequence = sequence
        self.neighbors = neighbors.sorted()
        self.wish = wish
    }

    public var description: String {
        let links = neighbors.map(\.description).joined(separator: " ")
        let wish =
            switch wish {
            case .stay: ""
            case .join: ", would join"
            case .ready(let admitted): ", ready since admitted by \(admitted)"
            case .leave: ", would leave"
            }
        return "\(node)#\(sequence) [\(links)]\(wish)"
    }
}
