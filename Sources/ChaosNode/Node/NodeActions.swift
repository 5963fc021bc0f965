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
        case .dial(let places): transport.keepLinks(to: places)
        case .released: end(.left(isReleased: true))
        case .engine(let action): order(action, now)
        case .freeSnapshot(let step):
            snapshots.free(step)
            transport.dropShards(ofStep: step)
            journal?.write(.snapshotFreed(step: step), at: now)
            turn.later.append { self.noteMemory() }
        case .sendDigests(let step, let size, let first, let count, let peer):
            sendDigests(step, size, first..<first + count, to: peer)
        case .link(let peer, let isUp):
            transport.peers[peer]?.isUp = isUp
            journal?.write(isUp ? .linkUp(peer: peer) : .linkDown(peer: peer), at: now)
            logger.info(isUp ? "link up" : "link down", metadata: ["peer": "\(peer)"])
        case .install(let view):
            viewAtHand = view.number
            journal?.write(.installed(view), at: now)
            meters.noteView(view)
            forgetInstitutions()
            logger.info("view", metadata: ["view": "\(view)"])
        case .halt:
            journal?.write(.halted, at: now)
            logger.warning("no quorum: training stops")
        case .proceed:
            journal?.write(.proceeded, at: now)
            logger.notice("quorum again: training goes on")
        case .introduced(let claim): identify(claim)
        case .otherEpoch(let view):
            let name = View.name(ofEpoch: view.epoch)
            journal?.write(.news("epoch \(name), which this node does not follow"), at: now)
            logger.critical(
                """
                TWO CLUSTERS: an operator has let others go on without this node, which goes on as well. Stop the nodes of the \
                one that is not wanted; started again, they join the other
                """,
                metadata: [
                    "epoch": "\(View.name(ofEpoch: view.epoch))", "members": "\(view.members.count)",
                ])
        case .tell(let news): note(news, now)
        case .refused(let fault, let peer):
            journal?.write(.refused(from: peer, fault: "\(fault)"), at: now)
            logger.warning("message refused", metadata: ["peer": "\(peer)", "fault": "\(fault)"])
            switch fault {
            // Who is correct passes on only what it has checked.
            case .forged, .claim: transport.disconnect(peer)
            default: break
            }
        }
    }

    /// Keeps an action for the engine, and what it means for the rest of the node.
    private func order(_ action: EngineAction, _ now: Int) {
        var note = EngineNote(time: now, view: viewAtHand)
        switch action {
        case .compute(_, let step, _, _):
            if let endStep = setup.endStep, step >= endStep {
                progress.isFinished = true
                return orders.append(.stop, note: note)
            }
            progress.begin(step)
            note.members = cluster.reduction.view?.members.count ?? 1
        case .sum(let step, _, _, isTotal: true):
            if progress.noteSummed(step, of: config.chunks) {
                journal?.write(.summed(view: cluster.negotiation.view?.era ?? viewAtHand, step: step), at: now)
            }
        case .apply: note.idleTime = cluster.reduction.idleTime(at: now)
        case .forget: journal?.write(.forgot, at: now)
        case .takeSnapshot(let step):
            snapshots.begin(step)
            journal?.write(.snapshotTaken(step: step), at: now)
            turn.later.append { self.noteMemory() }
        case .makeRoom(let step, let bytes): beginTransfer(step, bytes, now)
        case .write: if let payload = turn.payload { meters.bytesWritten.increment(by: payload.readableBytes) }
        case .complete:
            note.admitted = admission
            endTransfer(isComplete: true, now)
            transport.shardPayloads.empty()
        case .stop, .keep, .sum, .send, .store, .release, .begun: break
        }
        orders.append(action, payload: turn.payload, note: note)
    }

    private func send(_ message: Message, to peer: NodeID, _ now: Int) {
        switch message {
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
        case .snapshot(let admitted, _, let step):
            // Whoever is told pulls at once, and takes a neighbour that is still copying for a slow one.
            guard snapshots[step] != nil else {
                snapshots.whenReady(step) { self.send(message, to: peer, Clock.now) }
                return
            }
            journal?.write(.announced(learner: peer, admitted: admitted, step: step), at: now)
        default: break
        }
        transport.send(.replication(message), to: peer)
    }
}
