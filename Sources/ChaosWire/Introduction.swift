import ChaosProtocol

/// The first frame in each direction of a connection: who is there, and what it speaks.
public struct Introduction: Hashable, Sendable, CustomStringConvertible {
    /// The version of the protocol that this library speaks.
    public static let version: UInt32 = 1
    /// Of the name of a cluster, in bytes of UTF-8.
    public static let mostClusterBytes = 255

    /// Of the protocol; at least 1.
    public let version: UInt32
    public let node: NodeID
    /// The name of the cluster, 1 … 255 bytes of UTF-8.
    public let cluster: String

    public init(version: UInt32 = Introduction.version, node: NodeID, cluster: String) {
        self.version = version
        self.node = node
        self.cluster = cluster
    }

    public var description: String { "node \(node) of cluster \"\(cluster)\", version \(version)" }
}

extension ProtoIntroduction {
    init(_ introduction: Introduction) {
        version = introduction.version
        node = introduction.node.rawValue
        cluster = introduction.cluster
    }

    func introduction() throws(WireFault) -> Introduction {
        _ = try UInt64(version).number("version", 1...Int(UInt32.max))
        try checkCount(cluster.utf8.count, "cluster", in: 1...Introduction.mostClusterBytes)
        return Introduction(version: version, node: NodeID(node), cluster: cluster)
    }
}
