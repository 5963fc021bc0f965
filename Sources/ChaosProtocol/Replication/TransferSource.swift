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
    }

    /// What a neighbour that serves is to send.
    struct Work: Sendable {
        /// What it has not been asked for yet.
        var queue = ShardQueue()
        /// In the order in which they were sent.
        var inFlight: [Pull] = []
        /// When the last shard of those on the way came; if none has yet, when the first may have begun to.
        var cameAt = 0
        /// When the oldest pull is sent again; while something is on the way.
        var repeatAt = 0
        /// Since when that is waited for.
        var waitsSince = 0
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
    /// Shards asked for so far, since a limit counts them all.
    var asked = 0
    /// When anything came from it last, or when it began to be asked.
    var lastHeard: Int
    /// When its link was lost last, or found lost at the beginning.
    var downSince: Int
    private var rate: ArrivalRate
    /// The last pace that was measured: it counts until there is another one.
    private var lastPace: Int?
    /// When it first had nothing to do since it was last given a part of a plan; nil: it has had something all the time.
    var unusedSince: Int?
    /// The same before it was given that part, of which it has been asked for nothing yet: another one may take it over.
    private var unusedBefore: Int?
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

    /// How many shards it is to send.
    var owed: Int {
        guard case .serving(let work) = condition else { return 0 }
        return work.queue.count + work.inFlight.count
    }

    /// Whether it is willing to send one more than it is to send already. A limit counts whatever it was asked for.
    var mayTakeMore: Bool {
        guard let limit = terms.limit else { return true }
        return asked + work.queue.count < limit / shardSize
    }

    // MARK: How fast it is

    /// The bits of a shard, as nanoseconds at 1 bit/s; below 2^60.
    private var bits: Int { ModelRange.bitNanosecondsPerByte * shardSize }

    /// The time of a shard as the terms say, in ns, at least 1; below 2^61.
    var plannedPace: Int { max(1, terms.overhead + (bits + terms.bandwidth - 1) / terms.bandwidth) }

    /// The time of a shard as the last deliveries say; nil: too few.
    var measuredPace: Int? { rate.pace ?? lastPace }

    /// The time of a shard, by the best that is known.
    var pace: Int {
        measuredPace ?? max(plannedPace, monitored.map { (bits + $0 - 1) / $0 } ?? 0)
    }

    /// From a request until its shard is there, if nothing but what was asked for before is in the way; at most 2^51. Shards
    /// come over several connections at once, so that the first of those on the way may come with the last. Those that seem
    /// to be lost are not waited for, or the wait for one would make that for the next longer.
    var expected: Int {
        expected(work.inFlight.count { $0.overtaken < Transfer.overtakingSuggestsLoss }, each: pace)
    }

    private func expected(_ count: Int, each pace: Int) -> Int {
        let time = Int128(pace) * Int128(max(1, count))
        return terms.latency + Int(min(Int128(ModelRange.mostNanoseconds), time))
    }

    /// From a request until its shard is there, if nothing is on the way; at most 2^51.
    var alone: Int { expected(1, each: pace) }

    /// Whether a pull that is on the way seems to be lost: it has been overtaken, and has had its time. What comes over
    /// several connections at once need not come in its order.
    func isLost(at position: Int, _ now: Int) -> Bool {
        let pull = work.inFlight[position]
        return pull.overtaken >= Transfer.overtakingSuggestsLoss
            && now > pull.sentAt + expected(work.inFlight.count, each: min(pace, plannedPace))
    }

    /// How many requests keep the neighbour busy: those that it serves during the latency and while either process waits
    /// for a processor, and two more. At the greater of the rates that are planned and measured: with fewer requests, one
    /// that was slow for a while would remain so.
    func window(most: Int) -> Int {
        let pace = min(pace, plannedPace)
        return min(most, (terms.latency + Self.scheduling + pace - 1) / pace + 2)
    }

    /// When the pull at this place of those on the way, counted from 0, should be answered: they come at the neighbour's pace,
    /// one after the other or over several connections at once. If all of them should have come by now, as much again is
    /// waited for as has passed since the last one.
    func arrival(at position: Int, _ now: Int) -> Int {
        let (own, last) = (end(of: position + 1), end(of: work.inFlight.count))
        if own >= now { return own }
        return last >= now ? last : Self.end(of: 1, each: now - work.cameAt, from: now)
    }

    private func end(of count: Int) -> Int { Self.end(of: count, each: pace, from: work.cameAt) }

    /// When the last of what it is to send should be there.
    /// - Parameter ready: when its snapshot may be pulled.
    func finish(ready: Int, _ now: Int) -> Int {
        guard let last = work.inFlight.indices.last else {
            return Self.end(of: work.queue.count, each: pace, from: max(now, ready) + terms.latency)
        }
        let quiet = max(0, now - work.cameAt) / work.inFlight.count
        return Self.end(of: work.queue.count, each: max(pace, quiet), from: arrival(at: last, now))
    }

    /// When one more shard would be there if it were asked for now.
    func arrivalOfAnother(_ now: Int) -> Int {
        guard let last = work.inFlight.indices.last else { return now + alone }
        return max(now + alone, Self.end(of: 1, each: pace, from: arrival(at: last, now)))
    }

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
    mutating func assign(_ queue: ShardQueue) {
        withWork { $0.queue = queue }
        if queue.count > 0 { (unusedBefore, unusedSince) = (unusedSince ?? unusedBefore, nil) }
    }

    /// The shard that it would be asked for last.
    mutating func giveUpLast() -> Int? {
        let last = withWork { $0.queue.popLast() } ?? nil
        // It rests on, and not anew.
        if work.queue.count == 0, unusedSince == nil { unusedSince = unusedBefore }
        return last
    }

    /// Takes the next shard from the queue, unless as many are on the way as the window has.
    mutating func nextQueued(window: Int) -> Int? {
        withWork { $0.inFlight.count < window ? $0.queue.popFirst() : nil } ?? nil
    }

    mutating func send(_ shard: Int, _ now: Int, settings: ReceiverSettings) {
        let isFirst = work.inFlight.isEmpty
        if isFirst { restartRate() }
        let first = now + terms.latency
        withWork {
            if isFirst { $0.cameAt = first }
            $0.inFlight.append(Pull(shard: shard, sentAt: now))
        }
        asked += 1
        unusedBefore = nil
        if isFirst { lastHeard = now }
        // With more on the way more is waited for.
        armRepeat(after: work.repeats, isFirst ? now : work.waitsSince, settings: settings)
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

    /// Sends all pulls again, in their order, for what was on the way is lost. Those whose shards have come are forgotten.
    /// Without effect within `retry` of the last time.
    /// - Returns: the shards to be asked for.
    mutating func renew(_ now: Int, settings: ReceiverSettings, without arrived: ShardSet) -> [Int] {
        if let last = work.renewedAt, now < last + settings.retry { return [] }
        let first = now + terms.latency
        let shards = withWork { work in
            (work.renewedAt, work.cameAt) = (now, first)
            work.inFlight.removeAll { arrived.contains($0.shard) }
            for k in work.inFlight.indices { (work.inFlight[k].sentAt, work.inFlight[k].overtaken) = (now, 0) }
            return work.inFlight.map(\.shard)
        }
        armRepeat(after: work.repeats, now, settings: settings)
        asked += shards?.count ?? 0
        return shards ?? []
    }

    /// Forgets a pull, for its shard has come from elsewhere.
    mutating func forget(at position: Int) { withWork { _ = $0.inFlight.remove(at: position) } }

    // MARK: What comes from it

    /// A shard has come.
    /// - Returns: the place in `inFlight` where it was; those before it may have been overtaken once more.
    mutating func noteArrival(of shard: Int, _ now: Int, settings: ReceiverSettings) -> Int? {
        noteNews(now, settings: settings)
        let (latency, expected) = (terms.latency, expected)
        let position = withWork { work -> Int? in
            guard let position = work.inFlight.firstIndex(where: { $0.shard == shard }) else { return nil }
            let pull = work.inFlight.remove(at: position)
            work.cameAt = now
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

    private mutating func armRepeat(after repeats: Int, _ since: Int, settings: ReceiverSettings) {
        let due = since + (settings.retry + expected) << min(repeats, Self.doublings)
        withWork { ($0.repeats, $0.waitsSince, $0.repeatAt) = (repeats, since, due) }
    }

    // MARK: Whether it serves

    /// It serves again, with nothing to do yet.
    mutating func resume() { condition = .serving(Work()) }

    /// Nothing more is expected of it for now.
    mutating func stop(_ reason: Reason) {
        condition = .idle(reason)
        (unusedSince, unusedBefore) = (nil, nil)
        forgetRate()
    }

    /// It serves, but what it has is of no use: nothing of it is waited for.
    mutating func drop() {
        if isServing { condition = .serving(Work()) }
        forgetRate()
    }

    /// It begins to send again, as fast as before for all that is known.
    private mutating func restartRate() {
        lastPace = measuredPace
        rate.restart()
    }

    private mutating func forgetRate() {
        lastPace = nil
        rate.restart()
    }
}
