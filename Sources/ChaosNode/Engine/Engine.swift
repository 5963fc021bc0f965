import ChaosProtocol
import ChaosTraining
import NIOCore

/// A training engine, as its node sees it: whatever carries out `EngineAction`. There the contract stands that holds
/// wherever an engine runs: the order of actions, what may be lost, what is void when, and whose the payloads are. An
/// engine in this process keeps it so:
///
/// - **Threads.** `perform` is called on the node's event loop and returns at once; what it is told is done elsewhere. Events
///   are delivered on any thread, by the closure that the engine was made with, and come to the event loop in that order.
/// - **Payloads.** Buffers of NIO are shared and copied when one of their owners changes them, so neither side copies.
/// - **Failing.** After `EngineEvent.failed` an engine does nothing more; the node ends.
///
/// `TrainerEngine` is one for whatever computes the gradients (`GradientSource`), in this process or another: the state, and
/// whatever must be the same to the bit on all replicas, stays with the node.
protocol Engine: AnyObject, Sendable {
    /// How gradients go over the wire.
    var wire: GradientWire { get }

    /// Carries out these actions after all those that were given before.
    func perform(_ batch: EngineBatch)

    /// For experiments: from now on a gradient takes this many times as long.
    func slow(by factor: Int)

    /// Gives up what is computed, carries out nothing more, and returns when nothing is under way. Not to be called on the
    /// event loop.
    func end()

    /// Writes the state to disk, if that is configured and there is one. Only after the end.
    /// - Returns: its step; nil: nothing was to be written.
    func keep() throws -> Int?
}

/// The gradient of a node's share of a step.
struct ComputedShare: Sendable {
    let view: Int
    let step: Int
    /// All that is in it.
    let positions: RangeSet<Int>
    /// What the last `compute` asked for.
    let added: RangeSet<Int>
    /// How many samples have been computed since the last answer, and how long that took, in nanoseconds.
    let samples: Int
    let computeTime: Int
}

/// What an engine tells its node.
enum EngineEvent: Sendable {
    /// The answer to `EngineAction.send`: the message with its numbers.
    case send(ReductionMessage, ByteBuffer, to: NodeID)
    /// The answer to `compute`: a gradient is there, and is to be told after `wait` nanoseconds.
    case gradient(ComputedShare, wait: Int)
    /// The answer to `takeSnapshot`.
    case snapshot(Snapshot)
    /// The answer to `write`: the memory of these shards is free again, of all that were given at once.
    case written([ByteBuffer])
    /// Of what this node computed of the step the loss is this; nil: it computed nothing of it.
    case applied(step: Int, loss: Double?)
    case evaluated(step: Int, TrainingReport)
    /// Of the state before the step.
    case digest(step: Int, Digest)
    /// The state before the step has been written to disk; or could not be, for this reason.
    case kept(step: Int, fault: String?)
    /// What computes gradients is there, as it calls itself; or is gone, for this reason.
    case attached(String)
    case detached(reason: String)
    /// The engine cannot go on, for this reason.
    case failed(String)
}
