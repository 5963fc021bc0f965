import ChaosJudgement
import ChaosModel
import ChaosProtocol
import ChaosScenario

/// Runs a scenario: the types of the protocol themselves, in virtual time.
///
/// The simulator plays shell, clock, network and training engine. Its only source of chance is the seed, so a run can be
/// had again with the same result. After every action of a node it checks the invariants that concern the node, and at
/// the end of each calm those that speak of all of them.
public struct Simulation: Sendable {
    enum Event: Sendable {
        case step(Int)
        case deliver(Parcel)
        case wake(Int)
        /// An end of a link is told whether there is a connection.
        case notice(Link, at: Int)
        case gradient(Int, computation: Int, view: Int, step: Int, samples: Int, time: Int)
        /// A payload may have arrived.
        case payloads
        case resume(Int)
        case calmPoll(step: Int, until: Int)
    }

    /// A message on its way.
    struct Parcel: Sendable {
        let message: Message
        let load: Load
        let source: Int
        let destination: Int
        /// What the link's count of cuts was: what is on its way when it is cut is lost.
        let cuts: Int
        /// Of a payload.
        var bytes = 0
        var sentAt = 0
        var duration: Int?
    }

    /// What a payload stands for.
    enum Load: Sendable {
        case none
        case sum(SymbolicSum)
        case shard(VirtualTrainer.Shard)
        case probe
    }

    let scenario: Scenario
    let defect: PlantedDefect?
    private let observe: (@Sendable (Int, Happening) -> Void)?
    var random: SeededRandom
    private(set) var now = 0
    private var queue = EventQueue<Event>()
    private(set) var isCalm = false
    /// When the last calm began.
    private(set) var calmSince = 0
    var network = NetworkState()
    var payloads: PayloadNetwork
    private var payloadsDueAt: Int?
    var nodes: [VirtualNode] = []
    private(set) var slots: [NodeID: Int] = [:]
    var record = ClusterRecord<UInt64>()
    /// The sums that have been found to be updates without fault.
    private var wholeSums: Set<UInt64> = []
    var outcome = RunOutcome()

    /// - Parameter observe: told of everything that happens, in its order.
    public init(_ scenario: Scenario, observe: (@Sendable (Int, Happening) -> Void)? = nil) {
        self.init(scenario, defect: nil, observe: observe)
    }

    package init(
        _ scenario: Scenario, defect: PlantedDefect?, observe: (@Sendable (Int, Happening) -> Void)? = nil
    ) {
        self.scenario = scenario
        self.defect = defect
        self.observe = observe
        random = SeededRandom(seed: scenario.seed)
        payloads = PayloadNetwork(scenario)
    }

    /// Runs to the end, or until an invariant breaks. Cost: a few microseconds a message.
    public mutating func run() -> RunOutcome {
        do {
            try start()
            while !outcome.isDeceived, let (time, event) = queue.popFirst() {
                now = time
                try handle(event)
            }
        } catch {
            outcome.violation = error
        }
        outcome.views = record.decided.count
        outcome.duration = now
        return outcome
    }

    private mutating func start() throws(Violation) {
        let founding = View(number: 1, members: scenario.founders, links: scenario.links)
        for node in scenario.founders { try boot(node, founding: founding) }
        for link in scenario.links { change(link, isUp: true) }
        schedule(.step(0), after: scenario.steps.first?.delay ?? 0)
    }

    private mutating func boot(_ id: NodeID, founding: View?) throws(Violation) {
        network.start(id)
        slots[id] = nodes.count
        nodes.append(
            VirtualNode(
                id: id,
                protocolNode: ClusterNode(id: id, founding: founding, settings: scenario.settings, defect: defect),
                trainer: VirtualTrainer(isFounder: founding != nil)))
        if founding != nil { record.founded(id) }
        try act(nodes.count - 1) { $0.onStart(at: $1) }
    }

    private mutating func schedule(_ event: Event, after delay: Int) {
        queue.insert(event, at: now + delay)
    }

    func slot(_ id: NodeID) -> Int? { slots[id] }

    // MARK: Events

