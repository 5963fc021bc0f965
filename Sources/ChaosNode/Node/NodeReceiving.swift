import ChaosProtocol
import NIOCore

/// What comes from the transport.
extension Node: TransportOwner {
    func onConnected(to peer: NodeID, claim: Claim?) { act { $0.onConnected(to: peer, claim: claim, at: $1) } }

    func onReceivedTogether() { handOver() }

    func onRefusal() { meters.refusedConnections.increment() }

    func onClosed(to peer: NodeID) {
        refusals[peer] = nil
        act { $0.onClosed(to: peer, at: $1) }
        endIfAlone()
    }

    func onShardConnectionClosed(to peer: NodeID) { act { $0.onShardConnectionClosed(to: peer, at: $1) } }

    func check(_ message: Message, payload bytes: Int, from peer: NodeID) throws {
        switch message {
        case .reduction(.partial(_, _, let chunk, _)), .reduction(.total(_, _, let chunk, _)):
            guard chunk < config.chunks else {
                throw Refused("chunk \(chunk); allowed: 0 … \(config.chunks - 1)")
            }
            let expected = engine.wire.bytes(ofChunk: chunk)
            guard bytes == expected else {
                throw Refused("\(bytes) bytes for chunk \(chunk); allowed: \(expected)")
            }
        case .replication(.shard(_, let size, _)):
            guard bytes <= size else { throw Refused("\(bytes) bytes in a shard of \(size)") }
        default: break
        }
    }

    func onMessage(_ message: Message, _ payload: ByteBuffer?, from peer: NodeID, duration: Int?) {
        switch message {
        case .replication(.shard(let step, let size, let shard)):
            return verify(message, payload ?? ByteBuffer(), from: peer, duration, (step, size, shard))
        case .replication(.offer(let offer)) where cluster.receiver.phase == .asking:
            journal?.write(.offered(by: peer, offer), at: Clock.now)
        case .replication(.refusal(let refusal)) where cluster.receiver.phase == .asking:
            journal?.write(.withheld(by: peer, refusal), at: Clock.now)
            refusals[peer] = refusal
        default: break
        }
        let known = payload.map { Payload(bytes: $0.readableBytes, duration: duration) }
        act(with: payload) { $0.onMessage(message, payload: known, from: peer, at: $1) }
    }

    /// Computes the digest of a shard, and only then tells the protocol that it has come.
    private func verify(
        _ message: Message, _ payload: ByteBuffer, from peer: NodeID, _ duration: Int?,
        _ shard: (step: Int, size: Int, index: Int)
    ) {
        transport.noteUnwritten(payload)
        hashing.async { [loop, weak self] in
            let digest = Digest(of: payload)
            loop.execute { [weak self] in
                guard let self, !self.hasEnded else { return }
                let known = Payload(bytes: payload.readableBytes, digest: digest, duration: duration)
                self.act(with: payload) { cluster, now in
                    let actions = cluster.onMessage(message, payload: known, from: peer, at: now)
                    if !actions.contains(where: \.isWrite) {
                        self.transport.noteWritten(payload)
                    } else {
                        self.journal?.write(
                            .written(step: shard.step, shardSize: shard.size, shard: shard.index, from: peer), at: now)
                    }
                    return actions
                }
            }
        }
    }
}

extension ClusterNode.Action {
    fileprivate var isWrite: Bool {
        if case .engine(.write) = self { return true }
        return false
    }
}
