/// The signature under what a node says, and what it has signed.
///
/// Whoever passes it on passes on these very bytes, and so need not understand all that they say: a later version of the
/// format may say more.
public struct Seal: Hashable, Sendable {
    /// The statement as it travels.
    public let content: [UInt8]
    /// At most `MessageLimits.signature` bytes.
    public let signature: [UInt8]

    public init(content: [UInt8], signature: [UInt8]) {
        self.content = content
        self.signature = signature
    }
}

extension Seal: CustomStringConvertible {
    public var description: String { "a signature of \(signature.count) bytes under \(content.count)" }
}
