/// What a node says of itself: the links it finds up, and what it wishes. Only the latest of a node counts.
///
/// Everything that can change a view comes in this one form, so that telling it to all, asking for what was missed and
/// making one view of many events are each written once.
///
/// Every node keeps the reports of all others, and most messages hold many: the copies share what they say.
public struct Report: Hashable, Sendable, CustomStringConvertible {
    /// What a node wants to be.
    public enum Wish: Hashable, Sendable {
        /// To remain what it is.
        case stay
        /// To be admitted as a learner.
        case join
        /// To become a member: the learner has caught up under the view with this number. Of an earlier era it counts no
        /// more: what a learner has may be worth nothing in a view without those who gave it.
        case ready(view: Int)
        /// To be admitted once more: the learner admitted by this view cannot catch up, for what it needs is gone.
        case again(admitted: Int)
        /// To be left out of the next view.
        case leave
    }

    public let node: NodeID
    /// Greater in each report of the node than in the one before; 1 … 2^62.
    public let sequence: Int
    /// With which its node vouches for it; nil where nothing is signed.
    public private(set) var seal: Seal?
    private let content: Content

    /// All but the name of the report.
    private final class Content: Sendable {
        let neighbors: [NodeID]
        let qualities: [LinkQuality]
        let resources: Resources
        let uneven: Int
        let isIdle: Bool
        let wish: Wish
        let epoch: Int
        let address: String

        init(
            neighbors: [NodeID], qualities: [LinkQuality], resources: Resources, uneven: Int, isIdle: Bool, wish: Wish,
            epoch: Int, address: String
        ) {
            self.neighbors = neighbors
            self.qualities = qualities
            self.resources = resources
            self.uneven = uneven
            self.isIdle = isIdle
            self.wish = wish
            self.epoch = epoch
            self.address = address
        }
    }

    public init(
        node: NodeID, sequence: Int, neighbors: [NodeID], qualities: [NodeID: LinkQuality] = [:],
        resources: Resources = Resources(), uneven: Int = 0, isIdle: Bool = false, wish: Wish, epoch: Int = 0,
        address: String = "", seal: Seal? = nil
    ) {
        let neighbors = neighbors.sorted()
        self.node = node
        self.sequence = sequence
        self.seal = seal
        content = Content(
            neighbors: neighbors, qualities: neighbors.map { qualities[$0] ?? .unmeasured }, resources: resources,
            uneven: uneven, isIdle: isIdle, wish: wish, epoch: epoch, address: address)
    }

    /// The same under this seal.
    package func sealed(with seal: Seal?) -> Report {
        var copy = self
        copy.seal = seal
        return copy
    }

    /// The other ends of its links that are up, ascending.
    public var neighbors: [NodeID] { content.neighbors }
    /// What this end has measured of each of these links: the bandwidth of the direction towards this node, and the
    /// round trip. In the order of `neighbors`.
    public var qualities: [LinkQuality] { content.qualities }
    public var resources: Resources { content.resources }
    /// The number of the view whose division of the samples this node finds uneven, so that the next view renews it;
    /// 0: none.
    public var uneven: Int { content.uneven }
    /// Whether it has nothing to compute gradients with, so that as a member it gets no samples.
    public var isIdle: Bool { content.isIdle }
    public var wish: Wish { content.wish }
    /// That of the latest view that the node knows (`View.epoch`).
    public var epoch: Int { content.epoch }
    /// Where others can reach the node, as HOST:PORT, at most `MessageLimits.address` bytes of UTF-8; "": nowhere.
    public var address: String { content.address }

    public static func == (a: Report, b: Report) -> Bool {
        guard a.node == b.node, a.sequence == b.sequence else { return false }
        return a.content === b.content
            || a.asksForTheSameViews(as: b) && a.qualities == b.qualities && a.resources == b.resources
                && a.address == b.address
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(node)
        hasher.combine(sequence)
    }

    /// Whether the same views are due with one as with the other: they differ in measurements at most, and these alone
    /// make no view due.
    func asksForTheSameViews(as other: Report) -> Bool {
        uneven == other.uneven && isIdle == other.isIdle && wish == other.wish && epoch == other.epoch
            && neighbors == other.neighbors
    }

    /// Of the link to a neighbour. Cost: O(log neighbours).
    func quality(to other: NodeID) -> LinkQuality {
        let i = neighbors.lowerBound(of: other)
        return i < neighbors.count && neighbors[i] == other ? qualities[i] : .unmeasured
    }

    public var description: String {
        let links = neighbors.map(\.description).joined(separator: " ")
        let wish =
            switch wish {
            case .stay: ""
            case .join: ", would join"
            case .ready(let view): ", ready in view \(View.name(ofView: view))"
            case .again(let admitted): ", would be admitted again after \(View.name(ofView: admitted))"
            case .leave: ", would leave"
            }
        return
            "\(node)#\(sequence) [\(links)]\(wish)\(isIdle ? ", idle" : "")\(uneven > 0 ? ", finds view \(View.name(ofView: uneven)) uneven" : "")"
    }
}
