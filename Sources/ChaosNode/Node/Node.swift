import ChaosControl
import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import ChaosWire
import Dispatch
import Foundation
import Logging
import NIOCore
import NIOPosix

/// A node: the protocol on sockets, a clock and a training engine.
///
/// One event loop owns the `ClusterNode` and all connections; whatever takes long is done elsewhere and comes back as an
/// event: gradients, sums and copies of the state by the `Engine`, digests of shards on a queue of their own.
///
/// Everything but `init`, `start`, `leave`, `kill` and `ended` is confined to the event loop.
public final class Node: @unchecked Sendable {
    /// How a node ended.
    public enum End: Sendable, Equatable {
        /// It was told to leave; whether the others have agreed to go on without it.
        case left(isReleased: Bool)
        /// It was stopped without a word to anybody.
        case killed
        /// It cannot go on, for this reason.
        case failed(String)
    }

    public let config: NodeConfig
    /// What this node says of itself to whoever connects.
    public let introduction: Introduction
    let logger: Logger
    let group: MultiThreadedEventLoopGroup
    let loop: any EventLoop
    let journal: Journal?
    let settings: NodeSettings
    let trainerConfiguration: String
    /// The number of the step that is not begun any more.
    let endStep: Int?
    let founding: View?
    let firstStep: Int
    let meters: NodeMeters

    private(set) var cluster: ClusterNode
    private(set) var transport: Transport!
    private(set) var engine: Engine!
    let hashing = Worker("shards")
    private var controlServer: ControlServer?
    private let ending: EventLoopPromise<End>
    private(set) var hasEnded = false

    var isActing = false
    var later = CircularBuffer<() -> Void>()
    var commands: [Engine.Command] = []
    private var wake: (time: Int, task: Scheduled<Void>)?
    /// What came with the message at hand.
    var payload: ByteBuffer?

    var listening: Endpoint
    var isLeaving = false
    var isFinished = false
    var lies = false
    var slowness = 1
    var snapshots: [Int: Snapshot] = [:]
    /// Of snapshots that are being taken, and are not freed meanwhile.
    var pendingSnapshots: Set<Int> = []
    /// What waits for one of them.
    var awaitingSnapshot: [Int: [() -> Void]] = [:]
    /// The number of the view that the action at hand belongs to; the event may have led to a later one.
    var view = 0
    var join: JoinRecord?
    var lastLoss: Double?
    var lastTest: TrainingReport?
    var lastDigest: (step: Int, digest: Digest)?
    /// How many chunks of the total of a step this node, as the root, has summed.
    var summed = (step: -1, chunks: 0)
    private var leaveTimer: Scheduled<Void>?
    private var leftAt: Int?

    /// - Throws: what is wrong with the configuration and what it names: `InvalidInput`, `FileError`.
    public init(_ config: NodeConfig, logger: Logger) throws {
        self.config = config
        var logger = logger
        logger[metadataKey: "node"] = "\(config.node)"
        self.logger = logger
        let prepared = try config.prepare()
        let trainer = prepared.trainer
        if let checkpoint = config.checkpoint, prepared.restored != nil {
            logger.info("state restored", metadata: ["file": "\(checkpoint.path)", "step": "\(trainer.step)"])
        }
        settings = prepared.settings
        if let plans = config.plans { try DocumentIO.createFolder(plans) }
        journal = try config.journal.map { try Journal($0, node: config.node) }
        let schedule = try SampleSchedule(seed: config.sampleSeed, samples: trainer.samples, batch: config.batch)
        endStep = config.steps ?? config.epochs.map { $0 * schedule.stepsPerEpoch }
        founding = config.founding
        firstStep = trainer.step
        trainerConfiguration = trainer.configuration
        introduction = config.introduction(of: trainer, endStep: endStep, restored: prepared.restored)
        listening = config.listen
        cluster = ClusterNode(id: config.node, founding: config.founding, applied: trainer.step, settings: settings)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        self.loop = loop
        ending = loop.makePromise()
        meters = NodeMeters(node: config.node)
        var observation = Engine.Observation()
        // A digest of a large state takes longer than a step.
        observation.digests = config.observation.digests ?? (trainer.stateBytes <= 4 << 20 ? 1 : .max)
        observation.tests = config.observation.tests ?? schedule.stepsPerEpoch
        observation.endStep = endStep
        observation.checkpoint = config.checkpoint
        engine = Engine(
            trainer: trainer, schedule: schedule, chunks: config.chunks, observation: observation, journal: journal
        ) { [weak self] results in
            loop.execute { [weak self] in self?.take(results) }
        }
        transport = Transport(
            introduction, on: loop, connections: config.connections, bandwidth: config.policy.bandwidth,
            logger: logger, owner: self)
    }

