/// An unordered pair of different nodes.
public struct Link: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The end with the lesser id.
    public let a: NodeID
    /// The end with the greater id.
    public let b: NodeID

    /// - Precondition: the ends differ.
    public init(_ one: NodeID, _ other: NodeID) {
        precondition(one != other, "a link joins two different nodes, not \(one) and itself")
        (a, b) = one < other ? (one, other) : (other, one)
    }

    public static func < (x: Link, y: Link) -> Bool { (x.a, x.b) < (y.a, y.b) }

    public var description: String { "\(a)-\(b)" }
}
