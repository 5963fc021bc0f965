/// Elan (Xie et al., "Elan: Towards Generic and Efficient Elastic Training for Deep Learning", ICDCS 2020; its abstract): the
/// joiner starts in the background; at the end of a step all stop, and the joiner copies the state from its nearest source,
/// the one with the least latency; then all go on. About a second for all but the copy.
struct Elan: Policy {
    let name = "elan"
    let title = "Elan"

    func course(for situation: Situation) -> Course {
        Course.copying(situation, from: situation.nearest, adjustment: situation.settings.adjustment)
    }
}
