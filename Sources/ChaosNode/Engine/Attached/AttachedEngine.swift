import CEngine
import ChaosControl
import ChaosDocuments
import ChaosTraining
import Foundation
import Logging
import NIOConcurrencyHelpers

/// The engine of a node in another process, which comes and goes (Documentation/ENGINE.md).
///
/// A thread of its own listens, reads and writes; it never waits for an engine. Whatever an engine sends is looked at
/// before it means anything, what it writes to the windows is copied before it is used, and what is not as it must be ends
/// the connection and nothing else.
final class AttachedEngine: GradientSource, @unchecked Sendable {
    /// What an engine is told of its node.
    struct Setting: Sendable {
        let socket: String
        let node: UInt64
        let cluster: String
        let samples: Int
        let batch: Int
        /// How long it may take for a gradient, in nanoseconds.
        let timeout: Int
    }

    /// What a node knows of its engine.
    enum Event: Sendable, Equatable {
        case attached(engine: String)
        case detached(reason: String)
    }

    /// What is to be computed.
    private struct Work {
        let task: GradientTask
        let replica: ModelReplica
        let answer: @Sendable (Result<ComputedGradient, InvalidInput>) -> Void
        /// Since when the engine at hand computes it; nil: it has not been told.
        var began: Int?
    }

    /// Shared by the threads, under the lock.
    private struct State {
        /// Whether it is known what an engine must train; before that nobody is let in.
        var isAsked = false
        /// What all engines must train; nil: the first says.
        var model: ModelDescription?
        /// Whether the first engine is to give the first state.
        var begins = false
        /// The first state, once it is there.
        var initial: [Float]?
        /// Whether there is an engine that computes.
        var isThere = false
        var listener: (@Sendable (Event) -> Void)?
        /// Of the work begun last.
        var ticket = 0
        var work: Work?
        /// What the engine at hand, if there is one, is to see.
        var shown: ModelReplica?
        var finished: ModelReplica?
        /// Why the node ends, for the engine; nil: it goes on.
        var endReason: String?
    }

    let setting: Setting
    private let logger: Logger
    private let state = NIOLockedValueBox(State())
    private let changed = DispatchSemaphore(value: 0)
    private let listening: Int32
    /// Wakes the thread: one end is written to.
    private let wakeEnds: (read: Int32, write: Int32)
    private let isDone = DispatchSemaphore(value: 0)

    // Of the thread alone.
    private var engine: EngineConnection?
    /// Those that are not attached, to be told why or to say what they train.
    private var others: [EngineConnection] = []
    /// Of the work that the engine has been told.
    private var told: Int?
    /// What the engine has seen of the replica.
    private var (hasSeen, hasFinished) = (false, false)
    /// Whether the listener knows of the engine.
    private var isAnnounced = false
    /// Until when no connection is taken, for there is no descriptor for it.
    private var restsUntil: Int?
    /// The last two gradients, to be overwritten in turn: when one comes, that before the last is not used any more. The
    /// system hands out new memory a page at a time, cleared, which takes longer than the copy.
    private var gradients: [[Float]] = [[], []]

    /// How many connections may be open beside that of the engine.
    private static let mostOthers = 8