    // MARK: From any thread

    /// Listens, dials, and begins.
    /// - Returns: where it listens.
    /// - Throws: if it cannot listen.
    @discardableResult
    public func start() throws -> Endpoint {
        do {
            if let path = config.control { try ControlServer.clear(path) }
            return try loop.flatSubmit { [self] in
                transport.listen(on: config.listen).flatMap { endpoint in
                    self.listening = endpoint
                    guard let path = self.config.control else {
                        return self.loop.makeSucceededFuture(endpoint)
                    }
                    let server = ControlServer(self)
                    self.controlServer = server
                    return server.listen(path, on: self.loop).map { endpoint }
                }.map { endpoint in
                    self.begin()
                    return endpoint
                }
            }.wait()
        } catch {
            kill()
            throw InvalidInput(
                "listen, control", "\(config.listen), \(config.control ?? "no socket"): \(error)",
                allowed: "an address and a socket that are free")
        }
    }

    /// Keeps up a link to a peer from now on.
    public func connect(to peer: NodeID, at endpoint: Endpoint) {
        loop.execute { self.transport.add(peer, at: endpoint) }
    }

    /// Asks the others to go on without this node, and ends when they do, or after `leaveTimeout`.
    public func leave() { loop.execute { self.beginLeaving() } }

    /// Ends at once, as a crash would.
    public func kill() { loop.execute { self.end(.killed) } }

    /// Succeeds when the node has ended.
    public var ended: EventLoopFuture<End> { ending.futureResult }

    /// Waits for the end and frees what the node held. To be called once, and not on the event loop.
    public func waitForEnd() throws -> End {
        let end = try ending.futureResult.wait()
        engine.end()
        hashing.finish()
        // The last line: what is still to be said of the replica comes before it.
        if case .left(let isReleased) = end, let leftAt { journal?.write(.left(isReleased: isReleased), at: leftAt) }
        journal?.flush()
        try group.syncShutdownGracefully()
        return end
    }

    /// What the node says of itself.
    public func status() throws -> NodeStatus { try loop.submit { self.makeStatus() }.wait() }

    // MARK: The beginning and the end

    private func begin() {
        journal?.write(
            .started(
                JournalEntry.Start(
                    wallClock: Clock.wall, cluster: config.cluster, process: Int(getpid()),
                    trainer: trainerConfiguration, stateBytes: settings.stateBytes,
                    samples: settings.reduction.samples, batch: settings.reduction.batch,
                    chunks: settings.reduction.chunks, founding: founding)),
            at: Clock.now)
        logger.notice(
            "started",
            metadata: [
                "cluster": "\(config.cluster)", "listen": "\(listening)", "trainer": "\(trainerConfiguration)",
                "step": "\(firstStep)",
            ])
        act { $0.onStart(at: $1) }
        noteMemory()
        for peer in config.peers { transport.add(peer.node, at: peer.address) }
        if founding == nil, config.joins { beginJoining() }
    }

    func beginJoining() {
        journal?.write(.joining, at: Clock.now)
        act { $0.onJoin(at: $1) }
    }

    func beginLeaving() {
        guard !isLeaving, !hasEnded else { return }
        isLeaving = true
        journal?.write(.leaving, at: Clock.now)
        logger.notice("leaving")
        // Whoever is alone or outside has nobody to ask.
        guard let view = cluster.negotiation.view, view.role(of: config.node) != .outside, view.everyone.count > 1
        else {
            return end(.left(isReleased: false))
        }
        leaveTimer = loop.schedule(at: Clock.now + config.leaveTimeout) { [weak self] in
            self?.end(.left(isReleased: false))
        }
        act { $0.onLeave(at: $1) }
    }

