import ChaosControl
import ChaosModel
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
    private let hashing = DispatchQueue(label: "chaos.shards", qos: .userInitiated)
    private var controlServer: ControlServer?
    private let ending: EventLoopPromise<End>
    private var hasEnded = false

    private var isActing = false
    private var later = CircularBuffer<() -> Void>()
    private var commands: [Engine.Command] = []
    private var wake: Scheduled<Void>?
    /// What came with the message at hand.
    private var payload: ByteBuffer?

    var listening: Endpoint
    var isLeaving = false
    var isFinished = false
    var lies = false
    var slowness = 1
    var snapshots: [Int: Snapshot] = [:]
    /// Of snapshots that are being taken, and are not freed meanwhile.
    var pendingSnapshots: Set<Int> = []
    var join: JoinRecord?
    var lastLoss: Double?
    var lastTest: TrainingReport?
    var lastDigest: (step: Int, digest: Digest)?
    /// How many chunks of the total of a step this node, as the root, has summed.
    private var summed = (step: -1, chunks: 0)
    private var leaveTimer: Scheduled<Void>?

    private static let zeros = ByteBuffer(repeating: 0, count: MessageLimits.probe)

    /// - Throws: what is wrong with the configuration and what it names: `InvalidInput`, `FileError`.
    public init(_ config: NodeConfig, logger: Logger) throws {
        self.config = config
        var logger = logger
        logger[metadataKey: "node"] = "\(config.node)"
        self.logger = logger
        var trainer = try config.trainer.makeTrainer()
        if let checkpoint = config.checkpoint, checkpoint.restores, config.founding != nil,
            try Checkpoint.restore(&trainer, from: checkpoint.path)
        {
            logger.info("state restored", metadata: ["file": "\(checkpoint.path)", "step": "\(trainer.step)"])
        }
        settings = try config.settings(for: trainer)
        if let plans = config.plans { try DocumentIO.createFolder(plans) }
        journal = try config.journal.map { try Journal($0, node: config.node) }
        let schedule = try SampleSchedule(seed: config.sampleSeed, samples: trainer.samples, batch: config.batch)
        endStep = config.steps ?? config.epochs.map { $0 * schedule.stepsPerEpoch }
        founding = config.founding
        firstStep = trainer.step
        trainerConfiguration = trainer.configuration
        listening = config.listen
        cluster = ClusterNode(id: config.node, founding: config.founding, applied: trainer.step, settings: settings)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        self.loop = loop
        ending = loop.makePromise()
        meters = NodeMeters(node: config.node)
        var observation = Engine.Observation()
        observation.digests = config.observation.digests
        observation.tests = config.observation.tests ?? schedule.stepsPerEpoch
        observation.endStep = endStep
        observation.checkpoint = config.checkpoint
        engine = Engine(
            trainer: trainer, schedule: schedule, chunks: config.chunks, observation: observation, journal: journal
        ) { [weak self] results in
            loop.execute { [weak self] in self?.take(results) }
        }
        transport = Transport(
            Introduction(node: config.node, cluster: config.cluster), on: loop, connections: config.connections,
            bandwidth: config.policy.bandwidth, logger: logger, owner: self)
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
                faults: [
                    Fault(
                        path: "listen, control", found: "\(config.listen), \(config.control ?? "no socket"): \(error)",
                        allowed: "an address and a socket that are free")
                ])
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

    /// Waits for the end and frees what the node held. Not to be called on the event loop.
    public func waitForEnd() throws -> End {
        let end = try ending.futureResult.wait()
        engine.end()
        hashing.sync {}
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
        hasEnded = true
        wake?.cancel()
        leaveTimer?.cancel()
        switch end {
        case .left(let isReleased):
            journal?.write(.left(isReleased: isReleased), at: Clock.now)
            logger.notice("left", metadata: ["released": "\(isReleased)"])
        case .killed: break
        case .failed(let reason):
            journal?.write(.news("cannot go on: \(reason)"), at: Clock.now)
            logger.critical("cannot go on", metadata: ["why": "\(reason)"])
        }
        transport.pump()
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
        for action in event(&cluster, Clock.now) where !hasEnded { carryOut(action) }
        self.payload = nil
        if !commands.isEmpty {
            engine.perform(commands)
            commands.removeAll(keepingCapacity: true)
        }
        isActing = false
        if let next = later.popFirst() { next() } else if !hasEnded { transport.pump() }
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
                let waiting = digestsWaiting.removeValue(forKey: snapshot.step) ?? []
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

    // MARK: Actions

    private func carryOut(_ action: ClusterNode.Action) {
        let now = Clock.now
        switch action {
        case .send(let message, let peer): send(message, to: peer, now)
        case .wake(let time):
            wake?.cancel()
            wake = loop.schedule(at: time) { [weak self] in self?.act { $0.onWake(at: $1) } }
        case .disconnect(let peer): transport.disconnect(peer)
        case .released: end(.left(isReleased: true))
        case .begun(let view, let step): commands.append(.begun(view: view, step: step, at: now))
        case .compute(let view, let step, let positions):
            if let endStep, step >= endStep {
                isFinished = true
                commands.append(.stop)
            } else {
                summed = (step, 0)
                commands.append(.compute(view: view, step: step, positions: positions))
            }
        case .stop: commands.append(.stop)
        case .keep(let chunk, let child):
            if let payload { commands.append(.keep(chunk: chunk, from: child, payload)) }
        case .sum(let step, let chunk, let children, let isTotal):
            commands.append(.sum(step: step, chunk: chunk, of: children, isTotal: isTotal))
            if isTotal { noteSummed(step, now) }
        case .store(let step, let chunk):
            if let payload { commands.append(.store(step: step, chunk: chunk, payload)) }
        case .apply(let step):
            commands.append(
                .apply(
                    view: cluster.reduction.view?.number ?? 0, step: step,
                    idleTime: cluster.reduction.idleTime(at: now),
                    at: now))
        case .release(let step): commands.append(.release(step: step))
        case .forget:
            commands.append(.forget)
            journal?.write(.forgot, at: now)
        case .takeSnapshot(let step):
            pendingSnapshots.insert(step)
            commands.append(.takeSnapshot(step: step))
            journal?.write(.snapshotTaken(step: step), at: now)
            later.append { self.noteMemory() }
        case .freeSnapshot(let step):
            snapshots[step] = nil
            pendingSnapshots.remove(step)
            digestsWaiting[step] = nil
            transport.dropShards(ofStep: step)
            journal?.write(.snapshotFreed(step: step), at: now)
            later.append { self.noteMemory() }
        case .sendDigests(let step, let size, let first, let count, let peer):
            sendDigests(step, size, first..<first + count, to: peer)
        case .makeRoom(let step, let bytes):
            commands.append(.makeRoom(step: step, stateBytes: bytes))
            beginTransfer(step, bytes, now)
        case .write(let shard, let size, _):
            if let payload {
                commands.append(.write(offset: shard * size, payload))
                meters.bytesWritten.increment(by: payload.readableBytes)
            }
        case .complete(let step):
            let admitted = admission
            commands.append(.complete(admitted: admitted, step: step, at: now))
            endTransfer(isComplete: true, now)
        case .link(let peer, let isUp):
            transport.peers[peer]?.isUp = isUp
            journal?.write(isUp ? .linkUp(peer: peer) : .linkDown(peer: peer), at: now)
            logger.info(isUp ? "link up" : "link down", metadata: ["peer": "\(peer)"])
        case .install(let view):
            journal?.write(.installed(view), at: now)
            meters.noteView(view)
            logger.info("view", metadata: ["view": "\(view)"])
        case .halt:
            journal?.write(.halted, at: now)
            logger.warning("no quorum: training stops")
        case .proceed:
            journal?.write(.proceeded, at: now)
            logger.notice("quorum again: training goes on")
        case .tell(let news): take(news, now)
        case .refused(let fault, let peer):
            journal?.write(.refused(from: peer, fault: "\(fault)"), at: now)
            logger.warning("message refused", metadata: ["peer": "\(peer)", "fault": "\(fault)"])
        }
    }

    /// The root has a chunk of the total.
    private func noteSummed(_ step: Int, _ now: Int) {
        if summed.step != step { summed = (step, 0) }
        summed.chunks += 1
        if summed.chunks == config.chunks, let view = cluster.reduction.view {
            journal?.write(.summed(view: view.number, step: step), at: now)
        }
    }

    private func send(_ message: Message, to peer: NodeID, _ now: Int) {
        switch message {
        case .reduction(let reduction):
            switch reduction {
            case .partial, .total: commands.append(.send(reduction, to: peer))
            default: transport.send(message, to: peer)
            }
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
        case .snapshot(let admitted, let step):
            journal?.write(.announced(learner: peer, admitted: admitted, step: step), at: now)
        default: break
        }
        transport.send(.replication(message), to: peer)
    }

    // MARK: Serving

    /// What waits for a snapshot that is being taken.
    private var digestsWaiting: [Int: [() -> Void]] = [:]

    private func sendDigests(_ step: Int, _ size: Int, _ shards: Range<Int>, to peer: NodeID) {
        guard let snapshot = snapshots[step] else {
            guard pendingSnapshots.contains(step), digestsWaiting[step]?.count ?? 0 < 1024 else { return }
            digestsWaiting[step, default: []].append { self.sendDigests(step, size, shards, to: peer) }
            return
        }
        let lies = lies
        hashing.async { [loop, weak self] in
            let digests = shards.compactMap { snapshot.digest(ofShard: $0, size: size, lies: lies) }
            guard digests.count == shards.count else { return }
            loop.execute { [weak self] in
                guard let self, !self.hasEnded else { return }
                let message = ReplicationMessage.digests(
                    step: step, shardSize: size, first: shards.lowerBound, digests)
                self.transport.send(.replication(message), to: peer)
                self.transport.pump()
            }
        }
    }
}

