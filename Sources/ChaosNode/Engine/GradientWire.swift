import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import NIOCore

/// A gradient as it goes over the wire: in chunks, each in a format that may have fewer digits than Float32 (`WireFormat`).
///
/// Encoding need not be the same on all processors, since whoever sends a sum encodes it once; decoding is exact arithmetic of
/// Float32, one operation a number, and so the same everywhere.
struct GradientWire: Sendable, Hashable {
    /// Of a gradient.
    let numbers: Int
    /// How many of them, at the end, are changes of buffers. They are few and go in Float32: quantities of any magnitude lie
    /// beside each other there, and a running variance that has lost digits may be less than 0.
    let buffers: Int
    let chunks: Int
    let format: WireFormat

    init(of replica: some Replica, chunks: Int, format: WireFormat) {
        self.init(numbers: replica.gradientCount, buffers: replica.bufferCount, chunks: chunks, format: format)
    }

    init(numbers: Int, buffers: Int = 0, chunks: Int, format: WireFormat) {
        self.numbers = numbers
        self.buffers = buffers
        self.chunks = chunks
        self.format = format
    }

    // MARK: Sizes

    /// Where the numbers of a chunk begin and end.
    func range(ofChunk chunk: Int) -> Range<Int> { numbers * chunk / chunks..<numbers * (chunk + 1) / chunks }

    /// How many numbers the greatest chunk has at most.
    var mostInChunk: Int { numbers / chunks + 1 }

    /// What a chunk takes on the wire.
    func bytes(ofChunk chunk: Int) -> Int {
        let (range, coded) = (range(ofChunk: chunk), coded(ofChunk: chunk))
        return format.bytes(of: coded) + 4 * (range.count - coded)
    }

    /// How many numbers of a chunk, its first, are in the format.
    private func coded(ofChunk chunk: Int) -> Int {
        format == .float32 ? 0 : range(ofChunk: chunk).clamped(to: 0..<numbers - buffers).count
    }

    // MARK: Encoding

    /// - Parameters:
    ///   - gradient: holds the chunk.
    ///   - first: the place of its first number there.
    ///   - pool: where the memory comes from.
    /// - Precondition: the chunk is within the gradient.
    func encode(_ gradient: Gradient, at first: Int, chunk: Int, from pool: PayloadPool) -> ByteBuffer {
        let (count, coded) = (range(ofChunk: chunk).count, coded(ofChunk: chunk))
        var buffer = pool.take(bytes(ofChunk: chunk))
        gradient.values[first..<first + coded].withUnsafeBufferPointer { values in
            let bytes = format.bytes(of: coded)
            _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes) { room in
                switch format {
                case .float32: break
                case .bf16: Self.encodeBFloat16(values, to: room)
                case .int8: Self.encodeInt8(values, to: room)
                }
                return bytes
            }
        }
        _ = gradient.withChunk(first + coded..<first + count) { buffer.writeBytes($0) }
        return buffer
    }

    private static func encodeBFloat16(_ values: UnsafeBufferPointer<Float>, to room: UnsafeMutableRawBufferPointer) {
        for i in 0..<values.count {
            let bits = values[i].bitPattern
            let rounded = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
            // What is no number could become one, or infinite, if it were rounded.
            let isNumber = bits & 0x7FFF_FFFF <= 0x7F80_0000
            room.storeBytes(
                of: UInt16(truncatingIfNeeded: isNumber ? rounded : bits >> 16 | 0x40), toByteOffset: 2 * i,
                as: UInt16.self)
        }
    }

    /// Blocks, each of a scale and its whole numbers. A scale that has not all of its digits, of numbers below 1.5 · 10^-36,
    /// is 0. That of a block with a number that is not finite is none, so that the step is left out as it would be
    /// otherwise; a number within a rounding of the greatest Float32 decodes to infinity, which has the same effect.
    private static func encodeInt8(_ values: UnsafeBufferPointer<Float>, to room: UnsafeMutableRawBufferPointer) {
        var place = 0
        for start in stride(from: 0, to: values.count, by: WireFormat.block) {
            let block = start..<min(start + WireFormat.block, values.count)
            // Of numbers without a sign the order is that of their bits.
            var greatest: UInt32 = 0
            for i in block { greatest = max(greatest, values[i].bitPattern & 0x7FFF_FFFF) }
            let scale = greatest < 0x7F80_0000 ? Float(bitPattern: greatest) / 127 : .nan
            let isUsual = scale >= .leastNormalMagnitude
            room.storeBytes(of: isUsual || scale.isNaN ? scale : 0, toByteOffset: place, as: Float.self)
            place += 4
            let divisor = isUsual ? scale : .infinity
            for i in block {
                // Rounds to nearest, ties to even: what is added leaves no digit behind the point. The last byte of the sum
                // is the whole number, in two's complement.
                let rounded = values[i] / divisor + 0x1.8p23
                room.storeBytes(
                    of: UInt8(truncatingIfNeeded: rounded.bitPattern), toByteOffset: place + i - start, as: UInt8.self)
            }
            place += block.count
        }
    }

    // MARK: Decoding

    /// Adds a chunk to what is there.
    /// - Parameters:
    ///   - bytes: as they came.
    ///   - gradient: holds the chunk from its number `first` on.
    /// - Throws: if the chunk takes another number of bytes.
    func add(_ bytes: ByteBuffer, chunk: Int, to gradient: inout Gradient, at first: Int) throws(InvalidInput) {
        try bytes.withUnsafeReadableBytes { (bytes) throws(InvalidInput) in
            let tail = try decode(bytes, chunk: chunk) { gradient.values[first + $0] += $1 }
            try gradient.add(chunk: tail, at: first + coded(ofChunk: chunk))
        }
    }

    /// Replaces what is there.
    /// - Throws: as `add`.
    func replace(by bytes: ByteBuffer, chunk: Int, in gradient: inout Gradient, at first: Int) throws(InvalidInput) {
        try bytes.withUnsafeReadableBytes { (bytes) throws(InvalidInput) in
            let tail = try decode(bytes, chunk: chunk) { gradient.values[first + $0] = $1 }
            try gradient.replace(by: tail, at: first + coded(ofChunk: chunk))
        }
    }

    /// - Parameter take: a number of those in the format, and its place in the chunk.
    /// - Returns: the bytes of the other numbers.
    @inline(__always)
    private func decode(
        _ bytes: UnsafeRawBufferPointer, chunk: Int, _ take: (Int, Float) -> Void
    ) throws(InvalidInput) -> UnsafeRawBufferPointer {
        guard bytes.count == self.bytes(ofChunk: chunk) else {
            throw InvalidInput(
                "gradient", "\(bytes.count) bytes for chunk \(chunk)", allowed: "\(self.bytes(ofChunk: chunk))")
        }
        let coded = coded(ofChunk: chunk)
        switch format {
        case .float32: break
        case .bf16:
            for i in 0..<coded {
                let bits = bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
                take(i, Float(bitPattern: UInt32(bits) << 16))
            }
        case .int8:
            var place = 0
            for start in stride(from: 0, to: coded, by: WireFormat.block) {
                let scale = bytes.loadUnaligned(fromByteOffset: place, as: Float.self)
                place += 4
                let end = min(start + WireFormat.block, coded)
                for i in start..<end {
                    take(i, scale * Float(bytes.loadUnaligned(fromByteOffset: place + i - start, as: Int8.self)))
                }
                place += end - start
            }
        }
        return UnsafeRawBufferPointer(rebasing: bytes[format.bytes(of: coded)...])
    }
}
