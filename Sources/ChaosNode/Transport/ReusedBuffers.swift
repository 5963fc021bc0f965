import NIOCore

/// Memory for what is sent piece by piece: a buffer that everybody else has let go of is filled anew. New memory costs several
/// times what is written to it, and what was used just now is still in the processor's cache.
struct ReusedBuffers {
    private let most: Int
    private var buffers: [ByteBuffer] = []

    /// - Parameter most: how many buffers are kept.
    init(most: Int) { self.most = most }

    /// A buffer with what the closure writes to it. Cost: O(buffers kept), and the closure.
    mutating func take(_ fill: (inout ByteBuffer) -> Void) -> ByteBuffer {
        for place in buffers.indices {
            let isFree: Void? = buffers[place].modifyIfUniquelyOwned { buffer in
                buffer.clear()
                fill(&buffer)
            }
            if isFree != nil { return buffers[place] }
        }
        var buffer = ByteBuffer()
        fill(&buffer)
        if buffers.count < most { buffers.append(buffer) }
        return buffer
    }
}
