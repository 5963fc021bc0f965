/// What a step is made of: the members compute, then each sends its gradients, then the last of them are on their way. Times
/// are nanoseconds.
struct StepShape: Hashable, Sendable {
    /// What a step is about.
    enum Phase: Hashable, Sendable { case computing, sending, arriving }

    /// 1 or more.
    var compute: Int
    /// How long gradients go over the narrowest link, up and down; 0: there is nobody to send any to.
    var sending = 0
    var arriving = 0
    /// At which each member sends them, bit/s: that of the narrowest link.
    var rate = 1

    var length: Int { compute + sending + arriving }

    /// - Parameter begun: how much of the step has passed, less than `length`.
    /// - Returns: what it is about then, and how long that still takes.
    func phase(at begun: Int) -> (phase: Phase, left: Int) {
        if begun < compute { return (.computing, compute - begun) }
        if begun < compute + sending { return (.sending, compute + sending - begun) }
        return (.arriving, length - begun)
    }
}
