import ChaosDocuments
import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosTraining

/// What every trainer promises of its state.
@Suite struct StateTests {
    /// Writes a state in pieces of random sizes, in random order, some of them twice.
    private func write(_ state: [UInt8], to trainer: inout some Trainer, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var pieces: [Range<Int>] = []
        var start = 0
        while start < state.count {
            let end = min(start + random.anyLength(upTo: state.count), state.count)
            pieces.append(start..<end)
            start = end
        }
        pieces += random.sample(pieces.count / 2, below: pieces.count).map { pieces[$0] }
        for k in random.sample(pieces.count, below: pieces.count) {
            try state[pieces[k]].withUnsafeBytes { try trainer.writeState($0, at: pieces[k].lowerBound) }
        }
    }

    private func roundTrip(_ donor: some Trainer, seed: UInt64) throws {
        var (donor, joiner) = (donor, donor)
        for step in 0..<5 { try donor.train(on: [step, 7, 30]) }
        let snapshot = try donor.readState(0..<donor.stateBytes)
        #expect(snapshot.count == donor.stateBytes)
        try joiner.beginState(ofStep: 5)
        #expect(joiner.missing == RangeSet(0..<joiner.stateBytes))
        try write(snapshot, to: &joiner, seed: seed)
        #expect(joiner.missing?.isEmpty == true)
        try joiner.endState()
        #expect(joiner.missing == nil)
        #expect(joiner.step == 5)
        #expect(try joiner.readState(0..<joiner.stateBytes) == snapshot)
        for _ in 0..<3 {
            try donor.train(on: [1, 2])
            try joiner.train(on: [1, 2])
        }
        #expect(try joiner.stateDigest() == donor.stateDigest())
        #expect(try joiner.readState(0..<joiner.stateBytes) != snapshot)
    }

    @Test(arguments: TrainingParts.kinds, [1, 2, 3] as [UInt64])
    func isReplicatedInPieces(_ kind: String, _ seed: UInt64) throws {
        try roundTrip(TrainingParts.trainer(kind), seed: seed)
    }

    private func ranges(_ trainer: some Trainer) throws {
        let whole = try trainer.readState(0..<trainer.stateBytes)
        var random = SeededRandom(seed: 8)
        for _ in 0..<300 {
            let start = random.int(0...whole.count)
            let range = start..<min(start + random.anyLength(upTo: 200), whole.count)
            #expect(try trainer.readState(range) == Array(whole[range]))
        }
    }

    @Test(arguments: TrainingParts.kinds) func rangesAreThoseOfTheWhole(_ kind: String) throws {
        try ranges(TrainingParts.trainer(kind))
    }

    private func faults(_ trainer: some Trainer) throws {
        var trainer = trainer
        let bytes = trainer.stateBytes
        let four: [UInt8] = [1, 2, 3, 4]
        func refuses(_ body: (inout (any Trainer)) throws -> Void, _ place: SourceLocation = #_sourceLocation) {
            var copy: any Trainer = trainer
            let (missing, step) = (copy.missing, copy.step)
            #expect(throws: InvalidInput.self, sourceLocation: place) { try body(&copy) }
            #expect(copy.missing == missing, sourceLocation: place)
            #expect(copy.step == step, sourceLocation: place)
        }
        func write(_ offset: Int) -> (inout (any Trainer)) throws -> Void {
            { trainer in try four.withUnsafeBytes { try trainer.writeState($0, at: offset) } }
        }
        for range in [-1..<3, bytes - 1..<bytes + 1, bytes + 1..<bytes + 1, Int.max - 3..<Int.max] {
            refuses { _ = try $0.readState(range) }
        }
        refuses(write(0))
        refuses { try $0.endState() }
        refuses { try $0.beginState(ofStep: -1) }
        refuses { try $0.beginState(ofStep: .max) }
        refuses { trainer in
            var sum = Gradient(count: trainer.gradientCount)
            _ = try trainer.addGradient(of: [0, trainer.samples], to: &sum)
        }
        refuses { trainer in
            var sum = Gradient(count: trainer.gradientCount + 1)
            _ = try trainer.addGradient(of: [0], to: &sum)
        }
        refuses { trainer in
            var sum = Gradient(count: trainer.gradientCount)
            _ = try trainer.addGradient(of: [Int](repeating: 0, count: 1 << 20 + 1)[...], to: &sum)
        }
        refuses { try $0.apply(Gradient(count: $0.gradientCount - 1), samples: 1) }
        refuses { try $0.apply(Gradient(count: $0.gradientCount), samples: 0) }
        refuses { try $0.apply(Gradient(count: $0.gradientCount), samples: 1 << 20 + 1) }

        let state = try trainer.readState(0..<bytes)
        try trainer.beginState(ofStep: 0)
        for offset in [-1, bytes - 3, bytes, .max, .min] { refuses(write(offset)) }
        refuses { _ = try $0.readState(0..<1) }
        refuses { try $0.train(on: [1]) }
        refuses { _ = try $0.stateDigest() }
        refuses { try $0.endState() }
        try state[..<200].withUnsafeBytes { try trainer.writeState($0, at: 0) }
        try state[201...].withUnsafeBytes { try trainer.writeState($0, at: 201) }
        refuses { try $0.endState() }
        #expect(trainer.missing == RangeSet(200..<201))
        try state[200..<201].withUnsafeBytes { try trainer.writeState($0, at: 200) }
        refuses { _ = try $0.readState(0..<1) }
        try trainer.endState()
        #expect(try trainer.readState(0..<bytes) == state)
    }

