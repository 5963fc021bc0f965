import ChaosProtocol
import ChaosSources
import HeapModule

/// Runs a scenario: the types of the protocol themselves, in virtual time.
///
/// The simulator plays shell, clock and network. Its only source of chance is the seed, so a run can be had again with
/// the same result. After every action of a node it checks the invariants that concern the node, and at the end of each
/// calm those that speak of all of them.
public struct Simulation: Sendable {
    /// What a run came to.
    public struct Outcome: Sendable {
        public var violation: Violation?
        public var views = 0
        public var messages = 0
        /// Virtual nanoseconds.
        public var duration = 0
    }

    enum Event: Sendable {
        case step(Int)
        case deliver(Message, from: NodeID, to: NodeID, cuts: Int)
        case wake(NodeID)
        /// An end of a link looks whether it is up.
        case notice(Link, at: NodeID)
        case catchUp(NodeID, admitted: Int)
        case calmPoll(step: Int, until: Int)
    }

    private struct Entry: Comparable, Sendable {
        let time: Int
        /// Makes the order of simultaneous events that of their making.
        let serial: Int
        let event: Event

        static func < (a: Entry, b: Entry) -> Bool { (a.time, a.serial) < (b.time, b.serial) }
        static func == (a: Entry, b: Entry) -> Bool { a.serial == b.serial }
    }

    let scenario: Scenario
    let defect: PlantedDefect?
    /// Told of every step and action, for a trace.
    private let trace: (@Sendable (Int, String) -> Void)?
    private var random: SeededRandom
    private var now = 0
    private var serial = 0
    private var queue = Heap<Entry>()
    private var isCalm = false
    var network = VirtualNetwork()
    var nodes: [NodeID: Negotiation] = [:]
    private var wakes: [NodeID: Int] = [:]
    var leavers: Set<NodeID> = []
    var record = Record()
    private var outcome = Outcome()

    public init(_ scenario: Scenario, trace: (@Sendable (Int, String) -> Void)? = nil) {
        self.init(scenario, defect: nil, trace: trace)
    }

    package init(_ scenario: Scenario, defect: PlantedDefect?, trace: (@Sendable (Int, String) -> Void)? = nil) {
        self.scenario = scenario
        self.defect = defect
        self.trace = trace
        random = SeededRandom(seed: scenario.seed)
    }

