/// What a node has to pass on, and when it does.
struct Spreading: Sendable {
    var news = PendingNews()
    var pace: Pace
    /// When the next hellos are due, with which all news goes that is pending; nil before the start.
    var helloAt: Int?

    init(_ settings: NegotiationSettings) { pace = Pace(pause: settings.spreading, burst: settings.burst) }

    /// When urgent news may be passed on; nil: there is none, or it may be at once.
    var newsAt: Int? { news.isUrgent ? pace.next : nil }

    /// Whether urgent news is to be passed on now; then the pace counts it. News that is not urgent waits for the next
    /// hello: measurements of others, which make no view due by themselves and come all the time.
    mutating func mayPassOn(at now: Int) -> Bool {
        guard news.isUrgent, pace.next ?? now <= now else { return false }
        pace.count(at: now)
        return true
    }
}