    /// Listens.
    /// - Throws: if the socket cannot be made.
    init(_ setting: Setting, logger: Logger) throws {
        self.setting = setting
        self.logger = logger
        try ControlServer.clear(setting.socket)
        listening = try ControlSocket.bound(to: setting.socket)
        var ends: [Int32] = [0, 0]
        guard Foundation.listen(listening, 8) == 0, pipe(&ends) == 0 else {
            let reason = String(cString: strerror(errno))
            close(listening)
            throw InvalidInput("trainer.socket", "\(setting.socket): \(reason)", allowed: "a socket that is free")
        }
        wakeEnds = (ends[0], ends[1])
        for descriptor in [listening, ends[0], ends[1]] {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        let thread = Thread { [self] in run() }
        thread.name = "engine socket"
        thread.start()
    }

    // MARK: From other threads

    /// What is trained, which the first engine says if it is not known.
    /// - Parameters:
    ///   - known: what it must be; nil: whatever the first engine describes.
    ///   - begins: whether the first state is needed.
    /// - Returns: the model, and if it is needed the first state, as many numbers as the model has.
    ///
    /// Waits for the engine as long as it takes.
    func obtain(known: ModelDescription?, begins: Bool) -> (model: ModelDescription, initial: [Float]?) {
        change { ($0.model, $0.begins, $0.isAsked) = (known, begins, true) }
        if known == nil || begins { logger.notice("waiting for an engine", metadata: ["socket": "\(setting.socket)"]) }
        while true {
            let (model, initial) = state.withLockedValue { ($0.model, $0.initial) }
            if let model, !begins || initial != nil {
                state.withLockedValue { ($0.begins, $0.initial) = (false, nil) }
                return (model, initial)
            }
            changed.wait()
        }
    }

    /// - Parameter body: is told when an engine comes, or is there, and when it is gone. On any thread.
    /// - Returns: whether there is one now; of all that follows `body` is told.
    func observe(_ body: @escaping @Sendable (Event) -> Void) -> Bool {
        defer { wake() }
        return state.withLockedValue {
            $0.listener = body
            return $0.isThere
        }
    }

    func begin(
        _ task: GradientTask, of replica: any Replica,
        answer: @escaping @Sendable (Result<ComputedGradient, InvalidInput>) -> Void
    ) {
        guard let replica = replica as? ModelReplica else {
            return answer(.failure(.missing("model that an engine describes")))
        }
        change {
            $0.ticket += 1
            $0.work = Work(task: task, replica: replica, answer: answer)
            $0.shown = nil
        }
    }

    func giveUp() {
        change { $0.work = nil }
    }

    func show(_ replica: any Replica) {
        change { $0.shown = replica as? ModelReplica }
    }

    func finish(with replica: any Replica) {
        change { $0.finished = replica as? ModelReplica }
    }

    /// - Parameter reason: what the engine is told.
    func end(_ reason: String) {
        change {
            $0.work = nil
            $0.endReason = reason
        }
        isDone.wait()
        isDone.signal()
    }

    func end() { end("it was stopped") }

    private func change(_ body: (inout State) -> Void) {
        state.withLockedValue(body)
        wake()
    }

    private func wake() {
        var byte: UInt8 = 1
        // A full pipe wakes too.
        _ = write(wakeEnds.write, &byte, 1)
    }

    // MARK: The thread

    private func run() {
        while !step() {}
        unlink(setting.socket)
        close(listening)
        (engine, others) = (nil, [])
        isDone.signal()
    }

    deinit {
        close(wakeEnds.read)
        close(wakeEnds.write)
    }

    /// Waits for something to happen, and does what follows.
    /// - Returns: whether it was the end.
    private func step() -> Bool {
        var polls = [
            pollfd(fd: listening, events: mayAccept ? Int16(POLLIN) : 0, revents: 0),
            pollfd(fd: wakeEnds.read, events: Int16(POLLIN), revents: 0),
        ]
        let connections = (engine.map { [$0] } ?? []) + others
        for connection in connections {
            let events = POLLIN | (connection.wantsToWrite ? POLLOUT : 0)
            polls.append(pollfd(fd: connection.descriptor, events: Int16(events), revents: 0))
        }
        guard poll(&polls, nfds_t(polls.count), wait) >= 0 || errno == EINTR else { return true }
        if polls[1].revents != 0 { drain() }
        for (connection, poll) in zip(connections, polls.dropFirst(2)) where poll.revents != 0 { receive(connection) }
        if polls[0].revents != 0 { accept() }
        checkTime()
        let isEnding = follow()
        for connection in (engine.map { [$0] } ?? []) + others where !connection.flush() {
            drop(connection, "it does not read, or has closed the connection")
        }
        return isEnding
    }

    private var mayAccept: Bool { state.withLockedValue { $0.isAsked } && (restsUntil ?? 0) <= Clock.now }

    /// When the engine must have said what is waited for, and what that is; nil: nothing is.
    private var deadline: (time: Int, awaited: String)? {
        if let engine, case .beginning(let since) = engine.stage { return (since + setting.timeout, "initial") }
        guard told != nil, let began = state.withLockedValue({ $0.work?.began }) else { return nil }
        return (began + setting.timeout, "gradient")
    }

    /// In milliseconds; −1: for ever.
    private var wait: Int32 {
        let times = [deadline?.time, restsUntil.flatMap { $0 > Clock.now ? $0 : nil }].compactMap { $0 }
        guard let next = times.min() else { return -1 }
        return Int32(clamping: max(0, (next - Clock.now) / 1_000_000 + 1))
    }

    private func drain() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wakeEnds.read, &bytes, bytes.count) > 0 {}
    }

    private func accept() {
        let descriptor = Foundation.accept(listening, nil, nil)
        guard descriptor >= 0 else {
            // Whoever waits stays there until there are descriptors again.
            if errno == EMFILE || errno == ENFILE { restsUntil = Clock.now + 100_000_000 }
            return
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let connection = EngineConnection(descriptor)
        if others.count >= Self.mostOthers { others.removeFirst() }
        others.append(connection)
    }

    private func receive(_ connection: EngineConnection) {
        do throws(InvalidInput) {
            guard let lines = try connection.receive() else { return drop(connection, "it has closed the connection") }
            for line in lines where !connection.isClosing {
                try handle(try EngineMessage(line: line), of: connection)
            }
        } catch {
            refuse(connection, error)
        }
    }

    private func refuse(_ connection: EngineConnection, _ error: InvalidInput) {
        connection.close(with: .refused(error.faults[0]))
        logger.warning("engine refused", metadata: ["why": "\(error.faults[0])"])
        guard connection === engine else { return }
        detach("refused: \(error.faults[0])")
        others.append(connection)
    }

    private func drop(_ connection: EngineConnection, _ reason: String) {
        others.removeAll { $0 === connection }
        if connection === engine { detach(reason) }
    }

    private func detach(_ reason: String) {
        guard let engine else { return }
        // When all is done, it is as it should be.
        logger.log(
            level: hasFinished ? .info : .warning, "engine detached",
            metadata: ["engine": "\(engine.engine)", "why": "\(reason)"])
        self.engine = nil
        told = nil
        (hasSeen, hasFinished) = (false, false)
        let (wasThere, listener) = state.withLockedValue { state in
            defer { state.isThere = false }
            state.work?.began = nil
            return (state.isThere, state.listener)
        }
        // It may have been found there by `observe` and not been announced yet.
        guard isAnnounced || wasThere else { return }
        isAnnounced = false
        listener?(.detached(reason: reason))
    }

    private func checkTime() {
        guard let engine, let (time, awaited) = deadline, Clock.now >= time else { return }
        let fault = Fault(
            path: awaited, found: "none within \(setting.timeout / 1_000_000) ms",
            allowed: "an answer within trainer.timeout")
        engine.close(with: .refused(fault))
        detach("no \(awaited) within \(setting.timeout / 1_000_000) ms")
        others.append(engine)
    }

    // MARK: What an engine says

    private func handle(_ message: EngineMessage, of connection: EngineConnection) throws(InvalidInput) {
        switch (message, connection.stage) {
        case (.attach(let attach), .new): try onAttach(attach, of: connection)
        case (.initial, .beginning): try onInitial(of: connection)
        case (.gradient(let ticket, let samples, let loss), .attached):
            try onGradient(ticket, samples, loss, of: connection)
        case (.attach, _): throw InvalidInput("type", "attach a second time", allowed: "once in a connection")
        case (.initial, _):
            throw InvalidInput("type", "initial", allowed: "once, by an engine that was welcomed with begins")
        case (.gradient, _): throw InvalidInput("type", "gradient", allowed: "after welcome, as an answer to compute")
        }
    }

    private func onAttach(_ attach: EngineMessage.Attach, of connection: EngineConnection) throws(InvalidInput) {
        guard engine == nil else {
            throw InvalidInput("type", "a second engine", allowed: "one at a time: \(engine!.engine) is attached")
        }
        let (known, begins) = state.withLockedValue { ($0.model, $0.begins) }
        do throws(InvalidInput) { try known?.require(attach.model) } catch { throw error.inside("model") }
        let numbers = attach.model.numbers
        // The windows, and if there is none yet the state with two moments: what cannot be there, ends a process.
        let needed = 4 * numbers * (known == nil ? 5 : 2)
        if let available = MemoryInfo.available, needed > available {
            throw InvalidInput(
                "model.parameters", "\(numbers) numbers, which take \(needed) bytes",
                allowed: "at most \(available) bytes, which are free")
        }
        let windows = (
            try EngineWindow("parameters", count: numbers, isProtected: true),
            try EngineWindow("gradients", count: numbers, isProtected: false)
        )
        let name = SingleLine.of(attach.engine, most: 200)
        connection.engine = "\(name), process \(attach.process)"
        connection.model = attach.model
        connection.stage = begins ? .beginning(since: Clock.now) : .attached
        connection.welcome(
            .welcome(
                EngineNotice.Welcome(
                    node: setting.node, cluster: setting.cluster, numbers: numbers, samples: setting.samples,
                    batch: setting.batch, begins: begins)),
            windows.0, windows.1)
        others.removeAll { $0 === connection }
        engine = connection
        logger.notice("engine attached", metadata: ["engine": "\(connection.engine)"])
        if !begins { agree(on: attach.model, nil) }
    }

    /// From now on all engines must train this model.
    private func agree(on model: ModelDescription, _ initial: [Float]?) {
        state.withLockedValue {
            $0.model = model
            $0.initial = initial
            $0.isThere = true
        }
        changed.signal()
    }

    private func onInitial(of connection: EngineConnection) throws(InvalidInput) {
        guard let windows = connection.windows, let model = connection.model else { return }
        let numbers = windows.gradients.copy()
        // Refuses numbers that are not finite.
        do throws(InvalidInput) {
            _ = try ModelReplica(model, samples: setting.samples, initial: numbers)
        } catch {
            throw error.inside("initial")
        }
        connection.stage = .attached
        agree(on: model, numbers)
    }

    private func onGradient(
        _ ticket: Int, _ samples: Int, _ loss: Double?, of connection: EngineConnection
    ) throws(InvalidInput) {
        // The answer to what was given up meanwhile does no harm.
        guard ticket == told, let windows = connection.windows else {
            guard ticket <= state.withLockedValue({ $0.ticket }) else {
                throw InvalidInput("ticket", "\(ticket)", allowed: "that of a compute")
            }
            return
        }
        let work = state.withLockedValue { $0.ticket == ticket ? $0.work : nil }
        guard let work, let began = work.began else { return }
        guard samples == work.task.samples.count else {
            throw InvalidInput("samples", "\(samples)", allowed: "\(work.task.samples.count), all of the share")
        }
        var gradient = Gradient(count: 0)
        gradients.swapAt(0, 1)
        windows.gradients.copy(to: &gradients[0])
        gradient.values = gradients[0]
        var report = TrainingReport()
        if let loss {
            report.samples = samples
            report.totalLoss = loss
        }
        let isWanted = state.withLockedValue { state in
            guard state.ticket == ticket, state.work != nil else { return false }
            state.work = nil
            return true
        }
        told = nil
        guard isWanted else { return }
        work.answer(
            .success(
                ComputedGradient(
                    gradient: gradient, samples: samples, report: report, elapsed: max(1, Clock.now - began))))
    }

    // MARK: What the engine is told

    /// Tells the engine what has changed.
    /// - Returns: whether it was the end.
    private func follow() -> Bool {
        let now = state.withLockedValue { state in
            defer { state.shown = nil }
            return state
        }
        if let reason = now.endReason {
            for connection in (engine.map { [$0] } ?? []) + others {
                connection.close(with: .ended(reason: reason))
                _ = connection.flush()
            }
            return true
        }
        guard let engine, case .attached = engine.stage, let windows = engine.windows else { return false }
        if !isAnnounced, let listener = now.listener {
            isAnnounced = true
            listener(.attached(engine: engine.engine))
        }
        if let told, now.work == nil || now.ticket != told {
            engine.send(.stop(ticket: told))
            self.told = nil
        }
        func show(_ replica: ModelReplica, _ notice: EngineNotice) {
            do throws(InvalidInput) {
                try windows.parameters.fill { (room) throws(InvalidInput) in try replica.copyModel(to: room) }
                engine.send(notice)
            } catch {
                // Only whole replicas are shown.
                logger.error("the replica cannot be shown", metadata: ["why": "\(error)"])
            }
        }
        if let replica = now.shown, !hasSeen, !hasFinished {
            show(replica, .state(step: replica.step))
            hasSeen = true
        }
        if let replica = now.finished, !hasFinished {
            show(replica, .finished(step: replica.step))
            hasFinished = true
        }
        if let work = now.work, told == nil {
            if !hasSeen { engine.send(.state(step: work.task.step)) }
            show(
                work.replica,
                .compute(
                    ticket: now.ticket, view: work.task.view, members: work.task.members, step: work.task.step,
                    samples: Array(work.task.samples)))
            hasSeen = true
            told = now.ticket
            state.withLockedValue { if $0.ticket == now.ticket { $0.work?.began = Clock.now } }
        }
        return false
    }
}

extension InvalidInput {
    /// The same, of a document that lies at this path of another one.
    fileprivate func inside(_ path: String) -> InvalidInput {
        InvalidInput(
            faults: faults.map { Fault(path: "\(path).\($0.path)", found: $0.found, allowed: $0.allowed) },
            count: count)
    }
}

extension NodeConfig {
    /// Where the engine of the node connects to, if it has one in another process.
    func attachedEngine(_ logger: Logger) throws -> AttachedEngine? {
        guard case .engine(let engine) = trainer else { return nil }
        do {
            return try AttachedEngine(
                AttachedEngine.Setting(
                    socket: engine.socket, node: node.rawValue, cluster: cluster, samples: engine.samples, batch: batch,
                    timeout: engine.timeout), logger: logger)
        } catch {
            throw InvalidInput(
                file: file, "trainer.socket", "\(engine.socket): \(error)", allowed: "a socket that is free")
        }
    }
}
