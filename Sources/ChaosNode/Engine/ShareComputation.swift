import ChaosTraining

/// How a node's share of a step is computed: part after part, as the views ask for more of it.
struct ShareComputation {
    let step: Int
    /// All that is asked for; of the step's samples.
    private(set) var positions = RangeSet<Int>()
    /// By the latest view that has asked.
    private var added = RangeSet<Int>()
    private var view = 0
    private var waiting: [GradientTask] = []
    private var isComputing = false
    private var isToBeTold = false
    /// Computed since the last answer.
    private var news = (samples: 0, computeTime: 0)
    private var report = TrainingReport()
    /// When all would be there, were a trainer to take as long as it pretends; on `Clock.now`.
    private(set) var completeAt = 0

    init(step: Int) { self.step = step }

    /// The mean of the samples; nil: none is computed.
    var loss: Double? { report.samples > 0 ? report.loss : nil }

    /// A view asks for more, perhaps for nothing.
    mutating func add(_ task: GradientTask, of positions: RangeSet<Int>) {
        view = task.view
        added = positions
        self.positions.formUnion(positions)
        if !task.samples.isEmpty { waiting.append(task) }
        isToBeTold = true
    }

    /// What is to be begun now; nil: nothing, for all is computed or something is under way.
    mutating func next() -> GradientTask? {
        guard !isComputing, !waiting.isEmpty else { return nil }
        isComputing = true
        return waiting.removeFirst()
    }

    /// What was begun is there, and is to take this much longer, in nanoseconds.
    mutating func take(_ computed: ComputedGradient, wait: Int, at now: Int) {
        isComputing = false
        news.samples += computed.samples
        news.computeTime += computed.elapsed + wait
        report = report + computed.report
        completeAt = max(completeAt, now) + wait
    }

    /// The answer to the latest view, once when all is there.
    mutating func tell() -> ComputedShare? {
        guard isToBeTold, !isComputing, waiting.isEmpty else { return nil }
        isToBeTold = false
        defer { news = (0, 0) }
        return ComputedShare(
            view: view, step: step, positions: positions, added: added, samples: news.samples,
            computeTime: news.computeTime)
    }

    /// What is not there will not come, and all is void.
    mutating func giveUp() {
        if isToBeTold { self = ShareComputation(step: step) }
    }
}
