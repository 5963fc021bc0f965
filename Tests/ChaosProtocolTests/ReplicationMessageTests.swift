import ChaosProtocol
import Testing

struct ReplicationMessageTests {
    static func offer(
        _ bytes: Int = 1, bandwidth: Int? = 1, latency: Int? = 0, ready: Int = 0, overhead: Int = 0, limit: Int? = nil
    ) -> ReplicationMessage {
        .offer(
            Offer(
                stateBytes: bytes, bandwidth: bandwidth, latency: latency, ready: ready, overhead: overhead,
                limit: limit))
    }

    static let digest = Digest(words: [1, 2, 3, 4])

    static let wrong: [(ReplicationMessage, MessageFault)] = [
        (offer(0), .offer), (offer(1 << 53 + 1), .offer), (offer(bandwidth: 0), .offer),
        (offer(bandwidth: 1 << 50 + 1), .offer), (offer(latency: -1), .offer), (offer(ready: 1 << 50 + 1), .offer),
        (offer(overhead: -1), .offer), (offer(limit: -1), .offer), (offer(limit: .max), .offer),
        (.snapshot(admitted: 0, begun: 1, step: 0), .number(0)),
        (.snapshot(admitted: 1, begun: 1, step: -1), .number(-1)),
        (.snapshot(admitted: 3, begun: 2, step: 0), .number(2)),
        (.snapshot(admitted: 1, begun: 1, step: .max), .number(.max)), (.gone(step: -1), .number(-1)),
        (.pull(step: 0, shardSize: 0, shard: 0), .shardSize(0)),
        (.pull(step: 0, shardSize: 64 << 20 + 1, shard: 0), .shardSize(64 << 20 + 1)),
        (.pull(step: 0, shardSize: 1, shard: 1 << 24), .shard(1 << 24)),
        (.shard(step: 0, shardSize: 1, shard: -1), .shard(-1)),
        (.shard(step: 0, shardSize: 1, shard: .max), .shard(.max)),
        (.pullDigests(step: 0, shardSize: 1, first: 0, count: 0), .size(0)),
        (.pullDigests(step: 0, shardSize: 1, first: 0, count: .max), .size(.max)),
        (.pullDigests(step: 0, shardSize: 1, first: 1 << 24 - 1, count: 2), .shard(1 << 24 - 1)),
        (.digests(step: 0, shardSize: 1, first: 0, []), .size(0)),
        (.digests(step: 0, shardSize: 1, first: 0, Array(repeating: digest, count: 4097)), .size(4097)),
    ]

    @Test(arguments: wrong) func faultIsFoundAndRefused(_ message: ReplicationMessage, _ fault: MessageFault) {
        #expect(message.fault == fault)
        var receiver = Receiver(node: 1)
        _ = receiver.onLink(to: 2, isUp: true, at: 0)
        #expect(receiver.onMessage(message, from: 2, at: 0) == [.refused(fault, from: 2)])
        var server = Server(node: 1, stateBytes: 1)
        _ = server.onLink(to: 2, isUp: true, at: 0)
        #expect(server.onMessage(message, from: 2, at: 0) == [.refused(fault, from: 2)])
    }

    @Test(
        arguments: [
            .ask, offer(),
            offer(1 << 53, bandwidth: nil, latency: nil, ready: 1 << 50, overhead: 1 << 50, limit: 1 << 53),
            .refusal(.memory), .snapshot(admitted: 1, begun: 2, step: 0), .gone(step: 1 << 62),
            .pull(step: 0, shardSize: 64 << 20, shard: 1 << 24 - 1),
            .pullDigests(step: 0, shardSize: 1, first: 1 << 24 - 4096, count: 4096),
            .digests(step: 0, shardSize: 1, first: 0, [digest]),
        ] as [ReplicationMessage])
    func soundMessageHasNoFault(_ message: ReplicationMessage) { #expect(message.fault == nil) }
}
