/// Chunks of an update, a bit for each.
struct ChunkSet: Hashable, Sendable {
    /// Of the whole update.
    let chunks: Int
    var count = 0
    var words: [UInt64]

    init(of chunks: Int) {
        self.chunks = chunks
        words = Array(repeating: 0, count: (chunks + 63) / 64)
    }

    var isComplete: Bool { count == chunks }

    func contains(_ chunk: Int) -> Bool { words[chunk / 64] >> UInt64(chunk % 64) & 1 == 1 }

    /// - Returns: whether it was not in it.
    mutating func insert(_ chunk: Int) -> Bool {
        guard !contains(chunk) else { return false }
        words[chunk / 64] |= 1 << UInt64(chunk % 64)
        count += 1
        return true
    }

    /// Ascending.
    var members: [Int] { (0..<chunks).filter(contains) }
    /// Those that are not in it, ascending.
    var missing: [Int] { (0..<chunks).filter { !contains($0) } }
}
