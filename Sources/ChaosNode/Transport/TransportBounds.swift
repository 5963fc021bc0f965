/// What whoever connects may cost, however many there are and whatever they send.
public struct TransportBounds: Sendable, Hashable {
    /// Connections of those that have dialled this node and not said who they are.
    public var strangers = 256
    /// Bytes that may come on a connection before its handshake is done: those of one with certificates at both ends,
    /// several times over.
    public var handshake = 128 << 10
    /// Bytes of headers that are not complete, on all connections together: any peer may begin a long one and not end it.
    public var headers = 32 << 20

    public init() {}
}
