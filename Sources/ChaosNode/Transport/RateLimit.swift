/// Keeps what is sent to a rate: each piece has to wait for its own time to have passed before it may be sent, so that
/// over any time no more goes out than the rate allows.
struct RateLimit {
    /// Of unused time that may be made up for: timers are late by about as much.
    private static let credit = 2_000_000

    /// In bits per second.
    let rate: Int
    private var free = 0

    init(rate: Int) { self.rate = rate }

    /// Books a piece.
    /// - Returns: when it may be sent.
    mutating func book(_ bytes: Int, at now: Int) -> Int {
        let time = Int(clamping: (Int128(bytes) * 8_000_000_000 + Int128(rate) - 1) / Int128(rate))
        free = max(free, now - Self.credit) + time
        return free
    }
}
