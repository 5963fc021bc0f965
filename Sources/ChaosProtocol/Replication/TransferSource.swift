import ChaosModel

/// A neighbour in a transfer: its terms, what is to be pulled from it, what is on the way, and how fast it is.
struct TransferSource: Sendable {
    enum Condition: Sendable {
        case serving(Work)
        case idle(Reason)
    }

    /// Why a neighbour is asked for nothing.
    enum Reason: Hashable, Sendable {
        /// Silent for a while: it gets nothing more to do until it is heard again, or nobody else is left.
        case stalled
        case down
        /// It has no snapshot, will not serve any more, or has been silent for long.
        case gone
        case suspect
    }

    struct Pull: Sendable {
        let shard: Int
        /// When it was sent last.
        var sentAt: Int
        /// Pulls sent well after this one that have been answered since.
        var overtaken = 0
        /// Whether the shard is asked of another neighbour too, because this one is too slow.
        var isGivenAway = false
    }

    /// What a neighbour that serves is to send.
    struct Work: Sendable {
        /// What it has not been asked for yet.
        var queue = ShardQueue()
        /// In the order in which they were sent.
        var inFlight: [Pull] = []
        /// When the oldest pull is sent again; while something is on the way.
        var repeatAt = 0
        /// How often that has been done since the last shard came: each time it takes longer.
        var repeats = 0
        /// When pulls were last sent again because a connection was closed (`renew`).
        var renewedAt: Int?
    }

    let node: NodeID
    /// As in the instance.
    let terms: Neighbor
    let shardSize: Int
    var condition: Condition
    /// The step of the snapshot that it has told of.
    var announced: Int?
    /// When it comes to its end by the plan at hand; nil: it has no part in it.
    var plannedEnd: Int?
    /// Shards asked for so far, since a limit counts them all.
    var asked = 0
    /// When anything came from it last, or when it began to be asked.
    var lastHeard: Int
    /// When its link was lost last, or found lost at the beginning.
    var downSince: Int
    private var rate: ArrivalRate
    /// The bandwidth that the monitor measures, if it does.
    var monitored: Int?

    /// How long a process may have to wait for a processor, in ns.
    private static let scheduling = 20_000_000
    /// What is sent within this part of the latency may well come in another order.
    private static let reordered = 4
    /// The repeats that double the time to the next.
    private static let doublings = 5

    init(_ node: NodeID, terms: Neighbor, shardSize: Int, isUp: Bool, settings: ReceiverSettings, at now: Int) {
        self.node = node
        self.terms = terms
        self.shardSize = shardSize
        condition = isUp ? .serving(Work()) : .idle(.down)
        (lastHeard, downSince) = (now, now)
        rate = ArrivalRate(over: settings.rateSpan)
    }

    var isServing: Bool { if case .serving = condition { true } else { false } }

    /// Why it is asked for nothing; nil: it serves.
    var reason: Reason? { if case .idle(let reason) = condition { reason } else { nil } }

    /// Whether it serves, or would as soon as it is heard.
    var mayServe: Bool { isServing || reason == .stalled }

    /// Empty unless it serves.
    var work: Work { if case .serving(let work) = condition { work } else { Work() } }

    /// How many shards nobody else is asked for.
    var owed: Int {
        guard case .serving(let work) = condition else { return 0 }
        return work.queue.count + work.inFlight.count { !$0.isGivenAway }
    }

    // MARK: How fast it is

    /// The bits of a shard, as nanoseconds at 1 bit/s; below 2^60.
    private var bits: Int { ModelRange.bitNanosecondsPerByte * shardSize }

    /// The time of a shard as the terms say, in ns, at least 1; below 2^61.
    var plannedPace: Int { max(1, terms.overhead + (bits + terms.bandwidth - 1) / terms.bandwidth) }

    /// The time of a shard as the last deliveries say; nil: too few.
    var measuredPace: Int? { rate.pace }

    /// The time of a shard, by the best that is known.
    var pace: Int {
        measuredPace ?? max(plannedPace, monitored.map { (bits + $0 - 1) / $0 } ?? 0)
    }

    /// From a request until its shard is there, if nothing is in the way; at most 2^51.
    var expected: Int { terms.latency + min(ModelRange.mostNanoseconds, pace) }

    /// How many requests keep the neighbour busy: those that it serves during the latency and while either process waits
    /// for a processor, and two more. At the greater of the rates that are planned and measured: with fewer requests, one
    /// that was slow for a while would remain so.
    func window(most: Int) -> Int {
        let pace = min(pace, plannedPace)
        return min(most, (terms.latency + Self.scheduling + pace - 1) / pace + 2)
    }

    /// When the last of `count` shards will be there if the neighbour goes on as it does.
    func end(of count: Int, from now: Int) -> Int { Self.end(of: count, each: pace, from: now) }

    private static func end(of count: Int, each pace: Int, from now: Int) -> Int {
        Int(clamping: min(Int128(1) << 62, Int128(now) + Int128(count) * Int128(pace)))
    }

    /// What it would be in an instance of what is missing.
    /// - Parameter wait: until its snapshot may be there; 0 if it is.
    func remaining(wait: Int) -> Neighbor {
        let measured = measuredPace ?? (pace > plannedPace ? pace : nil)
        let busy = Int(clamping: min(Int128(ModelRange.mostNanoseconds), Int128(work.inFlight.count) * Int128(pace)))
        return Neighbor(
            id: terms.id,
            bandwidth: measured.map { min(ModelRange.mostBandwidth, max(1, bits / $0)) } ?? terms.bandwidth,
            latency: terms.latency,
            // What is on the way comes first, and meanwhile a request travels.
            ready: max(0, max(wait, busy - terms.latency)),
            overhead: measured == nil ? terms.overhead : 0,
            limit: terms.limit.map { max(0, $0 - asked * shardSize) })
    }

