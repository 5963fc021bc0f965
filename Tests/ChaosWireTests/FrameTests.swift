import ChaosModel
import ChaosTesting
import ChaosWire
import Testing

struct FrameTests {
    private func frames(seed: UInt64) throws -> [Frame] {
        var random = SeededRandom(seed: seed)
        return try (0..<random.int(1...6)).map { _ in
            let header = (0..<(random.once(in: 4) ? 0 : random.int(1...40))).map { _ in UInt8(random.int(0...255)) }
            let payload = (0..<(random.once(in: 2) ? 0 : random.int(1...300))).map { _ in UInt8(random.int(0...255)) }
            return try Frame(header: header, payload: payload)
        }
    }

    @Test func bytesOfAFrame() throws {
        let frame = try Frame(header: [1, 2, 3], payload: Array(repeating: 9, count: 260))
        #expect(frame.bytes.prefix(16) == [0x43, 0x48, 0x41, 1, 0, 0, 0, 3, 0, 0, 1, 4, 1, 2, 3, 9])
        #expect(frame.bytes.count == 12 + 3 + 260)
        #expect(try FramePrefix(bytes: frame.bytes.prefix(12)) == frame.prefix)
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func framesComeBackInWhateverPieces(seed: UInt64) throws {
        let frames = try frames(seed: seed)
        let bytes = frames.flatMap(\.bytes)
        var random = SeededRandom(seed: seed)
        for longest in [1, 2, 13, 100, bytes.count] {
            var decoder = FrameDecoder()
            var got: [Frame] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                var piece = rest.prefix(random.int(1...longest))
                rest = rest.dropFirst(piece.count)
                while let frame = try decoder.next(from: &piece) { got.append(frame) }
                #expect(piece.isEmpty)
            }
            #expect(got == frames)
            #expect(!decoder.isInsideFrame)
        }
    }

    @Test func framesSplitAtEveryByte() throws {
        let frames = try frames(seed: 7)
        let bytes = frames.flatMap(\.bytes)
        for place in 0...bytes.count {
            var decoder = FrameDecoder()
            var got: [Frame] = []
            for part in [bytes[..<place], bytes[place...]] {
                var part = part
                while let frame = try decoder.next(from: &part) { got.append(frame) }
            }
            #expect(got == frames)
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
        var decoder = FrameDecoder()
        let frame = try Frame(header: [5])
        var rest = (frame.bytes + bytes)[...]
        #expect(try decoder.next(from: &rest) == frame)
        #expect(throws: fault) { try decoder.next(from: &rest) }
        var more = frame.bytes[...]
        #expect(throws: fault) { try decoder.next(from: &more) }
        #expect(!fault.description.isEmpty)
    }

    @Test func greatestSizesAreAllowed() throws {
        #expect(try FramePrefix(header: Frame.mostHeader, payload: Frame.mostPayload).payload == 64 << 20)
        #expect(throws: FrameFault.header(4 << 20 + 1)) { try FramePrefix(header: 4 << 20 + 1, payload: 0) }
        #expect(throws: FrameFault.payload(-1)) { try FramePrefix(header: 0, payload: -1) }
        var decoder = FrameDecoder()
        var bytes = try FramePrefix(header: Frame.mostHeader, payload: Frame.mostPayload).bytes[...]
        #expect(try decoder.next(from: &bytes) == nil)
        #expect(decoder.isInsideFrame)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func randomBytesDoNoHarm(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var bytes = try frames(seed: seed).flatMap(\.bytes)
        for _ in 0..<random.int(1...5) { bytes[random.int(0...bytes.count - 1)] = UInt8(random.int(0...255)) }
        var decoder = FrameDecoder()
        var rest = bytes[...]
        while let frame = try? decoder.next(from: &rest) { #expect(frame.payload.count <= Frame.mostPayload) }
    }
}
