extension ClusterNode: SelfChecking {
    /// Cost: that of the parts.
    package func check(_ holds: inout Sentences) {
        holds("Only a member trains.", !isTraining || negotiation.role == .member)
        holds(of: "monitor", monitor)
        holds(of: "negotiation", negotiation)
        holds(of: "reduction", reduction)
        holds(of: "server", server)
        holds(of: "receiver", receiver)
    }
}
