/// What binds the id of a node to the institution that the node acts for, and to the key with which this life of it signs.
///
/// The protocol carries it to everyone and reads none of it: what it says, and whether it is true, says the `Signatory`.
public struct Claim: Hashable, Sendable {
    /// Whose id is claimed.
    public let node: NodeID
    /// 1 … `MessageLimits.claim` bytes.
    public let bytes: [UInt8]

    public init(node: NodeID, bytes: [UInt8]) {
        self.node = node
        self.bytes = bytes
    }
}
