import ChaosControl
import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import NIOConcurrencyHelpers
import NIOCore

/// The engine of a `Trainer`: carries out what the protocol says off the event loop. The numbers of gradients and updates,
/// the replica, and the state that is being received are here and nowhere else.
///
/// Actions are carried out one after another on one queue. Only gradients have a thread of their own, with a copy of the
/// replica, so that an update is passed on and a view begun while one is computed; and what needs a copy of the whole
/// state (snapshots, digests, tests, checkpoints) has another. A trainer is a value, so each of them has a replica that
/// nobody changes.
final class TrainerEngine: Engine, @unchecked Sendable {
    /// What of the replica is looked at while training, and how often.
    struct Observation: Sendable {
        /// After how many steps its digest goes into the journal; 0: never, not even when a view begins.
        var digests = 1
        /// After how many steps it is tested; 0: never.
        var tests = 0
        /// The step that is not done any more: the state before it is looked at in any case.
        var endStep: Int?
        var checkpoint: CheckpointConfig?
    }

    let gradientCount: Int

    let queue = SerialQueue("engine")
    private let computing = SerialQueue("gradient")
    private let copying = SerialQueue("snapshots")
    /// Whoever joins waits for a snapshot, and all wait for a gradient, but nobody for this.
    let observing = SerialQueue("replica", niceness: 10)

    private var trainer: any Trainer
    private var schedule: SampleSchedule
    let observation: Observation
    let journal: Journal?
    let deliver: @Sendable ([EngineEvent]) -> Void

    /// Tells a computation from those that were given up. Its own thread looks at it too.
    private let computation = NIOLockedValueBox(0)
    private var numbers: StepNumbers
    /// Of the step computed last.
    private var last: (step: Int, positions: Range<Int>, loss: Double?)?
    private var slowness = 1
    private var hasEnded = false
    /// What waits to be done with copies of the state.
    var watching: Watching

