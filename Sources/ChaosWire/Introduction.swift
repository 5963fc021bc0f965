import ChaosProtocol
import Foundation

/// The first frame in each direction of a connection: who is there, and what it speaks.
public struct Introduction: Hashable, Sendable, CustomStringConvertible {
    /// The version of the protocol that this library speaks.
    public static let version: UInt32 = 5
    /// The least that it speaks beside that.
    public static let oldestVersion: UInt32 = 5
    /// Of the name of a cluster, in bytes of UTF-8.
    public static let mostClusterBytes = 255
    /// Of what is said of the training, in bytes of UTF-8.
    public static let mostTrainingBytes = 512

    /// What a connection is for.
    public enum Lane: UInt32, Hashable, Sendable, CaseIterable {
        /// Everything but shards. Two neighbours have one such connection.
        case control = 0
        /// Shards. There may be several, so that a long path is filled and nothing waits behind them.
        case shards = 1
    }

    /// The greatest of the protocol; at least 1.
    public let version: UInt32
    /// The least; 1 … `version`.
    public let oldestVersion: UInt32
    public let node: NodeID
    /// The name of the cluster, 1 … 255 bytes of UTF-8.
    public let cluster: String
    /// What is trained and how, which all nodes of a cluster must have alike, 0 … 512 bytes of UTF-8.
    public let training: String
    /// Of a founder: of the founding view and the first state, which all founders must have alike. Of others: of the founders
    /// that they have met.
    public var founding: Digest?
    /// To the id; nil: none.
    public var claim: Claim?
    /// As whoever dials says; the answer says the same.
    public var lane: Lane

    public init(
        version: UInt32 = Introduction.version, oldestVersion: UInt32 = Introduction.oldestVersion, node: NodeID,
        cluster: String, training: String = "", founding: Digest? = nil, claim: Claim? = nil, lane: Lane = .control
    ) {
        self.version = version
        self.oldestVersion = oldestVersion
        self.node = node
        self.cluster = cluster
        self.training = training
        self.founding = founding
        self.claim = claim
        self.lane = lane
    }

    /// Whether both speak some version.
    public func sharesVersion(with other: Introduction) -> Bool {
        max(oldestVersion, other.oldestVersion) <= min(version, other.version)
    }

    public var description: String { "node \(node) of cluster \"\(cluster)\", version \(version), \(lane)" }
}

extension ProtoIntroduction {
    init(_ introduction: Introduction) {
        version = introduction.version
        oldest = introduction.oldestVersion
        if let bytes = introduction.claim?.bytes { claim = Data(bytes) }
        node = introduction.node.rawValue
        cluster = introduction.cluster
        lane = introduction.lane.rawValue
        training = introduction.training
        if let digest = introduction.founding { founding = Data(digest.bytes) }
    }

    func introduction() throws(WireFault) -> Introduction {
        _ = try UInt64(version).number("version", 1...Int(UInt32.max))
        _ = try UInt64(oldest).number("oldest", 0...Int(version))
        try checkCount(claim.count, "claim", in: 0...MessageLimits.claim)
        try checkCount(cluster.utf8.count, "cluster", in: 1...Introduction.mostClusterBytes)
        guard let lane = Introduction.Lane(rawValue: lane) else {
            throw WireFault("lane", .unknownValue(Int(lane)))
        }
        try checkCount(training.utf8.count, "training", in: 0...Introduction.mostTrainingBytes)
        if !founding.isEmpty { try checkCount(founding.count, "founding", in: 32...32) }
        return Introduction(
            version: version, oldestVersion: oldest == 0 ? version : oldest, node: NodeID(node), cluster: cluster,
            training: training, founding: Digest(bytes: founding),
            claim: claim.isEmpty ? nil : Claim(node: NodeID(node), bytes: [UInt8](claim)), lane: lane)
    }
}
