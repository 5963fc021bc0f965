import ChaosDocuments
import ChaosTraining
import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import ChaosNode

/// What the engine does when commands come faster than it computes.
@Suite(.timeLimit(.minutes(2))) struct EngineTests {
    /// A synthetic trainer whose gradients take until they are let go.
    private struct Gated: Trainer {
        var inner: SyntheticTrainer
        let gate = DispatchSemaphore(value: 0)
        /// How many samples each gradient is of that was begun.
        let begun = NIOLockedValueBox<[Int]>([])
        let hasBegun = DispatchSemaphore(value: 0)

        var configuration: String { inner.configuration }
        var stateBytes: Int { inner.stateBytes }
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
        let engine = Engine(
            trainer: trainer, schedule: try SampleSchedule(seed: 1, samples: 100, batch: 50), chunks: 1,
            observation: Engine.Observation(), journal: nil
        ) { results in
            for result in results {
                switch result {
                case .gradient(let view, _, _, _, _):
                    views.withLockedValue { $0.append(view) }
                    told.signal()
                case .snapshot: queued.signal()
                default: break
                }
            }
        }
        engine.perform([.compute(view: 1, step: 0, positions: 0..<1)])
        trainer.hasBegun.wait()
        // The first is under way; of the others each gives up the one before it.
        for view in 2...5 { engine.perform([.compute(view: view, step: 0, positions: 0..<view)]) }
        // All of them have been queued when what was asked for after them is there.
        engine.perform([.takeSnapshot(step: 0)])
        queued.wait()
        for _ in 1...5 { trainer.gate.signal() }
        told.wait()
        #expect(trainer.begun.withLockedValue { $0 } == [1, 5])
        #expect(views.withLockedValue { $0 } == [5])
        engine.end()
    }
}
