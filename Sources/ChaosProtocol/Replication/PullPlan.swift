/// What a receiver pulls by: the instance that the offers came to, solved, and the neighbours in its order.
struct PullPlan: Sendable {
    let solved: SolvedInstance
    let nodes: [NodeID]
    /// Whether it was made elsewhere, and is not there to be the best.
    var isGiven = false
}
