import ChaosControl
import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import NIOCore

/// The engine of a replica: carries out what the protocol says off the event loop. The numbers of gradients and updates,
/// the replica, and the state that is being received are here and nowhere else.
///
/// Actions are carried out one after another on one queue. Only gradients are computed elsewhere (`GradientSource`), from a
/// copy of the replica, so that an update is passed on and a view begun while one is computed; and what looks at
/// the whole state (digests, tests, checkpoints) has a thread of its own. A replica is a value, so each of them, and each
/// snapshot, has one that nobody changes.
final class TrainerEngine: Engine, @unchecked Sendable {
    /// What of the replica is looked at while training, and how often.
    struct Observation: Sendable {
        /// After how many steps its digest goes into the journal; 0: never, not even when a view begins, a state has come or
        /// the training ends; the greatest number: only at the end.
        var digests = 1
        /// After how many steps it is tested; 0: never.
        var tests = 0
        /// The step that is not done any more: the state before it is looked at in any case.
        var endStep: Int?
        var checkpoint: CheckpointConfig?
    }

    let wire: GradientWire
    /// For chunks of gradients.
    let payloads: PayloadPool

    let queue = SerialQueue("engine")
    private let source: any GradientSource
    /// All wait for a gradient, but nobody for this.
    let observing = SerialQueue("replica", niceness: 10)

    private var replica: any Replica
    /// What is hashed of the state at hand.
    private(set) var digests = StateDigests()
    private var schedule: SampleSchedule
    let observation: Observation
    let journal: Journal?
    let deliver: @Sendable ([EngineEvent]) -> Void

    /// Tells a computation from those that were given up.
    private var computation = 0
    private var numbers: StepNumbers
    /// What is, or was last, computed.
    private var share: ShareComputation?
    private var slowness = 1
    private var hasEnded = false
    /// What waits to be done with copies of the state.
    var watching: Watching

    /// - Parameter deliver: takes what the node is to know, on any thread.
    init(
        replica: any Replica, gradients source: any GradientSource = LocalGradients(), schedule: SampleSchedule,
        chunks: Int, wire format: WireFormat, observation: Observation, journal: Journal?,
        deliver: @escaping @Sendable ([EngineEvent]) -> Void
    ) {
        self.replica = replica
        self.source = source
        wire = GradientWire(of: replica, chunks: chunks, format: format)
        // What a step needs, with two children.
        payloads = PayloadPool(most: 4 * chunks)
        numbers = StepNumbers(wire, payloads)
        watching = Watching(most: replica.stateBytes <= 4 << 20 ? 8 : 1)
        self.schedule = schedule
        self.observation = observation
        self.journal = journal
        self.deliver = deliver
    }

    // MARK: From the event loop

    func perform(_ batch: EngineBatch) {
        queue.async { [self] in
            guard !hasEnded else { return }
            var events: [EngineEvent] = []
            var written: [ByteBuffer] = []
            defer { if !written.isEmpty { deliver([.written(written)]) } }
            for item in batch.items {
                if case .write = item.action, let payload = item.payload { written.append(payload) }
                do throws(InvalidInput) {
                    try perform(item, &events)
                } catch {
                    hasEnded = true
                    events.append(.failed("\(error)"))
                    break
                }
            }
            if !events.isEmpty { deliver(events) }
        }
    }

    func slow(by factor: Int) { queue.async { self.slowness = factor } }

    /// Shows the replica to what computes gradients, if it is whole.
    func show() {
        queue.async { [self] in if replica.missing == nil, !hasEnded { source.show(replica) } }
    }

    /// Gives up what is computed, carries out nothing more, and returns when nothing is under way.
    func end() {
        queue.async {
            self.hasEnded = true
            self.stop()
        }
        queue.finish()
        source.end()
        queue.finish()
        observing.finish()
    }

    func keep() throws -> Int? {
        guard let checkpoint = observation.checkpoint, replica.missing == nil else { return nil }
        try Checkpoint.write(replica, to: checkpoint.path)
        return replica.step
    }

    // MARK: On the queue

