/// What a neighbour says of a view, which this node may not have yet.
protocol WordOfView {
    var view: Int { get }
}

extension Dictionary where Key == NodeID, Value: WordOfView {
    /// Keeps the latest word of a neighbour, if the view may be the next: it is of the epoch of the view at hand, or there is none
    /// here. As the words of those are dropped whose links go down, there is one for each neighbour at most,
    /// and of no more neighbours than a view has nodes.
    /// - Returns: whether it is kept.
    mutating func keep(_ word: Value, of peer: NodeID, after view: Int?) -> Bool {
        guard view.map({ View.epoch(ofView: word.view) == View.epoch(ofView: $0) }) ?? true,
            word.view >= self[peer]?.view ?? 0, self[peer] != nil || count < MessageLimits.nodes
        else { return false }
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
