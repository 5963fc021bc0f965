/// What goes over a connection, one after another: a header, which is a message, and a payload, which is raw bytes.
///
///     offset  bytes
///          0      4  43 48 41 01: "CHA" and the version of this format
///          4      4  length h of the header, big-endian, at most 4 MiB
///          8      4  length p of the payload, big-endian, at most 64 MiB
///         12      h  the header (`WireMessage`)
///     12 + h      p  the payload
///
/// Gradients, shards and probes are payloads: they are most of the bytes by far, and nothing is gained by passing them
/// through an encoder. The lengths come first, so that both sizes are known before anything is allocated.
public enum Frame {
    /// Of a header, in bytes.
    public static let mostHeader = 4 << 20
    /// Of a payload, in bytes.
    public static let mostPayload = 64 << 20
}

/// The first twelve bytes of a frame.
public struct FramePrefix: Hashable, Sendable {
    /// Of the prefix, in bytes.
    public static let length = 12
    private static let magic: [UInt8] = [0x43, 0x48, 0x41, 1]

    /// The length of the header, 0 … `Frame.mostHeader`.
    public let header: Int
    /// The length of the payload, 0 … `Frame.mostPayload`.
    public let payload: Int

    /// - Throws: if one of the lengths is out of its range.
    public init(header: Int, payload: Int) throws(FrameFault) {
        guard (0...Frame.mostHeader).contains(header) else { throw .header(header) }
        guard (0...Frame.mostPayload).contains(payload) else { throw .payload(payload) }
        self.header = header
        self.payload = payload
    }

    /// - Throws: if there are not just twelve bytes, or they are no prefix.
    public init(bytes: [UInt8]) throws(FrameFault) {
        guard bytes.count == Self.length, bytes.starts(with: Self.magic) else {
            throw .noFrame(Array(bytes.prefix(4)))
        }
        func length(at offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        try self.init(header: length(at: 4), payload: length(at: 8))
    }

    public var bytes: [UInt8] {
        Self.magic
            + [header, payload].flatMap { length in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
            }
    }
}

/// Why bytes are no frame. Nothing on the connection can be understood after it.
public enum FrameFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// These first bytes are not those of a frame of this version.
    case noFrame([UInt8])
    /// A header of this length.
    case header(Int)
    /// A payload of this length.
    case payload(Int)

    public var description: String {
        switch self {
        case .noFrame(let bytes):
            "a frame begins with 43 48 41 01, not with "
                + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(separator: " ")
        case .header(let length): "a header of \(length) bytes; at most \(Frame.mostHeader) are allowed"
        case .payload(let length): "a payload of \(length) bytes; at most \(Frame.mostPayload) are allowed"
        }
    }
}
