/// How a member does a step.
extension Reduction {
    /// How far a step is.
    struct Step: Sendable {
        let number: Int
        let startedAt: Int
        var hasGradient = false
        /// Of this node and all below it that have been heard of.
        var times: ComputeTimes?
        /// The chunks that have come from each child.
        var received: [NodeID: ChunkSet] = [:]
        /// From how many children each chunk has come.
        var arrived: [Int]
        /// Of which the sum is made.
        var summed: ChunkSet

        init(_ number: Int, chunks: Int, at now: Int) {
            self.number = number
            startedAt = now
            arrived = Array(repeating: 0, count: chunks)
            summed = ChunkSet(of: chunks)
        }

        mutating func noteGradient(computedIn time: Int) {
            hasGradient = true
            merge(ComputeTimes(least: time, greatest: time))
        }

        /// A chunk of a partial sum has come.
        /// - Returns: whether it is news.
        mutating func insert(
            _ chunk: Int, _ times: ComputeTimes, from child: NodeID, defect: PlantedDefect?
        ) -> Bool {
            let isNew = received[child, default: ChunkSet(of: summed.chunks)].insert(chunk)
            if isNew || defect == .repeatedPartialCounted { arrived[chunk] += 1 }
            merge(times)
            return isNew
        }

        func missing(from child: NodeID) -> [Int] { (received[child] ?? ChunkSet(of: summed.chunks)).missing }

        private mutating func merge(_ other: ComputeTimes) {
            times =
                times.map {
                    ComputeTimes(least: min($0.least, other.least), greatest: max($0.greatest, other.greatest))
                } ?? other
        }
    }

    /// A chunk of a partial sum that came before the step.
    struct EarlyPartial: Sendable {
        let step: Int
        let chunk: Int
        let child: NodeID
        let times: ComputeTimes
    }

    mutating func startStep(_ number: Int, _ now: Int) {
        step = Step(number, chunks: settings.chunks, at: now)
        let defect = defect
        for part in early where part.step == number {
            _ = step?.insert(part.chunk, part.times, from: part.child, defect: defect)
        }
        early = []
        idle.end(at: now)
        compute(number)
    }

    mutating func onPartial(_ chunk: Int, of number: Int, _ times: ComputeTimes, from child: NodeID, _ now: Int) {
        guard let standing, chunk < settings.chunks, standing.branch(ofChunk: chunk).children.contains(child) else {
            return
        }
        guard step?.number == number else { return keepEarly(chunk, of: number, times, from: child) }
        let defect = defect
        let isNew = step?.insert(chunk, times, from: child, defect: defect) == true
        guard isNew || defect == .repeatedPartialCounted else { return }
        retry.hasProgressed = true
        order(.keep(step: number, chunk: chunk, from: child))
        sum(chunk, now)
    }

    /// The child is a step ahead, or has heard earlier that the view has begun. No member is further ahead than that.
    private mutating func keepEarly(_ chunk: Int, of number: Int, _ times: ComputeTimes, from child: NodeID) {
        guard let applied, number == (step == nil ? applied : applied + 1),
            !early.contains(where: { $0.step == number && $0.chunk == chunk && $0.child == child })
        else { return }
        early.append(EarlyPartial(step: number, chunk: chunk, child: child, times: times))
        order(.keep(step: number, chunk: chunk, from: child))
    }

    mutating func sumChunks(_ now: Int) {
        for chunk in 0..<settings.chunks { sum(chunk, now) }
    }

    /// Makes a chunk of the sum if all that belongs to it is there, and sends it on its way.
    private mutating func sum(_ chunk: Int, _ now: Int) {
        guard let standing, let step, step.hasGradient, let times = step.times else { return }
        let branch = standing.branch(ofChunk: chunk)
        guard step.arrived[chunk] >= branch.children.count, parent != nil || !isPausing(before: step.number),
            self.step?.summed.insert(chunk) == true
        else { return }
        order(.sum(step: step.number, chunk: chunk, of: branch.children, isTotal: branch.parent == nil))
        guard branch.parent == nil else { return sendPartial(chunk, of: step.number, times) }
        _ = updates.insert(chunk, of: step.number, samples: samples(ofStep: step.number))
        for child in branch.children + standing.learnerChildren {
            sendTotal(chunk, of: step.number, to: child)
        }
    }

    /// Whether it is time that the view begins.
    private func isPausing(before step: Int) -> Bool {
        guard begun == nil, let standing else { return false }
        return step >= standing.pausesBefore && defect != .rootGoesOn
    }

    private mutating func sendPartial(_ chunk: Int, of step: Int, _ times: ComputeTimes) {
        guard let standing, let parent = standing.branch(ofChunk: chunk).parent else { return }
        order(.send(.partial(view: standing.view.era, step: step, chunk: chunk, times), to: parent))
    }

    /// - Parameter number: of the view under which it was made or, if that is not known, of the last that has begun.
    mutating func sendTotal(_ chunk: Int, of step: Int, under number: Int? = nil, to peer: NodeID) {
        guard let view = number ?? standing?.worksUnder, let samples = updates.samples[step] else { return }
        order(.send(.total(view: view, step: step, chunk: chunk, samples: samples), to: peer))
    }

    mutating func repeatPartial(_ chunks: [Int], of number: Int, to parent: NodeID) {
        guard let standing, let step, step.number == number, let times = step.times else { return }
        for chunk in chunks
        where chunk < settings.chunks && step.summed.contains(chunk) && standing.branch(ofChunk: chunk).parent == parent
        {
            sendPartial(chunk, of: number, times)
        }
    }
}
