import ChaosModel

/// A neighbour in a transfer: its terms, what is to be pulled from it, what is on the way, and how fast it is.
struct TransferSource: Sendable {
    enum Condition: Hashable, Sendable {
        case serving
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

    let node: NodeID
    /// As in the instance.
    let terms: Neighbor
    let shardSize: Int
    var condition: Condition
    /// The step of the snapshot that it has told of.
    var announced: Int?
    var queue = ShardQueue()
    /// When it comes to its end by the plan at hand; nil: it has no part in it.
    var plannedEnd: Int?
    /// In the order in which they were sent.
    var inFlight: [Pull] = []
    /// Shards asked for so far, since a limit counts them all.
    var asked = 0
    /// When anything came from it last, or when it began to be asked.
    var lastHeard: Int
    /// When the oldest pull is sent again, and how often that has been done since the last shard came.
    var repeatAt = 0
    var repeats = 0
    private var rate: ArrivalRate
    /// The bandwidth that the monitor measures, if it does.
    var monitored: Int?

    /// How long a process may have to wait for a processor, in ns.
    private static let scheduling = 20_000_000
    /// What is sent within this part of the latency may well come in another order.
    private static let reordered = 4

    init(_ node: NodeID, terms: Neighbor, shardSize: Int, isUp: Bool, settings: ReceiverSettings, at now: Int) {
        self.node = node
        self.terms = terms
        self.shardSize = shardSize
        condition = isUp ? .serving : .down
        lastHeard = now
        rate = ArrivalRate(over: settings.rateSpan)
    }

    /// How many shards nobody else is asked for.
    var owed: Int { queue.count + inFlight.count { !$0.isGivenAway } }

    /// The bits of a shard, as nanoseconds at 1 bit/s; below 2^60.
    private var work: Int { ModelRange.bitNanosecondsPerByte * shardSize }

    /// The time of a shard as the terms say, in ns, at least 1; below 2^61.
    var plannedPace: Int { max(1, terms.overhead + (work + terms.bandwidth - 1) / terms.bandwidth) }

    /// The time of a shard as the last deliveries say; nil: too few.
    var measuredPace: Int? { rate.pace }

    /// The time of a shard, by the best that is known.
    var pace: Int {
        measuredPace ?? max(plannedPace, monitored.map { (work + $0 - 1) / $0 } ?? 0)
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

    /// When the last of so many shards will be there if the neighbour goes on as it does.
    func end(of count: Int, from now: Int) -> Int {
        Int(clamping: min(Int128(1) << 62, Int128(now) + Int128(count) * Int128(pace)))
    }

    /// What it would be in an instance of what is missing.
    /// - Parameter wait: until its snapshot may be there; 0 if it is.
    func remaining(wait: Int) -> Neighbor {
        let measured = measuredPace ?? (pace > plannedPace ? pace : nil)
        let busy = Int(clamping: min(Int128(ModelRange.mostNanoseconds), Int128(inFlight.count) * Int128(pace)))
        return Neighbor(
            id: terms.id,
            bandwidth: measured.map { min(ModelRange.mostBandwidth, max(1, work / $0)) } ?? terms.bandwidth,
            latency: terms.latency,
            // What is on the way comes first, and meanwhile a request travels.
            ready: max(0, max(wait, busy - terms.latency)),
            overhead: measured == nil ? terms.overhead : 0,
            limit: terms.limit.map { max(0, $0 - asked * shardSize) })
    }

    mutating func send(_ shard: Int, _ now: Int, settings: ReceiverSettings) {
        if inFlight.isEmpty {
            rate.restart()
            lastHeard = now
            repeats = 0
        }
        inFlight.append(Pull(shard: shard, sentAt: now))
        asked += 1
        if inFlight.count == 1 { noteNews(now, settings: settings) }
    }

    /// Moves a pull to the end, for it is sent again.
    mutating func sendAgain(at position: Int, _ now: Int) -> Int {
        var pull = inFlight.remove(at: position)
        pull.overtaken = 0
        pull.sentAt = now
        inFlight.append(pull)
        asked += 1
        return pull.shard
    }

    /// A shard has come.
    /// - Returns: the place in `inFlight` where it was; those before it may have been overtaken once more.
    mutating func noteArrival(of shard: Int, _ now: Int, settings: ReceiverSettings) -> Int? {
        noteNews(now, settings: settings)
        guard let position = inFlight.firstIndex(where: { $0.shard == shard }) else { return nil }
        let pull = inFlight.remove(at: position)
        for k in 0..<position {
            let lead = pull.sentAt - inFlight[k].sentAt
            // One that was sent when the answer to the other was long due says as much as many.
            if lead > settings.retry + expected {
                inFlight[k].overtaken = Transfer.overtakingSuggestsLoss
            } else if lead > terms.latency / Self.reordered {
                inFlight[k].overtaken += 1
            }
        }
        rate.note(at: now)
        return position
    }

    private mutating func noteNews(_ now: Int, settings: ReceiverSettings) {
        lastHeard = now
        repeats = 0
        repeatAt = now + settings.retry + expected
    }

    /// Forgets what was to come from it.
    mutating func stop(_ condition: Condition) {
        self.condition = condition
        queue = ShardQueue()
        inFlight.removeAll()
        rate.restart()
    }
}