// MARK: - From the transport

extension Node: TransportOwner {
    func onConnected(to peer: NodeID) { act { $0.onConnected(to: peer, at: $1) } }

    func onClosed(to peer: NodeID) { act { $0.onClosed(to: peer, at: $1) } }

    func check(_ message: Message, payload bytes: Int, from peer: NodeID) throws {
        switch message {
        case .reduction(.partial(_, _, let chunk, _)), .reduction(.total(_, _, let chunk)):
            guard chunk < config.chunks else {
                throw Refused("chunk \(chunk); allowed: 0 … \(config.chunks - 1)")
            }
            let numbers = Engine.numbers(ofChunk: chunk, of: config.chunks, gradientCount: engine.gradientCount)
            guard bytes == 4 * numbers.count else {
                throw Refused("\(bytes) bytes for chunk \(chunk); allowed: \(4 * numbers.count)")
            }
        case .replication(.shard(_, let size, _)):
            guard bytes <= size else { throw Refused("\(bytes) bytes in a shard of \(size)") }
        default: break
        }
    }

    func onMessage(_ message: Message, _ payload: ByteBuffer?, from peer: NodeID, duration: Int?) {
        switch message {
        case .replication(.shard(let step, let size, let shard)):
            return verify(message, payload ?? ByteBuffer(), from: peer, duration, (step, size, shard))
        case .replication(.offer(let offer)) where cluster.receiver.phase == .asking:
            journal?.write(.offered(by: peer, offer), at: Clock.now)
        case .replication(.refusal(let refusal)) where cluster.receiver.phase == .asking:
            journal?.write(.withheld(by: peer, refusal), at: Clock.now)
        default: break
        }
        let known = payload.map { Payload(bytes: $0.readableBytes, duration: duration) }
        act(with: payload) { $0.onMessage(message, payload: known, from: peer, at: $1) }
    }