    @Test(arguments: TrainingParts.kinds) func faultsChangeNothing(_ kind: String) throws {
        try faults(TrainingParts.trainer(kind))
    }

    private func refusesForeign(_ trainer: some Trainer, _ isForeign: [UInt8], step: Int, _ path: String) {
        var trainer = trainer
        let invalid = #expect(throws: InvalidInput.self) { try trainer.replaceState(by: isForeign, step: step) }
        #expect(invalid?.faults.map(\.path) == [path])
    }

    @Test func aStateOfAnotherKindIsRefused() throws {
        let trainer = try TrainingParts.small(.adam(rate: 0.01))
        let state = try trainer.readState(0..<trainer.stateBytes)
        let faster = try TrainingParts.small(.adam(rate: 0.02))
        refusesForeign(trainer, try faster.readState(0..<faster.stateBytes), step: 0, "state[32..<64]")
        refusesForeign(trainer, state, step: 1, "state[8..<16]")
        func spoiled(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
            var copy = state
            copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            return copy
        }
        refusesForeign(trainer, spoiled(3, [0]), step: 0, "state[0..<8]")
        refusesForeign(trainer, spoiled(15, [0x80]), step: 0, "state[8..<16]")
        refusesForeign(trainer, spoiled(16, [1]), step: 0, "state[16..<24]")
        refusesForeign(trainer, spoiled(24, [1]), step: 0, "state[24..<32]")
        refusesForeign(trainer, spoiled(68, [0, 0, 0xC0, 0x7F]), step: 0, "state[68..<72]")
    }

    /// The table of `StateHeader` and the sizes that the doc comments promise.
    @Test func isLaidOutAsDocumented() throws {
        for (optimizer, each) in [
            (Optimizer.sgd(rate: 0.1), 4), (.sgd(rate: 0.1, momentum: 0.9), 8), (.adamW(rate: 0.1), 12),
        ] {
            let data = TrainingParts.data(rows: 40, features: 6, classes: 3, seed: 1)
            var trainer = try NetworkTrainer(
                training: data, test: data, hidden: [5, 4], optimizer: optimizer, mostSkipped: 1, seed: 1)
            #expect(trainer.gradientCount == 6 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3)
            #expect(trainer.stateBytes == 64 + each * trainer.gradientCount)
            try trainer.train(on: [1])
            var spoiled = Gradient(count: trainer.gradientCount)
            spoiled.values[0] = .nan
            try trainer.apply(spoiled, samples: 1)
            let header = try trainer.readState(0..<64)
            #expect(Array(header[..<8]) == Array("CHAOSTS2".utf8))
            let counts = header.withUnsafeBytes { bytes in
                [8, 16, 24].map { UInt64(littleEndian: bytes.load(fromByteOffset: $0, as: UInt64.self)) }
            }
            #expect(counts == [2, 1, 1])
        }
    }

    @Test func aCopyIsASnapshot() throws {
        var trainer = try TrainingParts.small(.adam(rate: 0.01))
        let snapshot = trainer
        let digest = try trainer.stateDigest()
        try trainer.train(on: [1, 2])
        #expect(try snapshot.stateDigest() == digest)
        #expect(try trainer.stateDigest() != digest)
    }
}
