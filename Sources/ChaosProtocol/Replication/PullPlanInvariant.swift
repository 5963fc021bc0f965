extension PullPlan: SelfChecking {
    /// Cost: O(neighbours).
    package func check(_ holds: inout Sentences) {
        holds("A plan has the neighbours of its instance.", nodes.count == solved.instance.neighbors.count)
        holds(of: "solved", solved)
    }
}
