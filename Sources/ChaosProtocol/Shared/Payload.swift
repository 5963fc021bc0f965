/// The bytes that came with a message, as far as the protocol needs to know them.
public struct Payload: Hashable, Sendable {
    public let bytes: Int
    /// Their SHA-256, of a shard; the other kinds need none.
    public let digest: Digest?
    /// How long they took to come, from the first to the last, in nanoseconds; nil if nobody looked.
    public let duration: Int?

    public init(bytes: Int, digest: Digest? = nil, duration: Int? = nil) {
        self.bytes = bytes
        self.digest = digest
        self.duration = duration
    }
}