    /// - Parameter deliver: takes what the node is to know, on any thread.
    init(
        trainer: any Trainer, schedule: SampleSchedule, chunks: Int, observation: Observation, journal: Journal?,
        deliver: @escaping @Sendable ([EngineEvent]) -> Void
    ) {
        self.trainer = trainer
        gradientCount = trainer.gradientCount
        numbers = StepNumbers(chunks: chunks, gradientCount: trainer.gradientCount)
        watching = Watching(most: trainer.stateBytes <= 4 << 20 ? 8 : 1)
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
            for item in batch.items {
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

    /// Gives up what is computed, carries out nothing more, and returns when nothing is under way.
    func end() {
        queue.async {
            self.hasEnded = true
            self.stop()
        }
        queue.finish()
        computing.finish()
        queue.finish()
        copying.finish()
        observing.finish()
    }

    func keep() throws -> Int? {
        guard let checkpoint = observation.checkpoint, trainer.missing == nil else { return nil }
        try Checkpoint.write(trainer, to: checkpoint.path)
        return trainer.step
    }

    // MARK: On the queue

    private func perform(_ item: EngineBatch.Item, _ events: inout [EngineEvent]) throws(InvalidInput) {
        let (note, payload) = (item.note, item.payload ?? ByteBuffer())
        switch item.action {
        case .compute(let view, let step, let positions): compute(view, step, positions)
        case .stop: stop()
        case .keep(let chunk, let child): numbers.keep(payload, chunk: chunk, from: child)
        case .sum(let step, let chunk, let children, let isTotal):
            try numbers.sum(step: step, chunk: chunk, of: children, isTotal: isTotal)
        case .send(let message, let peer):
            if let bytes = numbers.payload(of: message) { events.append(.send(message, bytes, to: peer)) }
        case .store(let step, let chunk): numbers.store(payload, step: step, chunk: chunk)
        case .apply(let step): try apply(step, note, &events)
        case .release(let step): numbers.release(step: step)
        case .begun(let view, let step):
            // A learner may not be there yet.
            let isThere = trainer.missing == nil && trainer.step == step
            lookAtDigest(of: trainer, step, force: true, if: isThere, at: note.time) {
                .begun(view: view, step: step, digest: $0)
            }
        case .takeSnapshot(let step):
            guard trainer.missing == nil, trainer.step == step else {
                throw .missing("replica before step \(step) for a snapshot, but that before step \(trainer.step)")
            }
            copySnapshot(of: trainer)
        case .forget:
            numbers.forget()
            giveUpComputing()
        case .makeRoom(let step, let bytes):
            guard bytes == trainer.stateBytes else {
                throw InvalidInput(
                    "trainer", "a state of \(trainer.stateBytes) bytes", allowed: "\(bytes) bytes, as the cluster has")
            }
            try trainer.beginState(ofStep: step)
        case .write(let shard, let size, _):
            // A trainer may know better than to take a wrong shard, which is written again when it has proved wrong.
            _ = try? payload.withUnsafeReadableBytes { (bytes) throws(InvalidInput) in
                try trainer.writeState(bytes, at: shard * size)
            }
        case .complete(let step):
            try trainer.endState()
            lookAtDigest(of: trainer, step, force: true, at: note.time) {
                .completed(admitted: note.admitted, step: step, digest: $0)
            }
        }
    }

    private func compute(_ view: Int, _ step: Int, _ positions: Range<Int>) {
        stop()
        let mine = computation.withLockedValue { $0 }
        let samples = schedule.samples(ofStep: step)[positions]
        let (trainer, slowness) = (trainer, slowness)
        computing.async { [self] in
            // Given up while another one was computed.
            guard mine == computation.withLockedValue({ $0 }) else { return }
            let start = Clock.now
            var gradient = Gradient(count: trainer.gradientCount)
            var report = TrainingReport()
            var fault: InvalidInput?
            if !samples.isEmpty {
                do throws(InvalidInput) {
                    report = try trainer.addGradient(of: samples, to: &gradient)
                } catch {
                    fault = error
                }
            }
            let elapsed = max(1, Clock.now - start)
            let wait = report.computeTime + (slowness - 1) * (elapsed + report.computeTime)
            queue.async { [self, gradient, report, fault] in
                guard mine == computation.withLockedValue({ $0 }), !hasEnded else { return }
                if let fault {
                    hasEnded = true
                    return deliver([.failed("\(fault)")])
                }
                numbers.own = gradient
                last = (step, positions, report.samples > 0 ? report.loss : nil)
                deliver([
                    .gradient(
                        view: view, step: step, positions: positions, computeTime: elapsed + wait, wait: wait)
                ])
            }
        }
    }

    private func stop() {
        giveUpComputing()
        numbers.stop()
    }

    private func giveUpComputing() { computation.withLockedValue { $0 += 1 } }

    private func apply(_ step: Int, _ note: EngineNote, _ events: inout [EngineEvent]) throws(InvalidInput) {
        let update = try numbers.update(ofStep: step)
        guard trainer.step == step else {
            throw .missing("the replica before step \(step), having that before step \(trainer.step)")
        }
        try trainer.apply(update, samples: schedule.count(ofStep: step))
        if trainer.skippedInARow > 0 {
            journal?.write(
                .news("the gradient of step \(step) is not finite: no update, \(trainer.skippedInARow) in a row"),
                at: note.time)
        }
        let mine = last?.step == step ? last : nil
        events.append(.applied(step: step, loss: mine?.loss))
        let isDue = observation.digests > 0 && (step + 1).isMultiple(of: observation.digests)
        lookAtDigest(of: trainer, step + 1, force: step + 1 == observation.endStep, if: isDue, at: note.time) {
            .applied(
                view: note.view, step: step, digest: $0, loss: mine?.loss, positions: mine?.positions ?? 0..<0,
                idleTime: note.idleTime)
        }
        watch(trainer, step + 1, at: note.time)
    }

    // MARK: Copies of the replica

    private func copySnapshot(of trainer: any Trainer) {
        let deliver = deliver
        copying.async {
            do throws(InvalidInput) {
                deliver([.snapshot(try Snapshot(of: trainer, step: trainer.step))])
            } catch {
                deliver([.failed("\(error)")])
            }
        }
    }
}
