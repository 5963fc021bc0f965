import ChaosProtocol
import SwiftProtobuf

/// What the header of a frame says. Its form is told field by field in Protos/header.proto.
public enum WireMessage: Hashable, Sendable {
    /// The first frame in each direction of a connection.
    case introduction(Introduction)
    /// All others.
    case message(ChaosProtocol.Message)

    /// The header of a frame.
    ///
    /// - Throws: if the message makes a header longer than `Frame.mostHeader`, which none does that is within the limits of
    ///   `MessageLimits`.
    /// Cost: O(its size).
    public func header() throws(WireFault) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try ProtoHeader(self).serializedBytes()
        } catch {
            // The encoder knows no other reason than 2 GiB.
            throw WireFault("", .count(.max, allowed: 0...Frame.mostHeader))
        }
        try checkCount(bytes.count, "", in: 0...Frame.mostHeader)
        return bytes
    }

    /// What a header says.
    ///
    /// - Throws: if no correct node sends it; `WireFault` says what is wrong and where. Whatever the bytes are, nothing
    ///   else happens.
    /// Cost: O(bytes), and memory of some ten times as many.
    public init(header bytes: [UInt8]) throws(WireFault) {
        try checkCount(bytes.count, "", in: 0...Frame.mostHeader)
        for list in ListCount.lists {
            guard let count = ListCount(list, header: bytes)?.count else { throw WireFault("", .malformed) }
            try checkCount(count, list.name, in: 0...MessageLimits.nodes)
        }
        self = try ProtoHeader(strictly: bytes).message()
    }

    /// What a header says that comes with a payload of this many bytes.
    /// - Throws: as above, or if there may be no such payload.
    public init(header bytes: [UInt8], payload: Int) throws(WireFault) {
        try self.init(header: bytes)
        let allowed = payloadBytes
        guard allowed.contains(payload) else { throw WireFault("", .payload(payload, allowed: allowed)) }
    }

    /// How long the payload may be that comes with the message.
    var payloadBytes: ClosedRange<Int> {
        switch self {
        case .message(.monitor(.probe(_, _, let bytes))): bytes...bytes
        case .message(.reduction(.partial)), .message(.reduction(.total)), .message(.replication(.shard)):
            0...Frame.mostPayload
        default: 0...0
        }
    }
}

extension ProtoHeader {
    init(_ message: WireMessage) {
        switch message {
        case .introduction(let introduction): self.introduction = ProtoIntroduction(introduction)
        case .message(.monitor(let message)): monitor = ProtoMonitor(message)
        case .message(.reduction(let message)): reduction = ProtoReduction(message)
        case .message(.replication(let message)): replication = ProtoReplication(message)
        case .message(.hello(let view, let digest)):
            negotiation.hello = .with { ($0.view, $0.digest) = (UInt64(sent: view), digest) }
        case .message(.reports(let reports)): negotiation.reports = .with { $0.reports = reports.map(ProtoSigned.init) }
        case .message(.news(let reports)): negotiation.news = .with { $0.reports = reports.map(ProtoSigned.init) }
        case .message(.claims(let claims)): negotiation.claims = .with { $0.claims = claims.map(ProtoClaim.init) }
        case .message(.unclaimed(let nodes)):
            negotiation.unclaimed = .with { $0.nodes = nodes.map(\.rawValue) }
        case .message(.decided(let view)): negotiation.decided = ProtoView(view)
        case .message(.relayed(let envelope)): negotiation.relayed = ProtoSigned(envelope)
        case .message(.bundle(let messages)):
            bundle = .with { $0.messages = messages.map { ProtoHeader(.message($0)) } }
        }
    }

    func message() throws(WireFault) -> WireMessage {
        switch kind {
        case .introduction(let introduction):
            return .introduction(try within("introduction", introduction.introduction))
        case .negotiation(let negotiation):
            return .message(try checked("negotiation", negotiation.message))
        case .monitor(let monitor):
            return .message(try checked("monitor") { () throws(WireFault) in .monitor(try monitor.message()) })
        case .reduction(let reduction):
            return .message(try checked("reduction") { () throws(WireFault) in .reduction(try reduction.message()) })
        case .replication(let replication):
            return .message(
                try checked("replication") { () throws(WireFault) in .replication(try replication.message()) })
        case .bundle(let bundle):
            return .message(try checked("bundle") { () throws(WireFault) in .bundle(try bundle.parts()) })
        case nil: throw WireFault("kind", .missing)
        }
    }

    /// The numbers and lists of a message are in their ranges; whether it makes sense besides, the protocol says.
    private func checked(
        _ field: String, _ make: () throws(WireFault) -> ChaosProtocol.Message
    ) throws(WireFault) -> ChaosProtocol.Message {
        let message = try within(field, make)
        if let fault = message.fault { throw WireFault(field, .message(fault)) }
        return message
    }
}

extension ProtoReplication {
    /// As `Message.mayBeBundled` has it, before lists are looked into.
    fileprivate var mayBeBundled: Bool {
        switch kind {
        case .ask, .offer, .refusal: true
        default: false
        }
    }
}

extension ProtoBundle {
    /// A message that cannot be part of a bundle is not looked into.
    func parts() throws(WireFault) -> [ChaosProtocol.Message] {
        try checkCount(messages.count, "messages", in: 2...MessageLimits.bundled)
        var parts: [ChaosProtocol.Message] = []
        for (i, header) in messages.enumerated() {
            parts.append(
                try within("messages[\(i)]") { () throws(WireFault) in
                    switch header.kind {
                    case .negotiation, .monitor, .reduction: break
                    case .replication(let replication) where replication.mayBeBundled: break
                    default: throw WireFault("kind", .missing)
                    }
                    guard case .message(let message) = try header.message() else { throw WireFault("kind", .missing) }
                    return message
                })
        }
        return parts
    }
}
