/// Times of a monitor, in nanoseconds, and its other bounds.
public struct MonitorSettings: Hashable, Sendable {
    /// Between two heartbeats on a connection.
    public var heartbeat: Int
    /// Silence after which a link is down. Several heartbeats, or one that is late takes it down.
    public var failureBound: Int
    /// Silence after which the connection itself is given up: a new one is sooner there than an old one has
    /// retransmitted what was lost meanwhile.
    public var disconnect: Int
    /// The least time between two reports of what has been measured.
    public var reportInterval: Int
    /// What has been measured is reported when it differs by more than this part of what was reported last, given as
    /// its divisor: 8 for an eighth.
    public var reportedPart: Int
    /// How long a measurement counts; see `WindowedExtreme`.
    public var window: Int
    /// How long a link goes without a measurement of its bandwidth before it is probed.
    public var probeAfter: Int
    /// The same where probes find the bandwidth as it was: each of them doubles the time, up to this.
    public var longestProbeAfter: Int
    /// After which a probe without an answer is given up.
    public var probeTimeout: Int
    /// The time in which a peer is answered three times `MessageLimits.probe` bytes at most, which is more than a probe and
    /// the longer ones that follow it.
    public var probePause: Int
    /// Of the first probe of a link, in bytes; 1 … `MessageLimits.probe`.
    public var probeBytes: Int
    /// Of a longer one that follows because the first was over soon; `probeBytes` … `MessageLimits.probe`.
    public var mostProbeBytes: Int
    /// How long an answer should take to come in: long beside the time for which the narrowest place of the way, and this
    /// process, hold bytes back and let them go together.
    public var probeTime: Int
    /// Of a part of the answer, in bytes, unless these were too many; at least 1.
    public var probePart: Int
    /// The least traffic that counts as a measurement of the bandwidth, in bytes: what is shorter measures the
    /// scheduling of processes rather than a link.
    public var leastDelivered: Int

    public init(
        heartbeat: Int = 100_000_000, failureBound: Int = 500_000_000, disconnect: Int = 5_000_000_000,
        reportInterval: Int = 1_000_000_000, reportedPart: Int = 8, window: Int = 10_000_000_000,
        probeAfter: Int = 30_000_000_000, longestProbeAfter: Int = 120_000_000_000, probeTimeout: Int = 5_000_000_000,
        probePause: Int = 1_000_000_000,
        probeBytes: Int = 256 << 10, mostProbeBytes: Int = MessageLimits.probe, probeTime: Int = 50_000_000,
        probePart: Int = 16 << 10, leastDelivered: Int = 16 << 10
    ) {
        self.heartbeat = heartbeat
        self.failureBound = failureBound
        self.disconnect = disconnect
        self.reportInterval = reportInterval
        self.reportedPart = reportedPart
        self.window = window
        self.probeAfter = probeAfter
        self.longestProbeAfter = longestProbeAfter
        self.probeTimeout = probeTimeout
        self.probePause = probePause
        self.probeBytes = probeBytes
        self.mostProbeBytes = mostProbeBytes
        self.probeTime = probeTime
        self.probePart = probePart
        self.leastDelivered = leastDelivered
    }
}
