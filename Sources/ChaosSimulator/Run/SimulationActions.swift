import ChaosJudgement
import ChaosProtocol

/// How a simulated node carries out what the protocol says.
extension Simulation {
    /// An event of a node, what it does by it, and the invariants that concern it. One that is paused gets it later.
    mutating func act(
        _ slot: Int, _ event: Event? = nil, parcel: Parcel? = nil,
        _ call: (inout ClusterNode, Int) -> [ClusterNode.Action]
    ) throws(Violation) {
        guard nodes[slot].isAlive else { return }
        if nodes[slot].held != nil, let event {
            nodes[slot].held?.append(event)
            return
        }
        let (actions, broken) = Self.call(call, &nodes[slot].protocolNode, now)
        if let broken {
            throw Violation(invariant: .consistency, finding: "\(nodes[slot].id): \(broken)", time: now)
        }
        for action in actions where !outcome.isDeceived {
            observe?(now, .action(nodes[slot].id, action))
            do {
                try carryOut(action, slot, parcel)
            } catch let finding as VirtualTrainer.Finding {
                throw Violation(
                    invariant: finding.invariant, finding: "\(nodes[slot].id) \(finding.text)", time: now)
            } catch {
                throw error as! Violation
            }
        }
        try checkIdleness(at: slot, now)
        try record.acted(nodes[slot].id, at: now)
    }

    /// What a node does, and the sentence about it that does not hold afterwards; in place, for a node is dear to copy.
    private static func call(
        _ body: (inout ClusterNode, Int) -> [ClusterNode.Action], _ node: inout ClusterNode, _ time: Int
    ) -> (actions: [ClusterNode.Action], broken: String?) { (body(&node, time), node.brokenSentence) }

    private mutating func carryOut(_ action: ClusterNode.Action, _ slot: Int, _ parcel: Parcel?) throws {
        let id = nodes[slot].id
        switch action {
        case .send(let message, let peer): try send(message, from: slot, to: peer)
        case .wake(let time):
            nodes[slot].wakeAt = max(time, now)
            schedule(.wake(slot), after: max(0, time - now))
        case .disconnect(let peer):
            schedule(.notice(Link(id, peer), at: slot), after: random.int(0...scenario.network.failureBound))
        case .dial(let places): note(slot, dials: places.keys)
        case .introduced: break
        case .otherEpoch: break
        case .released: stop(slot)
        case .engine(let action): try carryOut(action, slot, parcel)
        case .freeSnapshot(let step):
            try checkFreed(step, at: slot, now)
            nodes[slot].trainer.freeSnapshot(step: step)
        case .sendDigests(let step, let size, let first, let count, let peer):
            let digests = try (first..<first + count).map {
                try shard(step, size, $0, of: slot).digest(size, $0)
            }
            try send(
                .replication(.digests(step: step, shardSize: size, first: first, digests)), from: slot, to: peer)
        case .link(let peer, let isUp): nodes[slot].pullObservation.noteLink(to: peer, isUp: isUp, now)
        case .tell(.abandoned(.noNeighborLeft)): try checkGivenUp(by: slot, now)
        case .tell: break
        case .halt: record.halted(id)
        case .proceed: record.proceeded(id)
        case .install(let view): try record.installed(view, by: id, at: now)
        case .refused(let fault, let peer):
            if slots[peer].map({ nodes[$0].lies || nodes[$0].forges }) != true {
                throw Violation(
                    invariant: .correctMessages, finding: "\(id) refused from \(peer): \(fault)", time: now)
            }
        }
    }

