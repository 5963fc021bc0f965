/// A probe that has been asked for, as its answer comes in.
///
/// The parts leave the peer at once and arrive one after another as fast as the narrowest place of the way lets them
/// through, so all parts but the first, over the time since the first, give the bandwidth without the round trip. Parts
/// that this process finds at once with the first had come by then, and count with it. When all come together, that time
/// says nothing; then the whole answer over the time since it was asked for does, which has the round trip in it and errs
/// on the low side.
struct BandwidthProbe: Sendable {
    /// Below which the arrivals of parts tell more of the scheduling of processes than of the link, in nanoseconds.
    static let resolution = 50_000

    let peer: NodeID
    let asked: Int
    private let bytes: Int
    private var first: (at: Int, bytes: Int)?
    /// The first part and those that came with it.
    private var together = (at: 0, bytes: 0)
    private var received = 0
    private var next = 0

    init(of peer: NodeID, bytes: Int, at now: Int) {
        self.peer = peer
        asked = now
        self.bytes = bytes
    }

    enum Outcome: Sendable, Equatable {
        case waiting
        case measured(bytes: Int, time: Int)
        /// Parts are missing, or there are more bytes than asked for, or no time has passed.
        case failed
    }

    /// Takes a part of the answer. A part 0 begins anew: what came before was late for another probe.
    mutating func take(part: Int, of parts: Int, bytes: Int, at now: Int) -> Outcome {
        if part == 0 { (first, received, next) = ((now, bytes), 0, 0) }
        guard let first, part == next, received + bytes <= self.bytes else { return .failed }
        received += bytes
        next += 1
        if now - first.at < Self.resolution { together = (now, received) }
        guard next == parts else { return .waiting }
        // On a very fast link nearly all come together, and tell the rate nevertheless.
        let since = now - together.at >= Self.resolution ? together : first
        if now - since.at >= Self.resolution { return .measured(bytes: received - since.bytes, time: now - since.at) }
        return now > asked ? .measured(bytes: received, time: now - asked) : .failed
    }
}
