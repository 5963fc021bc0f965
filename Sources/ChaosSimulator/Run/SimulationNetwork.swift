import ChaosJudgement
import ChaosModel
import ChaosProtocol
import ChaosScenario

/// How messages travel in a simulation.
extension Simulation {
    mutating func send(_ message: Message, from slot: Int, to peer: NodeID) throws {
        outcome.messages += 1
        guard let destination = slots[peer] else { return }
        let link = Link(nodes[slot].id, peer)
        let epoch = network.epoch(of: link)
        var parcel = Parcel(
            message: message, load: .none, source: slot, destination: destination, cuts: epoch ?? 0)
        switch message {
        case .reduction(.partial(_, _, let chunk, _)):
            parcel = load(parcel, .sum(try nodes[slot].trainer.partial(chunk)), chunkBytes)
        case .reduction(.total(_, let step, let chunk, _)):
            parcel = load(parcel, .sum(try nodes[slot].trainer.update(step, chunk)), chunkBytes)
        case .replication(.shard(let step, let size, let index)):
            let shard = try shard(step, size, index, of: slot)
            parcel = load(parcel, .shard(shard), shard.bytes)
        case .replication(.snapshot(let admitted, _, let step)): nodes[slot].told[peer] = (admitted, step)
        case .replication(.pull(_, let size, let index)):
            pulled.insert(index)
            nodes[slot].pullObservation.outstanding[peer, default: []].insert(index)
            try checkPull(of: index, size, by: slot, now)
        case .monitor(.probe(_, _, let bytes)): parcel = load(parcel, .probe, bytes)
        default: break
        }
        guard epoch != nil else { return }
        // What still waits to be sent is not sent again, or asking for what is late would make it later.
        guard parcel.bytes == 0 || !nodes[slot].queued.contains(QueuedPayload(message: message, destination: peer))
        else { return }
        if nodes[slot].forges {
            for forged in forgeries(of: message, by: slot) {
                transmit(
                    Parcel(
                        message: forged, load: .none, source: slot, destination: destination, cuts: parcel.cuts),
                    over: link)
            }
        }
        transmit(parcel, over: link)
    }

    private var chunkBytes: Int { max(1, scenario.training.gradientBytes / scenario.settings.reduction.chunks) }

    private func load(_ parcel: Parcel, _ load: Load, _ bytes: Int) -> Parcel {
        Parcel(
            message: parcel.message, load: load, source: parcel.source, destination: parcel.destination,
            cuts: parcel.cuts, bytes: bytes, sentAt: now)
    }

    private mutating func transmit(_ parcel: Parcel, over link: Link) {
        let conditions = scenario.network
        let (source, destination) = (nodes[parcel.source].id, nodes[parcel.destination].id)
        var copies = 1
        if !isCalm, conditions.loss > 0 || conditions.duplication > 0 {
            if random.int(1...1000) <= loss(from: source, to: destination) { copies -= 1 }
            if random.int(1...1000) <= conditions.duplication { copies += 1 }
        }
        for _ in 0..<copies {
            if parcel.bytes > 0 {
                outcome.bytes += parcel.bytes
                nodes[parcel.source].bytesSent += parcel.bytes
                nodes[parcel.source].queued.insert(QueuedPayload(message: parcel.message, destination: destination))
                payloads.send(parcel, from: source, to: destination, at: now)
                armPayloads()
            } else {
                let delay = random.int(conditions.leastDelay...max(conditions.leastDelay, conditions.mostDelay))
                schedule(.deliver(parcel), after: delay + payloads.latency(of: link))
            }
        }
    }

    /// What is on a link is lost.
    mutating func drop(_ link: Link) {
        payloads.drop(link, at: now)
        for (end, other) in [(link.a, link.b), (link.b, link.a)] {
            guard let slot = slots[end] else { continue }
            nodes[slot].queued = nodes[slot].queued.filter { $0.destination != other }
        }
    }

    mutating func armPayloads() {
        guard let due = payloads.nextArrival(after: now), due < payloadsDueAt ?? .max else { return }
        payloadsDueAt = due
        schedule(.payloads, after: due - now)
    }

    mutating func deliver(_ parcel: Parcel) throws(Violation) {
        let link = Link(nodes[parcel.source].id, nodes[parcel.destination].id)
        guard network.epoch(of: link) == parcel.cuts else { return }
        let source = nodes[parcel.source].id
        var payload: Payload?
        if parcel.bytes > 0 {
            nodes[parcel.destination].bytesReceived += parcel.bytes
            var digest: Digest?
            if case .shard(let shard) = parcel.load, case .replication(.shard(_, let size, let index)) = parcel.message
            {
                digest = shard.digest(size, index)
                nodes[parcel.destination].pullObservation.heard[source] = now
                nodes[parcel.destination].pullObservation.outstanding[source]?.remove(index)
                // What is received tells of itself: a liar's digest fits its bytes.
            }
            payload = Payload(bytes: parcel.bytes, digest: digest, duration: parcel.duration)
            observe?(
                now,
                .delivered(
                    parcel.message, bytes: parcel.bytes, from: source, to: nodes[parcel.destination].id))
        }
        if case .replication(let message) = parcel.message, nodes[parcel.destination].held == nil,
            // Of others nothing is heard.
            nodes[parcel.destination].protocolNode.isLinked(to: source)
        {
            nodes[parcel.destination].pullObservation.note(message, from: source)
        }
        try act(parcel.destination, .deliver(parcel), parcel: parcel) {
            $0.onMessage(parcel.message, payload: payload, from: source, at: $1)
        }
        try checkBelief(of: parcel.message, by: parcel.destination, now)
    }

    /// Each direction of each link keeps a loss of its own, so that some nodes hear others that do not hear them.
    private func loss(from source: NodeID, to node: NodeID) -> Int {
        guard scenario.network.loss > 0 else { return 0 }
        var random = SeededRandom(seed: scenario.seed ^ (source.rawValue << 32 | node.rawValue))
        return random.element(of: [0, 1, 3]) * scenario.network.loss
    }
}