    private func perform(_ item: EngineBatch.Item, _ events: inout [EngineEvent]) throws(InvalidInput) {
        let (note, payload) = (item.note, item.payload ?? ByteBuffer())
        switch item.action {
        case .compute(let view, let step, let positions, let isAdded):
            try compute(view, step, positions, isAdded, note)
        case .stop: stop()
        case .keep(let step, let chunk, let child): numbers.keep(payload, step: step, chunk: chunk, from: child)
        case .sum(let step, let chunk, let children, let isTotal):
            try numbers.sum(step: step, chunk: chunk, of: children, isTotal: isTotal)
        case .send(let message, let peer):
            if let bytes = numbers.payload(of: message) { events.append(.send(message, bytes, to: peer)) }
        case .store(let step, let chunk): numbers.store(payload, step: step, chunk: chunk)
        case .apply(let step, let samples): try apply(step, samples, note, &events)
        case .release(let step): numbers.release(step: step)
        case .begun(let view, let step):
            // A learner may not be there yet.
            let isThere = replica.missing == nil && replica.step == step
            if isThere, let endStep = observation.endStep, step >= endStep { source.finish(with: replica) }
            lookAtDigest(of: replica, step, force: true, if: isThere && looksAtBeginnings, at: note.time) {
                .begun(view: view, step: step, digest: $0)
            }
        case .takeSnapshot(let step):
            guard replica.missing == nil, replica.step == step else {
                throw .missing("replica before step \(step) for a snapshot, but that before step \(replica.step)")
            }
            events.append(.snapshot(Snapshot(of: replica, digests: digests)))
        case .forget:
            numbers.forget()
            giveUpComputing()
        case .makeRoom(let step, let bytes):
            guard bytes == replica.stateBytes else {
                throw InvalidInput(
                    "trainer", "a state of \(replica.stateBytes) bytes", allowed: "\(bytes) bytes, as the cluster has")
            }
            try replica.beginState(ofStep: step)
            digests = StateDigests()
        case .write(let shard, let size, _):
            // A replica may know better than to take a wrong shard, which is written again when it has proved wrong.
            _ = try? payload.withUnsafeReadableBytes { (bytes) throws(InvalidInput) in
                try replica.writeState(bytes, at: shard * size)
            }
        case .complete(let step):
            try replica.endState()
            source.show(replica)
            lookAtDigest(of: replica, step, force: true, if: looksAtBeginnings, at: note.time) {
                .completed(admitted: note.admitted, step: step, digest: $0)
            }
        }
    }

    /// Whether a digest is due when a view begins, or a state has come.
    private var looksAtBeginnings: Bool { observation.digests < .max }

    private func compute(
        _ view: Int, _ step: Int, _ positions: RangeSet<Int>, _ isAdded: Bool, _ note: EngineNote
    ) throws(InvalidInput) {
        let isAdded = isAdded && share?.step == step
        if !isAdded {
            giveUpComputing()
            share = ShareComputation(step: step)
        }
        numbers.begin(step, isAdded: isAdded)
        var samples: [Int] = []
        let all = schedule.samples(ofStep: step)
        for range in positions.ranges { samples += all[range] }
        let task = GradientTask(view: view, members: note.members, step: step, samples: samples)
        share?.add(task, of: positions)
        try proceed()
    }

    /// Begins with what is to be computed next, or tells that all is.
    private func proceed() throws(InvalidInput) {
        guard let task = share?.next() else { return try tellWhenComplete() }
        let (mine, slowness) = (computation, slowness)
        source.begin(task, of: replica) { [self] result in
            queue.async { [self] in
                guard mine == computation, !hasEnded else { return }
                do throws(InvalidInput) {
                    let computed = try result.get()
                    let time = computed.report.computeTime
                    share?.take(computed, wait: time + (slowness - 1) * (computed.elapsed + time), at: Clock.now)
                    try numbers.add(computed.gradient)
                    try proceed()
                } catch {
                    hasEnded = true
                    deliver([.failed("\(error)")])
                }
            }
        }
    }

    private func tellWhenComplete() throws(InvalidInput) {
        guard let told = share?.tell() else { return }
        if numbers.own == nil { try numbers.add(Gradient(count: wire.numbers)) }
        deliver([.gradient(told, wait: max(0, (share?.completeAt ?? 0) - Clock.now))])
    }

    private func stop() {
        giveUpComputing()
        numbers.stop()
    }

    private func giveUpComputing() {
        computation += 1
        share?.giveUp()
        source.giveUp()
    }

    private func apply(
        _ step: Int, _ samples: Int, _ note: EngineNote, _ events: inout [EngineEvent]
    ) throws(InvalidInput) {
        let update = try numbers.update(ofStep: step)
        guard replica.step == step else {
            throw .missing("the replica before step \(step), having that before step \(replica.step)")
        }
        try replica.apply(update, samples: samples)
        digests = StateDigests()
        let lost = schedule.count(ofStep: step) - samples
        if lost != 0 { journal?.write(.news("\(lost) samples of step \(step) are lost"), at: note.time) }
        if replica.skippedInARow > 0 {
            journal?.write(
                .news("the gradient of step \(step) is not finite: no update, \(replica.skippedInARow) in a row"),
                at: note.time)
        }
        let mine = share?.step == step ? share : nil
        events.append(.applied(step: step, loss: mine?.loss))
        let isDue = observation.digests > 0 && (step + 1).isMultiple(of: observation.digests)
        lookAtDigest(of: replica, step + 1, force: step + 1 == observation.endStep, if: isDue, at: note.time) {
            .applied(
                view: note.view, step: step, digest: $0, loss: mine?.loss, positions: mine?.positions ?? RangeSet(),
                idleTime: note.idleTime)
        }
        watch(replica, step + 1, at: note.time)
        if step + 1 == observation.endStep { source.finish(with: replica) }
    }
}
