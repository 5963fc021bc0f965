import ChaosDocuments
import ChaosTraining
import NIOConcurrencyHelpers

/// What computes gradients for a node, beside everything else.
///
/// Called by one thread at a time, and returns at once; answers come on any thread.
protocol GradientSource: AnyObject, Sendable {
    /// Computes from the replica as it is now. What was begun before is given up.
    /// - Parameter answer: called once, or never if the task is given up.
    func begin(
        _ task: GradientTask, of replica: any Replica,
        answer: @escaping @Sendable (Result<ComputedGradient, InvalidInput>) -> Void)

    /// The gradient that was begun is not wanted any more.
    func giveUp()

    /// The replica is whole, and what the next gradient will be computed from unless more steps are done before.
    func show(_ replica: any Replica)

    /// All steps are done, and this is the last state.
    func finish(with replica: any Replica)

    /// Gives up everything and returns when nothing is under way.
    func end()
}

/// Which gradient is to be computed.
struct GradientTask: Sendable {
    let view: Int
    /// How many nodes train under that view.
    let members: Int
    let step: Int
    /// At least one.
    let samples: [Int]
}

/// A gradient, and how it was made.
struct ComputedGradient: Sendable {
    let gradient: Gradient
    /// Of how many it is.
    let samples: Int
    let report: TrainingReport
    /// In nanoseconds, at least 1.
    let elapsed: Int
}

/// Computes with the replica itself, on a thread of its own.
final class LocalGradients: GradientSource {
    private let computing = SerialQueue("gradient")
    /// Tells a computation from those that were given up.
    private let current = NIOLockedValueBox(0)

    func begin(
        _ task: GradientTask, of replica: any Replica,
        answer: @escaping @Sendable (Result<ComputedGradient, InvalidInput>) -> Void
    ) {
        let mine = current.withLockedValue {
            $0 += 1
            return $0
        }
        let held = NIOLockedValueBox<(any Replica)?>(replica)
        computing.async { [self] in
            // Given up while another one was computed.
            guard mine == current.withLockedValue({ $0 }) else { return }
            // The replica is let go before the answer: the update that follows would copy the state otherwise.
            answer(Self.compute(task, of: held))
        }
    }

    private static func compute(
        _ task: GradientTask, of held: NIOLockedValueBox<(any Replica)?>
    ) -> Result<ComputedGradient, InvalidInput> {
        let start = Clock.now
        do throws(InvalidInput) {
            guard let trainer = held.withLockedValue({ $0.take() }) as? any Trainer else {
                throw .missing("trainer in this process")
            }
            var gradient = Gradient(count: trainer.gradientCount)
            let report = try trainer.addGradient(of: task.samples[...], to: &gradient)
            return .success(
                ComputedGradient(
                    gradient: gradient, samples: task.samples.count, report: report, elapsed: max(1, Clock.now - start))
            )
        } catch {
            return .failure(error)
        }
    }

    func giveUp() { current.withLockedValue { $0 += 1 } }

    func show(_: any Replica) {}

    func finish(with _: any Replica) {}

    func end() {
        giveUp()
        computing.finish()
    }
}
