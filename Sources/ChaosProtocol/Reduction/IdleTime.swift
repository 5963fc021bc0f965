/// How long a member could have computed and waited for the others instead, in nanoseconds.
struct IdleTime: Sendable {
    /// Until the last time that it was given something to compute.
    var soFar = 0
    /// Since when it has had nothing to compute; nil: it has, or is no member.
    var since: Int?

    func total(at now: Int) -> Int { soFar + (since.map { now - $0 } ?? 0) }

    mutating func begin(at now: Int) { since = since ?? now }

    mutating func end(at now: Int) { (soFar, since) = (total(at: now), nil) }

    /// It is no member any more: the time since it has had nothing to compute does not count.
    mutating func drop() { since = nil }
}
