/// What a neighbour says of a view, which this node may not have yet.
protocol WordOfView {
    var view: Int { get }
}

extension Dictionary where Key == NodeID, Value: WordOfView {
    /// Keeps the latest word of a neighbour; of no more neighbours than a view has nodes.
    /// - Returns: whether it is kept.
    mutating func keep(_ word: Value, of peer: NodeID) -> Bool {
        guard word.view >= self[peer]?.view ?? 0, self[peer] != nil || count < MessageLimits.nodes else { return false }
        self[peer] = word
        return true
    }

    /// A view has come: what has been said of it and counts, ascending by node; what is older is dropped with it.
    mutating func take(ofView number: Int, where counts: (Value) -> Bool) -> [(node: NodeID, word: Value)] {
        guard !isEmpty else { return [] }
        defer { self = filter { $0.value.view > number } }
        return filter { counts($0.value) }.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }
}
