/// When a node asks again for what it waits for: after `ReductionSettings.retry`, and twice as long each time that nothing
/// has come, up to `longestRetry`.
struct RetryTimer: Sendable {
    let shortest: Int
    let longest: Int
    /// How long it waits this time, in nanoseconds.
    var interval: Int
    /// When it asks again; nil: nothing is waited for.
    var due: Int?
    /// The time that the shell has been told.
    var armed: Int?
    /// Whether what was waited for has come, at least in part, with the event at hand.
    var hasProgressed = false

    init(_ settings: ReductionSettings) {
        shortest = settings.retry
        longest = max(settings.retry, settings.longestRetry)
        interval = settings.retry
    }

    /// The shell has woken it: no time is armed any more.
    mutating func isDue(at now: Int) -> Bool {
        armed = nil
        return due.map { now >= $0 } ?? false
    }

    mutating func putOff(from now: Int) {
        interval = min(2 * interval, longest)
        due = now + interval
    }

    /// After every event. The time that is armed is only set earlier, never later: most of the time something comes long
    /// before it.
    /// - Returns: the time to be told to the shell, if it is another one.
    mutating func rearm(isWaiting: Bool, at now: Int) -> Int? {
        if hasProgressed { (interval, due) = (shortest, nil) }
        hasProgressed = false
        due = isWaiting ? due ?? now + interval : nil
        guard let due, due < armed ?? .max else { return nil }
        armed = due
        return due
    }
}
