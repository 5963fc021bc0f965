import ChaosProtocol

extension ProtoMonitor {
    init(_ message: MonitorMessage) {
        switch message {
        case .heartbeat(let beat): heartbeat = ProtoHeartbeat(beat)
        case .probeRequest(let bytes): probeRequest = .with { $0.bytes = UInt64(sent: bytes) }
        case .probe(let part, let parts, let bytes):
            probe = .with {
                ($0.part, $0.parts, $0.bytes) = (UInt64(sent: part), UInt64(sent: parts), UInt64(sent: bytes))
            }
        }
    }

    func message() throws(WireFault) -> MonitorMessage {
        let sizes = 1...MessageLimits.probe
        switch kind {
        case .heartbeat(let beat): return .heartbeat(try within("heartbeat", beat.heartbeat))
        case .probeRequest(let request):
            return .probeRequest(
                bytes: try within("probe_request") { () throws(WireFault) in try request.bytes.number("bytes", sizes) })
        case .probe(let probe):
            return try within("probe") { () throws(WireFault) in
                .probe(
                    part: try probe.part.number("part", 0...MessageLimits.probe - 1),
                    parts: try probe.parts.number("parts", sizes), bytes: try probe.bytes.number("bytes", sizes))
            }
        case nil: throw WireFault("kind", .missing)
        }
    }
}

extension ProtoHeartbeat {
    init(_ beat: Heartbeat) {
        sent = UInt64(sent: beat.sent)
        if let time = beat.echo { echo = UInt64(sent: time) }
        held = UInt64(sent: beat.held)
    }

    func heartbeat() throws(WireFault) -> Heartbeat {
        Heartbeat(
            sent: try sent.number("sent", WireRange.numberOrNone),
            echo: hasEcho ? try echo.number("echo", WireRange.numberOrNone) : nil,
            held: try held.number("held", WireRange.numberOrNone))
    }
}
