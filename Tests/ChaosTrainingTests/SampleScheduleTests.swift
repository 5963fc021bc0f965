import ChaosDocuments
import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosTraining

@Suite struct SampleScheduleTests {
    /// Whoever takes part, and however the steps are divided: each sample once an epoch.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func everySampleOnceAnEpoch(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (samples, batch) = (random.anyLength(upTo: 700), random.anyLength(upTo: 900))
        var schedule = try SampleSchedule(seed: random.next(), samples: samples, batch: batch)
        for epoch in 0..<3 {
            var uses = [Int](repeating: 0, count: samples)
            for step in epoch * schedule.stepsPerEpoch..<(epoch + 1) * schedule.stepsPerEpoch {
                #expect(schedule.epoch(ofStep: step) == epoch)
                let list = schedule.samples(ofStep: step)
                #expect(list.count == schedule.count(ofStep: step))
                #expect((1...batch).contains(list.count))
                // Shares of up to seven members, other ones in each step.
                let cuts = (0..<random.int(0...6)).map { _ in random.int(0...list.count) }.sorted()
                for (from, to) in zip([0] + cuts, cuts + [list.count]) {
                    for sample in list[from..<to] { uses[sample] += 1 }
                }
            }
            #expect(uses.allSatisfy { $0 == 1 })
        }
    }

    @Test func isAFunctionOfSeedAndStep() throws {
        var inOrder = try SampleSchedule(seed: 6, samples: 50, batch: 8)
        let lists = (0..<28).map { inOrder.samples(ofStep: $0) }
        var anyOrder = try SampleSchedule(seed: 6, samples: 50, batch: 8)
        var random = SeededRandom(seed: 1)
        for step in random.sample(28, below: 28) { #expect(anyOrder.samples(ofStep: step) == lists[step]) }
        #expect(lists[0] != lists[7])
        var other = try SampleSchedule(seed: 7, samples: 50, batch: 8)
        #expect(other.samples(ofStep: 0) != lists[0])
    }

    /// Worked out in Python, by the class in Benchmarks/sklearn-digits.
    @Test func isPinned() throws {
        var schedule = try SampleSchedule(seed: 7, samples: 10, batch: 4)
        #expect(schedule.stepsPerEpoch == 3)
        let epochs = (0..<3).map { epoch in (0..<3).flatMap { schedule.samples(ofStep: 3 * epoch + $0) } }
        #expect(
            epochs == [
                [7, 6, 1, 0, 2, 5, 9, 4, 3, 8], [1, 5, 2, 3, 4, 8, 0, 7, 9, 6], [6, 5, 7, 1, 3, 4, 9, 8, 0, 2],
            ])
    }

    @Test func refusesSizesOutOfRange() throws {
        let invalid = #expect(throws: InvalidInput.self) { try SampleSchedule(seed: 0, samples: 0, batch: 1 << 20 + 1) }
        #expect(invalid?.faults.map(\.path) == ["samples", "batch"])
        let later = #expect(throws: InvalidInput.self) { try SampleSchedule(seed: 0, samples: .max, batch: 0) }
        #expect(later?.faults.map(\.path) == ["samples", "batch"])
    }
}