    /// Computes the digest of a shard, and only then tells the protocol that it has come.
    private func verify(
        _ message: Message, _ payload: ByteBuffer, from peer: NodeID, _ duration: Int?,
        _ shard: (step: Int, size: Int, index: Int)
    ) {
        let count = payload.readableBytes
        transport.noteHashing(count, from: peer)
        hashing.async { [loop, weak self] in
            let digest = Digest(of: [payload])
            loop.execute { [weak self] in
                guard let self, !self.hasEnded else { return }
                self.transport.noteHashing(-count, from: peer)
                let known = Payload(bytes: count, digest: digest, duration: duration)
                self.act(with: payload) { cluster, now in
                    let actions = cluster.onMessage(message, payload: known, from: peer, at: now)
                    if actions.contains(where: \.isWrite) {
                        self.journal?.write(
                            .written(step: shard.step, shardSize: shard.size, shard: shard.index, from: peer), at: now)
                    }
                    return actions
                }
            }
        }
    }

    func bytes(of shard: Peer.Shard) -> ShardBytes {
        guard let snapshot = snapshots[shard.step] else {
            return pendingSnapshots.contains(shard.step) ? .pending : .gone
        }
        guard let bytes = snapshot.bytes(ofShard: shard.shard, size: shard.size, lies: lies) else { return .gone }
        meters.bytesServed.increment(by: bytes.reduce(0) { $0 + $1.readableBytes })
        return .ready(bytes)
    }
}

extension ClusterNode.Action {
    fileprivate var isWrite: Bool {
        if case .write = self { return true }
        return false
    }
}
