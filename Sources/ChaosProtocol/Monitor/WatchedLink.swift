/// What a monitor knows of one connected peer.
struct WatchedLink: Sendable {
    /// When the connection was made.
    let since: Int
    /// The last sign of life.
    private(set) var heard: Int?
    private(set) var isUp = false
    /// When to look whether the peer has been silent for too long.
    var deadline: Int?

    /// The last heartbeat: what it said, and when it came.
    private var beat: (sent: Int, at: Int)?
    private var roundTrip: WindowedExtreme
    private var bandwidth: WindowedExtreme
    private var measuredAt: Int?
    /// When the bandwidth was measured, or that was tried; nil: never.
    var triedAt: Int?

    /// What has been measured of a link, to be kept while there is no connection.
    struct Memory: Sendable {
        fileprivate let bandwidth: WindowedExtreme
        let measuredAt: Int
    }

    var memory: Memory? {
        guard bandwidth.value != nil, let measuredAt else { return nil }
        return Memory(bandwidth: bandwidth, measuredAt: measuredAt)
    }
    /// Since when so many bytes of probes of the peer have been answered.
    private var answered = (since: Int.min / 2, bytes: 0)
    /// What was last reported of the link.
    var reported = LinkQuality.unmeasured

    init(at now: Int, memory: Memory?, settings: MonitorSettings) {
        since = now
        deadline = now + settings.disconnect
        roundTrip = WindowedExtreme(.least, window: settings.window)
        bandwidth = memory?.bandwidth ?? WindowedExtreme(.greatest, window: settings.window)
        measuredAt = memory?.measuredAt
        triedAt = measuredAt
    }

    /// How long nothing has come.
    func silence(at now: Int) -> Int { now - (heard ?? since) }

    var quality: LinkQuality { LinkQuality(bandwidth: bandwidth.value, roundTrip: roundTrip.value) }

    /// The next heartbeat to the peer.
    func heartbeat(at now: Int) -> Heartbeat {
        Heartbeat(sent: now, echo: beat?.sent, held: beat.map { now - $0.at } ?? 0)
    }

    /// A sign of life. A link comes up first by a heartbeat: whatever else there is belongs to a connection that is only
    /// being made.
    /// - Returns: whether the link has come up.
    mutating func hear(at now: Int, settings: MonitorSettings) -> Bool {
        guard beat != nil else { return false }
        heard = now
        guard !isUp else { return false }
        isUp = true
        deadline = now + settings.failureBound
        return true
    }

    /// Takes what a heartbeat says; `hear` is to follow.
    mutating func take(_ beat: Heartbeat, at now: Int) {
        // One that was overtaken by a later one has nothing new.
        if beat.sent >= self.beat?.sent ?? 0 { self.beat = (beat.sent, now) }
        // Of the peer's clock only a difference counts, so the clocks need not agree. What this end cannot have sent on
        // this connection measures nothing.
        guard let echo = beat.echo, since <= echo, echo <= now, beat.held <= now - echo else { return }
        roundTrip.add(min(now - echo - beat.held, MessageLimits.greatestQuantity), at: now)
    }

    /// Whether a probe of the peer may be answered; what it asks for beyond the bound, it does not get.
    mutating func answers(probeOf bytes: Int, at now: Int, settings: MonitorSettings) -> Bool {
        if now >= answered.since + settings.probePause { answered = (now, 0) }
        // Many small ones are not cheaper than a large one.
        let cost = max(bytes, settings.probePart)
        guard answered.bytes + cost <= 3 * MessageLimits.probe else { return false }
        answered.bytes += cost
        return true
    }

    /// - Parameter time: at least 1 ns.
    mutating func deliver(_ bytes: Int, over time: Int, at now: Int) {
        let rate = UInt128(bytes) * 8_000_000_000 / UInt128(time)
        bandwidth.add(Int(min(max(rate, 1), UInt128(MessageLimits.greatestQuantity))), at: now)
        (measuredAt, triedAt) = (now, now)
    }

    mutating func goDown(settings: MonitorSettings) {
        isUp = false
        deadline = (heard ?? since) + settings.disconnect
        // What has been measured stays, so that a link that comes and goes is not probed each time.
        if bandwidth.value == nil { triedAt = nil }
        reported = .unmeasured
    }
}
