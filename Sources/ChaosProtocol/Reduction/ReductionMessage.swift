/// A part of a step, on a link of the reduction tree (`Reduction`).
///
/// What is of a view's beginning, `ready` and `begin`, names the view. What is of a step names its era by the number of the
/// first view of that; a total the last view that had begun where it was made, or sent again.
///
/// `partial` and `total` travel with a payload: the numbers of the chunk. The protocol never looks into it.
public enum ReductionMessage: Hashable, Sendable {
    /// To the parent: this node and all members below it work under the view, have applied `applied` steps, and have this
    /// of the next one, in the order of their ids. From a learner: it has not heard of a beginning.
    case ready(view: Int, applied: Int, [Contribution] = [])
    /// The same before the view is decided, from a member that has accepted it and completes no step any more: in the view with
    /// this number, if it is the one with this digest, and no other one that has been proposed.
    case readyFor(view: Int, digest: UInt64, applied: Int, [Contribution] = [])
    /// From the root down: all are ready, this is the step to be done, and this the members have of it, in the order of
    /// their ids.
    case begin(view: Int, step: Int, [Contribution] = [])
    /// To the parent: a chunk of the sum of the gradients of this node and all members below it.
    case partial(view: Int, step: Int, chunk: Int, ComputeTimes)
    /// From the root down: a chunk of the reduced update of a step, of the current one or of one that the receiver lacks,
    /// and of how many samples it is made.
    case total(view: Int, step: Int, chunk: Int, samples: Int)
    /// What the sender waits for has not come and is to be sent again.
    case missing(view: Int, step: Int, Missing)
    /// The answer to whoever misses an update that is not retained any more: those of the steps before this one are gone.
    case gone(view: Int, before: Int)

    /// What is waited for.
    public enum Missing: Hashable, Sendable {
        /// These chunks of the partial sum, ascending, each once; from a child.
        case partial([Int])
        /// These chunks of the update, ascending, each once.
        case total([Int])
    }

    public var view: Int {
        switch self {
        case .ready(let view, _, _), .readyFor(let view, _, _, _), .begin(let view, _, _), .partial(let view, _, _, _),
            .total(let view, _, _, _),
            .missing(let view, _, _), .gone(let view, _):
            view
        }
    }
}

/// How long the members of a part of the tree computed in a step, in nanoseconds.
public struct ComputeTimes: Hashable, Sendable {
    public let least: Int
    public let greatest: Int

    public init(least: Int, greatest: Int) {
        self.least = least
        self.greatest = greatest
    }
}
