import ChaosControl
import ChaosProtocol
import ChaosTraining
import Logging
import NIOCore

/// How events reach the protocol, one after another, and what comes of them the engine and the connections.
extension Node {
    /// The event at hand.
    struct Turn {
        /// Whether its actions are being carried out.
        var isActing = false
        /// The payload of the message at hand.
        var payload: ByteBuffer?
        /// Events that have come up meanwhile.
        var later = CircularBuffer<() -> Void>()
    }

    /// Tells the protocol an event and carries out what it says. An event that comes up meanwhile waits.
    func act(
        with payload: ByteBuffer? = nil, _ event: @escaping (inout ClusterNode, Int) -> [ClusterNode.Action]
    ) {
        guard !hasEnded else { return }
        guard !turn.isActing else { return turn.later.append { self.act(with: payload, event) } }
        turn.isActing = true
        turn.payload = payload
        for action in event(&cluster, transport.readAt ?? Clock.now) where !hasEnded { carryOut(action) }
        turn.payload = nil
        turn.isActing = false
        if let next = turn.later.popFirst() { next() } else if transport.readAt == nil { handOver() }
    }

    /// Gives the engine and the connections what has been collected for them. After several events at once: to wake a
    /// thread or to call the kernel costs more than most events.
    func handOver() {
        guard !hasEnded else { return }
        if !orders.isEmpty {
            engine.perform(orders)
            orders.removeAll()
        }
        transport.pump()
    }

    /// An earlier time that is set already stays: the protocol then says when it would really be woken, which is cheaper
    /// than another time with every message.
    func setWake(at time: Int) {
        if let wake, wake.time <= time { return }
        wake?.task.cancel()
        let task = loop.schedule(at: time) { [weak self] in
            self?.wake = nil
            self?.act { $0.onWake(at: $1) }
        }
        wake = (time, task)
    }

    func onEngineEvents(_ events: [EngineEvent]) {
        guard !hasEnded else { return }
        for event in events {
            switch event {
            case .send(let message, let bytes, let peer): transport.send(message, bytes, to: peer)
            case .gradient(let share, let wait):
                guard wait > 0 else {
                    tellGradient(share)
                    break
                }
                _ = loop.schedule(at: Clock.now + wait) { [weak self] in self?.tellGradient(share) }
            case .applied(let step, let loss):
                progress.loss = loss ?? progress.loss
                meters.noteApplied(step, loss)
                if step + 1 == setup.endStep { logger.notice("all steps are done", metadata: ["steps": "\(step + 1)"]) }
            case .evaluated(let step, let report):
                progress.test = report
                meters.noteTest(report)
                logger.info(
                    "tested",
                    metadata: ["step": "\(step)", "loss": "\(report.loss)", "accuracy": "\(report.accuracy)"])
            case .digest(let step, let digest): progress.digest = (step, digest)
            case .snapshot(let snapshot):
                for send in snapshots.insert(snapshot) { send() }
            case .written(let payloads):
                for payload in payloads { transport.noteWritten(payload) }
                if cluster.pulling == nil { transport.shardPayloads.empty() }
            case .kept(let step, let fault):
                if fault == nil { progress.checkpoint = step }
                troubles.note("checkpoint", fault)
            case .attached(let name):
                journal?.write(.news("engine attached: \(name)"), at: Clock.now)
                hasEngine = true
                noteEngine()
            case .detached(let reason):
                journal?.write(.news("engine detached: \(reason)"), at: Clock.now)
                hasEngine = false
                noteEngine()
            case .failed(let reason): end(.failed(reason))
            }
        }
        transport.pump()
    }

    private func tellGradient(_ share: ComputedShare) {
        // Of a computation that was given up meanwhile nobody hears.
        if cluster.reduction.view?.era == share.view {
            journal?.write(
                .computed(
                    view: share.view, step: share.step, positions: share.positions, added: share.added,
                    computeTime: share.computeTime), at: Clock.now)
        }
        if share.samples > 0 { meters.noteComputed(share.samples, share.computeTime) }
        act {
            $0.onGradient(
                view: share.view, step: share.step, samples: share.samples, computeTime: share.computeTime, at: $1)
        }
    }

    func noteMemory() {
        let free = (setup.settings.policy.mostSnapshots - snapshots.count) * setup.settings.stateBytes
        act { $0.onMemory(free: max(0, free), at: $1) }
    }
}
