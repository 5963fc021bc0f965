import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosTraining
import NIOCore
import Testing

@testable import ChaosNode

/// Numbers on the wire against what their formats are, worked out one by one.
@Suite struct GradientWireTests {
    /// Numbers of any magnitude, or of one as gradients are.
    private static func numbers(_ count: Int, _ random: inout SeededRandom) -> Gradient {
        var gradient = Gradient(count: count)
        let isWild = random.once(in: 2)
        for i in 0..<count {
            gradient.values[i] =
                isWild
                ? Float(bitPattern: UInt32(random.int(0...0x7F7F_FFFF)) | (random.once(in: 2) ? 1 << 31 : 0))
                : Float(random.int(-9999...9999)) / 777
        }
        return gradient
    }

    private static func decoded(_ wire: GradientWire, _ gradient: Gradient) throws -> [Float] {
        var decoded = Gradient(count: wire.numbers)
        for chunk in 0..<wire.chunks {
            let first = wire.range(ofChunk: chunk).lowerBound
            let bytes = wire.encode(gradient, at: first, chunk: chunk, from: PayloadPool(most: 0))
            #expect(bytes.readableBytes == wire.bytes(ofChunk: chunk))
            try wire.replace(by: bytes, chunk: chunk, in: &decoded, at: first)
        }
        return decoded.values
    }

    /// The nearest Float32 whose last 16 bits are 0; of two the one with an even last bit.
    private static func bfloat16(_ x: Float) -> Float {
        let below = x.bitPattern & 0xFFFF_0000
        let (near, far) = (Float(bitPattern: below), Float(bitPattern: below &+ 0x1_0000))
        // Beyond the greatest lies what would be next if there were more exponents.
        let beyond = far.isFinite ? Double(far) : (x < 0 ? -0x1p128 : 0x1p128)
        let (a, b) = (abs(Double(x) - Double(near)), abs(Double(x) - beyond))
        return a < b || a == b && below >> 16 & 1 == 0 ? near : far
    }

    /// What a block becomes.
    private static func int8(_ block: ArraySlice<Float>) -> [Float] {
        let scale = block.map(abs).max()! / 127
        guard scale.isNormal else { return block.map { _ in 0 } }
        return block.map { ($0 / scale).rounded(.toNearestOrEven) * scale }
    }

