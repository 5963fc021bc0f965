/// What keeps watch on a link (`Monitor`).
public enum MonitorMessage: Hashable, Sendable {
    /// A sign of life, with what the other end needs to measure the round trip.
    case heartbeat(Heartbeat)
    /// Send this many bytes of any content at once, 1 … `MessageLimits.probe`, to measure the bandwidth of a link without
    /// traffic.
    case probeRequest(bytes: Int)
    /// A part of the answer, counted from 0; it travels with a payload of this many bytes of any content.
    case probe(part: Int, parts: Int, bytes: Int)

    /// The first thing that is wrong, or nil. Cost: O(1).
    public var fault: MessageFault? {
        let times = 0...MessageLimits.greatestNumber
        let sizes = 1...MessageLimits.probe
        switch self {
        case .heartbeat(let beat):
            return [beat.sent, beat.echo ?? 0, beat.held].first { !times.contains($0) }.map(MessageFault.number)
        case .probeRequest(let bytes): return sizes.contains(bytes) ? nil : .probe(bytes)
        case .probe(let part, let parts, let bytes):
            if let wrong = [parts, bytes].first(where: { !sizes.contains($0) }) { return .probe(wrong) }
            return (0..<parts).contains(part) ? nil : .probe(part)
        }
    }
}

extension MonitorMessage: CustomStringConvertible {
    public var description: String {
        switch self {
        case .heartbeat(let beat): beat.description
        case .probeRequest(let bytes): "send a probe of \(bytes) bytes"
        case .probe(let part, let parts, let bytes): "probe, part \(part + 1) of \(parts), \(bytes) bytes"
        }
    }
}

/// A sign of life.
public struct Heartbeat: Hashable, Sendable, CustomStringConvertible {
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

    public var description: String {
        "heartbeat \(sent)" + (echo.map { ", echo of \($0) after \(held) ns" } ?? "")
    }
}
