/// How fast things come, over the last while.
///
/// Arrivals are counted between marks, an eighth of the span apart at least, so that the memory is small and a burst
/// counts no more than what it is of the span. Things slower than that have a mark each, and nine count however long ago.
struct ArrivalRate: Sendable {
    static let marksInSpan = 8
    private static let least = 2

    /// In ns, 1 or more.
    let span: Int
    var marks: [(time: Int, count: Int)] = []
    /// When the last arrival was.
    var last = 0
    /// Arrivals since the start.
    var count = 0

    init(over span: Int) { self.span = span }

    /// The time from one arrival to the next, in ns, at least 1; nil: there are too few.
    var pace: Int? {
        guard let first = marks.first, count - first.count >= Self.least, last - first.time >= span / Self.marksInSpan
        else { return nil }
        return max(1, (last - first.time) / (count - first.count))
    }

    mutating func note(at now: Int) {
        count += 1
        last = now
        guard let latest = marks.last, now - latest.time < max(1, span / Self.marksInSpan) else {
            marks.append((now, count))
            if marks.count > Self.marksInSpan + 1 { marks.removeFirst() }
            return
        }
    }

    /// What comes from now on has nothing to do with what came.
    mutating func restart() {
        marks.removeAll(keepingCapacity: true)
        count = 0
    }
}
