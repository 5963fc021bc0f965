/// What the steps of a cluster are. All nodes must have the same `samples`, `batch`, `lost` and `chunks`, since what
/// they compute and send follows from them, and the same `gradientBytes`; the rest each node may set for itself.
public struct ReductionSettings: Hashable, Sendable {
    /// Rows of the data set, 1 … 2^50. Each is used once in an epoch.
    public var samples: Int
    /// Rows of a step, 1 … `samples`; the last step of an epoch has what is left.
    public var batch: Int
    /// What becomes of the samples of a step that a lost member was to compute, or had computed.
    public var lost: LostSamples
    /// Parts in which an update travels, 1 … `MessageLimits.chunks`. While one is summed another is on its way: more of
    /// them hide more of the latency of a deep tree, and cost a message each.
    public var chunks: Int
    /// Of an update on the wire, 0 … 2^53; 0: they are not known, and one tree must do (`ReductionTree.trees`).
    public var gradientBytes: Int
    /// For tests: several trees wherever there can be.
    package var hasTreesAtAnyRate = false
    /// After which a node asks again for what it waits for, in nanoseconds; doubled each time that nothing comes, for a
    /// slow link is not made faster by asking. More than a chunk takes on the slowest link.
    public var retry: Int
    /// Beyond which it is not doubled.
    public var longestRetry: Int
    /// How many of the last updates a node retains for those that have missed them; at least 1, or a view change could
    /// lose an update.
    public var window: Int
    /// How many updates a learner keeps at most while its state is on its way.
    public var backlog: Int
    /// How long the slowest member may compute longer than the fastest, in thousandths of the step, 0 … 1000.
    public var imbalance: Int
    /// After how many steps running beyond that the division is uneven,
    public var unevenSteps: Int
    /// and after how long, in nanoseconds, 1 … 2^50: a new view costs a step that is begun, so the difference must last.
    /// Twice as long after each renewal that came soon, up to 64 times.
    public var patience: Int

    /// - Precondition: all values are in their ranges, and those without a range at least 1.
    public init(
        samples: Int, batch: Int, lost: LostSamples = .repeated, chunks: Int = 16, gradientBytes: Int = 0,
        retry: Int = 200_000_000,
        longestRetry: Int = 8_000_000_000, window: Int = 16, backlog: Int = 4096, imbalance: Int = 100,
        unevenSteps: Int = 5, patience: Int = 10_000_000_000
    ) {
        precondition((1...MessageLimits.greatestQuantity).contains(samples), "samples must be 1 … 2^50")
        precondition((1...samples).contains(batch), "batch must be 1 … samples")
        precondition((1...MessageLimits.chunks).contains(chunks), "chunks must be 1 … \(MessageLimits.chunks)")
        precondition((0...1000).contains(imbalance), "imbalance must be 0 … 1000")
        precondition((1...MessageLimits.greatestQuantity).contains(patience), "patience must be 1 … 2^50")
        precondition([retry, longestRetry, window, backlog, unevenSteps].allSatisfy { $0 > 0 }, "1 is the least")
        self.samples = samples
        self.batch = batch
        self.lost = lost
        self.chunks = chunks
        self.gradientBytes = gradientBytes
        self.retry = retry
        self.longestRetry = longestRetry
        self.window = window
        self.backlog = backlog
        self.imbalance = imbalance
        self.unevenSteps = unevenSteps
        self.patience = patience
    }

    public var stepsPerEpoch: Int { (samples - 1) / batch + 1 }

    /// The number of positions of a step: `batch`, or what is left in the last step of an epoch.
    public func batch(ofStep step: Int) -> Int {
        let place = step % stepsPerEpoch
        return place == stepsPerEpoch - 1 ? samples - place * batch : batch
    }
}

/// What becomes of the samples that members were to compute in a step when they are lost in the midst of it.
public enum LostSamples: String, Hashable, Sendable, CaseIterable {
    /// The others compute them: each sample is used once an epoch.
    case repeated
    /// They are lost too, for a step that is a long round of local steps: nobody waits, and each sample is used at most once
    /// an epoch. Only if nobody has anything of the step, all of it is computed again.
    case dropped
}
