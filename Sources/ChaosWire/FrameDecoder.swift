/// Finds the frames in the bytes of a connection, in whatever pieces they come.
///
///     while let part = try decoder.next(from: &bytes) { … }
///
/// It holds the prefix and the header of one frame at most. The lengths are handed out before any memory is taken for what
/// they promise, and a payload is never held nor copied: it is handed out in the pieces in which it comes. Every sequence
/// of bytes gives parts, then perhaps a fault, and then nothing but that fault.
public struct FrameDecoder: Sendable {
    /// A part of a frame. A prefix is followed by a header, and if the prefix says that there is a payload, by the pieces
    /// of it.
    public enum Part<Bytes> {
        case prefix(FramePrefix)
        /// All of it, whose length may be 0.
        case header([UInt8])
        /// A piece of the payload, not empty, and how many bytes of it are missing after it.
        case payload(Bytes, missing: Int)
    }

    @usableFromInline enum State: Sendable {
        case prefix
        case header(FramePrefix)
        case payload(missing: Int)
    }

    @usableFromInline var state = State.prefix
    /// Of a prefix or a header, what has come.
    @usableFromInline var gathered: [UInt8] = []

    public init() {}

    /// The bytes of a prefix or a header that is not complete.
    public var heldBytes: Int { gathered.count }

    /// Whether a frame has begun and is not complete: a connection that ends now has been cut off.
    public var isInsideFrame: Bool {
        if case .prefix = state { return !gathered.isEmpty }
        return true
    }

    /// The next part.
    ///
    /// - Parameter bytes: what has come; what is used is removed from its front.
    /// - Returns: nil if all of it is used and no part is complete.
    /// - Throws: if this is no frame.
    /// Cost: O(bytes of prefix and header used), O(1) for a payload.
    @inlinable
    public mutating func next<Bytes: Collection>(
        from bytes: inout Bytes
    ) throws(FrameFault) -> Part<Bytes>? where Bytes.Element == UInt8, Bytes.SubSequence == Bytes {
        switch state {
        case .prefix:
            guard gather(FramePrefix.length, from: &bytes) else { return nil }
            // What is no prefix stays where it is, and is no prefix the next time either.
            let prefix = try FramePrefix(bytes: gathered)
            gathered.removeAll(keepingCapacity: true)
            state = .header(prefix)
            return .prefix(prefix)
        case .header(let prefix):
            guard gather(prefix.header, from: &bytes) else { return nil }
            defer { (gathered, state) = ([], prefix.payload == 0 ? .prefix : .payload(missing: prefix.payload)) }
            return .header(gathered)
        case .payload(let before):
            guard !bytes.isEmpty else { return nil }
            let piece = bytes.prefix(before)
            bytes = bytes[piece.endIndex...]
            let missing = before - piece.count
            state = missing == 0 ? .prefix : .payload(missing: missing)
            return .payload(piece, missing: missing)
        }
    }

    /// Appends from the front of the bytes what is lacking to a length.
    /// - Returns: whether it is there.
    @inlinable
    mutating func gather<Bytes: Collection>(
        _ length: Int, from bytes: inout Bytes
    ) -> Bool where Bytes.Element == UInt8, Bytes.SubSequence == Bytes {
        let piece = bytes.prefix(length - gathered.count)
        guard !piece.isEmpty else { return gathered.count == length }
        // All at once when the first of it comes: growing by doubling would copy a long header again and again, and pages
        // that nothing is written to cost nothing.
        if gathered.isEmpty { gathered.reserveCapacity(length) }
        gathered.append(contentsOf: piece)
        bytes = bytes[piece.endIndex...]
        return gathered.count == length
    }
}
