/// How a member does a step.
extension Reduction {
    /// How far a step is.
    struct Step: Sendable {
        let number: Int
        let startedAt: Int
        private(set) var hasGradient = false
        /// Of this node and all below it that have been heard of.
        private(set) var times: ComputeTimes?
        /// The chunks that have come from each child.
        private var received: [NodeID: ChunkSet] = [:]
        /// From how many children each chunk has come.
        private(set) var arrived: [Int]
        /// Of which the sum is made.
        fileprivate(set) var summed: ChunkSet

        init(_ number: Int, chunks: Int, at now: Int) {
            self.number = number
            startedAt = now
            arrived = Array(repeating: 0, count: chunks)
            summed = ChunkSet(of: chunks)
        }

        mutating func takeGradient(computedIn time: Int) {
            hasGradient = true
            merge(ComputeTimes(least: time, greatest: time))
        }

        /// - Returns: whether it is news.
        mutating func take(_ chunk: Int, _ times: ComputeTimes, from child: NodeID, defect: PlantedDefect?) -> Bool {
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

    mutating func startStep(_ number: Int, _ view: View, _ now: Int) {
        step = Step(number, chunks: settings.chunks, at: now)
        endIdling(now)
        if defect == .oldGradientUsed, let leftover = balance.leftover, leftover.number == number, leftover.hasGradient
        {
            step?.takeGradient(computedIn: 0)
            return sumChunks(now)
        }
        let batch = settings.batch(ofStep: number)
        // There are two sizes of steps at most.
        let share = positions[batch] ?? Shares(view, batch: batch).positions(of: node)
        positions[batch] = share
        actions.append(.compute(view: view.number, step: number, positions: share))
    }

    mutating func take(
        partial chunk: Int, of number: Int, _ times: ComputeTimes, from child: NodeID, _ now: Int
    ) {
        guard memberChildren.contains(child), chunk < settings.chunks, step?.number == number else { return }
        let isNew = step?.take(chunk, times, from: child, defect: defect) == true
        guard isNew || defect == .repeatedPartialCounted else { return }
        hasProgressed = true
        actions.append(.keep(chunk: chunk, from: child))
        sum(chunk, now)
    }

    mutating func sumChunks(_ now: Int) {
        for chunk in 0..<settings.chunks { sum(chunk, now) }
    }

    /// Makes a chunk of the sum if all that belongs to it is there, and sends it on its way.
    private mutating func sum(_ chunk: Int, _ now: Int) {
        guard let view, let step, step.hasGradient, let times = step.times,
            step.arrived[chunk] >= memberChildren.count, self.step?.summed.insert(chunk) == true
        else { return }
        actions.append(.sum(step: step.number, chunk: chunk, of: memberChildren, isTotal: parent == nil))
        guard parent == nil else { return sendPartial(chunk, of: step.number, times, view) }
        _ = updates.insert(chunk, of: step.number)
        for child in memberChildren + learnerChildren {
            send(.total(view: view.number, step: step.number, chunk: chunk), to: child)
        }
    }

    private mutating func sendPartial(_ chunk: Int, of step: Int, _ times: ComputeTimes, _ view: View) {
        guard let parent else { return }
        send(.partial(view: view.number, step: step, chunk: chunk, times), to: parent)
    }

    mutating func repeatPartial(_ chunks: [Int], of number: Int) {
        guard let view, let step, step.number == number, let times = step.times else { return }
        for chunk in chunks where chunk < settings.chunks && step.summed.contains(chunk) {
            sendPartial(chunk, of: number, times, view)
        }
    }
}
