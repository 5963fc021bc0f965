import ChaosDocuments
import ChaosProtocol

/// What is asked of a node over its control socket: a line of JSON, to which a line answers (`ControlResponse`).
///
/// `{"request":"status"}`, `{"request":"linkAdd","peer":7,"address":"127.0.0.1:7007"}`, and so on: the key `request`
/// names the case, the other keys are the names of its values.
public enum ControlRequest: Hashable, Sendable {
    /// Of a line, in bytes.
    public static let mostBytes = 64 << 10

    /// Everything that is known of the node.
    case status
    /// Ask the neighbours for the state and become a member. Without effect on a member.
    case join
    /// Leave the cluster and end, as SIGTERM does.
    case leave
    /// These members are gone for good: a halted member goes on without them, in a new epoch.
    case proceed(without: [NodeID])
    /// Keep up a link to a peer, dialling this address (`host:port`).
    case linkAdd(peer: NodeID, address: String)
    /// Close the link to a peer, and accept none from it any more.
    case linkRemove(peer: NodeID)
    /// Take this many times as long for every gradient from now on; 1 … 1000, 1 for as fast as it can. An experiment.
    case slow(factor: Int)
    /// Send wrong bytes for every shard and digests that fit them, or cease to. An experiment.
    case lie(Bool)
}

extension ControlRequest {
    private enum Name: String, CaseIterable {
        case status, join, leave, proceed, linkAdd, linkRemove, slow, lie
    }

    /// The request as a line, with a line feed at its end.
    public var line: [UInt8] {
        LineText.line { text in
            func name(_ name: Name) { text.field("request", name.rawValue) }
            switch self {
            case .status: name(.status)
            case .join: name(.join)
            case .leave: name(.leave)
            case .proceed(let gone):
                name(.proceed)
                text.field("without", gone)
            case .linkAdd(let peer, let address):
                name(.linkAdd)
                text.field("peer", peer)
                text.field("address", address)
            case .linkRemove(let peer):
                name(.linkRemove)
                text.field("peer", peer)
            case .slow(let factor):
                name(.slow)
                text.field("factor", factor)
            case .lie(let lies):
                name(.lie)
                text.field("lies", lies)
            }
        }
    }

    /// - Throws: what is wrong with the line, with its path.
    public init(line: some Collection<UInt8>) throws(InvalidInput) {
        var record = try LineRecord(line: line, atMost: Self.mostBytes)
        let name: Name = try record.name("request")
        switch name {
        case .status: self = .status
        case .join: self = .join
        case .leave: self = .leave
        case .proceed: self = .proceed(without: try record.nodes("without"))
        case .linkAdd: self = .linkAdd(peer: try record.node("peer"), address: try record.text("address"))
        case .linkRemove: self = .linkRemove(peer: try record.node("peer"))
        case .slow: self = .slow(factor: try record.integer("factor", 1...1000))
        case .lie: self = .lie(try record.flag("lies"))
        }
        try record.end()
    }
}
