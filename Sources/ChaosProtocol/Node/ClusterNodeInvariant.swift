extension ClusterNode: SelfChecking {
    /// Cost: that of the parts, and O(neighbours).
    package func check(_ holds: inout Sentences) {
        holds(
            "The steps are those of the view that was negotiated.",
            reduction.standing?.view.number == negotiation.view?.number)
        holds(
            "Steps halt exactly while no quorum can be reached or a view is accepted.",
            defect == .minorityGoesOn || defect == .stepAfterAcceptance
                || reduction.isHalted == (negotiation.isHalted || negotiation.hasAccepted))
        holds("No link leads to the node itself.", !links.contains(id))
        holds("A link is up when the monitor has found it so.", links.allSatisfy { monitor.links[$0]?.isUp == true })
        holds("A state that is whole is of an admission.", receiver.phase != .complete || stateAdmission != nil)
        if case .learner(let admitted) = reduction.role {
            holds(
                "A learner's replica is of its admission.", reduction.applied == nil || stateAdmission == admitted)
        }
        holds(of: "wakes", wakes)
        holds(of: "monitor", monitor)
        holds(of: "negotiation", negotiation)
        holds(of: "reduction", reduction)
        holds(of: "server", server)
        holds(of: "receiver", receiver)
    }
}

extension Wakes: SelfChecking {
    package func check(_ holds: inout Sentences) {
        holds("The shell wakes the node when the first of its parts is due.", next == nil || armed == next)
    }
}