    private mutating func carryOut(_ action: EngineAction, _ slot: Int, _ parcel: Parcel?) throws {
        let id = nodes[slot].id
        switch action {
        case .begun(let view, let step):
            try record.begun(view, with: step, state: nodes[slot].trainer.state, by: id, at: now)
        case .compute(let view, let step, let positions, let isAdded):
            let part = SymbolicSum.Part(node: id, view: view, step: step, positions: positions)
            let end = nodes[slot].trainer.compute(
                part, isAdded: isAdded, for: computeTime(of: positions.count, at: slot), at: now)
            let awaited = nodes[slot].trainer.awaited
            try record.computes(
                Contribution(id, nodes[slot].trainer.positions), added: positions, awaited: awaited, of: step, in: view,
                at: now)
            schedule(
                .gradient(
                    slot, computation: nodes[slot].trainer.computation, view: view, step: step,
                    samples: awaited.count, time: computeTime(of: awaited.count, at: slot)), after: end - now)
        case .stop: nodes[slot].trainer.stop()
        case .keep(let step, let chunk, let child):
            if case .sum(let sum)? = parcel?.load {
                nodes[slot].trainer.keep(sum, step: step, chunk: chunk, from: child)
            }
        case .sum(let step, let chunk, let children, let isTotal):
            try nodes[slot].trainer.sum(step: step, chunk: chunk, of: children, isTotal: isTotal)
            if isTotal { try checkAuthors(ofStep: step, chunk, at: slot) }
        case .store(let step, let chunk):
            if case .sum(let sum)? = parcel?.load { nodes[slot].trainer.store(sum, step: step, chunk: chunk) }
        case .apply(let step, let samples):
            let reduction = scenario.settings.reduction
            let batch = reduction.batch(ofStep: step)
            try nodes[slot].trainer.apply(
                step: step, chunks: reduction.chunks, samples: samples, of: batch, reduction.lost, whole: &wholeSums)
            outcome.updates += 1
            try record.applied(step, state: nodes[slot].trainer.state, by: id, at: now)
        case .release(let step): nodes[slot].trainer.release(step: step)
        case .forget:
            record.forgot(id)
            nodes[slot].trainer.forget()
        case .takeSnapshot(let step): try nodes[slot].trainer.takeSnapshot(step: step)
        case .send(let message, let peer): try send(.reduction(message), from: slot, to: peer)
        case .makeRoom(let step, let bytes):
            nodes[slot].pullObservation.begin(
                admitted: nodes[slot].protocolNode.pulling?.admitted ?? 0, step: step,
                from: nodes[slot].protocolNode.sources, now)
            nodes[slot].trainer.makeRoom(stateBytes: bytes)
        case .write(let index, let size, _):
            if case .shard(let shard)? = parcel?.load {
                if holdsForGood(index, slot) {
                    throw Violation(
                        invariant: .pulledOnce, finding: "\(id) writes shard \(index) again, which was right", time: now
                    )
                }
                nodes[slot].trainer.write(shard, at: index, shardSize: size)
            }
        case .complete(let step):
            outcome.isDeceived = isDeceived(slot, by: step)
            if outcome.isDeceived { return }
            try nodes[slot].trainer.complete(step: step)
            outcome.transfers += 1
            try record.completed(step, state: nodes[slot].trainer.state, by: id, at: now)
        }
    }

    private func computeTime(of samples: Int, at slot: Int) -> Int {
        let speed = scenario.speeds[nodes[slot].id] ?? scenario.training.samplesPerSecond
        return samples * 1_000_000_000 / speed * nodes[slot].slowness
    }

    func shard(_ step: Int, _ size: Int, _ index: Int, of slot: Int) throws -> VirtualTrainer.Shard {
        let bytes = min(size, scenario.training.stateBytes - index * size)
        return VirtualTrainer.Shard(
            state: try nodes[slot].trainer.snapshot(step), isWrong: nodes[slot].lies, bytes: bytes)
    }

    /// Whether a joiner takes a wrong state because it may be deceived. Then the protocol promises nothing more.
    private func isDeceived(_ slot: Int, by step: Int) -> Bool {
        nodes[slot].trainer.received.values.contains(where: \.isWrong) && mayBeDeceived(slot, by: step)
    }

    /// Whether a joiner knows a liar and fewer than two honest neighbours that could tell it what is right, or two that
    /// lie, which do it alike.
    func mayBeDeceived(_ slot: Int, by step: Int) -> Bool {
        let sources = nodes[slot].protocolNode.sources
        let liars = nodes.count { sources.contains($0.id) && $0.lies }
        guard liars > 0 else { return false }
        let honest = nodes.filter { other in
            sources.contains(other.id) && !other.lies && other.isAlive && other.trainer.snapshots[step] != nil
                && other.id != nodes[slot].id
                && network.carries(Link(other.id, nodes[slot].id))
        }
        return honest.count < 2 || liars > 1
    }
}
