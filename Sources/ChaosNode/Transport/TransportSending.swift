import ChaosProtocol
import ChaosWire
import Logging
import NIOCore

/// What waits to be sent, and in which order it goes.
extension Transport {
    /// Sends a message without a payload, or with one that is not worth a queue.
    func send(_ message: Message, to id: NodeID, payload: ByteBuffer? = nil) {
        guard let peer = peers[id], let control = peer.control else { return }
        do {
            var bytes = try frame(message, payload: payload?.readableBytes ?? 0)
            if var payload { bytes.writeBuffer(&payload) }
            peer.lightBytes += bytes.readableBytes
            peer.light.append(bytes)
        } catch {
            logger.error("a message that cannot be sent", metadata: ["peer": "\(id)", "error": "\(error)"])
        }
        if peer.lightBytes > Peer.mostLightBytes {
            control.close(because: "the peer does not read: \(peer.lightBytes) bytes wait", isFault: true)
        }
    }

    private func frame(_ message: Message, payload: Int) throws -> ByteBuffer {
        if payload == 0, let lastFrame, lastFrame.message == message { return lastFrame.bytes }
        let bytes = try Connection.frame(.message(message), payload: payload)
        if payload == 0 { lastFrame = (message, bytes) }
        return bytes
    }

    func send(_ message: ReductionMessage, _ payload: ByteBuffer, to id: NodeID) {
        guard let peer = peers[id], peer.control != nil else { return }
        peer.enqueue(.reduction(message), payload)
    }

    func send(_ shard: Peer.Shard, to id: NodeID) {
        guard let peer = peers[id], peer.control != nil else { return }
        peer.enqueue(shard)
        if peer.shardConnections.isEmpty { dialShards(peer) }
    }

    /// Drops the shards of a snapshot that wait.
    func dropShards(ofStep step: Int) { for peer in peers.values { peer.dropShards(ofStep: step) } }

    /// Sends what waits, as far as there is room.
    func pump() {
        for peer in peers.values {
            if !peer.light.isEmpty || !peer.heavy.isEmpty { peer.control?.pump() }
            if !peer.shards.isEmpty { for connection in peer.shardConnections { connection.pump() } }
        }
    }

    func nextPiece(for connection: Connection) -> [ByteBuffer]? {
        guard let id = connection.peer, let peer = peers[id] else { return nil }
        switch connection.lane {
        case .control:
            guard connection === peer.control else { return nil }
            if let light = peer.light.popFirst() {
                peer.lightBytes -= light.readableBytes
                return [light]
            }
            guard let heavy = peer.popHeavy(),
                let head = try? Connection.frame(.message(heavy.message), payload: heavy.payload.readableBytes)
            else { return nil }
            return [head, heavy.payload]
        case .shards: return nextShardPiece(of: peer, for: connection)
        }
    }

    /// Of a shard that is on its way the next piece, or the first of another one.
    private func nextShardPiece(of peer: Peer, for connection: Connection) -> [ByteBuffer]? {
        guard let piece = connection.piece ?? readPiece(of: peer, for: connection) else { return nil }
        connection.piece = piece
        if peer.limit != nil {
            let now = Clock.now
            if connection.bookedAt == nil {
                let due = peer.limit!.book(piece.readableBytes, at: now)
                connection.bookedAt = due
                if due > now { connection.timer = loop.schedule(at: due) { [weak connection] in connection?.pump() } }
            }
            guard let due = connection.bookedAt, due <= now else { return nil }
            connection.bookedAt = nil
        }
        connection.piece = nil
        return [piece]
    }

    /// A piece of a size that suits the limit, or without one the processor's cache.
    private func readPiece(of peer: Peer, for connection: Connection) -> ByteBuffer? {
        guard var reader = connection.reader else {
            guard let (head, reader) = nextShard(of: peer) else { return nil }
            connection.reader = reader
            return head
        }
        guard let piece = reader.next(atMost: peer.limit == nil ? 256 << 10 : 128 << 10, in: &pieces) else {
            // A frame that has begun cannot be given up otherwise.
            connection.close(because: "the snapshot cannot be read", isFault: false)
            return nil
        }
        connection.reader = reader.rest.isEmpty ? nil : reader
        return piece
    }

    /// The head of the next shard that is there, and what reads its bytes.
    private func nextShard(of peer: Peer) -> (ByteBuffer, ShardReader)? {
        while let next = peer.shards.first {
            switch owner.bytes(of: next) {
            case .pending: return nil
            case .gone: _ = peer.popShard()
            case .ready(let reader):
                _ = peer.popShard()
                let message = Message.replication(.shard(step: next.step, shardSize: next.size, shard: next.shard))
                guard let head = try? Connection.frame(.message(message), payload: reader.rest.count) else { continue }
                return (head, reader)
            }
        }
        return nil
    }
}

extension ByteBuffer {
    /// Slices of at most `most` bytes.
    func cut(to most: Int) -> [ByteBuffer] {
        if readableBytes <= most { return [self] }
        return stride(from: 0, to: readableBytes, by: most).map {
            getSlice(at: readerIndex + $0, length: Swift.min(most, readableBytes - $0))!
        }
    }
}
