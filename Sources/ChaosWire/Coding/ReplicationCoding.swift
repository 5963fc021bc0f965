import ChaosProtocol
import Foundation

extension ProtoReplication {
    init(_ message: ReplicationMessage) {
        switch message {
        case .ask: ask = ProtoAsk()
        case .offer(let offer): self.offer = ProtoOffer(offer)
        case .refusal(let refusal): self.refusal = ProtoRefusal(refusal)
        case .snapshot(let admitted, let begun, let step):
            snapshot = .with {
                ($0.admitted, $0.begun, $0.step) = (UInt64(sent: admitted), UInt64(sent: begun), UInt64(sent: step))
            }
        case .pullDigests(let step, let shardSize, let first, let count):
            pullDigests = .with {
                ($0.step, $0.shardSize) = (UInt64(sent: step), UInt64(sent: shardSize))
                ($0.first, $0.count) = (UInt64(sent: first), UInt64(sent: count))
            }
        case .digests(let step, let shardSize, let first, let digests):
            self.digests = .with {
                ($0.step, $0.shardSize, $0.first) = (UInt64(sent: step), UInt64(sent: shardSize), UInt64(sent: first))
                $0.digests = Data(digests.flatMap(\.bytes))
            }
        case .pull(let step, let shardSize, let shard):
            pull = .with {
                ($0.step, $0.shardSize, $0.shard) = (UInt64(sent: step), UInt64(sent: shardSize), UInt64(sent: shard))
            }
        case .shard(let step, let shardSize, let shard):
            self.shard = .with {
                ($0.step, $0.shardSize, $0.shard) = (UInt64(sent: step), UInt64(sent: shardSize), UInt64(sent: shard))
            }
        case .gone(let step): gone = .with { $0.step = UInt64(sent: step) }
        }
    }

    func message() throws(WireFault) -> ReplicationMessage {
        switch kind {
        case .ask: return .ask
        case .offer(let offer): return .offer(try within("offer", offer.offer))
        case .refusal(let refusal): return .refusal(try within("refusal", refusal.refusal))
        case .snapshot(let snapshot):
            return try within("snapshot") { () throws(WireFault) in
                .snapshot(
                    admitted: try snapshot.admitted.number("admitted", WireRange.number),
                    begun: try snapshot.begun.number("begun", WireRange.number),
                    step: try snapshot.step.number("step", WireRange.numberOrNone))
            }
        case .pullDigests(let pull):
            return try within("pull_digests") { () throws(WireFault) in
                .pullDigests(
                    step: try pull.step.number("step", WireRange.numberOrNone),
                    shardSize: try pull.shardSize.number("shard_size", WireRange.someBytes),
                    first: try pull.first.number("first", WireRange.bytes),
                    count: try pull.count.number("count", 1...WireRange.mostEntries))
            }
        case .digests(let digests): return try within("digests", digests.message)
        case .pull(let pull):
            return try within("pull") { () throws(WireFault) in
                .pull(
                    step: try pull.step.number("step", WireRange.numberOrNone),
                    shardSize: try pull.shardSize.number("shard_size", WireRange.someBytes),
                    shard: try pull.shard.number("shard", WireRange.bytes))
            }
        case .shard(let shard):
            return try within("shard") { () throws(WireFault) in
                .shard(
                    step: try shard.step.number("step", WireRange.numberOrNone),
                    shardSize: try shard.shardSize.number("shard_size", WireRange.someBytes),
                    shard: try shard.shard.number("shard", WireRange.bytes))
            }
        case .gone(let gone):
            return .gone(
                step: try within("gone") { () throws(WireFault) in try gone.step.number("step", WireRange.numberOrNone)
                }
            )
        case nil: throw WireFault("kind", .missing)
        }
    }
}

extension ProtoOffer {
    init(_ offer: Offer) {
        stateBytes = UInt64(sent: offer.stateBytes)
        if let rate = offer.bandwidth { bandwidth = UInt64(sent: rate) }
        if let time = offer.latency { latency = UInt64(sent: time) }
        ready = UInt64(sent: offer.ready)
        overhead = UInt64(sent: offer.overhead)
        if let bytes = offer.limit { limit = UInt64(sent: bytes) }
    }

    func offer() throws(WireFault) -> Offer {
        Offer(
            stateBytes: try stateBytes.number("state_bytes", WireRange.someBytes),
            bandwidth: hasBandwidth ? try bandwidth.number("bandwidth", 1...MessageLimits.greatestQuantity) : nil,
            latency: hasLatency ? try latency.number("latency", WireRange.quantity) : nil,
            ready: try ready.number("ready", WireRange.quantity),
            overhead: try overhead.number("overhead", WireRange.quantity),
            limit: hasLimit ? try limit.number("limit", WireRange.bytes) : nil)
    }
}

extension ProtoRefusal {
    init(_ refusal: Refusal) {
        self =
            switch refusal {
            case .policy: .policy
            case .memory: .memory
            case .noState: .noState
            }
    }

    func refusal() throws(WireFault) -> Refusal {
        switch self {
        case .policy: return .policy
        case .memory: return .memory
        case .noState: return .noState
        case .unspecified, .UNRECOGNIZED: throw WireFault("", .unknownValue(rawValue))
        }
    }
}

extension ProtoDigests {
    func message() throws(WireFault) -> ReplicationMessage {
        let count = digests.count / 32
        try checkCount(count, "digests", in: 0...WireRange.mostEntries)
        try checkCount(digests.count, "digests", in: count * 32...count * 32)
        return .digests(
            step: try step.number("step", WireRange.numberOrNone),
            shardSize: try shardSize.number("shard_size", WireRange.someBytes),
            first: try first.number("first", WireRange.bytes),
            (0..<count).map {
                Digest(bytes: digests[digests.startIndex + 32 * $0..<digests.startIndex + 32 * $0 + 32])!
            })
    }
}
