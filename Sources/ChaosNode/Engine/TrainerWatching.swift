import ChaosControl
import ChaosDocuments
import ChaosProtocol
import ChaosTraining

/// What is done with copies of the replica while the training goes on: digests, tests, checkpoints.
extension TrainerEngine {
    /// How many copies of the state wait. Each of them may be a state in memory.
    struct Watching {
        enum Work { case test, checkpoint }

        /// Of each kind.
        let most: Int
        var digests = 0
        var underWay: [Work: Int] = [:]
    }

    /// Writes an entry into the journal, with the digest of the replica if it is due and those before it are done.
    func lookAtDigest(
        of trainer: any Replica, _ step: Int, force: Bool, if isDue: Bool = true,
        at time: Int, _ entry: @escaping @Sendable (Digest?) -> JournalEntry.Event
    ) {
        let isSeen = isDue && observation.digests > 0 && watching.digests < (force ? watching.most + 2 : watching.most)
        guard isSeen || journal != nil else { return }
        if isSeen { watching.digests += 1 }
        // Also what has no digest waits for its turn, so that the lines stay in order.
        let seen = isSeen ? trainer : nil
        let digests = digests
        observing.async { [self] in
            let digest = seen.flatMap { seen in
                digests.whole { (try? seen.stateDigest()).flatMap(Digest.init(hexadecimal:)) }
            }
            journal?.write(entry(digest), at: time)
            guard isSeen else { return }
            if let digest { deliver([.digest(step: step, digest)]) }
            queue.async { self.watching.digests -= 1 }
        }
    }

    /// Tests the replica, or writes it to disk, if that is due.
    func watch(_ trainer: any Replica, _ step: Int, at time: Int) {
        let (deliver, journal) = (deliver, journal)
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
                    deliver([.kept(step: step, fault: nil)])
                } catch {
                    journal?.write(.news("no checkpoint of step \(step): \(error)"), at: Clock.now)
                    deliver([.kept(step: step, fault: "\(error)")])
                }
            }
        }
    }

    /// What takes longer than the steps between must not heap up copies of the state, so while too many wait, what is due
    /// is left out, but for the last state of all.
    private func begin(_ work: Watching.Work, of step: Int, at time: Int, _ body: @escaping @Sendable () -> Void) {
        let waiting = watching.underWay[work, default: 0]
        guard waiting < watching.most || step == observation.endStep else {
            journal?.write(.news("no \(work) of step \(step): \(waiting) of them are under way"), at: time)
            return
        }
        watching.underWay[work] = waiting + 1
        observing.async { [self] in
            body()
            queue.async { self.watching.underWay[work]! -= 1 }
        }
    }
}
