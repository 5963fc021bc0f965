import ChaosModel
import ChaosTesting
import ChaosWire
import Testing

struct FrameTests {
    /// A frame, as it is sent or put together from its parts.
    private struct Parts: Equatable {
        var header: [UInt8] = []
        var payload: [UInt8] = []

        var bytes: [UInt8] {
            get throws { try FramePrefix(header: header.count, payload: payload.count).bytes + header + payload }
        }
    }

    /// Puts frames together and looks whether their parts come in order.
    private struct Assembly {
        var decoder = FrameDecoder()
        private var prefix: FramePrefix?
        private var frame = Parts()

        mutating func frames(from bytes: inout ArraySlice<UInt8>) throws -> [Parts] {
            var frames: [Parts] = []
            while let part = try decoder.next(from: &bytes) {
                switch part {
                case .prefix(let found):
                    #expect(prefix == nil)
                    prefix = found
                case .header(let header):
                    #expect(header.count == prefix?.header)
                    frame.header = header
                    if prefix?.payload == 0 { end(&frames) }
                case .payload(let piece, let missing):
                    #expect(!piece.isEmpty)
                    frame.payload += piece
                    #expect(frame.payload.count + missing == prefix?.payload)
                    if missing == 0 { end(&frames) }
                }
            }
            return frames
        }

        private mutating func end(_ frames: inout [Parts]) {
            frames.append(frame)
            (prefix, frame) = (nil, Parts())
        }
    }

    private func frames(seed: UInt64) -> [Parts] {
        var random = SeededRandom(seed: seed)
        return (0..<random.int(1...6)).map { _ in
            let header = (0..<(random.once(in: 4) ? 0 : random.int(1...40))).map { _ in UInt8(random.int(0...255)) }
            let payload = (0..<(random.once(in: 2) ? 0 : random.int(1...300))).map { _ in UInt8(random.int(0...255)) }
            return Parts(header: header, payload: payload)
        }
    }

    @Test func bytesOfAPrefix() throws {
        let prefix = try FramePrefix(header: 3, payload: 260)
        #expect(prefix.bytes == [0x43, 0x48, 0x41, 1, 0, 0, 0, 3, 0, 0, 1, 4])
        #expect(try FramePrefix(bytes: prefix.bytes) == prefix)
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func framesComeBackInWhateverPieces(seed: UInt64) throws {
        let frames = frames(seed: seed)
        let bytes = try frames.flatMap { try $0.bytes }
        var random = SeededRandom(seed: seed)
        for longest in [1, 2, 13, 100, bytes.count] {
            var assembly = Assembly()
            var got: [Parts] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                var piece = rest.prefix(random.int(1...longest))
                rest = rest.dropFirst(piece.count)
                got += try assembly.frames(from: &piece)
                #expect(piece.isEmpty)
            }
            #expect(got == frames)
            #expect(!assembly.decoder.isInsideFrame)
        }
    }

    @Test func framesSplitAtEveryByte() throws {
        let frames = frames(seed: 7)
        let bytes = try frames.flatMap { try $0.bytes }
        var ends: Set<Int> = [0]
        for frame in frames { ends.insert(ends.max()! + (try frame.bytes.count)) }
        for place in 0...bytes.count {
            var assembly = Assembly()
            var (first, second) = (bytes[..<place], bytes[place...])
            let got = try assembly.frames(from: &first)
            #expect(assembly.decoder.isInsideFrame == !ends.contains(place), "split at \(place)")
            #expect(try got + assembly.frames(from: &second) == frames)
        }
    }

    /// The lengths are there before what they promise, and the header before its payload: whoever refuses them waits for
    /// nothing.
    @Test func partsComeAsSoonAsTheyCan() throws {
        var decoder = FrameDecoder()
        var bytes = try FramePrefix(header: 2, payload: Frame.mostPayload).bytes[...] + [7, 8]
        guard case .prefix(let prefix) = try decoder.next(from: &bytes) else { throw Missing() }
        #expect(prefix.payload == Frame.mostPayload && bytes.count == 2)
        guard case .header([7, 8]) = try decoder.next(from: &bytes) else { throw Missing() }
        #expect(try decoder.next(from: &bytes) == nil && decoder.isInsideFrame)
    }

    private struct Missing: Error {}

    /// Pieces of a payload are those that came, not copies of them.
    @Test func payloadsAreNotCopied() throws {
        let input = try Parts(header: [1], payload: [UInt8](repeating: 5, count: 1000)).bytes + [9]
        try input.withUnsafeBufferPointer { buffer in
            var decoder = FrameDecoder()
            for (range, missing) in [(13..<500, 513), (500..<1013, 0)] {
                var bytes = buffer[(range.lowerBound == 13 ? 0 : range.lowerBound)..<range.upperBound]
                while let part = try decoder.next(from: &bytes) {
                    guard case .payload(let piece, missing) = part else { continue }
                    #expect(piece.indices == range)
                    #expect(UnsafeBufferPointer(rebasing: piece).baseAddress == buffer.baseAddress! + range.lowerBound)
                }
            }
            #expect(!decoder.isInsideFrame)
        }
    }

    @Test(
        arguments: [
            ([0x43, 0x48, 0x41, 2, 0, 0, 0, 0, 0, 0, 0, 0], .noFrame([0x43, 0x48, 0x41, 2])),
            (Array("GET / HTTP/1.1\r\n".utf8), .noFrame([0x47, 0x45, 0x54, 0x20])),
            ([0x43, 0x48, 0x41, 1, 0, 0x40, 0, 1, 0, 0, 0, 0], .header(4 << 20 + 1)),
            ([0x43, 0x48, 0x41, 1, 0, 0x40, 0, 0, 4, 0, 0, 1], .payload(64 << 20 + 1)),
            ([0x43, 0x48, 0x41, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], .header(0xffff_ffff)),
        ] as [([UInt8], FrameFault)])
    func noFrameIsRefusedForGood(_ bytes: [UInt8], _ fault: FrameFault) throws {
        var assembly = Assembly()
        let frame = Parts(header: [5])
        var right = try frame.bytes[...]
        #expect(try assembly.frames(from: &right) == [frame])
        var rest = bytes[...]
        #expect(throws: fault) { try assembly.frames(from: &rest) }
        var more = try frame.bytes[...]
        #expect(throws: fault) { try assembly.frames(from: &more) }
        #expect(!fault.description.isEmpty)
    }

    @Test func greatestSizesAreAllowed() throws {
        #expect(try FramePrefix(header: Frame.mostHeader, payload: Frame.mostPayload).payload == 64 << 20)
        #expect(throws: FrameFault.header(4 << 20 + 1)) { try FramePrefix(header: 4 << 20 + 1, payload: 0) }
        #expect(throws: FrameFault.payload(-1)) { try FramePrefix(header: 0, payload: -1) }
        var assembly = Assembly()
        var bytes = try FramePrefix(header: Frame.mostHeader, payload: Frame.mostPayload).bytes[...]
        #expect(try assembly.frames(from: &bytes).isEmpty)
        #expect(assembly.decoder.isInsideFrame)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func randomBytesDoNoHarm(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var bytes = try frames(seed: seed).flatMap { try $0.bytes }
        for _ in 0..<random.int(1...5) { bytes[random.int(0...bytes.count - 1)] = UInt8(random.int(0...255)) }
        var assembly = Assembly()
        var rest = bytes[...]
        guard let frames = try? assembly.frames(from: &rest) else { return }
        for frame in frames { #expect(frame.payload.count <= Frame.mostPayload) }
        #expect(rest.isEmpty)
    }
}
