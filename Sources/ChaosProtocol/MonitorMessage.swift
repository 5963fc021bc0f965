/// What keeps watch on a link (`Monitor`).
public enum MonitorMessage: Hashable, Sendable {
    /// A sign of life, with what the other end needs to measure the round trip.
    case heartbeat(Heartbeat)
    /// Send this many bytes of any content at once, to measure the bandwidth of a link without traffic.
    case probeRequest(bytes: Int)
    /// A part of the answer; it travels with a payload of its share of the bytes.
    case probe(part: Int, parts: Int)
}

/// A sign of life.
public struct Heartbeat: Hashable, Sendable {
    /// When it was sent, on the sender's clock; 0 … 2^62 ns.
    public let sent: Int
    /// The `sent` of the last heartbeat that came from the receiver; nil if none has.
    public let echo: Int?
    /// How long that one had been there when this one was sent, 0 … 2^62 ns; 0 without echo.
    public let held: Int

    public init(sent: Int, echo: Int?, held: Int) {
        self.sent = sent
        self.echo = echo
        self.held = held
    }
}
