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
    /// Somebody wishes that the run end early.
    struct Interrupted: Error {}

    let scenario: Scenario
    let options: LabOptions
    let watch: (@Sendable (LabProgress) -> Void)?
    let isInterrupted: @Sendable () -> Bool
    private let socketFolder: String
    let shaping: ShapedNetwork?
    private var plans: LabPlans?
    private var identities: LabIdentities?
    let poller: StatusPoller
    var nodes: [NodeID: LabNode] = [:]
    var network = NetworkState()
    private(set) var addresses: [NodeID: String] = [:]
    var leaving: Set<NodeID> = []
    var lying: Set<NodeID> = []
    var history: LabHistory
    var live = LiveJudgement()
    var failures: [String] = []
    /// What comes next, for the live table.
    var doing = "start"
    /// When the live table was shown last.
    var shownAt = 0

    /// - Parameters:
    ///   - scenario: as it stands in its file; its `lab` is put in place here.
    ///   - watch: told a few times a second how things are.
    ///   - isInterrupted: asked all the time; once it says so, the run ends early.
    /// - Throws: `LabFailure`, `FileError`.
    public init(
        _ scenario: Scenario, _ options: LabOptions, watch: (@Sendable (LabProgress) -> Void)? = nil,
        isInterrupted: @escaping @Sendable () -> Bool = { false }
    ) throws {
        let scenario = scenario.inLab
        self.scenario = scenario
        self.options = options
        self.watch = watch
        self.isInterrupted = isInterrupted
        history = LabHistory(origin: MonotonicClock.now, patience: scenario.settings.reduction.patience)
        try DocumentIO.createFolder(options.folder)
        plans = try options.planPolicy.map { try LabPlans(by: $0, in: scenario, data: options.data) }
        socketFolder = "/tmp/chaos-\(getpid())-\(MonotonicClock.now % 1_000_000)/"
        try DocumentIO.createFolder(socketFolder)
        poller = StatusPoller(every: watch == nil ? 2000 : 400)
        shaping = options.isShaped ? try ShapedNetwork(scenario) : nil
    }

    deinit { cleanUp() }

    private func cleanUp() {
        poller.stop()
        for node in nodes.values {
            node.engine?.end()
            node.process.end()
        }
        shaping?.remove()
        try? FileManager.default.removeItem(atPath: socketFolder)
    }

    /// Plays the timeline to its end. No process is left when this returns or throws.
    /// - Throws: what keeps it from being begun. What goes wrong later is in the report.
    public func run() throws -> LabReport {
        defer { cleanUp() }
        try chooseAddresses()
        if !options.isInsecure { identities = try LabIdentities(daemon: options.daemon, folder: folder) }
        for node in scenario.founders { network.start(node) }
        for link in scenario.links { _ = network.mend(link) }
        for node in scenario.founders { try start(node, isFounder: true) }
        var wasInterrupted = false
        do {
            try waitUntilFoundersAnswer()
            try playTimeline()
            try goOnUntilSteps()
            try waitForEngines()
        } catch is Interrupted {
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

    /// With a slash at its end.
    private var folder: String { options.folder.hasSuffix("/") ? options.folder : options.folder + "/" }

    func start(_ id: NodeID, isFounder: Bool) throws {
        let files = LabNodeFiles(
            node: id, address: addresses[id]!, folder: folder, socketFolder: socketFolder)
        // One end of a link dials. Of two founders the later one, which finds the other listening; else the joiner.
        let peers = network.up.compactMap { link -> NodeID? in
            let other = link.a == id ? link.b : link.b == id ? link.a : nil
            return other.flatMap { nodes[$0] != nil ? $0 : nil }
        }
        let hasPlan = try !isFounder && makePlan(for: files, from: peers)
        let yaml = files.yaml(
            of: scenario, founding: isFounder, peers: peers.map { ($0, addresses[$0]!) },
            identity: try identities?.issue(id), isShaped: shaping != nil, data: options.data,
            hasPlan: hasPlan, stepsPerDigest: options.stepsPerDigest, isResident: options.isResident)
        try DocumentIO.write(yaml, to: files.config)
        // Of an earlier run in the same folder.
        try? FileManager.default.removeItem(atPath: files.journal)
        try DocumentIO.createFolder(files.plans)
        let words = (shaping?.prefix(of: id) ?? []) + [options.daemon, "--config", files.config]
        let node = LabNode(files, try BoundProcess(words[0], Array(words.dropFirst()), output: files.log))
        nodes[id] = node
        try startEngine(of: node)
        watchSockets()
    }

    /// - Returns: whether there is a plan that the joiner is to execute.
    private func makePlan(for files: LabNodeFiles, from neighbors: [NodeID]) throws -> Bool {
        guard let policy = options.planPolicy else { return false }
        guard let plan = try plans?.next(for: files.node, from: neighbors) else {
            let reason = "\(policy.rawValue) makes no plan for node \(files.node): it solves its own"
            history.deeds.append((MonotonicClock.now, .note(reason)))
            return false
        }
        try DocumentIO.write(files.joinPlan) { try plan.writeJSON(to: $0) }
        return true
    }

    /// Paused nodes answer nothing.
    func watchSockets() {
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
                if let engine = node.engine, engine.hasEnded() {
                    throw LabFailure(
                        "the engine of node \(node.id) \(engine.ending!) before the node began: "
                            + LabNode.lastWords(in: node.files.engineLog))
                }
                guard MonotonicClock.now < deadline else {
                    throw LabFailure("node \(node.id) does not answer at \(node.files.control)")
                }
                if isInterrupted() { throw Interrupted() }
                MonotonicClock.sleep(10_000_000)
            }
        }
    }

    // MARK: The end

    /// On a busy machine nodes write down later what they have done; of one that is ended before, a part would be missing,
    /// on which others have built. Where steps take longer than this waits, none is on its way.
    private func waitForJournals(of training: [NodeID], until end: Int) {
        let deadline = MonotonicClock.now + 3_000_000_000
        var waiting = Set(training.filter { nodes[$0]?.isGone == false && nodes[$0]?.resumesAt == nil })
        while !waiting.isEmpty, MonotonicClock.now < deadline {
            readJournals()
            for entry in history.entries.reversed() {
                guard entry.time >= end else { continue }
                if case .applied = entry.event { waiting.remove(entry.node) }
            }
            MonotonicClock.sleep(10_000_000)
        }
    }

    private func conclude(wasInterrupted: Bool) -> LabReport {
        var statuses = poller.latest
        for node in nodes.values where !node.isGone && node.resumesAt == nil {
            if case .status(let status)? = try? ControlClient(node.files.control, timeout: 2).send(.status) {
                statuses[node.id] = status
            }
        }
        let end = MonotonicClock.now
        waitForJournals(of: statuses.values.filter { $0.phase == .training }.map(\.node), until: end)
        let leftEarly = nodes.values.filter { !$0.isGone && !$0.mayEnd && $0.engine?.hasEnded() == true }.map(\.id)
        for node in nodes.values {
            node.engine?.end()
            node.process.end()
        }
        readJournals()
        // What was written while the processes were ended is no part of the run.
        history.entries.removeAll { $0.time > end }
        history.deeds.removeAll { $0.time > end }
        for id in leftEarly.sorted() {
            let reached = history.stepReached(by: id)
            guard reached < scenario.lab.steps ?? .max else { continue }
            failures.append("the engine of node \(id) has ended after \(reached) steps, before all were done")
        }
        return LabReport(
            scenario: scenario, options: options, history: history, end: end, statuses: statuses,
            failures: failures, wasInterrupted: wasInterrupted)
    }
}