    private mutating func handle(_ event: Event) throws(Violation) {
        switch event {
        case .step(let i): try play(step: i)
        case .deliver(let parcel): try deliver(parcel)
        case .wake(let slot):
            guard let due = nodes[slot].wakeAt, due <= now else { return }
            if nodes[slot].held == nil { nodes[slot].wakeAt = nil }
            try act(slot, event) { $0.onWake(at: $1) }
        case .notice(let link, let slot):
            let peer = link.a == nodes[slot].id ? link.b : link.a
            let isUp = network.carries(link)
            try act(slot, event) { isUp ? $0.onConnected(to: peer, at: $1) : $0.onClosed(to: peer, at: $1) }
        case .gradient(let slot, let computation, let view, let step, let samples, let time):
            guard nodes[slot].trainer.computation == computation else { return }
            try act(slot, event) {
                $0.onGradient(view: view, step: step, samples: samples, computeTime: time, at: $1)
            }
        case .payloads:
            guard payloadsDueAt == now else { return }
            payloadsDueAt = nil
            while let (parcel, time) = payloads.popArrival(by: now) {
                let sent = QueuedPayload(message: parcel.message, destination: nodes[parcel.destination].id)
                nodes[parcel.source].queued.remove(sent)
                schedule(.deliver(parcel), after: time - now)
            }
            armPayloads()
        case .resume(let slot):
            guard let held = nodes[slot].held else { return }
            nodes[slot].held = nil
            nodes[slot].patience.resumedAt = now
            for event in held { try handle(event) }
        case .calmPoll(let step, let until):
            if let standstill = standstill {
                if now >= until { throw Violation(invariant: standstill.0, finding: standstill.1, time: now) }
                schedule(.calmPoll(step: step, until: until), after: 200_000_000)
            } else {
                isCalm = false
                proceed(after: step)
            }
        }
    }

    private mutating func play(step i: Int) throws(Violation) {
        // The end: whatever is still on its way changes nothing that is promised.
        guard i < scenario.steps.count else {
            queue.removeAll()
            return
        }
        switch scenario.steps[i] {
        case .event(let event, _):
            observe?(now, .event(event))
            try perform(event)
        case .wait: observe?(now, .wait)
        case .calm:
            observe?(now, .calm)
            (isCalm, calmSince) = (true, now)
            // A link that carries less than the updates can make no member of a learner behind it.
            payloads.recover(at: now)
            armPayloads()
            return schedule(.calmPoll(step: i, until: now + scenario.calmBound), after: 0)
        }
        armPayloads()
        proceed(after: i)
    }

    /// What is not there any more, nothing happens to: in a random scenario a node may have left before its crash.
    private mutating func perform(_ event: Scenario.Event) throws(Violation) {
        switch event {
        case .cut(let link): change(link, isUp: false)
        case .mend(let link): change(link, isUp: true)
        case .isolate(let part):
            for link in network.up.sorted() where part.contains(link.a) != part.contains(link.b) {
                change(link, isUp: false)
            }
        case .heal: for link in network.known.sorted() { change(link, isUp: true) }
        case .crash(let id): slot(id).map { stop($0) }
        case .join(let id, let links):
            guard slot(id) == nil else { break }
            try boot(id, founding: nil)
            for other in links where other != id { change(Link(id, other), isUp: true) }
            try act(nodes.count - 1) { $0.onJoin(at: $1) }
        case .leave(let id):
            guard let slot = slot(id), nodes[slot].isAlive else { break }
            nodes[slot].leaves = true
            try act(slot) { $0.onLeave(at: $1) }
        case .slow(let id, let factor):
            guard let slot = slot(id) else { break }
            nodes[slot].slowness = factor
            payloads.slow(id, by: factor, at: now)
        case .crawl(let link, let factor): payloads.crawl(link, by: factor, at: now)
        case .pause(let id, let time):
            guard let slot = slot(id), nodes[slot].isAlive, nodes[slot].held == nil else { break }
            nodes[slot].held = []
            schedule(.resume(slot), after: time)
        case .lie(let id): slot(id).map { nodes[$0].lies = true }
        }
    }

    private mutating func proceed(after i: Int) {
        schedule(.step(i + 1), after: i + 1 < scenario.steps.count ? scenario.steps[i + 1].delay : 0)
    }

