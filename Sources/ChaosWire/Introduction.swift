import ChaosProtocol

/// The first frame in each direction of a connection: who is there, and what it speaks.
public struct Introduction: Hashable, Sendable, CustomStringConvertible {
    /// The version of the protocol that this library speaks.
    public static let version: UInt32 = 1
    /// Of the name of a cluster, in bytes of UTF-8.
    public static let mostClusterBytes = 255

    /// What a connection is for.
    public enum Lane: UInt32, Hashable, Sendable, CaseIterable {
        /// Everything but shards. Two neighbours have one such connection.
        case control = 0
        /// Shards. There may be several, so that a long path is filled and nothing waits behind them.
        case shards = 1
    }

    /// Of the protocol; at least 1.
    public let version: UInt32
    public let node: NodeID
    /// The name of the cluster, 1 … 255 bytes of UTF-8.
    public let cluster: String
    /// As whoever dials says; the answer says the same.
    public let lane: Lane

    public init(version: UInt32 = Introduction.version, node: NodeID, cluster: String, lane: Lane = .control) {
        self.version = version
        self.node = node
        self.cluster = cluster
        self.lane = lane
    }

    public var description: String { "node \(node) of cluster \"\(cluster)\", version \(version), \(lane)" }
}

extension ProtoIntroduction {
    init(_ introduction: Introduction) {
        version = introduction.version
        node = introduction.node.rawValue
        cluster = introduction.cluster
        lane = introduction.lane.rawValue
    }

    func introduction() throws(WireFault) -> Introduction {
        _ = try UInt64(version).number("version", 1...Int(UInt32.max))
        try checkCount(cluster.utf8.count, "cluster", in: 1...Introduction.mostClusterBytes)
        guard let lane = Introduction.Lane(rawValue: lane) else {
            throw WireFault("lane", .unknownValue(Int(lane)))
        }
        return Introduction(version: version, node: NodeID(node), cluster: cluster, lane: lane)
    }
}
