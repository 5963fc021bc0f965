import ChaosDocuments
import ChaosProtocol
import ChaosTraining
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import ChaosNode

/// What `EngineAction` promises, kept by the engine of a trainer.
@Suite(.timeLimit(.minutes(30))) struct EngineTests {
    /// A synthetic trainer whose gradients take until they are let go.
    private struct Gated: Trainer {
        var inner: SyntheticTrainer
        let gate = DispatchSemaphore(value: 0)
        /// How many samples each gradient is of that was begun.
        let begun = NIOLockedValueBox<[Int]>([])
        let hasBegun = DispatchSemaphore(value: 0)

        var configuration: String { inner.configuration }
        var stateBytes: Int { inner.stateBytes }
        var tensors: [Tensor] { inner.tensors }
        var gradientCount: Int { inner.gradientCount }
        var samples: Int { inner.samples }
        var step: Int { inner.step }
        var missing: RangeSet<Int>? { inner.missing }

        func readState(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(InvalidInput) {
            try inner.readState(at: offset, into: bytes)
        }
        mutating func beginState(ofStep step: Int) throws(InvalidInput) { try inner.beginState(ofStep: step) }
        mutating func writeState(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(InvalidInput) {
            try inner.writeState(bytes, at: offset)
        }
        mutating func endState() throws(InvalidInput) { try inner.endState() }
        func addGradient(of samples: ArraySlice<Int>, to sum: inout Gradient) throws(InvalidInput) -> TrainingReport {
            begun.withLockedValue { $0.append(samples.count) }
            hasBegun.signal()
            gate.wait()
            return try inner.addGradient(of: samples, to: &sum)
        }
        mutating func apply(_ sum: Gradient, samples: Int) throws(InvalidInput) {
            try inner.apply(sum, samples: samples)
        }
        func evaluate() throws(InvalidInput) -> TrainingReport? { inner.evaluate() }
    }

    @Test func aGradientThatWasGivenUpIsNotComputed() throws {
        let trainer = Gated(
            inner: try SyntheticTrainer(
                seed: 1, stateBytes: 64, gradientCount: 4, samples: 100, timePerStep: 0, timePerSample: 0))
        let told = DispatchSemaphore(value: 0)
        let queued = DispatchSemaphore(value: 0)
        let views = NIOLockedValueBox<[Int]>([])
        let engine = TrainerEngine(
            replica: trainer, schedule: try SampleSchedule(seed: 1, samples: 100, batch: 50), chunks: 1,
            wire: .float32, observation: TrainerEngine.Observation(), journal: nil
        ) { events in
            for event in events {
                switch event {
                case .gradient(let share, _):
                    views.withLockedValue { $0.append(share.view) }
                    told.signal()
                case .snapshot: queued.signal()
                default: break
                }
            }
        }
        engine.perform(EngineBatch([.compute(view: 1, step: 0, positions: RangeSet(0..<1), isAdded: false)]))
        trainer.hasBegun.wait()
        // The first is under way; of the others each gives up the one before it.
        for view in 2...5 {
            engine.perform(EngineBatch([.compute(view: view, step: 0, positions: RangeSet(0..<view), isAdded: false)]))
        }
        // All of them have been queued when what was asked for after them is there.
        engine.perform(EngineBatch([.takeSnapshot(step: 0)]))
        queued.wait()
        for _ in 1...5 { trainer.gate.signal() }
        told.wait()
        #expect(trainer.begun.withLockedValue { $0 } == [1, 5])
        #expect(views.withLockedValue { $0 } == [5])
        engine.end()
    }

    // MARK: Order, what is void, payloads

    /// An engine of a synthetic trainer, and all that it has said.
    private final class Heard: Sendable {
        let events = NIOLockedValueBox<[EngineEvent]>([])
        private let hasSpoken = DispatchSemaphore(value: 0)

        func hear(_ new: [EngineEvent]) {
            events.withLockedValue { $0 += new }
            hasSpoken.signal()
        }

        /// Waits until it has said such a thing.
        /// - Throws: if it has said for long enough what is none.
        func wait<Value>(for match: (EngineEvent) -> Value?) throws -> Value {
            while true {
                if let value = events.withLockedValue({ $0.lazy.compactMap(match).first }) { return value }
                try #require(hasSpoken.wait(timeout: .now() + 30) == .success, "\(events.withLockedValue { $0 })")
            }
        }

        var sent: [(message: ReductionMessage, numbers: [Float])] {
            events.withLockedValue { events in
                events.compactMap { event in
                    guard case .send(let message, let bytes, _) = event else { return nil }
                    return (message, Self.numbers(bytes))
                }
            }
        }

        static func numbers(_ bytes: ByteBuffer) -> [Float] {
            bytes.withUnsafeReadableBytes { bytes in
                (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
        }
    }

    private static let gradientCount = 4

    private func engine(_ heard: Heard, wire: WireFormat = .float32) throws -> TrainerEngine {
        TrainerEngine(
            replica: try SyntheticTrainer(
                seed: 1, stateBytes: 64, gradientCount: Self.gradientCount, samples: 100, timePerStep: 0,
                timePerSample: 0),
            schedule: try SampleSchedule(seed: 1, samples: 100, batch: 50), chunks: 2,
            wire: wire, observation: TrainerEngine.Observation(), journal: nil, deliver: heard.hear)
    }

    private func computed(_ event: EngineEvent) -> Int? {
        if case .gradient(let share, _) = event { share.view } else { nil }
    }

    private func failure(_ event: EngineEvent) -> String? {
        if case .failed(let reason) = event { reason } else { nil }
    }

    private func snapshot(_ event: EngineEvent) -> Snapshot? {
        if case .snapshot(let snapshot) = event { snapshot } else { nil }
    }

    private static let times = ComputeTimes(least: 1, greatest: 1)

    private static func partial(_ chunk: Int) -> EngineAction {
        .send(.partial(view: 1, step: 0, chunk: chunk, times), to: 9)
    }

    private static func total(_ step: Int, _ chunk: Int) -> EngineAction {
        .send(.total(view: 1, step: step, chunk: chunk, samples: 8), to: 9)
    }

    private static func payload(_ numbers: [Float]) -> ByteBuffer {
        numbers.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    /// A sum is made of the own gradient and the children's payloads; the sender of a message may do with its buffer what
    /// it likes afterwards.
    @Test func sumsWhatWasKept() throws {
        let heard = Heard()
        let engine = try engine(heard)
        engine.perform(EngineBatch([.compute(view: 1, step: 0, positions: RangeSet(0..<50), isAdded: false)]))
        #expect(try heard.wait(for: computed) == 1)
        engine.perform(EngineBatch([.sum(step: 0, chunk: 0, of: [], isTotal: false), Self.partial(0)]))
        var batch = EngineBatch()
        var bytes = Self.payload([1, 2])
        batch.append(.keep(step: 0, chunk: 0, from: 5), payload: bytes)
        engine.perform(batch)
        bytes.setRepeatingByte(0, count: 8, at: 0)
        // A sum that is made anew takes the place of the one before.
        engine.perform(
            EngineBatch([
                .sum(step: 0, chunk: 0, of: [5], isTotal: true), Self.partial(0), Self.total(0, 0),
                .takeSnapshot(step: 0),
            ]))
        _ = try heard.wait(for: snapshot)
        engine.end()
        let sent = heard.sent.map(\.numbers)
        try #require(sent.count == 3)
        let own = sent[0]
        #expect(sent[1] == [own[0] + 1, own[1] + 2])
        #expect(sent[2] == sent[1])
    }

    /// Partial sums and totals go in the format that the engine was made with.
    @Test(arguments: WireFormat.allCases) func numbersGoAsSaid(_ format: WireFormat) throws {
        let heard = Heard()
        let engine = try engine(heard, wire: format)
        engine.perform(EngineBatch([.compute(view: 1, step: 0, positions: RangeSet(0..<50), isAdded: false)]))
        #expect(try heard.wait(for: computed) == 1)
        engine.perform(
            EngineBatch([
                .sum(step: 0, chunk: 0, of: [], isTotal: true), Self.partial(0), Self.total(0, 0),
                .takeSnapshot(step: 0),
            ]))
        _ = try heard.wait(for: snapshot)
        engine.end()
        let sizes = heard.events.withLockedValue { events in
            events.compactMap { if case .send(_, let bytes, _) = $0 { bytes.readableBytes } else { nil } }
        }
        let expected = format.bytes(of: Self.gradientCount / 2)
        #expect(sizes == [expected, expected] && engine.wire.bytes(ofChunk: 0) == expected)
    }

    /// What is added to a gradient makes it that of all positions; only the last view that asked is answered, and what it is
    /// told has been computed is told once.
    @Test func addsToWhatIsComputed() throws {
        func gradient(_ parts: [Range<Int>], isWaiting: Bool) throws -> ([Float], [ComputedShare]) {
            let heard = Heard()
            let engine = try engine(heard)
            for (place, part) in parts.enumerated() {
                let action = EngineAction.compute(
                    view: place + 1, step: 0, positions: RangeSet(part), isAdded: place > 0)
                engine.perform(EngineBatch([action]))
                guard isWaiting || place == parts.count - 1 else { continue }
                _ = try heard.wait { computed($0) == place + 1 ? true : nil }
            }
            engine.perform(EngineBatch([.sum(step: 0, chunk: 0, of: [], isTotal: false), Self.partial(0)]))
            let sent = try heard.wait { event in
                if case .send(_, let bytes, _) = event { Heard.numbers(bytes) } else { nil }
            }
            engine.end()
            let shares = heard.events.withLockedValue { events in
                events.compactMap { if case .gradient(let share, _) = $0 { share } else { nil } }
            }
            return (sent, shares)
        }
        let (whole, _) = try gradient([0..<50], isWaiting: true)
        for isWaiting in [true, false] {
            let (sum, shares) = try gradient([0..<20, 40..<50, 20..<20, 20..<40], isWaiting: isWaiting)
            for (a, b) in zip(sum, whole) { #expect(abs(a - b) <= 1e-4 * max(1, abs(b))) }
            let last = try #require(shares.last)
            #expect(last.view == 4 && last.positions == RangeSet(0..<50) && last.added == RangeSet(20..<40))
            #expect(shares.reduce(0) { $0 + $1.samples } == 50)
            if isWaiting { #expect(shares.map(\.samples) == [20, 10, 0, 20]) }
        }
        // Another step, or one that is not added to it, begins anew.
        let (other, shares) = try gradient([0..<20], isWaiting: true)
        #expect(other != whole && shares.map(\.samples) == [20])
    }

    /// What is void is left out; what is not, is sent in its turn, also of an update that is released at once.
    @Test func sendsOnlyWhatIsNotVoid() throws {
        let heard = Heard()
        let engine = try engine(heard)
        engine.perform(EngineBatch([.compute(view: 1, step: 0, positions: RangeSet(0..<50), isAdded: false)]))
        #expect(try heard.wait(for: computed) == 1)
        var batch = EngineBatch()
        batch.append(.sum(step: 0, chunk: 0, of: [], isTotal: true))
        batch.append(.sum(step: 0, chunk: 1, of: [], isTotal: true))
        batch.append(Self.total(0, 1))
        batch.append(.stop)
        batch.append(Self.partial(0))
        batch.append(Self.total(0, 0))
        batch.append(.apply(step: 0, samples: 50))
        batch.append(.takeSnapshot(step: 1))
        batch.append(.release(step: 0))
        batch.append(Self.total(0, 0))
        batch.append(.store(step: 1, chunk: 0), payload: Self.payload([5, 6]))
        batch.append(.forget)
        batch.append(Self.total(1, 0))
        engine.perform(batch)
        // The snapshot is that of its turn.
        #expect(try heard.wait(for: snapshot).step == 1)
        engine.end()
        #expect(
            heard.sent.map(\.message) == [
                .total(view: 1, step: 0, chunk: 1, samples: 8), .total(view: 1, step: 0, chunk: 0, samples: 8),
            ])
        #expect(heard.sent.allSatisfy { $0.numbers.count == 2 })
    }

    /// What the protocol counts on and is not there ends the engine.
    @Test func cannotDoWithoutWhatItWasToKeep() throws {
        let heard = Heard()
        let engine = try engine(heard)
        engine.perform(EngineBatch([.apply(step: 0, samples: 50), Self.total(0, 0), .takeSnapshot(step: 0)]))
        #expect(try heard.wait(for: failure).contains("chunk 0 of update 0"))
        engine.perform(EngineBatch([.takeSnapshot(step: 0)]))
        engine.end()
        #expect(heard.events.withLockedValue { $0.count } == 1)
    }

    /// An action that needs the payload of a message is not given without one.
    @Test func payloadsGoWithTheirActions() {
        var batch = EngineBatch()
        batch.append(.store(step: 0, chunk: 0), payload: nil)
        #expect(batch.isEmpty)
        batch.append(.store(step: 0, chunk: 0), payload: Self.payload([1]))
        batch.append(.sum(step: 0, chunk: 0, of: [], isTotal: true), payload: Self.payload([1]))
        #expect(batch.items.map { $0.payload == nil } == [false, true])
    }
}
