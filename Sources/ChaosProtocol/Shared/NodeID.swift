/// Names one life of one process.
///
/// What a node has promised in a negotiation it keeps in memory only. A process that is started again has forgotten it,
/// so it must come with an id that has never been used: as another node, which joins like any other. That spares every
/// vote a write to disk, and a crash is final for everybody else.
public struct NodeID: Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    public let rawValue: UInt64

    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public init(integerLiteral value: UInt64) { rawValue = value }

    public static func < (a: NodeID, b: NodeID) -> Bool { a.rawValue < b.rawValue }

    public var description: String { String(rawValue) }
}
