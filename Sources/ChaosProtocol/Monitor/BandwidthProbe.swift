/// A probe that has been asked for, as its answer comes in.
///
/// The parts leave the peer at once and arrive one after another as fast as the narrowest place of the way lets them
/// through, so all parts but the first, over the time since the first, give the bandwidth without the round trip. Parts
/// that this process finds at once with the first had come by then, and count with it. A place that lets a packet through
/// and then waits for as long as it takes has let the last one through too early; so if more came at once with the last
/// part than with the first, that does not count instead. When all come together, the time between them says nothing; then
/// the whole answer over the time since it was asked for does, which has the round trip in it and errs on the low side.
///
/// What is over soon tells little, and a longer probe follows (`longer`).
struct BandwidthProbe: Sendable {
    /// Below which the arrivals of parts tell more of the scheduling of processes than of the link, in nanoseconds.
    static let resolution = 50_000
    /// What a kernel hands to a network as one packet, if it is not told otherwise; what comes at once beyond that, this
    /// process has let lie.
    static let mostAtOnce = 64 << 10

    /// How long some bytes took to come, in nanoseconds; both are positive.
    struct Measurement: Sendable, Equatable {
        var bytes: Int
        var time: Int
    }

    let peer: NodeID
    let bytes: Int
    let asked: Int
    /// What a shorter probe before this one has measured.
    let shorter: Measurement?
    /// The first part; nil: none has come.
    var first: (at: Int, bytes: Int)?
    /// The first part and those that came with it.
    var together = (at: 0, bytes: 0)
    /// Parts that came at once, the last of all among them.
    var last = (at: 0, bytes: 0)
    /// Bytes of all parts that have come.
    var received = 0
    /// The part that is to come next.
    var next = 0

    init(of peer: NodeID, bytes: Int, after shorter: Measurement? = nil, at now: Int) {
        self.peer = peer
        self.bytes = bytes
        asked = now
        self.shorter = shorter
    }

    enum Outcome: Sendable, Equatable {
        case waiting
        case measured(Measurement)
        /// Parts are missing, or there are more bytes than asked for, or no time has passed.
        case failed
    }

    /// A part of the answer has come. A part 0 begins anew: what came before was late for another probe.
    mutating func receive(part: Int, of parts: Int, bytes: Int, at now: Int) -> Outcome {
        if part == 0 { (first, last, received, next) = ((now, bytes), (now, 0), 0, 0) }
        guard let first, part == next, received + bytes <= self.bytes else { return .failed }
        received += bytes
        next += 1
        if now - first.at < Self.resolution { together = (now, received) }
        if now - last.at >= Self.resolution { last = (now, 0) }
        last.bytes += bytes
        guard next == parts else { return .waiting }
        // On a very fast link nearly all come together, and tell the rate nevertheless.
        let since = now - together.at >= Self.resolution ? together : first
        if now - since.at >= Self.resolution {
            let without = max(since.bytes, min(last.bytes, Self.mostAtOnce))
            return .measured(Measurement(bytes: received - without, time: now - since.at))
        }
        return now > asked ? .measured(Measurement(bytes: received, time: now - asked)) : .failed
    }

    /// What can be said when no more is waited for.
    func soFar(at now: Int) -> Measurement? {
        guard let first, received > first.bytes, now > first.at else { return shorter }
        return Measurement(bytes: received - first.bytes, time: now - first.at)
    }

    /// How many bytes the next probe is to ask for when this one has measured that; nil: it is good enough.
    /// At most four times as many: on a link that is fast only at first it must not take for ever.
    func longer(_ measurement: Measurement, _ settings: MonitorSettings) -> Int? {
        guard bytes < settings.mostProbeBytes, measurement.time < settings.probeTime / 2 else { return nil }
        let wanted = Int128(bytes) * Int128(settings.probeTime) / Int128(measurement.time)
        return min(settings.mostProbeBytes, Int(min(max(2 * Int128(bytes), wanted), 4 * Int128(bytes))))
    }
}
