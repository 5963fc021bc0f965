import ChaosProtocol
import ChaosTraining

/// What a node has seen of its training, for whoever asks.
struct NodeProgress {
    /// Of what this node computed last.
    var loss: Double?
    var test: TrainingReport?
    /// Of the state before this step.
    var digest: (step: Int, digest: Digest)?
    /// Whether the last step is done.
    var isFinished = false
    /// The step before which the state was written to disk last.
    var checkpoint: Int?
    /// Of which step how many chunks of the total this node, as the root, has summed.
    private var summed = (step: -1, chunks: 0)

    /// A step begins, perhaps again.
    mutating func begin(_ step: Int) { summed = (step, 0) }

    /// A chunk of the total is summed.
    /// - Returns: whether it was the last of them.
    mutating func noteSummed(_ step: Int, of chunks: Int) -> Bool {
        if summed.step != step { begin(step) }
        summed.chunks += 1
        return summed.chunks == chunks
    }
}
