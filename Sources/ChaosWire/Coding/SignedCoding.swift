import ChaosProtocol
import Foundation
import SwiftProtobuf

/// What a node signs: the bytes in which it travels.
public enum SignedContent {
    public static func bytes(of report: Report) -> [UInt8] { bytes(of: ProtoReport(report)) }

    public static func bytes(of envelope: Envelope) -> [UInt8] { bytes(of: ProtoEnvelope(envelope)) }

    private static func bytes(of message: some SwiftProtobuf.Message) -> [UInt8] {
        // The encoder throws for 2 GiB only, which no statement has.
        (try? message.serializedBytes()) ?? []
    }
}

extension ProtoSigned {
    init(_ report: Report) {
        self.init(report.seal) { SignedContent.bytes(of: report) }
    }

    init(_ envelope: Envelope) {
        self.init(envelope.seal) { SignedContent.bytes(of: envelope) }
    }

    private init(_ seal: Seal?, _ content: () -> [UInt8]) {
        self.content = Data(seal?.content ?? content())
        signature = Data(seal?.signature ?? [])
    }

    private func seal() throws(WireFault) -> Seal? {
        try checkCount(signature.count, "signature", in: 0...MessageLimits.signature)
        return signature.isEmpty ? nil : Seal(content: [UInt8](content), signature: [UInt8](signature))
    }

    func report() throws(WireFault) -> Report {
        let seal = try seal()
        let report = try within("content") { () throws(WireFault) in try ProtoReport(strictly: content) }
        return try within("content") { () throws(WireFault) in try report.report(seal) }
    }

    func envelope() throws(WireFault) -> Envelope {
        let seal = try seal()
        let envelope = try within("content") { () throws(WireFault) in try ProtoEnvelope(strictly: content) }
        return try within("content") { () throws(WireFault) in try envelope.envelope(seal) }
    }
}

extension ProtoClaim {
    init(_ claim: Claim) {
        node = claim.node.rawValue
        content = Data(claim.bytes)
    }

    func claim() throws(WireFault) -> Claim {
        try checkCount(content.count, "content", in: 1...MessageLimits.claim)
        return Claim(node: NodeID(node), bytes: [UInt8](content))
    }
}

extension SwiftProtobuf.Message {
    /// What comes from others: of no great depth, and without the fields that this version does not know.
    init(strictly bytes: some SwiftProtobufContiguousBytes) throws(WireFault) {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        options.messageDepthLimit = 10
        do {
            try self.init(serializedBytes: bytes, options: options)
        } catch {
            throw WireFault("", .malformed)
        }
    }
}