    // MARK: What it is to send

    /// Changes what it is to send, if it serves.
    @discardableResult private mutating func withWork<Result>(_ change: (inout Work) -> Result) -> Result? {
        guard case .serving(var work) = condition else { return nil }
        // With two holders the pulls would be copied.
        condition = .idle(.stalled)
        defer { condition = .serving(work) }
        return change(&work)
    }

    /// Without effect unless it serves.
    mutating func assign(_ queue: ShardQueue) { withWork { $0.queue = queue } }

    /// Takes the next shard from the queue, unless as many are on the way as the window has.
    mutating func nextQueued(window: Int) -> Int? {
        withWork { $0.inFlight.count < window ? $0.queue.popFirst() : nil } ?? nil
    }

    mutating func send(_ shard: Int, _ now: Int, settings: ReceiverSettings) {
        let isFirst = work.inFlight.isEmpty
        if isFirst { rate.restart() }
        withWork { $0.inFlight.append(Pull(shard: shard, sentAt: now)) }
        asked += 1
        if isFirst { noteNews(now, settings: settings) }
    }

    /// Moves a pull to the end, for it is sent again.
    /// - Returns: its shard.
    mutating func sendAgain(at position: Int, _ now: Int) -> Int? {
        asked += 1
        return withWork { work in
            var pull = work.inFlight.remove(at: position)
            pull.overtaken = 0
            pull.sentAt = now
            work.inFlight.append(pull)
            return pull.shard
        }
    }

    /// Sends all pulls again, in their order, for what was on the way is lost. Those whose shards have come or are asked of
    /// another neighbour too are forgotten. Without effect within `retry` of the last time.
    /// - Returns: the shards to be asked for.
    mutating func renew(_ now: Int, settings: ReceiverSettings, without arrived: ShardSet) -> [Int] {
        if let last = work.renewedAt, now < last + settings.retry { return [] }
        let shards = withWork { work in
            work.renewedAt = now
            work.inFlight.removeAll { $0.isGivenAway || arrived.contains($0.shard) }
            for k in work.inFlight.indices { (work.inFlight[k].sentAt, work.inFlight[k].overtaken) = (now, 0) }
            return work.inFlight.map(\.shard)
        }
        armRepeat(after: work.repeats, now, settings: settings)
        asked += shards?.count ?? 0
        return shards ?? []
    }

    /// Forgets a pull, for its shard has come from elsewhere.
    mutating func forget(at position: Int) { withWork { _ = $0.inFlight.remove(at: position) } }

    /// Gives away what would come later than that.
    /// - Returns: whether anything is given away that was not yet.
    mutating func giveAway(after latest: Int, _ now: Int) -> Bool {
        let pace = pace
        return withWork { work in
            var isChanged = false
            for k in work.inFlight.indices
            where !work.inFlight[k].isGivenAway && Self.end(of: k + 1, each: pace, from: now) > latest {
                work.inFlight[k].isGivenAway = true
                isChanged = true
            }
            return isChanged
        } ?? false
    }

    // MARK: What comes from it

    /// A shard has come.
    /// - Returns: the place in `inFlight` where it was; those before it may have been overtaken once more.
    mutating func noteArrival(of shard: Int, _ now: Int, settings: ReceiverSettings) -> Int? {
        noteNews(now, settings: settings)
        let (latency, expected) = (terms.latency, expected)
        let position = withWork { work -> Int? in
            guard let position = work.inFlight.firstIndex(where: { $0.shard == shard }) else { return nil }
            let pull = work.inFlight.remove(at: position)
            for k in 0..<position {
                let lead = pull.sentAt - work.inFlight[k].sentAt
                // One that was sent when the answer to the other was long due says as much as many.
                if lead > settings.retry + expected {
                    work.inFlight[k].overtaken = Transfer.overtakingSuggestsLoss
                } else if lead > latency / Self.reordered {
                    work.inFlight[k].overtaken += 1
                }
            }
            return position
        }
        guard let position = position ?? nil else { return nil }
        rate.note(at: now)
        return position
    }

    mutating func noteHeard(_ now: Int) { lastHeard = now }

    mutating func noteAnnouncement(of step: Int, _ now: Int) {
        announced = step
        lastHeard = now
    }

    private mutating func noteNews(_ now: Int, settings: ReceiverSettings) {
        lastHeard = now
        armRepeat(after: 0, now, settings: settings)
    }

    /// The oldest pull has been sent again, since nothing has come for long.
    mutating func noteSilence(_ now: Int, settings: ReceiverSettings) {
        armRepeat(after: work.repeats + 1, now, settings: settings)
    }

    private mutating func armRepeat(after repeats: Int, _ now: Int, settings: ReceiverSettings) {
        let due = now + (settings.retry + expected) << min(repeats, Self.doublings)
        withWork { ($0.repeats, $0.repeatAt) = (repeats, due) }
    }

    // MARK: Whether it serves

    /// It serves again, with nothing to do yet.
    mutating func resume() { condition = .serving(Work()) }

    /// Nothing more is expected of it for now.
    mutating func stop(_ reason: Reason) {
        condition = .idle(reason)
        rate.restart()
    }

    /// It serves, but what it has is of no use: nothing of it is waited for.
    mutating func drop() {
        if isServing { condition = .serving(Work()) }
        rate.restart()
    }
}
