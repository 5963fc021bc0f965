/// Lets something happen at once as long as it is seldom, and when it is frequent at most once in a while: a bucket of
/// `burst` tokens, into which another one falls every `pause`.
struct Pace: Sendable {
    /// In nanoseconds.
    let pause: Int
    /// At least 1.
    let burst: Int
    /// When the bucket will be full again; nil: it has never been less than full.
    var fullAt: Int?

    init(pause: Int, burst: Int) {
        self.pause = pause
        self.burst = burst
    }

    /// The earliest time at which it may happen; nil: at any.
    var next: Int? { fullAt.map { $0 - (burst - 1) * pause } }

    /// It happens, which costs a token.
    mutating func count(at now: Int) { fullAt = max(fullAt ?? now, now) + pause }
}
