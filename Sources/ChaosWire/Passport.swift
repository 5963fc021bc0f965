import ChaosProtocol
import Foundation

/// What a claim to an id says, and the signature under it. Its form is told field by field in Protos/header.proto; whether it
/// is true, nothing here says.
public struct Passport: Sendable {
    /// Of the certificates that lead to an authority, that of the node included.
    public static let mostCertificates = 4

    /// What is said.
    public struct Content: Sendable {
        public let cluster: String
        public let node: NodeID
        /// In seconds since 1970.
        public let time: Int
        /// With which the life of the node signs what it says, 32 bytes of Ed25519.
        public let key: [UInt8]
        /// In DER, the node's first.
        public let certificates: [[UInt8]]

        public init(cluster: String, node: NodeID, time: Int, key: [UInt8], certificates: [[UInt8]]) {
            self.cluster = cluster
            self.node = node
            self.time = time
            self.key = key
            self.certificates = certificates
        }

        /// What is signed.
        public func bytes() throws(WireFault) -> [UInt8] {
            let message = ProtoPassportContent.with {
                $0.cluster = cluster
                $0.node = node.rawValue
                $0.time = UInt64(sent: time)
                $0.key = Data(key)
                $0.certificates = certificates.map { Data($0) }
            }
            do { return try message.serializedBytes() } catch { throw WireFault("", .malformed) }
        }
    }

    public let content: Content
    /// The bytes of the content, as they were signed.
    public let signed: [UInt8]
    public let signature: [UInt8]
    /// That whoever makes the claim has the key that it names.
    public let proof: [UInt8]

    /// Reads a claim. Cost: O(bytes).
    /// - Throws: if no correct node makes it.
    public init(_ claim: Claim) throws(WireFault) {
        let passport = try ProtoPassport(strictly: claim.bytes)
        (signed, signature) = ([UInt8](passport.content), [UInt8](passport.signature))
        try checkCount(signature.count, "signature", in: 1...MessageLimits.signature)
        proof = [UInt8](passport.proof)
        try checkCount(proof.count, "proof", in: 64...64)
        let said = try within("content") { () throws(WireFault) in try ProtoPassportContent(strictly: passport.content)
        }
        content = try within("content", said.content)
        guard content.node == claim.node else { throw WireFault("content.node", .malformed) }
    }

    /// The claim that is made of signed content.
    public static func claim(
        of node: NodeID, _ signed: [UInt8], signature: [UInt8], proof: [UInt8]
    ) throws(WireFault) -> Claim {
        let passport = ProtoPassport.with {
            ($0.content, $0.signature, $0.proof) = (Data(signed), Data(signature), Data(proof))
        }
        do { return Claim(node: node, bytes: try passport.serializedBytes()) } catch { throw WireFault("", .malformed) }
    }
}

extension ProtoPassportContent {
    func content() throws(WireFault) -> Passport.Content {
        try checkCount(cluster.utf8.count, "cluster", in: 1...Introduction.mostClusterBytes)
        try checkCount(key.count, "key", in: 32...32)
        try checkCount(certificates.count, "certificates", in: 1...Passport.mostCertificates)
        return Passport.Content(
            cluster: cluster, node: NodeID(node), time: try time.number("time", WireRange.numberOrNone),
            key: [UInt8](key), certificates: certificates.map { [UInt8]($0) })
    }
}
