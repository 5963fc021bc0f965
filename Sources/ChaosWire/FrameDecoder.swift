/// Makes frames of the bytes of a connection, in whatever pieces they come.
///
///     while let frame = try decoder.next(from: &bytes) { … }
///
/// It holds at most one frame that is not complete, whose sizes have been checked before any memory is taken for it.
/// Every sequence of bytes gives frames, then perhaps a fault, and then nothing but that fault.
public struct FrameDecoder: Sendable {
    private var start: [UInt8] = []
    private var prefix: FramePrefix?
    private var header: [UInt8] = []
    private var payload: [UInt8] = []
    private var fault: FrameFault?

    public init() {}

    /// Whether a frame has begun and is not complete: a connection that ends now has been cut off.
    public var isInsideFrame: Bool { !start.isEmpty && fault == nil }

    /// The next complete frame.
    ///
    /// - Parameter bytes: what has come; what is used is taken from its front.
    /// - Returns: nil if all of it is used and the frame is not complete yet.
    /// - Throws: if this is no frame. Cost: O(bytes used).
    public mutating func next<Bytes: Collection>(
        from bytes: inout Bytes
    ) throws(FrameFault) -> Frame? where Bytes.Element == UInt8, Bytes.SubSequence == Bytes {
        if let fault { throw fault }
        if prefix == nil, start.take(from: &bytes, upTo: FramePrefix.length) {
            do {
                prefix = try FramePrefix(bytes: start)
            } catch {
                fault = error
                throw error
            }
        }
        guard let prefix, header.take(from: &bytes, upTo: prefix.header),
            payload.take(from: &bytes, upTo: prefix.payload)
        else { return nil }
        defer { self = FrameDecoder() }
        return try Frame(header: header, payload: payload)
    }
}

extension [UInt8] {
    /// Appends from the front of the bytes what is lacking to a length.
    /// - Returns: whether it is there.
    fileprivate mutating func take<Bytes: Collection>(
        from bytes: inout Bytes, upTo length: Int
    ) -> Bool where Bytes.Element == UInt8, Bytes.SubSequence == Bytes {
        let piece = bytes.prefix(length - count)
        // All at once when the first of it comes: growing by doubling would copy a large payload again and again, and
        // pages that nothing is written to cost nothing.
        if isEmpty, !piece.isEmpty { reserveCapacity(length) }
        append(contentsOf: piece)
        bytes = bytes[piece.endIndex...]
        return count == length
    }
}
