import ChaosControl
import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import NIOConcurrencyHelpers
import NIOCore

/// Carries out what the protocol tells the training engine, off the event loop: the numbers of gradients and updates,
/// the replica, and the state that is being received are here and nowhere else.
///
/// Commands are carried out one after another in the order in which they are given, on one queue. Only gradients have a
/// thread of their own, with a copy of the replica, so that an update is passed on and a view begun while one is computed;
/// and what needs a copy of the whole state (snapshots, digests, tests, checkpoints) has another. A trainer is a value,
/// so each of them has a replica that nobody changes.
final class Engine: @unchecked Sendable {
    enum Command: Sendable {
        case compute(view: Int, step: Int, positions: Range<Int>)
        case stop
        case keep(chunk: Int, from: NodeID, ByteBuffer)
        case sum(step: Int, chunk: Int, of: [NodeID], isTotal: Bool)
        case store(step: Int, chunk: Int, ByteBuffer)
        case apply(view: Int, step: Int, idleTime: Int, at: Int)
        case release(step: Int)
        case forget
        /// `partial` or `total`, to be sent with its numbers.
        case send(ReductionMessage, to: NodeID)
        case takeSnapshot(step: Int)
        case begun(view: Int, step: Int, at: Int)
        case makeRoom(step: Int, stateBytes: Int)
        case write(offset: Int, ByteBuffer)
        case complete(admitted: Int, step: Int, at: Int)
    }

    enum Result: Sendable {
        case send(ReductionMessage, ByteBuffer, to: NodeID)
        /// A gradient is there, and is to be told after this time in nanoseconds.
        case gradient(view: Int, step: Int, positions: Range<Int>, computeTime: Int, wait: Int)
        case applied(step: Int, loss: Double?)
        case evaluated(step: Int, TrainingReport)
        case digest(step: Int, Digest)
        case snapshot(Snapshot)
        /// The node cannot go on, for this reason.
        case failed(String)
    }

    /// What of the replica is looked at while training, and how often.
    struct Observation: Sendable {
        /// Every so many steps its digest goes into the journal; 0: never, not even when a view begins.
        var digests = 1
        /// Every so many steps it is tested; 0: never.
        var tests = 0
        /// The step that is not done any more: the state before it is looked at in any case.
        var endStep: Int?
        var checkpoint: CheckpointConfig?
    }

    let gradientCount: Int

    private let queue = Worker("engine")
    private let computing = Worker("gradient")
    private let copying = Worker("snapshots")
    /// Whoever joins waits for a snapshot, and all wait for a gradient, but nobody for this.
    private let observing = Worker("replica", niceness: 10)

    private var trainer: any Trainer
    private var schedule: SampleSchedule
    private let chunks: Int
    private let observation: Observation
    private let journal: Journal?
    private let deliver: @Sendable ([Result]) -> Void

    /// Tells a computation from those that were given up. Its own thread looks at it too.
    private let computation = NIOLockedValueBox(0)
    private var own: Gradient?
    private var kept: [NodeID: [Int: ByteBuffer]] = [:]
    private var sums: [Int: ByteBuffer] = [:]
    private var updates: [Int: [Int: ByteBuffer]] = [:]
    /// Of the step computed last.
    private var last: (step: Int, positions: Range<Int>, loss: Double?)?
    private var slowness = 1
    private var hasEnded = false
    /// Copies of the state that wait for their digest, and for what else is done with them.
    private var looking = 0
    private var underWay: [Work: Int] = [:]
    /// Each is a state in memory.
    private let mostLooks: Int

    /// - Parameter deliver: takes the results of commands, in their order, on any thread.
    init(
        trainer: any Trainer, schedule: SampleSchedule, chunks: Int, observation: Observation, journal: Journal?,
        deliver: @escaping @Sendable ([Result]) -> Void
    ) {
        self.trainer = trainer
        gradientCount = trainer.gradientCount
        mostLooks = trainer.stateBytes <= 4 << 20 ? 8 : 1
        self.schedule = schedule
        self.chunks = chunks
        self.observation = observation
        self.journal = journal
        self.deliver = deliver
    }

