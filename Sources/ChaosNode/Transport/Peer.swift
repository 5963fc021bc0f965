import ChaosProtocol
import NIOCore

/// What a node knows of a neighbour, and what waits to be sent to it. Confined to the event loop.
final class Peer {
    /// A shard that is to be sent.
    struct Shard: Hashable {
        let step: Int
        let size: Int
        let shard: Int
    }

    /// A message that waits for its turn, with its numbers.
    struct Heavy {
        let message: Message
        let payload: ByteBuffer
    }

    /// Of messages with numbers, in bytes. What is beyond it is not sent; whoever misses it asks again.
    static let mostHeavyBytes = 256 << 20
    /// Of messages without: more wait only for a peer that does not read.
    static let mostLightBytes = 32 << 20
    /// More than any correct peer asks for at once.
    static let mostShards = 8192

    let id: NodeID
    /// Where it is dialled; nil: it dials.
    var endpoint: Endpoint?
    /// Whether it is dialled because the protocol has chosen it, and nobody has named it.
    var isChosen = false
    /// Whether the operator has removed the link: none is accepted.
    var isRemoved = false
    var isUp = false
    /// Why there is no connection, in words, when one was closed or could not be made last; nil: nothing is known.
    var trouble: String?

    var control: Connection?
    var shardConnections: [Connection] = []
    /// Connections for control that the peer will close, because it has made another one.
    var retired: [Connection] = []
    var isDialling = false
    var shardsDialling = 0
    var failures = 0
    var retry: Scheduled<Void>?

    var light = CircularBuffer<ByteBuffer>()
    var lightBytes = 0
    var heavy = CircularBuffer<Heavy>()
    private var heavyQueued: Set<Message> = []
    private(set) var heavyBytes = 0
    var shards = CircularBuffer<Shard>()
    private var shardsQueued: Set<Shard> = []
    var limit: RateLimit?
    var meter = BandwidthMeter()

    /// Of connections that are gone.
    var bytesSent = 0
    var bytesReceived = 0

    init(_ id: NodeID, limit: RateLimit?) {
        self.id = id
        self.limit = limit
    }

    /// Also those that the peer is to close.
    var open: [Connection] { connections + retired }

    var connections: [Connection] { (control.map { [$0] } ?? []) + shardConnections }

    /// What waits already is not sent a second time: asking for what is late would make it later.
    func enqueue(_ message: Message, _ payload: ByteBuffer) {
        guard heavyBytes + payload.readableBytes <= Self.mostHeavyBytes || heavy.isEmpty,
            heavyQueued.insert(message).inserted
        else { return }
        heavyBytes += payload.readableBytes
        heavy.append(Heavy(message: message, payload: payload))
    }

    func popHeavy() -> Heavy? {
        guard let next = heavy.popFirst() else { return nil }
        heavyQueued.remove(next.message)
        heavyBytes -= next.payload.readableBytes
        return next
    }

    func enqueue(_ shard: Shard) {
        guard shards.count < Self.mostShards, shardsQueued.insert(shard).inserted else { return }
        shards.append(shard)
    }

    func popShard() -> Shard? {
        guard let next = shards.popFirst() else { return nil }
        shardsQueued.remove(next)
        return next
    }

    /// Drops the shards of a snapshot that is gone.
    func dropShards(ofStep step: Int) {
        shards = CircularBuffer(shards.filter { $0.step != step })
        shardsQueued = shardsQueued.filter { $0.step != step }
    }

    /// Drops all that waits.
    func drop() {
        (light, lightBytes) = (CircularBuffer(), 0)
        (heavy, heavyQueued, heavyBytes) = (CircularBuffer(), [], 0)
        (shards, shardsQueued) = (CircularBuffer(), [])
    }
}
