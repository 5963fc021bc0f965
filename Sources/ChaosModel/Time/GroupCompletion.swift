/// When a group has passed on the last of the shards below it.
public struct GroupCompletion: Sendable, Equatable {
    /// The group's index in the instance.
    public let group: Int
    /// m_g, the number of shards below it, 1 or more.
    public let count: Int
    /// a_g in ns, when its first byte can be on the way.
    public let start: Int
    /// C_g(m_g).
    public let finish: ExactTime
}

extension Instance {
    /// The completions of all groups with a shard, in the order of the instance. Cost: O(|N| + |G|).
    /// - Parameters:
    ///   - counts: n_i for every neighbour, not negative, in all at most K(size).
    ///   - size: s in bytes.
    public func groupCompletions(of counts: [Int], shardsOf size: Int) -> [GroupCompletion] {
        guard !groups.isEmpty else { return [] }
        let forest = Forest(self)
        let (below, starts) = (forest.sums(of: counts), forest.starts(of: self))
        let found = (1..<forest.count).compactMap { v -> GroupCompletion? in
            guard let g = forest.group(at: v), below[v] > 0 else { return nil }
            return GroupCompletion(
                group: g, count: below[v], start: starts[v],
                finish: CompletionTime.of(below[v], shardsOf: size, through: groups[g], start: starts[v]))
        }
        return found.sorted { $0.group < $1.group }
    }
}
