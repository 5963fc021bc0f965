/// How well samples were predicted: sums, so that the reports of shares add up to that of the batch. For people only;
/// nothing is decided by it.
public struct TrainingReport: Sendable, Equatable {
    /// The number of samples.
    public var samples = 0
    /// The sum of their losses in nats, without the penalty.
    public var totalLoss = 0.0
    /// How many of them were given the right class.
    public var correct = 0
    /// How long a node is to take for it, in nanoseconds, if the trainer only pretends to compute: whoever asked waits
    /// that long before going on. 0 for trainers that compute.
    public var computeTime = 0

    public init() {}

    /// The mean loss of a sample in nats; not a number for no sample.
    public var loss: Double { totalLoss / Double(samples) }

    /// The part of the samples that were given the right class, 0 … 1; not a number for no sample.
    public var accuracy: Double { Double(correct) / Double(samples) }

    /// Reports of different nodes, which compute at the same time.
    public static func + (x: TrainingReport, y: TrainingReport) -> TrainingReport {
        var sum = x
        sum.samples += y.samples
        sum.totalLoss += y.totalLoss
        sum.correct += y.correct
        sum.computeTime = max(x.computeTime, y.computeTime)
        return sum
    }
}
