import ChaosControl
import ChaosProtocol
import Logging
import NIOCore

/// How a node carries out what the protocol says.
extension Node {
    private static let zeros = ByteBuffer(repeating: 0, count: MessageLimits.probe)

    func carryOut(_ action: ClusterNode.Action) {
        let now = Clock.now
        switch action {
        case .send(let message, let peer): send(message, to: peer, now)
        case .wake(let time): setWake(at: time)
        case .disconnect(let peer): transport.disconnect(peer)
        case .released: end(.left(isReleased: true))
        case .begun(let view, let step): commands.append(.begun(view: view, step: step, at: now))
        case .compute(let view, let step, let positions):
            if let endStep, step >= endStep {
                isFinished = true
                commands.append(.stop)
            } else {
                summed = (step, 0)
                commands.append(.compute(view: view, step: step, positions: positions))
            }
        case .stop: commands.append(.stop)
        case .keep(let chunk, let child):
            if let payload { commands.append(.keep(chunk: chunk, from: child, payload)) }
        case .sum(let step, let chunk, let children, let isTotal):
            commands.append(.sum(step: step, chunk: chunk, of: children, isTotal: isTotal))
            if isTotal { noteSummed(step, now) }
        case .store(let step, let chunk):
            if let payload { commands.append(.store(step: step, chunk: chunk, payload)) }
        case .apply(let step):
            commands.append(
                .apply(
                    view: view, step: step,
                    idleTime: cluster.reduction.idleTime(at: now),
                    at: now))
        case .release(let step): commands.append(.release(step: step))
        case .forget:
            commands.append(.forget)
            journal?.write(.forgot, at: now)
        case .takeSnapshot(let step):
            pendingSnapshots.insert(step)
            commands.append(.takeSnapshot(step: step))
            journal?.write(.snapshotTaken(step: step), at: now)
            later.append { self.noteMemory() }
        case .freeSnapshot(let step):
            snapshots[step] = nil
            pendingSnapshots.remove(step)
            awaitingSnapshot[step] = nil
            transport.dropShards(ofStep: step)
            journal?.write(.snapshotFreed(step: step), at: now)
            later.append { self.noteMemory() }
        case .sendDigests(let step, let size, let first, let count, let peer):
            sendDigests(step, size, first..<first + count, to: peer)
        case .makeRoom(let step, let bytes):
            commands.append(.makeRoom(step: step, stateBytes: bytes))
            beginTransfer(step, bytes, now)
        case .write(let shard, let size, _):
            if let payload {
                commands.append(.write(offset: shard * size, payload))
                meters.bytesWritten.increment(by: payload.readableBytes)
            }
        case .complete(let step):
            let admitted = admission
            commands.append(.complete(admitted: admitted, step: step, at: now))
            endTransfer(isComplete: true, now)
        case .link(let peer, let isUp):
            transport.peers[peer]?.isUp = isUp
            journal?.write(isUp ? .linkUp(peer: peer) : .linkDown(peer: peer), at: now)
            logger.info(isUp ? "link up" : "link down", metadata: ["peer": "\(peer)"])
        case .install(let view):
            self.view = view.number
            journal?.write(.installed(view), at: now)
            meters.noteView(view)
            logger.info("view", metadata: ["view": "\(view)"])
        case .halt:
            journal?.write(.halted, at: now)
            logger.warning("no quorum: training stops")
        case .proceed:
            journal?.write(.proceeded, at: now)
            logger.notice("quorum again: training goes on")
        case .tell(let news): take(news, now)
        case .refused(let fault, let peer):
            journal?.write(.refused(from: peer, fault: "\(fault)"), at: now)
            logger.warning("message refused", metadata: ["peer": "\(peer)", "fault": "\(fault)"])
        }
    }

    /// The root has a chunk of the total.
    private func noteSummed(_ step: Int, _ now: Int) {
        if summed.step != step { summed = (step, 0) }
        summed.chunks += 1
        if summed.chunks == config.chunks { journal?.write(.summed(view: view, step: step), at: now) }
    }

    private func send(_ message: Message, to peer: NodeID, _ now: Int) {
        switch message {
        case .reduction(let reduction):
            switch reduction {
            case .partial, .total: commands.append(.send(reduction, to: peer))
            default: transport.send(message, to: peer)
            }
        case .replication(let replication): send(replication, to: peer, now)
        case .monitor(.probe(_, _, let bytes)):
            transport.send(message, to: peer, payload: Self.zeros.getSlice(at: 0, length: bytes))
        default: transport.send(message, to: peer)
        }
    }

    private func send(_ message: ReplicationMessage, to peer: NodeID, _ now: Int) {
        switch message {
        case .shard(let step, let size, let shard):
            return transport.send(Peer.Shard(step: step, size: size, shard: shard), to: peer)
        case .pull(let step, let size, let shard):
            journal?.write(.pulled(step: step, shardSize: size, shard: shard, from: peer), at: now)
            transport.peers[peer].map(transport.dialShards)
        case .snapshot(let admitted, let step):
            // Whoever is told pulls at once, and takes a neighbour that is still copying for a slow one.
            guard snapshots[step] != nil else {
                whenTaken(step) { self.send(message, to: peer, Clock.now) }
                return
            }
            journal?.write(.announced(learner: peer, admitted: admitted, step: step), at: now)
        default: break
        }
        transport.send(.replication(message), to: peer)
    }
}
