import ChaosDocuments
import ChaosModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A trainer that trains nothing: a state of any size and a gradient of any length, both known in advance, so that
/// whatever the runtime does to them can be verified, and no memory for the state.
///
/// **State.** After the `StateHeader`, the word of 8 bytes at offset 8i is the exclusive or of number i mod 512 of the
/// generator `SeededRandom` seeded `seed` and of number i ÷ 512 of one with a seed of its own for each step, the first
/// number of the generator seeded `seed` + t · 0xD1342543DE82EF95 modulo 2^64 (t is the step count); the last word may be
/// cut. So no two steps, and no two places, have the same, and it is made about as fast as it is copied: what tests
/// transfers must not be slower than they are. What is written is compared and not kept.
///
/// A *resident* one is like a model in what it costs: its state is in memory, is copied when a snapshot has it and an update
/// changes it, and what is written is kept. Behind the header it is that of step 0 at all steps, and is not compared.
///
/// **Gradient.** Each sample has the same: a whole number of 1 … 16 in each place, the lower four bits of the place's
/// number of a generator seeded in the same way from the complement of `seed`, plus 1. Sums over up to 2^20 samples are
/// exact in Float32, in whatever order; `apply` refuses any that is not the number of samples times that vector.
///
/// **Time.** `addGradient` reports how long to pretend to have computed.
public struct SyntheticTrainer: Trainer {
    public static let mostGradient = 1 << 30

    public let configuration: String
    public let stateBytes: Int
    public let gradientCount: Int
    public let samples: Int

    private let seed: UInt64
    /// Of the content, in little-endian words.
    private let tile: [UInt64]
    private static let tileWords = 512
    private let timePerStep: Int
    private let timePerSample: Int
    private var header: StateHeader
    /// Of a resident one the state, in words as they lie in memory; its last bytes may be unused.
    private var kept: [UInt64]?
    private var replacement: StateReplacement?