    func end(_ end: End) {
        guard !hasEnded else { return }
        // What has been told so far is still done, and said.
        handOver()
        hasEnded = true
        wake?.task.cancel()
        leaveTimer?.cancel()
        switch end {
        case .left(let isReleased):
            leftAt = Clock.now
            logger.notice("left", metadata: ["released": "\(isReleased)"])
        case .killed: break
        case .failed(let reason):
            journal?.write(.news("cannot go on: \(reason)"), at: Clock.now)
            logger.critical("cannot go on", metadata: ["why": "\(reason)"])
        }
        controlServer?.stop()
        let ending = ending
        transport.stop().whenComplete { _ in ending.succeed(end) }
    }

    // MARK: Events

    /// Tells the protocol an event and carries out what it says. An event that comes up meanwhile waits.
    func act(
        with payload: ByteBuffer? = nil, _ event: @escaping (inout ClusterNode, Int) -> [ClusterNode.Action]
    ) {
        guard !hasEnded else { return }
        guard !isActing else { return later.append { self.act(with: payload, event) } }
        isActing = true
        self.payload = payload
        for action in event(&cluster, transport.readAt ?? Clock.now) where !hasEnded { carryOut(action) }
        self.payload = nil
        isActing = false
        if let next = later.popFirst() { next() } else if transport.readAt == nil { handOver() }
    }

    /// Gives the engine and the connections what has been collected for them. After several events at once: to wake a
    /// thread or to call the kernel costs more than most events.
    func handOver() {
        guard !hasEnded else { return }
        if !commands.isEmpty {
            engine.perform(commands)
            commands.removeAll(keepingCapacity: true)
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

    private func take(_ results: [Engine.Result]) {
        guard !hasEnded else { return }
        for result in results {
            switch result {
            case .send(let message, let bytes, let peer): transport.send(message, bytes, to: peer)
            case .gradient(let view, let step, let positions, let time, let wait):
                guard wait > 0 else {
                    tellGradient(view, step, positions, time)
                    break
                }
                _ = loop.schedule(at: Clock.now + wait) { [weak self] in
                    self?.tellGradient(view, step, positions, time)
                }
            case .applied(let step, let loss):
                lastLoss = loss ?? lastLoss
                meters.noteApplied(step, loss)
                if step + 1 == endStep { logger.notice("all steps are done", metadata: ["steps": "\(step + 1)"]) }
            case .evaluated(let step, let report):
                lastTest = report
                meters.noteTest(report)
                logger.info(
                    "tested",
                    metadata: ["step": "\(step)", "loss": "\(report.loss)", "accuracy": "\(report.accuracy)"])
            case .digest(let step, let digest): lastDigest = (step, digest)
            case .snapshot(let snapshot):
                guard pendingSnapshots.remove(snapshot.step) != nil else { break }
                snapshots[snapshot.step] = snapshot
                let waiting = awaitingSnapshot.removeValue(forKey: snapshot.step) ?? []
                for send in waiting { send() }
            case .failed(let reason): end(.failed(reason))
            }
        }
        transport.pump()
    }

    private func tellGradient(_ view: Int, _ step: Int, _ positions: Range<Int>, _ time: Int) {
        // Of a computation that was given up meanwhile nobody hears.
        if cluster.reduction.view?.number == view {
            journal?.write(.computed(view: view, step: step, positions: positions, computeTime: time), at: Clock.now)
        }
        meters.noteComputed(positions.count, time)
        act { $0.onGradient(view: view, step: step, samples: positions.count, computeTime: time, at: $1) }
    }

    func noteMemory() {
        let free = (settings.policy.mostSnapshots - snapshots.count - pendingSnapshots.count) * settings.stateBytes
        act { $0.onMemory(free: max(0, free), at: $1) }
    }
}
