import ChaosControl
import ChaosDocuments
import ChaosIdentity
import ChaosModel
import ChaosProtocol
import ChaosTraining
import ChaosWire
import Dispatch
import Foundation
import Logging
import NIOConcurrencyHelpers
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

    /// What follows from the configuration and the trainer, and never changes.
    struct Setup {
        let settings: NodeSettings
        /// That was made elsewhere, for joining; nil: none.
        let plan: Plan?
        /// `Trainer.configuration`.
        let trainer: String
        /// The step that the state at the start is before.
        let firstStep: Int
        /// The number of the step that is not begun any more; nil: there is no end.
        let endStep: Int?
    }

    /// How far a node is in its life.
    enum Stage {
        case running
        /// It waits for the others to go on without it, or for the timeout.
        case leaving(timeout: Scheduled<Void>)
        case ended(End, at: Int)
    }

    /// What a node does on purpose for experiments.
    struct Misbehavior {
        var lies = false
        /// How many times longer a gradient takes.
        var slowness = 1
    }

    public let config: NodeConfig
    /// What this node says of itself to whoever connects, at the start.
    public let introduction: Introduction
    let setup: Setup
    let logger: Logger
    let journal: Journal?
    let meters: NodeMeters
    let troubles: WriteTroubles

    private let group: MultiThreadedEventLoopGroup
    let loop: any EventLoop
    /// The state on disk that this node would write over if it founded.
    private let lostState: String?
    var cluster: ClusterNode
    private(set) var transport: Transport!
    /// The first view, on a founder; nil: this node joins.
    private var founding: View?
    /// Nil: connections are neither encrypted nor authenticated.
    var credentials: Credentials? { heldCredentials.withLockedValue { $0 } }
    /// Read anew on another thread than the loop.
    private let heldCredentials: NIOLockedValueBox<Credentials?>
    /// Nil: nothing is signed.
    private var signatory: NodeSignatory?
    /// By node, as far as it is known: the name of its institution, or who is said to have issued its certificate.
    var institutions: [NodeID: String] = [:]
    /// Whose institution is still to be looked for, one after another.
    var unidentified: [NodeID: Claim] = [:]
    var isIdentifying = false
    /// How often it has changed whom this node trusts.
    var trustChanges = 0
    /// Why neighbours that were asked for the state did not give it.
    var refusals: [NodeID: Refusal] = [:]
    private(set) var engine: (any Engine)!
    let hashing = WorkerThreads("shards", threads: min(4, System.coreCount))
    private var controlServer: ControlServer?
    private(set) var listening: Endpoint
    private let ending: EventLoopPromise<End>
    private var stage = Stage.running

    var turn = Turn()
    /// What is to be handed over to the engine.
    var orders = EngineBatch()
    var wake: (time: Int, task: Scheduled<Void>)?
    /// The number of the view that the action at hand belongs to; the event may have led to a later one.
    var viewAtHand = 0

    var snapshots = SnapshotStore()
    var join: JoinRecord?
    var progress = NodeProgress()
    var misbehavior = Misbehavior()
    /// Whether there is an engine; of one in this process there is always.
    var hasEngine = true
    private var hasBegun = false
    /// Peers of the configuration as it was read last.
    private var reloadedPeers: [NodeID]
    private var wasLinkedAtEnd = false
    var expiryCheck: Scheduled<Void>?
    let begun = Clock.now

    /// - Throws: what is wrong with the configuration and what it names: `InvalidInput`, `FileError`.
    public init(_ config: NodeConfig, logger: Logger) throws {
        self.config = config
        var logger = logger
        logger[metadataKey: "node"] = "\(config.node)"
        self.logger = logger
        let credentials = try config.readCredentials()
        heldCredentials = NIOLockedValueBox(credentials)
        let attached = try config.attachedEngine(logger)
        let prepared: NodePreparation
        let schedule: SampleSchedule
        do {
            // With an engine to wait for it is known what is trained.
            prepared = try config.prepare(engine: attached)!
            let trainer = prepared.replica
            if let origin = prepared.origin, prepared.restored != nil {
                logger.notice("state restored", metadata: ["file": "\(origin)", "step": "\(trainer.step)"])
            }
            if let plans = config.plans { try DocumentIO.createFolder(plans) }
            meters = NodeMeters(node: config.node)
            let troubles = WriteTroubles(logger, failures: meters.failedWrites)
            self.troubles = troubles
            journal = try config.journal.map {
                try Journal($0, node: config.node, observation: config.observation, troubles: troubles)
            }
            schedule = try SampleSchedule(seed: config.sampleSeed, samples: trainer.samples, batch: config.batch)
        } catch {
            attached?.end()
            throw error
        }
        let trainer = prepared.replica
        lostState = config.founds ? config.stateThatWouldBeLost(prepared.restored) : nil
        setup = Setup(
            settings: prepared.settings, plan: prepared.plan, trainer: trainer.configuration, firstStep: trainer.step,
            endStep: config.steps ?? config.epochs.map { $0 * schedule.stepsPerEpoch })
        let signatory = try credentials.map { try NodeSignatory(config.node, of: config.cluster, $0, config.lifeKey) }
        self.signatory = signatory
        var introduction = config.introduction(of: trainer, endStep: setup.endStep, start: prepared.start)
        introduction.claim = signatory?.claim
        self.introduction = introduction
        listening = config.listen
        reloadedPeers = config.peers.map(\.node)
        founding = config.founding
        cluster = ClusterNode(
            id: config.node, founding: config.founding, applied: trainer.step, settings: setup.settings,
            signatory: signatory, plan: setup.plan)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        self.loop = loop
        ending = loop.makePromise()
        let deliver: @Sendable ([EngineEvent]) -> Void = { [weak self] events in
            loop.execute { [weak self] in self?.onEngineEvents(events) }
        }
        let engine = TrainerEngine(
            replica: trainer, gradients: attached ?? LocalGradients(), schedule: schedule, chunks: config.chunks,
            wire: config.wire, observation: Self.observation(of: trainer, config, schedule, endStep: setup.endStep),
            journal: journal,
            deliver: deliver)
        self.engine = engine
        transport = Transport(
            introduction, within: config.introduction, on: loop, connections: config.connections,
            bandwidth: config.policy.bandwidth, payloads: engine.payloads, bounds: config.bounds,
            credentials: credentials, logger: logger, owner: self)
        guard let attached else { return }
        // Last of all, for it may have come already; on the loop, where what is said of it comes after that.
        loop.execute { [weak self, weak engine] in
            self?.hasEngine = attached.observe { [weak engine] event in
                switch event {
                case .attached(let name):
                    engine?.show()
                    deliver([.attached(name)])
                case .detached(let reason): deliver([.detached(reason: reason)])
                }
            }
        }
    }

    private static func observation(
        of trainer: any Replica, _ config: NodeConfig, _ schedule: SampleSchedule, endStep: Int?
    ) -> TrainerEngine.Observation {
        var observation = TrainerEngine.Observation()
        // A digest of a large state takes longer than a step, and keeps that state in memory meanwhile.
        observation.digests = config.observation.digests ?? (trainer.stateBytes <= 4 << 20 ? 1 : .max)
        observation.tests = config.observation.tests ?? schedule.stepsPerEpoch
        observation.endStep = endStep
        observation.checkpoint = config.checkpoint
        return observation
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
                findCluster().flatMap { self.listen() }.flatMap { endpoint in
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
            if error is InvalidInput { throw error }
            throw InvalidInput(
                file: config.file, "control", "\(config.control ?? ""): \(error)", allowed: "a socket that is free")
        }
    }

    private func listen() -> EventLoopFuture<Endpoint> {
        transport.listen(on: config.listen).flatMapErrorThrowing { [config] error in
            throw InvalidInput(
                file: config.file, "listen", "\(config.listen): \(error)",
                allowed: "an address of this machine with a port that is free")
        }
    }

    /// A node that founds looks first for a cluster that is there, and joins that if there is one.
    private func findCluster() -> EventLoopFuture<Void> {
        let places = config.contacts + config.peers.map(\.address)
        guard config.founds else { return loop.makeSucceededVoidFuture() }
        let search = ClusterSearch(
            introduction, at: places, for: config.finding, on: loop, bounds: config.bounds, credentials: credentials,
            logger: logger)
        return search.run().flatMapThrowing { [self] finding in
            switch finding {
            case .cluster:
                logger.notice("there is a cluster, which this node joins")
                founding = nil
                cluster = ClusterNode(
                    id: config.node, founding: nil, settings: setup.settings, signatory: signatory, plan: setup.plan)
                transport.forgetFounding()
            case .none(let unreachable):
                if let path = lostState { throw NodeConfig.lostState(path).named(config.file) }
                let places = unreachable.map(\.description).joined(separator: ", ")
                logger.log(
                    level: unreachable.isEmpty ? .notice : .warning, "no cluster is found: this node founds one",
                    metadata: ["silent": "\(unreachable.isEmpty ? "nobody" : places)"])
            }
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
        if wasLast { keepState() }
        hashing.finish()
        // The last line: what is still to be said of the replica comes before it.
        if case .ended(.left(let isReleased), let time) = stage {
            journal?.write(.left(isReleased: isReleased), at: time)
        }
        journal?.flush()
        try group.syncShutdownGracefully()
        return end
    }

    /// The last member takes the state with it: it is written to disk, if that is configured.
    private func keepState() {
        do {
            if let step = try engine.keep(), let checkpoint = config.checkpoint {
                journal?.write(.checkpointed(step: step, path: checkpoint.path), at: Clock.now)
                logger.notice(
                    "the last member has written the state",
                    metadata: ["step": "\(step)", "file": "\(checkpoint.path)"])
            } else {
                logger.warning(
                    "the last member has left, and the state is nowhere: the configuration has no checkpoint",
                    metadata: ["step": "\(cluster.reduction.applied ?? 0)"])
            }
        } catch {
            logger.critical(
                "the last member has left, and the state could not be written", metadata: ["error": "\(error)"])
        }
    }

    /// Opens the journal anew, whose file may have been moved away, and takes from the configuration what may change while
    /// the node runs: links are added, and removed.
    /// - Returns: the keys that have changed and need a new start.
    public func reload(_ new: NodeConfig) -> [String] {
        journal?.reopen()
        let read = config.identity == nil ? nil : reloadCredentials(new)
        loop.execute { [self, read] in
            if let read { use(read) }
            let kept = Dictionary(new.peers.map { ($0.node, $0.address) }) { $1 }
            for peer in reloadedPeers where kept[peer] == nil { transport.remove(peer) }
            for (peer, address) in kept { transport.add(peer, at: address) }
            reloadedPeers = Array(kept.keys)
            for contact in transport.contacts.map(\.endpoint) where !new.contacts.contains(contact) {
                transport.remove(contact: contact)
            }
            for contact in new.contacts { transport.add(contact: contact) }
            logger.notice("reloaded", metadata: ["peers": "\(kept.count + new.contacts.count)"])
        }
        return config.changedKeys(in: new)
    }

    /// Reads the identity again. What is wrong with one file must not keep those trusted whose file is gone.
    /// - Returns: nil: nothing of it can be read.
    private func reloadCredentials(_ new: NodeConfig) -> Credentials? {
        func complain(_ error: any Error) {
            logger.error("a part of the identity is not taken", metadata: ["error": "\(error)"])
        }
        do { return try new.readCredentials() } catch { complain(error) }
        do {
            guard let folder = new.identity?.trust else { return nil }
            let (trust, faults) = try Trust.reading(folder)
            for fault in faults { complain(fault) }
            return try credentials?.trusting(trust)
        } catch {
            complain(error)
            return nil
        }
    }

    private func use(_ new: Credentials) {
        var new = new
        do {
            // First of all: connections that show one certificate and a claim by another would be refused by everybody.
            if let renewed = try signatory?.renewed(with: new) {
                signatory = renewed
                transport.use(renewed.claim)
                act { $0.onRenewal(of: renewed, at: $1) }
            }
        } catch {
            logger.error("the new certificate is not taken, and the old one stays", metadata: ["error": "\(error)"])
            guard let old = try? credentials?.trusting(new.trust) else { return }
            new = old
        }
        let used = new
        heldCredentials.withLockedValue { $0 = used }
        transport.use(used)
        let names = used.trust.institutions.map(\.name).joined(separator: ", ")
        logger.notice("identity read", metadata: ["institution": "\(used.institution)", "trusts": "\(names)"])
        identifyAll()
        lookAtExpiry()
    }

    /// What the node says of itself.
    public func status() throws -> NodeStatus { try loop.submit { self.makeStatus() }.wait() }

    // MARK: The beginning and the end

    var hasEnded: Bool { if case .ended = stage { true } else { false } }

    var isLeaving: Bool {
        switch stage {
        case .leaving, .ended(.left, _): true
        case .running, .ended: false
        }
    }

    /// Whether this node, a member that has left, was the last one that could be reached: nobody else has the state.
    private var wasLast: Bool {
        guard case .ended(.left(isReleased: false), _) = stage else { return false }
        return cluster.negotiation.role == .member && cluster.reduction.applied != nil
            && !transport.peers.values.contains(where: \.isUp) && !wasLinkedAtEnd
    }

    private func begin() {
        journal?.write(
            .started(
                JournalEntry.Start(
                    wallClock: Clock.wall, cluster: config.cluster, process: Int(getpid()),
                    trainer: setup.trainer, stateBytes: setup.settings.stateBytes,
                    samples: setup.settings.reduction.samples, batch: setup.settings.reduction.batch,
                    chunks: setup.settings.reduction.chunks, lost: setup.settings.reduction.lost,
                    founding: founding)),
            at: Clock.now)
        logger.notice(
            "started",
            metadata: [
                "cluster": "\(config.cluster)", "listen": "\(listening)", "trainer": "\(setup.trainer)",
                "step": "\(setup.firstStep)",
            ])
        if credentials == nil, !config.listen.isLoopback {
            logger.warning("INSECURE: whoever reaches this node can read the state and destroy the run")
        }
        lookAtExpiry()
        transport.watchExpiry()
        let address = config.announced(listening)
        act { $0.onStart(announcing: address, at: $1) }
        hasBegun = true
        noteEngine()
        noteMemory()
        for peer in config.peers { transport.add(peer.node, at: peer.address) }
        for contact in config.contacts { transport.add(contact: contact) }
        if founding == nil, config.joins { beginJoining() }
    }

    /// Tells the others whether this node can compute.
    func noteEngine() {
        guard hasBegun else { return }
        let isThere = hasEngine
        act { $0.onEngine(isThere: isThere, at: $1) }
    }

    func beginJoining() {
        journal?.write(.joining, at: Clock.now)
        act { $0.onJoin(at: $1) }
    }

    func beginLeaving() {
        guard case .running = stage else { return }
        journal?.write(.leaving, at: Clock.now)
        logger.notice("leaving")
        // Whoever is alone or outside has nobody to ask.
        guard let view = cluster.negotiation.view, view.role(of: config.node) != .outside, view.everyone.count > 1
        else {
            return end(.left(isReleased: false))
        }
        let timeout = loop.schedule(at: Clock.now + config.leaveTimeout) { [weak self] in
            self?.end(.left(isReleased: false))
        }
        stage = .leaving(timeout: timeout)
        act { $0.onLeave(at: $1) }
        endIfAlone()
    }

    /// Whoever leaves and has no link any more waits for nobody: all others have left, or cannot be reached.
    func endIfAlone() {
        guard case .leaving = stage, !transport.peers.values.contains(where: { $0.control != nil }) else { return }
        end(.left(isReleased: false))
    }

    func end(_ end: End) {
        guard !hasEnded else { return }
        // What has been told so far is still done, and said.
        handOver()
        if case .leaving(let timeout) = stage { timeout.cancel() }
        stage = .ended(end, at: Clock.now)
        wasLinkedAtEnd = transport.peers.values.contains { $0.control != nil }
        wake?.task.cancel()
        expiryCheck?.cancel()
        switch end {
        case .left(let isReleased):
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
}
