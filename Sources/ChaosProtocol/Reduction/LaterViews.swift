/// What is heard of views that this node does not have yet.
struct LaterViews: Sendable {
    /// A neighbour's word of readiness.
    struct Readiness: WordOfView, Sendable {
        let view: Int
        let applied: Int
        let contributions: [Contribution]
    }

    /// The last word of readiness of each neighbour that has one of them.
    var readiness: [NodeID: Readiness] = [:]
    /// The latest that the shell has been told of, and when.
    private var told = (view: 0, at: 0)

    /// - Parameter view: the number of the view at hand; nil: there is none.
    mutating func note(_ word: Readiness, of peer: NodeID, after view: Int?) {
        _ = readiness.keep(word, of: peer, after: view)
    }

    /// Whether the shell is to be told of this view: of each once, and again after some time.
    mutating func isToBeTold(_ view: Int, at now: Int, again interval: Int) -> Bool {
        guard view > told.view || now >= told.at + interval else { return false }
        told = (view, now)
        return true
    }

    /// A view has come: what has been said of it, ascending by node; what is older is dropped with it.
    mutating func takeReadiness(for view: Int) -> [(node: NodeID, word: Readiness)] {
        readiness.take(ofView: view) { $0.view == view }
    }
}
