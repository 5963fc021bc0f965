import ChaosTesting
import Testing

@testable import ChaosTraining

@Suite struct AccuracyTests {
    /// scikit-learn's MLPClassifier of the same shape, settings and rows: the mean of ten seeds is 0.9655
    /// (Benchmarks/sklearn-digits). Ours must be within a point of it.
    @Test func isThatOfScikitLearn() throws {
        let (training, test) = TrainingParts.digits
        var trainer = try NetworkTrainer(
            training: training, test: test, hidden: [32], optimizer: .adam(rate: 0.005), penalty: 1e-4 / 32, seed: 0)
        var schedule = try SampleSchedule(seed: 0, samples: trainer.samples, batch: 32)
        for step in 0..<20 * schedule.stepsPerEpoch { try trainer.train(on: schedule.samples(ofStep: step)) }
        let report = try #require(try trainer.evaluate())
        #expect(report.samples == 359)
        #expect(report.accuracy >= 0.9555, "\(report.accuracy)")
        #expect(report.loss < 0.3)
    }

    /// The state after one epoch, to the bit: whatever the machine, and whether or not the code is optimised.
    @Test(arguments: [
        (Optimizer.adam(rate: 0.005), "47660c5a61217b1c5c5343da4157ac5fa4cf8eb432a9f02ee40f653954dffbb1"),
        (.sgd(rate: 0.05, momentum: 0.9), "dcb37585169238eb78228636ad6dbc7a85a4f180b961aacbbb224857c2bef6e1"),
    ])
    func stateIsTheSameEverywhere(_ optimizer: Optimizer, _ digest: String) throws {
        let (training, test) = TrainingParts.digits
        var trainer = try NetworkTrainer(
            training: training, test: test, hidden: [16, 12], optimizer: optimizer, penalty: 1e-4, seed: 1)
        var schedule = try SampleSchedule(seed: 1, samples: trainer.samples, batch: 32)
        for step in 0..<schedule.stepsPerEpoch { try trainer.train(on: schedule.samples(ofStep: step)) }
        let found = try trainer.stateDigest()
        #expect(found == digest)
    }
}
