import ChaosControl
import ChaosDocuments
import ChaosJudgement
import ChaosProcess
import ChaosProtocol
import ChaosScenario
import Foundation

/// Plays a scenario in real time with a process for each node, all on this machine.
///
/// The processes end with this one, however that ends. One thread does everything but the asking for what the nodes do;
/// it is to be the main one.
public final class Lab {
    /// The timeline's end, or why it did not come to it.
    enum Stop: Error { case interrupted }

    let scenario: Scenario
    let options: LabOptions
    private let watch: (@Sendable (LabProgress) -> Void)?
    private let isInterrupted: @Sendable () -> Bool
    private let socketFolder: String
    private let shaping: ShapedNetwork?
    private let poller: StatusPoller
    var nodes: [NodeID: LabNode] = [:]
    var network = NetworkState()
    private var addresses: [NodeID: String] = [:]
    private var leaving: Set<NodeID> = []
    private var lying: Set<NodeID> = []
    var history: LabHistory
    /// Judges as far as everything has been written down, for looking whether the cluster has settled.
    private var live = JournalRecord()
    private var waiting: [JournalEntry] = []
    /// Who is gone since when, as far as `live` has not been told.
    private var departures: [(time: Int, node: NodeID)] = []
    private var failures: [String] = []
    private var doing = "start"
    private var shownAt = 0

    /// - Parameters:
    ///   - scenario: as it stands in its file; its `lab` is put in place here.
    ///   - watch: told a few times a second how things are.
    ///   - isInterrupted: asked all the time; once it says so, the run ends early.
    /// - Throws: `LabFailure`, `FileError`.
    public init(
        _ scenario: Scenario, _ options: LabOptions, watch: (@Sendable (LabProgress) -> Void)? = nil,
        isInterrupted: @escaping @Sendable () -> Bool = { false }
    ) throws {
        self.scenario = scenario.inLab
        self.options = options
        self.watch = watch
        self.isInterrupted = isInterrupted
        history = LabHistory(origin: MonotonicClock.now)
        try DocumentIO.createFolder(options.folder)
        socketFolder = "/tmp/chaos-\(getpid())-\(MonotonicClock.now % 1_000_000)/"
        try DocumentIO.createFolder(socketFolder)
        poller = StatusPoller(every: watch == nil ? 2000 : 400)
        shaping = options.isShaped ? try ShapedNetwork(self.scenario) : nil
    }

    deinit { cleanUp() }

    private func cleanUp() {
        poller.stop()
        for node in nodes.values { node.process.end() }
        shaping?.remove()
        try? FileManager.default.removeItem(atPath: socketFolder)
    }

    /// Plays the timeline to its end. No process is left when this returns or throws.
    /// - Throws: what keeps it from being begun. What goes wrong later is in the report.
    public func run() throws -> LabReport {
        defer { cleanUp() }
        try chooseAddresses()
        for node in scenario.founders { network.start(node) }
        for link in scenario.links { _ = network.mend(link) }
        for node in scenario.founders { try start(node, isFounder: true) }
        var wasInterrupted = false
        do {
            try waitUntilFoundersAnswer()
            try playTimeline()
            try goOnUntilSteps()
        } catch is Stop {
            wasInterrupted = true
            history.deeds.append((MonotonicClock.now, .note("interrupted")))
        }
        return conclude(wasInterrupted: wasInterrupted)
    }

    // MARK: Start

    /// Ports that are free now; whoever takes one meanwhile makes a node's start fail, which is said then.
    private func chooseAddresses() throws {
        let nodes = scenario.nodes
        if let shaping {
            for node in nodes { addresses[node] = shaping.address(of: node) }
            return
        }
        for (node, port) in zip(nodes, try FreePorts.choose(nodes.count)) { addresses[node] = "127.0.0.1:\(port)" }
    }

    private func start(_ id: NodeID, isFounder: Bool) throws {
        let folder = options.folder.hasSuffix("/") ? options.folder : options.folder + "/"
        let files = LabNodeFiles(
            node: id, address: addresses[id]!, folder: folder, socketFolder: socketFolder)
        // One end of a link dials. Of two founders the later one, which finds the other listening; else the joiner.
        let peers = network.up.compactMap { link -> NodeID? in
            let other = link.a == id ? link.b : link.b == id ? link.a : nil
            return other.flatMap { nodes[$0] != nil ? $0 : nil }
        }
        let yaml = files.yaml(
            of: scenario, founding: isFounder, peers: peers.map { ($0, addresses[$0]!) }, isShaped: shaping != nil,
            data: options.data)
        try DocumentIO.write(yaml, to: files.config)
        // Of an earlier run in the same folder.
        try? FileManager.default.removeItem(atPath: files.journal)
        try DocumentIO.createFolder(files.plans)
        let words = (shaping?.prefix(of: id) ?? []) + [options.daemon, "--config", files.config]
        nodes[id] = LabNode(files, try BoundProcess(words[0], Array(words.dropFirst()), output: files.log))
        watchSockets()
    }

