/// How fast payloads come from a peer, over all of its connections: bytes over a time that is long enough to say more
/// about the link than about when this process got to read.
struct BandwidthMeter {
    /// A pause after which counting begins anew: nothing was on the way meanwhile.
    private static let pause = 5_000_000
    /// The least time that is a measurement.
    private static let least = 20_000_000

    private var start = 0
    private var last = 0
    /// Since `start`; what came with the first reading was on its way before, and does not count.
    private var bytes = 0

    /// Takes down bytes of payloads that have just been read.
    mutating func note(_ count: Int, at now: Int) {
        if now - last > Self.pause {
            (start, bytes) = (now, 0)
        } else {
            bytes += count
        }
        last = now
    }

    /// Takes down that something has come of which it is not known yet how many bytes of payloads are in it.
    mutating func noteArrival(at now: Int) { note(0, at: now) }

    /// How long a payload of `count` bytes takes at the rate measured last; nil: there is no new measurement.
    mutating func duration(of count: Int, at now: Int) -> Int? {
        guard now - start >= Self.least, bytes > 0, last > start else { return nil }
        let time = Int128(count) * Int128(last - start) / Int128(bytes)
        (start, bytes) = (last, 0)
        return Int(clamping: max(1, time))
    }
}