    private mutating func change(_ link: Link, isUp: Bool) {
        guard isUp ? network.mend(link) : network.cut(link) else { return }
        if !isUp { drop(link) }
        for end in [link.a, link.b] { notice(link, at: end) }
    }

    /// Of a link that goes, an end is told or not, as chance will have it; of one that comes it is.
    private mutating func notice(_ link: Link, at end: NodeID) {
        guard let slot = slot(end) else { return }
        let delay = random.int(0...scenario.network.failureBound)
        if !network.carries(link), random.int(1...1000) <= scenario.network.silence { return }
        schedule(.notice(link, at: slot), after: delay)
    }

    private mutating func stop(_ slot: Int) {
        guard nodes[slot].isAlive else { return }
        let id = nodes[slot].id
        nodes[slot].isAlive = false
        record.gone(id)
        network.stop(id)
        nodes[slot].wakeAt = nil
        for link in network.up.sorted() where link.a == id || link.b == id {
            drop(link)
            notice(link, at: link.a == id ? link.b : link.a)
        }
    }

    // MARK: Actions

    private mutating func act(
        _ slot: Int, _ event: Event? = nil, parcel: Parcel? = nil,
        _ call: (inout ClusterNode, Int) -> [ClusterNode.Action]
    ) throws(Violation) {
        guard nodes[slot].isAlive else { return }
        if nodes[slot].held != nil, let event {
            nodes[slot].held?.append(event)
            return
        }
        let actions = call(&nodes[slot].protocolNode, now)
        if let broken = nodes[slot].protocolNode.brokenSentence {
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
        try record.acted(nodes[slot].id, at: now)
    }

    private mutating func carryOut(_ action: ClusterNode.Action, _ slot: Int, _ parcel: Parcel?) throws {
        let id = nodes[slot].id
        switch action {
        case .send(let message, let peer): try send(message, from: slot, to: peer)
        case .wake(let time):
            nodes[slot].wakeAt = max(time, now)
            schedule(.wake(slot), after: max(0, time - now))
        case .disconnect(let peer):
            schedule(.notice(Link(id, peer), at: slot), after: random.int(0...scenario.network.failureBound))
        case .released: stop(slot)
        case .begun(let view, let step):
            try record.begun(view, with: step, state: nodes[slot].trainer.state, by: id, at: now)
        case .compute(let view, let step, let positions):
            nodes[slot].trainer.compute(.init(node: id, view: view, step: step, positions: positions))
            let time = computeTime(of: positions.count, at: slot)
            schedule(
                .gradient(
                    slot, computation: nodes[slot].trainer.computation, view: view, step: step,
                    samples: positions.count, time: time), after: time)
        case .stop: nodes[slot].trainer.stop()
        case .keep(let chunk, let child):
            if case .sum(let sum)? = parcel?.load { nodes[slot].trainer.keep(sum, chunk: chunk, from: child) }
        case .sum(let step, let chunk, let children, let isTotal):
            try nodes[slot].trainer.sum(step: step, chunk: chunk, of: children, isTotal: isTotal)
        case .store(let step, let chunk):
            if case .sum(let sum)? = parcel?.load { nodes[slot].trainer.store(sum, step: step, chunk: chunk) }
        case .apply(let step):
            let reduction = scenario.settings.reduction
            try nodes[slot].trainer.apply(
                step: step, chunks: reduction.chunks, samples: reduction.batch(ofStep: step), whole: &wholeSums)
            outcome.updates += 1
            try record.applied(step, state: nodes[slot].trainer.state, by: id, at: now)
        case .release(let step): nodes[slot].trainer.release(step: step)
        case .forget:
            record.forgot(id)
            nodes[slot].trainer.forget()
        case .takeSnapshot(let step): try nodes[slot].trainer.takeSnapshot(step: step)
        case .freeSnapshot(let step):
            try checkFreed(step, at: slot, now)
            nodes[slot].trainer.freeSnapshot(step: step)
        case .sendDigests(let step, let size, let first, let count, let peer):
            let digests = try (first..<first + count).map {
                try shard(step, size, $0, of: slot).digest(size, $0)
            }
            try send(
                .replication(.digests(step: step, shardSize: size, first: first, digests)), from: slot, to: peer)
        case .makeRoom(let step, let bytes):
            nodes[slot].patience.pulls = (step, now, nodes[slot].protocolNode.sources)
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
        case .link(let peer, let isUp): if isUp { nodes[slot].patience.heard[peer] = now }
        case .tell(.abandoned(.noNeighborLeft)): try checkGivenUp(by: slot, now)
        case .tell: break
        case .halt: record.halted(id)
        case .proceed: record.proceeded(id)
        case .install(let view): try record.installed(view, by: id, at: now)
        case .refused(let fault, let peer):
            if slots[peer].map({ nodes[$0].lies }) != true {
                throw Violation(
                    invariant: .correctMessages, finding: "\(id) refused from \(peer): \(fault)", time: now)
            }
        }
    }

    private func computeTime(of samples: Int, at slot: Int) -> Int {
        let speed = scenario.speeds[nodes[slot].id] ?? scenario.training.samplesPerSecond
        return samples * 1_000_000_000 / speed * nodes[slot].slowness
    }

    private func shard(_ step: Int, _ size: Int, _ index: Int, of slot: Int) throws -> VirtualTrainer.Shard {
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

    // MARK: The network

    private mutating func send(_ message: Message, from slot: Int, to peer: NodeID) throws {
        outcome.messages += 1
        guard let destination = slots[peer] else { return }
        let link = Link(nodes[slot].id, peer)
        let epoch = network.epoch(of: link)
        var parcel = Parcel(
            message: message, load: .none, source: slot, destination: destination, cuts: epoch ?? 0)
        switch message {
        case .reduction(.partial(_, _, let chunk, _)):
            parcel = load(parcel, .sum(try nodes[slot].trainer.partial(chunk)), chunkBytes)
        case .reduction(.total(_, let step, let chunk)):
            parcel = load(parcel, .sum(try nodes[slot].trainer.update(step, chunk)), chunkBytes)
        case .replication(.shard(let step, let size, let index)):
            let shard = try shard(step, size, index, of: slot)
            parcel = load(parcel, .shard(shard), shard.bytes)
        case .replication(.snapshot(let admitted, let step)): nodes[slot].told[peer] = (admitted, step)
        case .replication(.pull(_, let size, let index)): try checkPull(of: index, size, by: slot, now)
        case .monitor(.probe(_, _, let bytes)): parcel = load(parcel, .probe, bytes)
        default: break
        }
        guard epoch != nil else { return }
        // What still waits to be sent is not sent again, or asking for what is late would make it later.
        guard parcel.bytes == 0 || !nodes[slot].queued.contains(QueuedPayload(message: message, destination: peer))
        else { return }
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
    private mutating func drop(_ link: Link) {
        payloads.drop(link, at: now)
        for (end, other) in [(link.a, link.b), (link.b, link.a)] {
            guard let slot = slots[end] else { continue }
            nodes[slot].queued = nodes[slot].queued.filter { $0.destination != other }
        }
    }

    private mutating func armPayloads() {
        guard let due = payloads.nextArrival(after: now), due < payloadsDueAt ?? .max else { return }
        payloadsDueAt = due
        schedule(.payloads, after: due - now)
    }

    private mutating func deliver(_ parcel: Parcel) throws(Violation) {
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
                nodes[parcel.destination].patience.heard[source] = now
                // What is received tells of itself: a liar's digest fits its bytes.
            }
            payload = Payload(bytes: parcel.bytes, digest: digest, duration: parcel.duration)
            observe?(
                now,
                .delivered(
                    parcel.message, bytes: parcel.bytes, from: source, to: nodes[parcel.destination].id))
        }
        try act(parcel.destination, .deliver(parcel), parcel: parcel) {
            $0.onMessage(parcel.message, payload: payload, from: source, at: $1)
        }
    }

    /// Each direction of each link keeps a loss of its own, so that some nodes hear others that do not hear them.
    private func loss(from source: NodeID, to node: NodeID) -> Int {
        guard scenario.network.loss > 0 else { return 0 }
        var random = SeededRandom(seed: scenario.seed ^ (source.rawValue << 32 | node.rawValue))
        return random.element(of: [0, 1, 3]) * scenario.network.loss
    }
}