    private func watchSockets() {
        poller.watch(
            nodes.filter { !$0.value.isGone && $0.value.resumesAt == nil }.mapValues { $0.files.control })
    }

    private func waitUntilFoundersAnswer() throws {
        let deadline = MonotonicClock.now + 60_000_000_000
        for node in scenario.founders.compactMap({ nodes[$0] }) {
            while (try? ControlClient(node.files.control, timeout: 1).send(.status)) == nil {
                guard !node.process.hasEnded() else {
                    throw LabFailure(
                        "node \(node.id) \(node.process.ending!) before it could be asked: \(node.lastWords)")
                }
                guard MonotonicClock.now < deadline else {
                    throw LabFailure("node \(node.id) does not answer at \(node.files.control)")
                }
                if isInterrupted() { throw Stop.interrupted }
                MonotonicClock.sleep(10_000_000)
            }
        }
    }

    // MARK: The timeline

    private func playTimeline() throws {
        var due = MonotonicClock.now
        for (index, step) in scenario.steps.enumerated() {
            due += step.delay
            doing = step.fault == .wait || step.fault == .calm ? "the end of the timeline" : "\(step.fault)"
            try wait(until: due)
            if step.fault == .calm {
                doing = "everything to settle"
                try waitUntilSettled()
                due = MonotonicClock.now
            } else if step.fault != .wait {
                history.deeds.append((MonotonicClock.now, .fault(step.fault)))
                perform(step.fault)
            }
            if index == scenario.steps.count - 1 { doing = "the end" }
        }
    }

    private func wait(until due: Int) throws {
        repeat { try look(judges: watch != nil) } while MonotonicClock.now < due
    }

    private func waitUntilSettled() throws {
        let bound = MonotonicClock.now + scenario.calmBound
        // Perhaps nobody has looked so far.
        try look(judges: true)
        while let (invariant, finding) = standstill {
            guard MonotonicClock.now < bound else {
                failures.append("\(invariant.rawValue) broken: \(finding) (\(invariant.sentence))")
                return
            }
            try look(judges: true)
        }
    }

    private var standstill: (Invariant, String)? {
        live.cluster.standstill(in: ClusterSurroundings(network, leaving: leaving, lying: lying))
    }

    /// Some more steps, as long as there are any.
    private func goOnUntilSteps() throws {
        guard let steps = options.steps else { return }
        doing = "step \(steps)"
        var (latest, since) = (live.cluster.mostUpdates, MonotonicClock.now)
        while live.cluster.mostUpdates < steps {
            try look(judges: true)
            if live.cluster.mostUpdates > latest { (latest, since) = (live.cluster.mostUpdates, MonotonicClock.now) }
            guard MonotonicClock.now - since < 60_000_000_000 else {
                failures.append("no step in a minute after step \(latest)")
                return
            }
        }
    }

    private func perform(_ fault: Scenario.Fault) {
        switch fault {
        case .cut(let link): cut(link)
        case .mend(let link): mend(link)
        case .isolate(let part):
            for link in network.up where part.contains(link.a) != part.contains(link.b) { cut(link) }
        case .heal: for link in network.known { mend(link) }
        case .crash(let id):
            guard let node = nodes[id], !node.isGone else { break }
            node.process.end()
            bury(node)
        case .join(let id, let others): join(id, others)
        case .leave(let id):
            leaving.insert(id)
            nodes[id]?.mayEnd = true
            ask(id, .leave)
        case .slow(let id, let factor): ask(id, .slow(factor: factor))
        case .crawl(let link, let factor):
            if let shaping {
                shaping.crawl(link, factor: factor, &failures)
            } else {
                note("\(fault): not without --shaped")
            }
        case .pause(let id, let time):
            guard let node = nodes[id], !node.isGone, node.resumesAt == nil else { break }
            node.process.signal(SIGSTOP)
            node.resumesAt = MonotonicClock.now + time
            watchSockets()
        case .lie(let id):
            lying.insert(id)
            ask(id, .lie(true))
        case .wait, .calm: break
        }
    }

    private func join(_ id: NodeID, _ others: [NodeID]) {
        network.start(id)
        for other in others where other != id { _ = network.mend(Link(id, other)) }
        do {
            try start(id, isFounder: false)
        } catch {
            failures.append("node \(id) could not be started: \(error)")
            network.stop(id)
        }
    }