    @Test(arguments: WireFormat.allCases) func whatIsDecodedIsWhatTheFormatSays(_ format: WireFormat) throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<200 {
            let count = random.int(1...2000)
            let buffers = random.once(in: 2) ? random.int(0...count - 1) : 0
            let wire = GradientWire(
                numbers: count, buffers: buffers, chunks: random.int(1...min(count, 20)), format: format)
            let gradient = Self.numbers(count, &random)
            var expected: [Float] = []
            for range in (0..<wire.chunks).map(wire.range) {
                let coded = gradient.values[range.clamped(to: 0..<count - buffers)]
                switch format {
                case .float32: expected += coded
                case .bf16: expected += coded.map(Self.bfloat16)
                case .int8:
                    for start in stride(from: coded.startIndex, to: coded.endIndex, by: 256) {
                        expected += Self.int8(coded[start..<min(start + 256, coded.endIndex)])
                    }
                }
                expected += gradient.values[range.lowerBound + coded.count..<range.upperBound]
            }
            let found = try Self.decoded(wire, gradient)
            #expect(
                found.map(\.bitPattern).elementsEqual(expected.map(\.bitPattern)) { $0 == $1 || ($0 | $1) << 1 == 0 })
        }
    }

    @Test func tiesGoToEven() throws {
        let wire = GradientWire(numbers: 4, chunks: 1, format: .bf16)
        var gradient = Gradient(count: 4)
        gradient.values = [0x3F80_8000, 0x3F81_8000, 0xBF80_8000, 0x3F80_8001].map { Float(bitPattern: $0) }
        #expect(
            try Self.decoded(wire, gradient).map(\.bitPattern) == [0x3F80_0000, 0x3F82_0000, 0xBF80_0000, 0x3F81_0000])
        let whole = GradientWire(numbers: 4, chunks: 1, format: .int8)
        gradient.values = [127, 2.5, -3.5, 0.5]
        #expect(try Self.decoded(whole, gradient) == [127, 2, -4, 0])
    }

    @Test(arguments: [Float.nan, -.nan, .infinity, -.infinity, Float(bitPattern: 0x7F80_0001)])
    func whatIsNotFiniteStaysSo(_ x: Float) throws {
        var gradient = Gradient(count: 600)
        for i in 0..<600 { gradient.values[i] = Float(i) }
        gradient.values[300] = x
        for format in WireFormat.allCases {
            let found = try Self.decoded(GradientWire(numbers: 600, chunks: 1, format: format), gradient)
            #expect(!found[300].isFinite)
            #expect(found.indices.allSatisfy { found[$0].isFinite || (256..<512).contains($0) })
            #expect(format == .int8 || found[299].isFinite && found[300].isNaN == x.isNaN)
        }
    }

    @Test(arguments: WireFormat.allCases) func whatIsAddedIsWhatIsDecoded(_ format: WireFormat) throws {
        var random = SeededRandom(seed: 6)
        let wire = GradientWire(numbers: 999, buffers: 100, chunks: 3, format: format)
        let (own, other) = (Self.numbers(999, &random), Self.numbers(999, &random))
        var sum = own
        for chunk in 0..<3 {
            let first = wire.range(ofChunk: chunk).lowerBound
            let bytes = wire.encode(other, at: first, chunk: chunk, from: PayloadPool(most: 0))
            try wire.add(bytes, chunk: chunk, to: &sum, at: first)
        }
        #expect(sum.values == zip(own.values, try Self.decoded(wire, other)).map { $0 + $1 })
    }

    /// More chunks than numbers; blocks of nothing but zeros, and of numbers that have too few digits for a scale; bytes
    /// that begin anywhere.
    @Test(arguments: WireFormat.allCases) func oddOnesOut(_ format: WireFormat) throws {
        var few = Gradient(count: 3)
        few.values = [1, -1, 0]
        let sparse = GradientWire(numbers: 3, chunks: 8, format: format)
        #expect(try Self.decoded(sparse, few) == few.values)
        #expect((0..<8).filter { sparse.bytes(ofChunk: $0) == 0 }.count == 5)

        let wire = GradientWire(numbers: 768, chunks: 1, format: format)
        var gradient = Gradient(count: 768)
        for i in 256..<512 { gradient.values[i] = i.isMultiple(of: 2) ? 1e-37 : -1e-37 }
        for i in 512..<768 { gradient.values[i] = Float(i - 640) }
        let found = try Self.decoded(wire, gradient)
        #expect(found[..<256].allSatisfy { $0 == 0 })
        #expect(found[256..<512].allSatisfy { format == .int8 ? $0 == 0 : abs($0) > 9e-38 })
        #expect(abs(found[767] - 127) <= 1 && abs(found[513] + 127) <= 1)

        var shifted = ByteBuffer(bytes: [0xFF])
        var bytes = wire.encode(gradient, at: 0, chunk: 0, from: PayloadPool(most: 0))
        shifted.writeBuffer(&bytes)
        _ = shifted.readInteger(as: UInt8.self)
        var again = Gradient(count: 768)
        try wire.replace(by: shifted, chunk: 0, in: &again, at: 0)
        #expect(again.values == found)
    }

    @Test(arguments: WireFormat.allCases) func otherSizesAreRefused(_ format: WireFormat) throws {
        let wire = GradientWire(numbers: 300, buffers: 2, chunks: 1, format: format)
        var gradient = Gradient(count: 300)
        for bytes in [0, 1, wire.bytes(ofChunk: 0) - 1, wire.bytes(ofChunk: 0) + 1] {
            let buffer = ByteBuffer(repeating: 1, count: bytes)
            #expect(throws: InvalidInput.self) { try wire.add(buffer, chunk: 0, to: &gradient, at: 0) }
            #expect(throws: InvalidInput.self) { try wire.replace(by: buffer, chunk: 0, in: &gradient, at: 0) }
        }
        #expect(gradient == Gradient(count: 300))
    }

    @Test func theBytesAreAsManyAsPromised() {
        let count = 10_000_000
        func factor(_ format: WireFormat) -> Double {
            let wire = GradientWire(numbers: count, chunks: 64, format: format)
            return Double((0..<64).map(wire.bytes).reduce(0, +)) / Double(4 * count)
        }
        #expect(factor(.float32) == 1)
        #expect(factor(.bf16) == 0.5)
        #expect(factor(.int8) < 0.2541)
    }

    /// Nodes whose numbers travel otherwise find out before any harm is done.
    @Test func nodesSayHowNumbersTravel() throws {
        let trainer = try SyntheticTrainer(seed: 1, stateBytes: 64, gradientCount: 4, samples: 100)
        let said = WireFormat.allCases.map { format in
            var config = NodeConfig(
                node: 1, cluster: "c", listen: Endpoint(host: "127.0.0.1", port: 1),
                trainer: .synthetic(TrainerConfig.Synthetic(bytes: 64)), batch: 10)
            config.wire = format
            return config.introduction(of: trainer, endStep: nil, start: nil).training
        }
        #expect(Set(said).count == 3)
        #expect(said[2].contains("int8"), "\(said)")
    }

    /// A synthetic trainer takes no sum that has lost a digit: it is found before the training begins.
    @Test func syntheticTrainersNeedAllDigits() throws {
        for format in WireFormat.allCases {
            var config = NodeConfig(
                node: 1, cluster: "c", listen: Endpoint(host: "127.0.0.1", port: 0),
                trainer: .synthetic(TrainerConfig.Synthetic(bytes: 64)), batch: 10)
            config.founding = View(number: 1, members: [1], links: [])
            config.wire = format
            guard format != .float32 else {
                _ = try config.prepare(engine: nil)
                continue
            }
            let error = #expect(throws: InvalidInput.self) { try config.prepare(engine: nil) }
            #expect(error?.faults.map(\.path) == ["training.wire"])
        }
    }

    // MARK: The root and the others

    /// The total is encoded once, and the root applies what the others do.
    @Test(arguments: WireFormat.allCases) func allApplyTheSame(_ format: WireFormat) throws {
        var random = SeededRandom(seed: 7)
        let wire = GradientWire(numbers: 1000, buffers: 10, chunks: 7, format: format)
        var gradients = (0..<4).map { _ in Self.numbers(1000, &random) }
        for k in gradients.indices { for i in 0..<1000 { gradients[k].values[i] *= 0x1p-20 } }
        // 0 is the root, 1 its child, 2 and 3 those of 1.
        var nodes = try gradients.map { gradient in
            var numbers = StepNumbers(wire, PayloadPool(most: 2))
            try numbers.add(gradient)
            return numbers
        }
        let times = ComputeTimes(least: 1, greatest: 1)
        let tree: [(node: Int, children: [NodeID])] = [(3, []), (2, []), (1, [2, 3]), (0, [1])]
        for chunk in 0..<7 {
            for (node, children) in tree {
                for child in children {
                    let partial = ReductionMessage.partial(view: 1, step: 0, chunk: chunk, times)
                    let bytes = try #require(nodes[Int(child.rawValue)].payload(of: partial))
                    nodes[node].keep(bytes, step: 0, chunk: chunk, from: child)
                }
                try nodes[node].sum(step: 0, chunk: chunk, of: children, isTotal: node == 0)
            }
            let total = ReductionMessage.total(view: 1, step: 0, chunk: chunk, samples: 4)
            let bytes = try #require(nodes[0].payload(of: total))
            for node in 1...3 { nodes[node].store(bytes, step: 0, chunk: chunk) }
        }
        let updates = try nodes.indices.map { try nodes[$0].update(ofStep: 0).values.map(\.bitPattern) }
        #expect(Set(updates).count == 1)
        // Each hop encodes what it has summed, and the root the total.
        func sum(_ own: Gradient, _ children: [Gradient]) throws -> Gradient {
            var sum = own
            for child in children { try sum.add(child) }
            var decoded = sum
            decoded.values = try Self.decoded(wire, sum)
            return decoded
        }
        let leaves = try [sum(gradients[2], []), sum(gradients[3], [])]
        let total = try sum(gradients[0], [sum(gradients[1], leaves)])
        #expect(updates[2] == total.values.map(\.bitPattern))
        // The buffers' numbers are sums in Float32 in any format.
        let exact = (990..<1000).map { i in
            gradients[0].values[i] + (gradients[1].values[i] + gradients[2].values[i] + gradients[3].values[i])
        }
        #expect(updates[2].suffix(10) == exact.map(\.bitPattern)[...])
    }
}
