import ChaosDocuments
import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosTraining

@Suite struct SyntheticTrainerTests {
    private func trainer(
        bytes: Int = 1000, gradient: Int = 50, seed: UInt64 = 1
    ) throws -> SyntheticTrainer {
        try SyntheticTrainer(
            seed: seed, stateBytes: bytes, gradientCount: gradient, samples: 100, timePerStep: 1000, timePerSample: 10)
    }

    /// 2^53 bytes need no memory, and the far end can be read.
    @Test func readsAnyShardOfAnyState() throws {
        let state = try TrainingState(
            modelDescription: Array(#"{"name":"large","bytes_params":9007199254740992}"#.utf8), kind: .none, file: "")
        let trainer = try trainer(bytes: state.bytes)
        let end = try trainer.readState(state.bytes - 100..<state.bytes)
        #expect(end == (try trainer.readState(state.bytes - 200..<state.bytes)).suffix(100))
        #expect(Set(end).count > 50)
    }

    @Test func contentDependsOnSeedStepAndPosition() throws {
        var a = try trainer()
        let b = try trainer(seed: 2)
        let first = try a.readState(64..<1000)
        #expect(try b.readState(64..<1000) != first)
        try a.train(on: [1])
        #expect(try a.readState(64..<1000) != first)
        #expect(Set(stride(from: 0, to: 936, by: 8).map { Array(first[$0..<min($0 + 8, 936)]) }).count == 117)
    }

    /// However it is read, a byte is the same, and no two words are.
    @Test func contentIsOneSequence() throws {
        let trainer = try trainer(bytes: 20_003)
        let whole = try trainer.readState(0..<20_003)
        var random = SeededRandom(seed: 1)
        for _ in 0..<500 {
            let start = random.int(0...20_003)
            let range = start..<random.int(start...20_003)
            #expect(try trainer.readState(range) == Array(whole[range]))
        }
        let words = stride(from: 64, to: 20_000, by: 8).map { Array(whole[$0..<$0 + 8]) }
        #expect(Set(words).count == words.count)
    }

    /// It keeps what is written, is a value, and has the content of step 0 behind another header.
    @Test func aResidentOneKeepsItsState() throws {
        func resident() throws -> SyntheticTrainer {
            try SyntheticTrainer(seed: 1, stateBytes: 1003, gradientCount: 50, samples: 100, isResident: true)
        }
        var donor = try resident()
        let first = try donor.readState(0..<1003)
        #expect(try trainer(bytes: 1003).readState(0..<1003)[64...] == first[64...])
        let copy = donor
        try donor.train(on: [1])
        let second = try donor.readState(0..<1003)
        #expect(try copy.readState(0..<1003) == first)
        #expect(second[64...] == first[64...] && second[..<64] != first[..<64])
        var learner = try resident()
        var other = second
        other[500] ^= 1
        try learner.replaceState(by: other, step: 1)
        #expect(try learner.readState(0..<1003) == other)
        #expect(throws: InvalidInput.self) { try learner.replaceState(by: first, step: 1) }
    }

    /// A shard of another step, of another place or with one bit wrong.
    @Test func findsEveryWrongByte() throws {
        let donor = try trainer()
        let state = try donor.readState(0..<1000)
        var later = donor
        try later.train(on: [1])
        let other = try later.readState(0..<1000)
        var joiner = try trainer()
        try joiner.beginState(ofStep: 0)
        func refuses(_ bytes: some Sequence<UInt8>, at offset: Int, _ place: Int) throws {
            let invalid = #expect(throws: InvalidInput.self) {
                try Array(bytes).withUnsafeBytes { try joiner.writeState($0, at: offset) }
            }
            #expect(invalid?.faults.map(\.path) == ["state[\(place)]"])
            #expect(joiner.missing == RangeSet(0..<1000))
        }
        try refuses(other[0..<50], at: 0, 8)
        let place = try #require((100..<200).first { other[$0] != state[$0] })
        try refuses(other[100..<200], at: 100, place)
        for bit in 0..<8 * 300 {
            var spoiled = Array(state[500..<800])
            spoiled[bit / 8] ^= 1 << UInt8(bit % 8)
            try refuses(spoiled, at: 500, 500 + bit / 8)
        }
    }

    @Test func sumsAreExactInAnyOrderAndAreVerified() throws {
        var trainer = try trainer()
        var (forwards, backwards) = (Gradient(count: 50), Gradient(count: 50))
        let shares = [0..<7, 7..<8, 8..<100]
        let list = Array(0..<100)
        var report = TrainingReport()
        for share in shares { report = report + (try trainer.addGradient(of: list[share], to: &forwards)) }
        for share in shares.reversed() { _ = try trainer.addGradient(of: list[share], to: &backwards) }
        #expect(forwards == backwards)
        #expect((report.samples, report.computeTime) == (100, 1000 + 10 * 92))
        for samples in [99, 101] {
            #expect(throws: InvalidInput.self) { try trainer.apply(forwards, samples: samples) }
        }
        var spoiled = forwards
        spoiled.values[17] += 1
        let invalid = #expect(throws: InvalidInput.self) { try trainer.apply(spoiled, samples: 100) }
        #expect(invalid?.faults.map(\.path) == ["gradient[17]"])
        try trainer.apply(forwards, samples: 100)
        #expect(trainer.step == 1)
        #expect(throws: InvalidInput.self) { try trainer.apply(forwards, samples: 100) }
    }

    @Test func refusesSizesOutOfRange() throws {
        let invalid = #expect(throws: InvalidInput.self) {
            try SyntheticTrainer(
                seed: 0, stateBytes: 63, gradientCount: 0, samples: 1 << 27 + 1, timePerStep: -1, timePerSample: .max)
        }
        #expect(
            invalid?.faults.map(\.path) == ["stateBytes", "gradientCount", "samples", "timePerStep", "timePerSample"])
    }
}