    private func cut(_ link: Link) {
        guard network.cut(link) else { return }
        ask(link.a, .linkRemove(peer: link.b))
        ask(link.b, .linkRemove(peer: link.a))
    }

    private func mend(_ link: Link) {
        guard network.mend(link), network.alive.isSuperset(of: [link.a, link.b]) else { return }
        ask(link.a, .linkAdd(peer: link.b, address: addresses[link.b]!))
        ask(link.b, .linkAdd(peer: link.a, address: addresses[link.a]!))
    }

    /// Of a paused node it is asked when it goes on.
    private func ask(_ id: NodeID, _ request: ControlRequest) {
        guard let node = nodes[id], !node.isGone else { return }
        if node.resumesAt != nil {
            node.held.append(request)
            return
        }
        do {
            // A joiner may not listen yet.
            let deadline = MonotonicClock.now + 5_000_000_000
            while true {
                do {
                    if case .refused(let reason) = try ControlClient(node.files.control, timeout: 5).send(request) {
                        failures.append("node \(id) refuses \(request): \(reason)")
                    }
                    return
                } catch {
                    if node.process.hasEnded() { return }
                    guard MonotonicClock.now < deadline else { throw error }
                    MonotonicClock.sleep(5_000_000)
                }
            }
        } catch {
            failures.append("node \(id) does not take \(request): \(error)")
        }
    }

    // MARK: Looking

    /// Sees who has ended and who goes on, and waits a moment.
    /// - Parameter judges: whether what has been written down is read and judged; as long as nobody asks for that, the
    ///   nodes have the processors for themselves.
    private func look(judges: Bool) throws {
        if isInterrupted() { throw Stop.interrupted }
        let now = MonotonicClock.now
        for node in nodes.values where !node.isGone {
            if node.process.hasEnded() { bury(node) }
            if let due = node.resumesAt, now >= due { resume(node) }
        }
        if judges {
            readJournals()
            // Of what happened just now, somebody may not have written his part yet.
            feed(until: now - 200_000_000)
        }
        if let watch, now - shownAt > 250_000_000 {
            shownAt = now
            watch(
                LabProgress(
                    title: scenario.name ?? "", time: now - history.origin, doing: doing, statuses: poller.latest,
                    gone: Set(nodes.filter(\.value.isGone).keys), steps: live.cluster.mostUpdates))
        }
        MonotonicClock.sleep(5_000_000)
    }

    private func resume(_ node: LabNode) {
        node.process.signal(SIGCONT)
        node.resumesAt = nil
        watchSockets()
        for request in node.held { ask(node.id, request) }
        node.held = []
    }

    private func readJournals() {
        for node in nodes.values where !node.tail.isClosed {
            let new = node.tail.read(&failures)
            history.entries += new
            waiting += new
            if node.isGone { node.tail.close() }
        }
    }

    private func feed(until time: Int) {
        let ready = waiting.filter { $0.time <= time }.sorted { $0.time < $1.time }
        var gone = departures.filter { $0.time <= time }[...]
        waiting.removeAll { $0.time <= time }
        departures.removeAll { $0.time <= time }
        for entry in ready {
            while let first = gone.first, first.time <= entry.time {
                live.gone(first.node)
                gone.removeFirst()
            }
            // The verdict is passed at the end, on everything.
            try? live.take(entry)
        }
        for (_, node) in gone { live.gone(node) }
    }

    private func bury(_ node: LabNode) {
        node.isGone = true
        network.stop(node.id)
        departures.append((MonotonicClock.now, node.id))
        history.deeds.append((MonotonicClock.now, .gone(node.id)))
        watchSockets()
        let wasKilled = history.deeds.contains { $0.deed == .fault(.crash(node.id)) }
        if !wasKilled, !(node.mayEnd && node.process.ending == .exited(0)) {
            failures.append("node \(node.id) \(node.process.ending!) unasked: \(node.lastWords)")
        }
    }

    private func note(_ text: String) { history.deeds.append((MonotonicClock.now, .note(text))) }

    // MARK: The end

    private func conclude(wasInterrupted: Bool) -> LabReport {
        var statuses = poller.latest
        for node in nodes.values where !node.isGone && node.resumesAt == nil {
            if case .status(let status)? = try? ControlClient(node.files.control, timeout: 2).send(.status) {
                statuses[node.id] = status
            }
        }
        let end = MonotonicClock.now
        for node in nodes.values { node.process.end() }
        readJournals()
        // What was written while the processes were ended is no part of the run.
        history.entries.removeAll { $0.time > end }
        history.deeds.removeAll { $0.time > end }
        return LabReport(
            scenario: scenario, options: options, history: history, end: end, statuses: statuses,
            failures: failures, wasInterrupted: wasInterrupted)
    }
}
