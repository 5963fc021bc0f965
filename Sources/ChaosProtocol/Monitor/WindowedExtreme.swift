/// The least or the greatest of recent measurements: of those that came in the last window, and of the window before.
///
/// What disturbs a measurement does so on one side only. Queues and busy processes make a round trip longer, never
/// shorter, and a sender that has nothing to send makes the delivered bandwidth less, never more. So the extreme is
/// nearer to the link than any average, and a change of the link shows after two windows at the latest; so BBR measures
/// the same two (Cardwell et al. 2016). When no further measurement comes, the last one stays.
struct WindowedExtreme: Sendable {
    enum Side: Sendable { case least, greatest }

    let side: Side
    /// In nanoseconds.
    let window: Int
    /// Of the window at hand; nil: nothing has been measured.
    var current: Int?
    /// Of the window before.
    var previous: Int?
    /// When the window at hand began.
    var start = 0

    /// - Parameter window: in nanoseconds, at least 1.
    init(_ side: Side, window: Int) {
        self.side = side
        self.window = window
    }

    /// Nil: unmeasured.
    var value: Int? { extreme(current, previous) }

    mutating func add(_ measurement: Int, at now: Int) {
        if current == nil || now - start >= 2 * window {
            (current, previous, start) = (nil, nil, now)
        } else if now - start >= window {
            (current, previous, start) = (nil, current, start + window)
        }
        current = extreme(current, measurement)
    }

    private func extreme(_ a: Int?, _ b: Int?) -> Int? {
        guard let a, let b else { return a ?? b }
        return side == .least ? min(a, b) : max(a, b)
    }
}
