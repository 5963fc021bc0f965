import ChaosDocuments
import ChaosModel
import ChaosTesting
import Testing

@testable import ChaosTraining

/// Training by several nodes, without a network.
@Suite struct ReductionTests {
    private static let steps = 60

    private func cluster(_ nodes: Int, _ optimizer: Optimizer = .adam(rate: 0.005)) throws
        -> SimulatedCluster<NetworkTrainer>
    {
        let (training, test) = TrainingParts.digits
        let trainer = try NetworkTrainer(
            training: training, test: test, hidden: [16], optimizer: optimizer, penalty: 1e-5, seed: 1)
        return SimulatedCluster(
            replicas: Array(repeating: trainer, count: nodes),
            schedule: try SampleSchedule(seed: 1, samples: trainer.samples, batch: 32))
    }

    private func curve(_ nodes: Int) throws -> (losses: [Double], digest: String) {
        var cluster = try cluster(nodes)
        let losses = try (0..<Self.steps).map { _ in try cluster.step(cuts: cluster.equalCuts()).report.loss }
        return (losses, try cluster.replicas[0].stateDigest())
    }

    /// The sums of one step differ by rounding alone: a sum of n summands, in any order, is within (n − 1)u of the sum
    /// of their sizes, to first order in u = 2^-24.
    @Test(arguments: [3, 5]) func sumsDifferWithinTheBoundOfSummation(_ nodes: Int) throws {
        var random = SeededRandom(seed: UInt64(nodes))
        for _ in 0..<10 {
            var (alone, together) = (try cluster(1), try cluster(nodes))
            let list = alone.schedule.samples(ofStep: 0)
            let trainer = alone.replicas[0]
            var sizes = [Double](repeating: 0, count: trainer.gradientCount)
            for sample in list {
                var one = Gradient(count: trainer.gradientCount)
                _ = try trainer.addGradient(of: [sample], to: &one)
                for i in sizes.indices { sizes[i] += Double(abs(one.values[i])) }
            }
            let x = try alone.step(cuts: []).sum
            let y = try together.step(cuts: together.randomCuts(&random)).sum
            for i in sizes.indices {
                let bound = 2 * Double(list.count - 1) * 0x1p-24 * sizes[i] * 1.001
                #expect(abs(Double(x.values[i]) - Double(y.values[i])) <= bound)
            }
        }
    }

    /// 1, 3 and 5 nodes: the same curve up to the order of summation, and the same to the bit for the same division.
    @Test func lossCurvesAgree() throws {
        let alone = try curve(1)
        #expect(alone.losses.suffix(10).reduce(0, +) / 10 < 0.6 * alone.losses[0])
        for nodes in [3, 5] {
            let first = try curve(nodes)
            let second = try curve(nodes)
            #expect(first.digest == second.digest)
            #expect(first.losses == second.losses)
            let greatest = zip(alone.losses, first.losses).map { abs($0 - $1) }.max() ?? 1
            #expect(greatest < 1e-6, "\(nodes) nodes: off by \(greatest)")
        }
    }

    /// Nodes come with a state pulled in pieces and go, and shares change in every step.
    @Test(arguments: [Optimizer.adam(rate: 0.005), .sgd(rate: 0.05, momentum: 0.9)])
    func lossCurveUnderChurnAgrees(_ optimizer: Optimizer) throws {
        var alone = try cluster(1, optimizer)
        var cluster = try cluster(4, optimizer)
        let blank = cluster.replicas[0]
        var random = SeededRandom(seed: 12)
        for step in 0..<Self.steps {
            if random.once(in: 3), cluster.replicas.count < 6 {
                var joiner = blank
                let donor = cluster.replicas[random.int(0...cluster.replicas.count - 1)]
                try joiner.beginState(ofStep: step)
                for start in stride(from: 0, to: donor.stateBytes, by: 4096) {
                    let shard = try donor.readState(start..<min(start + 4096, donor.stateBytes))
                    try shard.withUnsafeBytes { try joiner.writeState($0, at: start) }
                }
                try joiner.endState()
                cluster.replicas.insert(joiner, at: random.int(0...cluster.replicas.count))
            }
            if random.once(in: 3), cluster.replicas.count > 1 {
                cluster.replicas.remove(at: random.int(0...cluster.replicas.count - 1))
            }
            let expected = try alone.step(cuts: []).report
            let found = try cluster.step(cuts: cluster.randomCuts(&random)).report
            #expect(found.samples == expected.samples)
            #expect(abs(found.loss - expected.loss) < 1e-6)
        }
    }

    /// With numbers that are summed exactly nothing depends on the division at all.
    @Test func syntheticSumsAreExact() throws {
        let trainer = try SyntheticTrainer(seed: 3, stateBytes: 4096, gradientCount: 999, samples: 500)
        var cluster = SimulatedCluster(
            replicas: Array(repeating: trainer, count: 5),
            schedule: try SampleSchedule(seed: 3, samples: 500, batch: 64))
        var random = SeededRandom(seed: 2)
        for step in 1...20 {
            _ = try cluster.step(cuts: cluster.randomCuts(&random), chunk: random.int(1...999))
            #expect(cluster.replicas.allSatisfy { $0.step == step })
        }
    }

    @Test func chunksNeedNoAlignmentAndNoOrder() throws {
        var random = SeededRandom(seed: 31)
        let own = (0..<50).map { _ in Float(random.int(-999...999)) / 7 }
        let other = (0..<50).map { _ in Float(random.int(-999...999)) / 11 }
        var (whole, pieces, replaced) = (Gradient(count: 50), Gradient(count: 50), Gradient(count: 50))
        (whole.values, pieces.values) = (own, own)
        var theirs = Gradient(count: 50)
        theirs.values = other
        try whole.add(theirs)
        #expect(whole.values == zip(own, other).map { $0 + $1 })
        for k in random.sample(10, below: 10) {
            let bytes = theirs.withChunk(5 * k..<5 * k + 5) { [0xFF] + Array($0) }
            try bytes.withUnsafeBytes { shifted in
                let chunk = UnsafeRawBufferPointer(rebasing: shifted.dropFirst())
                try pieces.add(chunk: chunk, at: 5 * k)
                try replaced.replace(by: chunk, at: 5 * k)
            }
        }
        #expect(pieces == whole)
        #expect(replaced == theirs)
        whole.reset()
        #expect(whole == Gradient(count: 50))
    }

    @Test func chunksOutOfRangeAreRefused() throws {
        var sum = Gradient(count: 5)
        let bytes = [UInt8](repeating: 1, count: 24)
        for (count, first) in [(4, 5), (8, 4), (24, 0), (3, 0), (4, -1), (4, .max), (0, 6), (4, .min)] {
            bytes[..<count].withUnsafeBytes { chunk in
                #expect(throws: InvalidInput.self) { try sum.add(chunk: chunk, at: first) }
                #expect(throws: InvalidInput.self) { try sum.replace(by: chunk, at: first) }
            }
        }
        #expect(throws: InvalidInput.self) { try sum.add(Gradient(count: 4)) }
        #expect(throws: InvalidInput.self) { try sum.add(Gradient(count: 6)) }
        #expect(sum == Gradient(count: 5))
    }
}