    /// - Parameters:
    ///   - seed: of the first state.
    ///   - stateBytes: 64 … 2^53; `TrainingState(modelDescription:kind:file:)` knows that of real models.
    ///   - gradientCount: 1 … 2^30 numbers of 4 bytes.
    ///   - samples: 1 … 2^27.
    ///   - timePerStep: what a gradient takes in nanoseconds however few samples it is of, 0 … 2^40.
    ///   - timePerSample: what each sample adds to it, 0 … 2^40.
    ///   - isResident: whether the state is kept in memory.
    /// - Throws: everything that is out of range.
    public init(
        seed: UInt64, stateBytes: Int, gradientCount: Int, samples: Int, timePerStep: Int = 0, timePerSample: Int = 0,
        isResident: Bool = false
    ) throws(InvalidInput) {
        var faults = FaultList()
        for (name, value, range) in [
            ("stateBytes", stateBytes, StateHeader.length...ModelRange.mostBytes),
            ("gradientCount", gradientCount, 1...Self.mostGradient),
            ("samples", samples, 1...SampleSchedule.mostSamples),
            ("timePerStep", timePerStep, 0...1 << 40), ("timePerSample", timePerSample, 0...1 << 40),
        ] where !range.contains(value) {
            faults.add(name, "\(value)", allowed: "\(range.lowerBound) … \(range.upperBound)")
        }
        try faults.throwIfAny()
        configuration =
            "synthetic, seed \(seed), \(stateBytes) bytes, gradient of \(gradientCount), \(samples) samples"
            + (isResident ? ", resident" : "")
        self.seed = seed
        var words = SeededRandom(seed: seed)
        tile = (0..<Self.tileWords).map { _ in words.next().littleEndian }
        self.stateBytes = stateBytes
        self.gradientCount = gradientCount
        self.samples = samples
        self.timePerStep = timePerStep
        self.timePerSample = timePerSample
        header = StateHeader(configuration: configuration)
        guard isResident else { return }
        var state = [UInt64](repeating: 0, count: stateBytes / 8 + (stateBytes.isMultiple(of: 8) ? 0 : 1))
        state.withUnsafeMutableBytes {
            content(of: 0..<stateBytes, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<stateBytes]))
        }
        kept = state
    }

    // MARK: State

    public var step: Int { header.step }
    public var tensors: [Tensor] {
        [StateHeader.tensor, Tensor("content", .uint8, [stateBytes - StateHeader.length], at: StateHeader.length)]
    }
    public var missing: RangeSet<Int>? { replacement?.missing }

    public func readState(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(InvalidInput) {
        let range = try stateRange(at: offset, count: bytes.count)
        try requireWholeState()
        guard let kept else { return content(of: range, into: bytes) }
        kept.withUnsafeBytes { bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    public mutating func beginState(ofStep step: Int) throws(InvalidInput) {
        try requireStep(step)
        header = StateHeader(configuration: configuration, step: step)
        replacement = StateReplacement(step: step, bytes: stateBytes)
    }

    /// - Throws: also if a byte is not what it should be, unless the state is resident.
    public mutating func writeState(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(InvalidInput) {
        let range = try stateRange(at: offset, count: bytes.count)
        var next = replacement
        try next.take(range)
        guard kept == nil else {
            kept?.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[range]).copyMemory(from: bytes) }
            replacement = next
            return
        }
        try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) {
            (buffer) throws(InvalidInput) in
            for start in stride(from: 0, to: bytes.count, by: buffer.count) {
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + buffer.count, bytes.count)])
                let expected = UnsafeMutableRawBufferPointer(rebasing: buffer[..<piece.count])
                content(of: offset + start..<offset + start + piece.count, into: expected)
                guard let wrong = Self.firstDifference(piece, UnsafeRawBufferPointer(expected)) else { continue }
                let place = offset + start + wrong
                throw InvalidInput(
                    "state[\(place)]", "\(piece[wrong])", allowed: "\(expected[wrong]) at step \(header.step)")
            }
        }
        replacement = next
    }

    public mutating func endState() throws(InvalidInput) {
        let step = try replacement.requireComplete()
        if let kept {
            _ = try kept.withUnsafeBufferPointer { (words) throws(InvalidInput) in
                try header.read(UnsafeRawBufferPointer(words), step: step)
            }
        }
        replacement = nil
    }

    /// The state, or what it should be, in a range within it.
    private func content(of range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) {
        var position = range.lowerBound
        if position < StateHeader.length, !range.isEmpty {
            withUnsafeTemporaryAllocation(byteCount: StateHeader.length, alignment: 8) { buffer in
                header.write(to: buffer)
                let end = min(range.upperBound, StateHeader.length)
                bytes.copyBytes(from: buffer[position..<end])
                position = end
            }
        }
        let tileBytes = 8 * Self.tileWords
        var masks = generator(seed)
        masks.skip(UInt64(position / tileBytes))
        tile.withUnsafeBufferPointer { tile in
            while position < range.upperBound {
                let start = position % tileBytes
                let count = min(tileBytes - start, range.upperBound - position)
                let target = position - range.lowerBound
                Self.fill(
                    UnsafeMutableRawBufferPointer(rebasing: bytes[target..<target + count]), from: tile, at: start,
                    mask: masks.next().littleEndian)
                position += count
            }
        }
    }

    /// The bytes of the tile from `start` on, under a mask.
    private static func fill(
        _ bytes: UnsafeMutableRawBufferPointer, from tile: UnsafeBufferPointer<UInt64>, at start: Int, mask: UInt64
    ) {
        // Of a word that is cut at an end.
        func copyPart(_ part: Range<Int>) {
            withUnsafeBytes(of: tile[(start + part.lowerBound) / 8] ^ mask) { word in
                for place in part { bytes[place] = word[(start + place) % 8] }
            }
        }
        let first = min(bytes.count, (8 - start % 8) % 8)
        if first > 0 { copyPart(0..<first) }
        let words = (bytes.count - first) / 8
        let word = (start + first) / 8
        for k in 0..<words {
            bytes.storeBytes(of: tile[word + k] ^ mask, toByteOffset: first + 8 * k, as: UInt64.self)
        }
        let last = first + 8 * words
        if last < bytes.count { copyPart(last..<bytes.count) }
    }

    /// The first place where two buffers of one length differ, looked for 8 bytes at a time.
    private static func firstDifference(_ x: UnsafeRawBufferPointer, _ y: UnsafeRawBufferPointer) -> Int? {
        // The library compares more at a time than this does.
        if memcmp(x.baseAddress!, y.baseAddress!, x.count) == 0 { return nil }
        var place = 0
        while place + 8 <= x.count,
            x.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                == y.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        {
            place += 8
        }
        return (place..<x.count).first { x[$0] != y[$0] }
    }

    /// The generator of the step.
    private func generator(_ seed: UInt64) -> SeededRandom {
        var seeds = SeededRandom(seed: seed &+ UInt64(header.step) &* 0xD134_2543_DE82_EF95)
        return SeededRandom(seed: seeds.next())
    }

    // MARK: Steps

    public func addGradient(
        of samples: ArraySlice<Int>, to sum: inout Gradient
    ) throws(InvalidInput) -> TrainingReport {
        try requireWholeState()
        try requireLength(of: sum)
        try requireSamples(samples)
        var random = generator(~seed)
        sum.values.withUnsafeMutableBufferPointer { values in
            for i in values.indices { values[i] += Float(samples.count) * Float(random.next() & 15 + 1) }
        }
        var report = TrainingReport()
        report.samples = samples.count
        report.computeTime = timePerStep + timePerSample * samples.count
        return report
    }

    public mutating func apply(_ sum: Gradient, samples: Int) throws(InvalidInput) {
        try requireWholeState()
        try requireLength(of: sum)
        try requireBatch(of: samples)
        var random = generator(~seed)
        for i in sum.values.indices {
            let expected = Float(samples) * Float(random.next() & 15 + 1)
            guard sum.values[i] == expected else {
                throw InvalidInput(
                    "gradient[\(i)]", "\(sum.values[i])", allowed: "\(expected), the sum over \(samples) samples")
            }
        }
        header.countStep(updating: true)
        kept?.withUnsafeMutableBytes { header.write(to: $0) }
    }

    public func evaluate() -> TrainingReport? { nil }
}
