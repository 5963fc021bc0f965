import ChaosModel
import ChaosSimulator
import HeapModule

/// A course played on the virtual network: links with a bandwidth and a latency, capacities that several share max-min
/// fairly (`FluidNetwork`), a clock of whole nanoseconds, on which nothing is early and less than one late.
public struct CourseRun: Sendable {
    public let course: Course
    public let start: Int
    /// Of each activity.
    public private(set) var begins: [Int]
    public private(set) var ends: [Int]
    /// Of each transfer, when its source begins to send.
    private(set) var departures: [Int]
    /// While training halts; nil: it does not.
    public let halt: Range<Int>?
    /// When the joiner has the state.
    public var whole: Int? { course.whole.map { ends[$0] } }
    /// How long what the event asks for takes, until all has been done and training goes on. That the end of a step is waited
    /// for is not counted, for anybody.
    public let handling: Int
    /// When all is done that the change needs in order to count.
    public var done: Int { course.effective.map { ends[$0] } ?? start }
    /// When the change counts: at the first end of a step from then on, or where training goes on after a halt. Of a course
    /// that is delayed later on, when it would have counted.
    public let effective: Int
    /// Of each source.
    public let bytes: [Int]

    private static let latest = 1 << 61

    private struct Ready: Comparable {
        let time: Int
        let activity: Int

        static func < (a: Ready, b: Ready) -> Bool { (a.time, a.activity) < (b.time, b.activity) }
    }

    /// Cost: O(activities · log activities), and that of `FluidNetwork`.
    /// - Parameters:
    ///   - course: of a policy.
    ///   - instance: of a join, whose neighbours are the sources: a source needs r_i before it can serve, once it has been
    ///     asked, and l_i passes from a request to its first byte; each item costs o_i besides. Limits are not kept to.
    ///   - start: when it begins, in ns.
    ///   - clock: of the training.
    /// - Throws: `NoPlan` if something would end after 2^61 ns.
    public init(
        _ course: Course, on instance: Instance?, from start: Int, clock: TrainingClock
    ) throws(NoPlan) {
        var asked = Set<Int>()
        var network = FluidNetwork<Int>(groups: instance?.groups ?? [])
        let neighbors = instance?.neighbors ?? []
        var links: [Int: FluidLink] = [:]
        var begins = [Int](repeating: start, count: course.activities.count)
        var (ends, departures) = (begins, begins)
        var missing = course.activities.map { $0.after.count }
        var followers = [[Int]](repeating: [], count: course.activities.count)
        for (k, activity) in course.activities.enumerated() {
            for before in activity.after { followers[before].append(k) }
        }
        var ready = Heap(missing.indices.filter { missing[$0] == 0 }.map { Ready(time: start, activity: $0) })
        // Requests that are on their way, which take their place on the link when they are there.
        var requests = Heap<Ready>()
        var bytes = [Int](repeating: 0, count: neighbors.count)
        func end(_ activity: Int, at time: Int) {
            ends[activity] = time
            for next in followers[activity] {
                begins[next] = max(begins[next], time)
                missing[next] -= 1
                if missing[next] == 0 { ready.insert(Ready(time: begins[next], activity: next)) }
            }
        }
        while true {
            let arrival = network.nextEvent().map { Int(clamping: $0.nanoseconds + ($0.isWhole ? 0 : 1)) }
            let time = [ready.min?.time, requests.min?.time, arrival].compactMap { $0 }.min()
            guard let time else { break }
            guard time < Self.latest else { throw NoPlan(instance: instance?.name) }
            if let completion = network.popCompletion(by: time) {
                end(completion.payload, at: completion.arrivalNanosecond)
            } else if let next = ready.min, next.time == time {
                ready.removeMin()
                switch course.activities[next.activity].kind {
                case .pause(let length): end(next.activity, at: time + length)
                case .boundary: end(next.activity, at: clock.boundary(from: time))
                case .send(let source, _, _):
                    let neighbor = neighbors[source]
                    let wait = asked.insert(source).inserted ? neighbor.ready : 0
                    requests.insert(Ready(time: time + wait + neighbor.latency, activity: next.activity))
                }
            } else if let next = requests.min, next.time == time {
                requests.removeMin()
                guard case .send(let source, let size, let count) = course.activities[next.activity].kind else {
                    continue
                }
                let neighbor = neighbors[source]
                let link = links[source] ?? network.addLink(bandwidth: neighbor.bandwidth, group: neighbor.group)
                links[source] = link
                departures[next.activity] = time
                bytes[source] += size * count
                network.enqueue(
                    next.activity, bytes: size, overhead: neighbor.overhead, count: count, on: link, at: time)
            }
        }
        self.course = course
        self.start = start
        (self.begins, self.ends, self.departures, self.bytes) = (begins, ends, departures, bytes)
        switch course.halt {
        case .never: halt = nil
        case .between(let first, let last): halt = ends[first]..<max(ends[first], ends[last])
        case .atOnce(let last), .holding(let last): halt = start..<max(start, ends[last])
        }
        let finished = course.effective.map { ends[$0] } ?? start
        let handled = max(halt?.upperBound ?? start, finished)
        effective = halt == nil ? clock.boundary(from: finished) : handled
        let waited = course.activities.indices.reduce(0) {
            course.activities[$1].kind == .boundary ? $0 + ends[$1] - begins[$1] : $0
        }
        handling = max(0, handled - start - waited)
    }

    /// A transfer takes longer than planned, and so does the joiner, who waits for all of them, and what is done after that.
    mutating func delay(_ transfer: Int, by time: Int) {
        ends[transfer] = min(Self.latest, ends[transfer] + time)
        guard let whole = course.whole, ends[transfer] > ends[whole] else { return }
        let later = ends[transfer] - ends[whole]
        for k in whole..<ends.endIndex {
            if k > whole { begins[k] += later }
            ends[k] = min(Self.latest, ends[k] + later)
        }
    }

    /// When all is over.
    public var end: Int { max(effective, ends.max() ?? start) }

    /// What has come from a source by a time, in whole items. Without groups.
    func bytes(of source: Int, by time: Int, in instance: Instance?) -> Int {
        var bytes = 0
        for (k, activity) in course.activities.enumerated() {
            guard case .send(source, let size, let count) = activity.kind, let neighbor = instance?.neighbors[source]
            else { continue }
            let each = max(1, neighbor.overhead + Situation.time(of: size, at: neighbor.bandwidth))
            // Counted back from the last, of which the time is known.
            let missing = (max(0, ends[k] - time) + each - 1) / each
            bytes += size * max(0, count - missing)
        }
        return bytes
    }
}
