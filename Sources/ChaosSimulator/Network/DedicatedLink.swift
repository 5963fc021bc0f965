import ChaosModel
import DequeModule

/// A link that shares no capacity, and the items that wait for it. Exact: time is counted in whole nanoseconds and b-ths
/// of one, in which every item of the link begins and ends.
struct DedicatedLink<Payload: Sendable>: Sendable {
    private(set) var bandwidth: Int
    private var queue = Deque<FluidItem<Payload>>()
    /// When the link began with the first item; its fraction is over `bandwidth`.
    private var start = ExactTime.zero
    /// What was left of the first item's overhead and work then; of the items after it, all is.
    private var firstOverhead = 0
    private var firstWork: Int128 = 0

    init(bandwidth: Int) { self.bandwidth = bandwidth }

    /// When the items at the head of the queue are through.
    var finish: ExactTime? {
        guard let item = queue.first else { return nil }
        let others = Int128(item.count - 1)
        let work = Int128(start.remainder) + firstWork + others * item.work
        return ExactTime(
            nanoseconds: start.nanoseconds + Int128(firstOverhead) + others * Int128(item.overhead)
                + work / Int128(bandwidth),
            remainder: UInt64(work % Int128(bandwidth)), denominator: UInt64(bandwidth))
    }

    /// - Returns: whether the link was idle.
    mutating func enqueue(_ item: FluidItem<Payload>, at now: Int) -> Bool {
        queue.append(item)
        guard queue.count == 1 else { return false }
        begin(at: ExactTime(nanoseconds: Int128(now)))
        return true
    }

    private mutating func begin(at time: ExactTime) {
        guard let item = queue.first else { return }
        start = time
        firstOverhead = item.overhead
        firstWork = item.work
    }

    /// The items at the head are through, and the next begin at that very time.
    mutating func complete() -> (payload: Payload, end: ExactTime) {
        let end = finish!
        let item = queue.removeFirst()
        begin(at: end)
        return (item.payload, end)
    }

    mutating func cancel() -> [Payload] {
        defer { queue.removeAll() }
        return queue.map(\.payload)
    }

    /// - Precondition: the first item began at or before `now`, and the items of the head are not through.
    mutating func setBandwidth(_ new: Int, at now: Int) {
        defer { bandwidth = new }
        guard let item = queue.first else { return }
        let b = Int128(bandwidth)
        // Times in b-ths of a nanosecond, all whole.
        var elapsed = (Int128(now) - start.nanoseconds) * b - Int128(start.remainder)
        let first = Int128(firstOverhead) * b + firstWork
        if elapsed >= first {
            let each = Int128(item.overhead) * b + item.work
            let (through, rest) = (elapsed - first).quotientAndRemainder(dividingBy: each)
            elapsed = rest
            queue[0].count -= 1 + Int(through)
            (firstOverhead, firstWork) = (item.overhead, item.work)
            let began = Int128(now) * b - elapsed
            start = ExactTime(nanoseconds: began / b, remainder: UInt64(began % b), denominator: UInt64(b))
        }
        if elapsed >= Int128(firstOverhead) * b {
            firstWork -= elapsed - Int128(firstOverhead) * b
            firstOverhead = 0
            start = ExactTime(nanoseconds: Int128(now))
        } else {
            // An overhead that began between two whole nanoseconds: the fraction is now over another denominator.
            let fraction = (Int128(start.remainder) * Int128(new) + b - 1) / b
            start = ExactTime(
                nanoseconds: start.nanoseconds + fraction / Int128(new), remainder: UInt64(fraction % Int128(new)),
                denominator: UInt64(new))
        }
    }
}
