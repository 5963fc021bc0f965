/// What a monitor knows of one connected peer.
struct WatchedLink: Sendable {
    /// When the connection was made.
    let since: Int
    /// When the last sign of life came; before the first, when the connection was made.
    var heard: Int
    var isUp = false
    /// When to look whether the peer has been silent for too long.
    var deadline: Int

    /// The last heartbeat: what it said, and when it came.
    var beat: (sent: Int, at: Int)?
    var roundTrip: WindowedExtreme
    /// Nil: unmeasured.
    var bandwidth: MeasuredBandwidth?
    /// When the bandwidth was measured, or that was tried; nil: never.
    var triedAt: Int?

    /// How long after that it is probed.
    var probeAfter: Int

    /// The bytes of probes of the peer that have been answered, since when they are counted.
    var answered = (since: Int.min / 2, bytes: 0)
    /// What was last reported of the link since it came up.
    var reported = LinkQuality.unmeasured

    init(at now: Int, memory: MeasuredBandwidth?, settings: MonitorSettings) {
        since = now
        heard = now
        deadline = now + settings.disconnect
        roundTrip = WindowedExtreme(.least, window: settings.window)
        bandwidth = memory
        triedAt = memory?.at
        probeAfter = settings.probeAfter
    }

    /// How long nothing has come.
    func silence(at now: Int) -> Int { now - heard }

    /// After how long a silence something is to be done: the link is taken for down, or the connection given up.
    func silenceBound(_ settings: MonitorSettings) -> Int { isUp ? settings.failureBound : settings.disconnect }

    var quality: LinkQuality { LinkQuality(bandwidth: bandwidth?.value, roundTrip: roundTrip.value) }

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

    /// Notes what a heartbeat says; `hear` is to follow.
    mutating func receive(_ beat: Heartbeat, at now: Int) {
        // One that was overtaken by a later one has nothing new.
        if beat.sent >= self.beat?.sent ?? 0 { self.beat = (beat.sent, now) }
        // Of the peer's clock only a difference counts, so the clocks need not agree. What this end cannot have sent on
        // this connection measures nothing.
        guard let echo = beat.echo, since <= echo, echo <= now, beat.held <= now - echo else { return }
        roundTrip.add(min(now - echo - beat.held, MessageLimits.greatestQuantity), at: now)
    }

    /// The bytes that a peer is answered in `probePause` at most.
    static let mostAnswered = 3 * MessageLimits.probe

    /// Whether a probe of the peer may be answered, which then counts; what it asks for beyond the bound, it does not get.
    mutating func mayAnswer(probeOf bytes: Int, at now: Int, settings: MonitorSettings) -> Bool {
        if now >= answered.since + settings.probePause { answered = (now, 0) }
        // Many small ones are not cheaper than a large one.
        let cost = max(bytes, settings.probePart)
        guard answered.bytes + cost <= Self.mostAnswered else { return false }
        answered.bytes += cost
        return true
    }

    /// The peer has delivered these bytes.
    /// - Parameter time: how long that took, at least 1 ns.
    mutating func measure(_ bytes: Int, over time: Int, _ settings: MonitorSettings, at now: Int) {
        let rate = UInt128(bytes) * 8_000_000_000 / UInt128(time)
        var extreme = bandwidth?.extreme ?? WindowedExtreme(.greatest, window: settings.window)
        extreme.add(Int(min(max(rate, 1), UInt128(MessageLimits.greatestQuantity))), at: now)
        bandwidth = MeasuredBandwidth(extreme: extreme, at: now)
        triedAt = now
    }

    /// How many bytes the first probe asks for: where something is known of the link, so many that no longer one follows.
    func probeBytes(_ settings: MonitorSettings) -> Int {
        guard let bandwidth = bandwidth?.value else { return settings.probeBytes }
        let bytes = Int128(bandwidth) * Int128(settings.probeTime) / 8_000_000_000
        return Int(min(max(bytes, Int128(settings.probeBytes)), Int128(settings.mostProbeBytes)))
    }

    /// A probe is over: where it has found what was known, there is less reason for the next one.
    /// - Parameter known: the bandwidth before it; nil: nothing was known.
    mutating func noteProbe(known: Int?, _ settings: MonitorSettings) {
        guard let known, let found = bandwidth?.extreme.current, abs(found - known) <= known / settings.reportedPart
        else {
            probeAfter = settings.probeAfter
            return
        }
        probeAfter = max(settings.probeAfter, min(2 * probeAfter, settings.longestProbeAfter))
    }

    mutating func goDown(settings: MonitorSettings) {
        isUp = false
        deadline = heard + settings.disconnect
        // What has been measured stays, so that a link that comes and goes is not probed each time.
        if bandwidth == nil { triedAt = nil }
        reported = .unmeasured
    }
}
