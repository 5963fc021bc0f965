/// The updates of which this node has something: those that it retains for others, and those that are coming.
struct Updates: Sendable {
    let chunks: Int
    var sets: [Int: ChunkSet] = [:]
    /// Of how many samples each of them is made.
    var samples: [Int: Int] = [:]
    /// Updates of earlier steps are not here and never will be. Nil while a learner does not know where it begins.
    var oldest: Int?
    /// Of what this node needs, the updates of all steps before this one are complete; it may be an earlier step than the
    /// first of which that is not so. Spares looking at the same ones again.
    var gap = 0

    init(chunks: Int, oldest: Int?) {
        self.chunks = chunks
        self.oldest = oldest
    }

    var isEmpty: Bool { sets.isEmpty }

    /// Nothing of a step of which no chunk has come.
    subscript(step: Int) -> ChunkSet { sets[step] ?? ChunkSet(of: chunks) }

    func isComplete(_ step: Int) -> Bool { sets[step]?.isComplete ?? false }

    /// The first step from `next` on of which something is missing, where `next` is the first that is needed.
    mutating func firstMissing(from next: Int) -> Int {
        gap = max(gap, next)
        while isComplete(gap) { gap += 1 }
        return gap
    }

    /// - Returns: whether it was not there.
    mutating func insert(_ chunk: Int, of step: Int, samples: Int) -> Bool {
        self.samples[step] = self.samples[step] ?? samples
        return sets[step, default: ChunkSet(of: chunks)].insert(chunk)
    }

    /// The oldest update is retained no longer.
    mutating func dropOldest() {
        guard let oldest else { return }
        drop(oldest)
        self.oldest = oldest + 1
    }

    /// Nothing before this step is retained, or will be.
    /// - Returns: the steps of which there was something, ascending.
    mutating func begin(from step: Int) -> [Int] {
        oldest = step
        // The state may be of an earlier step than the first view that a learner has seen begin.
        gap = step
        return remove { number, _ in number < step }
    }

    /// Drops what may be made anew under another view: parts of updates, and whole ones from this step on.
    /// - Returns: the steps of which there was something, ascending.
    mutating func dropUnsettled(from step: Int) -> [Int] {
        gap = 0
        return remove { $0 >= step || !$1.isComplete }
    }

    private mutating func remove(where condition: (Int, ChunkSet) -> Bool) -> [Int] {
        let removed = sets.filter { condition($0.key, $0.value) }.map(\.key).sorted()
        for step in removed { drop(step) }
        return removed
    }

    private mutating func drop(_ step: Int) { (sets[step], samples[step]) = (nil, nil) }
}