    /// Runs to the end, or until an invariant breaks. Cost: a few microseconds a message.
    public mutating func run() -> Outcome {
        do {
            try start()
            while let entry = queue.popMin() {
                now = entry.time
                try handle(entry.event)
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

    private mutating func boot(_ node: NodeID, founding: View?) throws(Violation) {
        network.start(node)
        nodes[node] = Negotiation(node: node, founding: founding, settings: scenario.settings, defect: defect)
        try act(node) { $0.onStart(at: $1) }
    }

    private mutating func schedule(_ event: Event, after delay: Int) {
        serial += 1
        queue.insert(Entry(time: now + delay, serial: serial, event: event))
    }

    // MARK: Events

    private mutating func handle(_ event: Event) throws(Violation) {
        switch event {
        case .step(let i): try take(step: i)
        case .deliver(let message, let source, let node, let cuts):
            let link = Link(source, node)
            guard network.epoch(of: link) == cuts else { return }
            try act(node) { $0.onMessage(message, from: source, at: $1) }
        case .wake(let node):
            guard wakes[node] == now else { return }
            wakes[node] = nil
            try act(node) { $0.onWake(at: $1) }
        case .notice(let link, let node):
            let isUp = network.carries(link)
            try act(node) { $0.onLink(to: link.a == node ? link.b : link.a, isUp: isUp, at: $1) }
        case .catchUp(let node, let admitted):
            guard nodes[node]?.role == .learner(admitted: admitted) else { return }
            record.caughtUp.insert(View.Learner(node, admitted: admitted))
            try act(node) { $0.onCaughtUp(at: $1) }
        case .calmPoll(let step, let until):
            if let standstill = standstill {
                if now >= until { throw Violation(invariant: standstill.0, finding: standstill.1, time: now) }
                schedule(.calmPoll(step: step, until: until), after: 50_000_000)
            } else {
                isCalm = false
                proceed(after: step)
            }
        }
    }

    private mutating func take(step i: Int) throws(Violation) {
        // The end: whatever is still on its way changes nothing that is promised.
        guard i < scenario.steps.count else {
            queue = Heap()
            return
        }
        let fault = scenario.steps[i].fault
        trace?(now, "*** \(fault)")
        switch fault {
        case .cut(let link): change(link, isUp: false)
        case .mend(let link): change(link, isUp: true)
        case .isolate(let part):
            for link in network.up.sorted() where part.contains(link.a) != part.contains(link.b) {
                change(link, isUp: false)
            }
        case .heal: for link in network.known.sorted() { change(link, isUp: true) }
        case .crash(let node): stop(node)
        case .join(let node, let links):
            guard nodes[node] == nil else { break }
            try boot(node, founding: nil)
            for other in links where other != node { change(Link(node, other), isUp: true) }
            try act(node) { $0.onJoin(at: $1) }
        case .leave(let node):
            guard network.alive.contains(node) else { break }
            leavers.insert(node)
            try act(node) { $0.onLeave(at: $1) }
        case .calm:
            isCalm = true
            return schedule(.calmPoll(step: i, until: now + scenario.calmBound), after: 0)
        }
        proceed(after: i)
    }

    private mutating func proceed(after i: Int) {
        schedule(.step(i + 1), after: i + 1 < scenario.steps.count ? scenario.steps[i + 1].delay : 0)
    }

    private mutating func change(_ link: Link, isUp: Bool) {
        guard isUp ? network.mend(link) : network.cut(link) else { return }
        for end in [link.a, link.b] { notice(link, at: end) }
    }

    private mutating func notice(_ link: Link, at end: NodeID) {
        schedule(.notice(link, at: end), after: random.int(0...scenario.network.failureBound))
    }

    private mutating func stop(_ node: NodeID) {
        guard network.alive.contains(node) else { return }
        network.stop(node)
        wakes[node] = nil
        for link in network.up.sorted() where link.a == node || link.b == node {
            notice(link, at: link.a == node ? link.b : link.a)
        }
    }

    // MARK: Actions

    private mutating func act(
        _ node: NodeID, _ event: (inout Negotiation, Int) -> [Negotiation.Action]
    ) throws(Violation) {
        guard network.alive.contains(node) else { return }
        let actions = event(&nodes[node]!, now)
        for action in actions {
            trace?(now, "\(node): \(action)")
            switch action {
            case .send(let message, let peer): transmit(message, from: node, to: peer)
            case .wake(let time):
                wakes[node] = max(time, now)
                schedule(.wake(node), after: max(0, time - now))
            case .install(let view):
                try check(installed: view, at: node, now)
                if case .learner(let admitted) = view.role(of: node) {
                    schedule(
                        .catchUp(node, admitted: admitted), after: random.int(0...scenario.network.catchUp))
                }
            case .halt, .proceed: break
            case .released: stop(node)
            case .refused(let fault, let peer):
                throw Violation(
                    invariant: .correctMessages, finding: "\(node) refused from \(peer): \(fault)", time: now)
            }
        }
        try checkOneGoesOn(after: node, now)
    }

    private mutating func transmit(_ message: Message, from source: NodeID, to node: NodeID) {
        outcome.messages += 1
        let link = Link(source, node)
        guard let cuts = network.epoch(of: link) else { return }
        let conditions = scenario.network
        var copies = 1
        if !isCalm {
            if random.int(1...1000) <= loss(from: source, to: node) { copies -= 1 }
            if random.int(1...1000) <= conditions.duplication { copies += 1 }
        }
        for _ in 0..<copies {
            let delay = random.int(conditions.leastDelay...max(conditions.leastDelay, conditions.mostDelay))
            schedule(.deliver(message, from: source, to: node, cuts: cuts), after: delay)
        }
    }

    /// Each direction of each link keeps a loss of its own, so that some nodes hear others that do not hear them.
    private func loss(from source: NodeID, to node: NodeID) -> Int {
        guard scenario.network.loss > 0 else { return 0 }
        var random = SeededRandom(seed: scenario.seed ^ (source.rawValue << 32 | node.rawValue))
        return random.element(of: [0, 1, 3]) * scenario.network.loss
    }
}
