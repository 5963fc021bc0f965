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
        /// An end of a link is told that connections for shards have closed, with these shards on their way to it.
        case connectionsClosed(Link, at: Int, lost: [Int])
        case gradient(Int, computation: Int, view: Int, step: Int, samples: Int, time: Int)
        /// A payload may have arrived.
        case payloads
        case resume(Int)
        /// What computes for the node is back, unless it is to be away for longer.
        case engineBack(Int)
        case calmPoll(step: Int, until: Int)
        /// A node dials those that it has chosen and has no link to.
        case dial(Int)
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
    let observe: (@Sendable (Int, Happening) -> Void)?
    var random: SeededRandom
    private(set) var now = 0
    private var queue = EventQueue<Event>()
    private(set) var isCalm = false
    /// When the last calm began.
    private(set) var calmSince = 0
    var network = NetworkState()
    /// Parts that can be reached by nobody else.
    var isolated: [Set<NodeID>] = []
    var payloads: PayloadNetwork
    var payloadsDueAt: Int?
    var nodes: [VirtualNode] = []
    private(set) var slots: [NodeID: Int] = [:]
    var record = ClusterRecord<UInt64>()
    /// The sums that have been found to be updates without fault.
    var wholeSums: Set<UInt64> = []
    /// The shards that have been asked for since connections closed last.
    var pulled: Set<Int> = []
    var outcome = RunOutcome()

    /// - Parameters:
    ///   - scenario: what happens, and the seed of what is left to chance.
    ///   - observe: told of everything that happens, in its order.
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
        record.patience = scenario.settings.reduction.patience
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
        let signatory = scenario.isSigned ? SymbolicSignatory(id, defect) : nil
        var node = VirtualNode(
            id: id,
            protocolNode: ClusterNode(
                id: id, founding: founding, settings: scenario.settings, signatory: signatory, defect: defect),
            trainer: VirtualTrainer(isFounder: founding != nil))
        node.signatory = signatory
        nodes.append(node)
        if founding != nil { record.founded(id) }
        let address = scenario.dialable.contains(id) ? "node-\(id):1" : ""
        try act(nodes.count - 1) { $0.onStart(announcing: address, at: $1) }
    }

    mutating func schedule(_ event: Event, after delay: Int) {
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
            let claim = slots[peer].flatMap { nodes[$0].signatory?.claim }
            try act(slot, event) {
                isUp ? $0.onConnected(to: peer, claim: claim, at: $1) : $0.onClosed(to: peer, at: $1)
            }
        case .connectionsClosed(let link, let slot, let lost):
            let peer = link.a == nodes[slot].id ? link.b : link.a
            guard network.carries(link) else { return }
            let awaited = nodes[slot].held == nil ? shardsAwaited(lost, by: slot, from: peer) : []
            pulled = []
            try act(slot, event) { $0.onShardConnectionClosed(to: peer, at: $1) }
            try checkAskedAgain(awaited, by: slot, of: peer, now)
        case .gradient(let slot, let computation, let view, let step, let samples, let time):
            guard nodes[slot].trainer.computation == computation else { return }
            guard nodes[slot].engineAwayUntil == nil else {
                nodes[slot].unanswered = (event, time)
                return
            }
            nodes[slot].trainer.noteTold()
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
            nodes[slot].pullObservation.resumedAt = now
            nodes[slot].pullObservation.idleSince = [:]
            for event in held { try handle(event) }
        case .engineBack(let slot):
            guard nodes[slot].held == nil else {
                nodes[slot].held?.append(event)
                return
            }
            guard let until = nodes[slot].engineAwayUntil, now >= until else { return }
            nodes[slot].engineAwayUntil = nil
            if let (computation, time) = nodes[slot].unanswered { schedule(computation, after: time) }
            nodes[slot].unanswered = nil
            try act(slot, event) { $0.onEngine(isThere: true, at: $1) }
        case .dial(let slot): dial(by: slot)
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
            isolated.append(Set(part))
            for link in network.up.sorted() where part.contains(link.a) != part.contains(link.b) {
                change(link, isUp: false)
            }
        case .heal:
            isolated = []
            for link in network.known.sorted() { change(link, isUp: true) }
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
        case .reset(let link): resetConnections(of: link)
        case .pause(let id, let time):
            guard let slot = slot(id), nodes[slot].isAlive, nodes[slot].held == nil else { break }
            nodes[slot].held = []
            schedule(.resume(slot), after: time)
        case .idle(let id, let time):
            guard let slot = slot(id), nodes[slot].isAlive else { break }
            nodes[slot].engineAwayUntil = max(nodes[slot].engineAwayUntil ?? 0, now + time)
            schedule(.engineBack(slot), after: time)
            try act(slot) { $0.onEngine(isThere: false, at: $1) }
        case .lie(let id): slot(id).map { nodes[$0].lies = true }
        case .forge(let id): slot(id).map { nodes[$0].forges = true }
        case .proceed(let id): try proceed(id)
        }
    }

    private mutating func proceed(after i: Int) {
        schedule(.step(i + 1), after: i + 1 < scenario.steps.count ? scenario.steps[i + 1].delay : 0)
    }

    mutating func change(_ link: Link, isUp: Bool) {
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

    /// What is on the connections for shards is lost; gradients go over another one.
    private mutating func resetConnections(of link: Link) {
        guard network.carries(link) else { return }
        let lost = payloads.reset(link, at: now)
        for parcel in lost {
            nodes[parcel.source].queued.remove(
                QueuedPayload(message: parcel.message, destination: nodes[parcel.destination].id))
        }
        for end in [link.a, link.b] {
            guard let slot = slot(end) else { continue }
            let shards = lost.compactMap { parcel -> Int? in
                guard parcel.destination == slot, case .replication(.shard(_, _, let shard)) = parcel.message else {
                    return nil
                }
                return shard
            }
            schedule(
                .connectionsClosed(link, at: slot, lost: shards),
                after: random.int(0...scenario.network.failureBound))
        }
    }

    mutating func stop(_ slot: Int) {
        guard nodes[slot].isAlive else { return }
        let id = nodes[slot].id
        nodes[slot].goneAt = now
        record.gone(id)
        network.stop(id)
        nodes[slot].wakeAt = nil
        for link in network.up.sorted() where link.a == id || link.b == id {
            drop(link)
            notice(link, at: link.a == id ? link.b : link.a)
        }
    }
}