    /// Where the numbers of a chunk begin and end.
    static func numbers(ofChunk chunk: Int, of chunks: Int, gradientCount: Int) -> Range<Int> {
        gradientCount * chunk / chunks..<gradientCount * (chunk + 1) / chunks
    }

    // MARK: From the event loop

    func perform(_ commands: [Command]) {
        queue.async { [self] in
            guard !hasEnded else { return }
            var results: [Result] = []
            for command in commands {
                do throws(InvalidInput) {
                    try perform(command, &results)
                } catch {
                    hasEnded = true
                    results.append(.failed("\(error)"))
                    break
                }
            }
            if !results.isEmpty { deliver(results) }
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

    // MARK: On the queue

    private func perform(_ command: Command, _ results: inout [Result]) throws(InvalidInput) {
        switch command {
        case .compute(let view, let step, let positions): compute(view, step, positions)
        case .stop: stop()
        case .keep(let chunk, let child, let bytes): kept[child, default: [:]][chunk] = bytes
        case .sum(let step, let chunk, let children, let isTotal):
            try sum(chunk, of: children, isTotalOf: isTotal ? step : nil)
        case .store(let step, let chunk, let bytes): updates[step, default: [:]][chunk] = bytes
        case .apply(let view, let step, let idleTime, let time): try apply(step, view, idleTime, time, &results)
        case .release(let step): updates[step] = nil
        case .forget:
            updates = [:]
            stop()
        case .send(let message, let peer):
            let bytes: ByteBuffer? =
                switch message {
                case .partial(_, _, let chunk, _): sums[chunk]
                case .total(_, let step, let chunk): updates[step]?[chunk]
                default: nil
                }
            // What was given up between the word and now is not sent: messages may be lost.
            if let bytes { results.append(.send(message, bytes, to: peer)) }
        case .takeSnapshot(let step):
            guard trainer.missing == nil, trainer.step == step else {
                throw missing("replica before step \(step) for a snapshot, but that before step \(trainer.step)")
            }
            copySnapshot(of: trainer)
        case .begun(let view, let step, let time):
            // A learner may not be there yet.
            let isThere = trainer.missing == nil && trainer.step == step
            lookAtDigest(of: trainer, step, force: true, if: isThere, at: time) {
                .begun(view: view, step: step, digest: $0)
            }
        case .makeRoom(let step, let bytes):
            guard bytes == trainer.stateBytes else {
                throw InvalidInput(
                    "trainer", "a state of \(trainer.stateBytes) bytes", allowed: "\(bytes) bytes, as the cluster has")
            }
            try trainer.beginState(ofStep: step)
        case .write(let offset, let bytes):
            // A trainer may know better than to take a wrong shard, which is written again when it has proved wrong.
            _ = try? bytes.withUnsafeReadableBytes { (bytes) throws(InvalidInput) in
                try trainer.writeState(bytes, at: offset)
            }
        case .complete(let admitted, let step, let time):
            try trainer.endState()
            lookAtDigest(of: trainer, step, force: true, at: time) {
                .completed(admitted: admitted, step: step, digest: $0)
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
                own = gradient
                last = (step, positions, report.samples > 0 ? report.loss : nil)
                deliver([
                    .gradient(
                        view: view, step: step, positions: positions, computeTime: elapsed + wait, wait: wait)
                ])
            }
        }
    }

    private func stop() {
        computation.withLockedValue { $0 += 1 }
        own = nil
        kept = [:]
        sums = [:]
    }

    private func sum(_ chunk: Int, of children: [NodeID], isTotalOf step: Int?) throws(InvalidInput) {
        let range = Self.numbers(ofChunk: chunk, of: chunks, gradientCount: trainer.gradientCount)
        guard let own else { throw missing("its own gradient for the sum of chunk \(chunk)") }
        var sum = Gradient(count: 0)
        sum.values = Array(own.values[range])
        for child in children {
            guard let part = kept[child]?[chunk] else { throw missing("chunk \(chunk) from \(child)") }
            try part.withUnsafeReadableBytes { (bytes) throws(InvalidInput) in try sum.add(chunk: bytes, at: 0) }
        }
        let bytes = sum.withChunk(sum.values.indices) { ByteBuffer(bytes: $0) }
        sums[chunk] = bytes
        if let step { updates[step, default: [:]][chunk] = bytes }
    }

    private func apply(
        _ step: Int, _ view: Int, _ idleTime: Int, _ time: Int, _ results: inout [Result]
    ) throws(InvalidInput) {
        var update = Gradient(count: trainer.gradientCount)
        for chunk in 0..<chunks {
            let range = Self.numbers(ofChunk: chunk, of: chunks, gradientCount: trainer.gradientCount)
            guard let bytes = updates[step]?[chunk] else { throw missing("chunk \(chunk) of update \(step)") }
            try bytes.withUnsafeReadableBytes { (bytes) throws(InvalidInput) in
                try update.replace(by: bytes, at: range.lowerBound)
            }
        }
        guard trainer.step == step else {
            throw missing("the replica before step \(step), having that before step \(trainer.step)")
        }
        try trainer.apply(update, samples: schedule.count(ofStep: step))
        let mine = last?.step == step ? last : nil
        results.append(.applied(step: step, loss: mine?.loss))
        let isDue = observation.digests > 0 && (step + 1).isMultiple(of: observation.digests)
        lookAtDigest(of: trainer, step + 1, force: step + 1 == observation.endStep, if: isDue, at: time) {
            .applied(
                view: view, step: step, digest: $0, loss: mine?.loss, positions: mine?.positions ?? 0..<0,
                idleTime: idleTime)
        }
        observe(step + 1, at: time)
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

    /// Writes an entry into the journal, with the digest of the replica if it is due and those before it are done.
    private func lookAtDigest(
        of trainer: any Trainer, _ step: Int, force: Bool, if isDue: Bool = true,
        at time: Int, _ entry: @escaping @Sendable (Digest?) -> JournalEntry.Event
    ) {
        let isSeen = isDue && observation.digests > 0 && looking < (force ? mostLooks + 2 : mostLooks)
        guard isSeen || journal != nil else { return }
        if isSeen { looking += 1 }
        // Also what has no digest waits for its turn, so that the lines stay in order.
        let seen = isSeen ? trainer : nil
        observing.async { [self] in
            let digest = (try? seen?.stateDigest()).flatMap(Digest.init(hexadecimal:))
            journal?.write(entry(digest), at: time)
            guard isSeen else { return }
            if let digest { deliver([.digest(step: step, digest)]) }
            queue.async { self.looking -= 1 }
        }
    }

    private enum Work { case test, checkpoint }

    /// Tests the replica, or writes it to disk, if that is due.
    private func observe(_ step: Int, at time: Int) {
        let (trainer, deliver, journal) = (trainer, deliver, journal)
        if observation.tests > 0, step.isMultiple(of: observation.tests) {
            begin(.test, of: step, at: time) {
                guard let report = try? trainer.evaluate(), report.samples > 0 else { return }
                journal?.write(
                    .evaluated(step: step, loss: report.loss, accuracy: report.accuracy), at: Clock.now)
                deliver([.evaluated(step: step, report)])
            }
        }
        if let checkpoint = observation.checkpoint, step.isMultiple(of: checkpoint.every) {
            begin(.checkpoint, of: step, at: time) {
                do {
                    try Checkpoint.write(trainer, to: checkpoint.path)
                    journal?.write(.checkpointed(step: step, path: checkpoint.path), at: Clock.now)
                } catch {
                    journal?.write(.news("no checkpoint of step \(step): \(error)"), at: Clock.now)
                }
            }
        }
    }

    /// What takes longer than the steps between must not heap up copies of the state, so while too many wait, what is due
    /// is left out, but for the last state of all.
    private func begin(_ work: Work, of step: Int, at time: Int, _ body: @escaping @Sendable () -> Void) {
        let waiting = underWay[work, default: 0]
        guard waiting < mostLooks || step == observation.endStep else {
            journal?.write(.news("no \(work) of step \(step): \(waiting) of them are under way"), at: time)
            return
        }
        underWay[work] = waiting + 1
        observing.async { [self] in
            body()
            queue.async { self.underWay[work]! -= 1 }
        }
    }

    private func missing(_ what: String) -> InvalidInput {
        InvalidInput("training", "no \(what)", allowed: "what the protocol counts on")
    }
}
