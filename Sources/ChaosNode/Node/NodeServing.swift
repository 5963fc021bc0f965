import ChaosProtocol
import NIOCore

/// How a member serves with its snapshots.
extension Node {
    func sendDigests(_ step: Int, _ size: Int, _ shards: Range<Int>, to peer: NodeID) {
        guard let snapshot = snapshots[step] else {
            return snapshots.whenReady(step) { self.sendDigests(step, size, shards, to: peer) }
        }
        let lies = misbehavior.lies
        hashing.async { [loop, weak self] in
            let digests = shards.compactMap { snapshot.digest(ofShard: $0, size: size, lies: lies) }
            guard digests.count == shards.count else { return }
            loop.execute { [weak self] in
                guard let self, !self.hasEnded else { return }
                let message = ReplicationMessage.digests(
                    step: step, shardSize: size, first: shards.lowerBound, digests)
                self.transport.send(.replication(message), to: peer)
                self.transport.pump()
            }
        }
    }

    func bytes(of shard: Peer.Shard) -> ShardBytes {
        guard let snapshot = snapshots[shard.step] else {
            return snapshots.isPending(shard.step) ? .pending : .gone
        }
        guard let range = snapshot.range(ofShard: shard.shard, size: shard.size) else { return .gone }
        meters.bytesServed.increment(by: range.count)
        return .ready(ShardReader(snapshot, range, lies: misbehavior.lies))
    }
}
