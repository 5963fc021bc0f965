/// What a node has to pass on, and when it does.
struct Spreading: Sendable {
    var news = PendingNews()
    var pace: Pace
    /// While a founding view is believed everyone tells everyone, and nothing comes of a part of it: so it goes on seldom, and much
    /// at a time, when it has been passed on a few times.
    var foundingPace: Pace
    /// Whether there is news that may make a view due, and whoever is to propose has not been told.
    var isUrgent = false
    /// Whether this node keeps back what it has to say of itself until its links of the founding view are up.
    var holdsOwnBack = false
    /// The neighbours whose hello has come since their links came up.
    var greeted: Set<NodeID> = []
    /// When the next hellos are due, with which all news goes that is pending; nil before the start.
    var helloAt: Int?
    /// How often in a row the hello of a neighbour has differed from what is known here; absent: it did not.
    var differences: [NodeID: Int] = [:]
    /// After how many a neighbour is told everything: news is on its way for a while, and nothing is missing.
    static let mostDifferences = 4

    init(_ settings: NegotiationSettings) {
        pace = Pace(pause: settings.spreading, burst: settings.burst)
        foundingPace = Pace(pause: max(settings.spreading, settings.hello / 50), burst: min(settings.burst, 8))
    }

    /// When urgent news may be passed on; nil: there is none, or it may be at once.
    func newsAt(whileFounding isFounding: Bool) -> Int? {
        isUrgent ? (isFounding ? foundingPace : pace).next : nil
    }

    /// Whether urgent news is to be passed on now; then the pace counts it. News that is not urgent waits for the next
    /// hello: measurements of others, which make no view due by themselves and come all the time.
    mutating func mayPassOn(at now: Int, whileFounding isFounding: Bool) -> Bool {
        guard isUrgent, newsAt(whileFounding: isFounding) ?? now <= now else { return false }
        isUrgent = false
        if isFounding { foundingPace.count(at: now) } else { pace.count(at: now) }
        return true
    }

    /// A hello of a neighbour has come.
    /// - Returns: whether the neighbour is to be told everything.
    mutating func compare(_ isSame: Bool, with peer: NodeID) -> Bool {
        guard !isSame else {
            differences[peer] = nil
            return false
        }
        let count = (differences[peer] ?? 0) + 1
        differences[peer] = count == Self.mostDifferences ? nil : count
        return count == Self.mostDifferences
    }
}
