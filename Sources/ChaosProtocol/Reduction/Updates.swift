/// Which chunks of which updates this node has.
struct Updates: Sendable {
    private let chunks: Int
    private var sets: [Int: ChunkSet] = [:]

    init(chunks: Int) { self.chunks = chunks }

    var isEmpty: Bool { sets.isEmpty }

    /// Nothing of a step of which no chunk has come.
    subscript(step: Int) -> ChunkSet { sets[step] ?? ChunkSet(of: chunks) }

    func isComplete(_ step: Int) -> Bool { sets[step]?.isComplete ?? false }

    /// - Returns: whether it was not there.
    mutating func insert(_ chunk: Int, of step: Int) -> Bool {
        sets[step, default: ChunkSet(of: chunks)].insert(chunk)
    }

    mutating func remove(_ step: Int) { sets[step] = nil }

    /// - Returns: the steps of which there was something, ascending.
    mutating func remove(where condition: (Int, ChunkSet) -> Bool) -> [Int] {
        let removed = sets.filter { condition($0.key, $0.value) }.map(\.key).sorted()
        for step in removed { sets[step] = nil }
        return removed
    }
}
