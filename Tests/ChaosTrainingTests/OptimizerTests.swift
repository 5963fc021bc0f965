import ChaosDocuments
import ChaosModel
import ChaosTesting
import Foundation
import Testing

@testable import ChaosTraining

@Suite struct OptimizerTests {
    /// The parameters that scikit-learn began and ended with; see Benchmarks/sklearn-digits.
    private static func reference() throws -> [String: [Double]] {
        let url = PackageRoot.url("Tests/ChaosTrainingTests/Reference/sklearn-steps.csv")
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { $0.split(separator: ",") }
        return Dictionary(uniqueKeysWithValues: lines.map { (String($0[0]), $0.dropFirst().compactMap { Double($0) }) })
    }

    @Test(arguments: [
        ("sgd", Optimizer.sgd(rate: 0.05, momentum: 0.9)), ("adam", .adam(rate: 0.05, epsilon: 1e-30)),
    ])
    func takesTheStepsOfScikitLearn(_ name: String, _ optimizer: Optimizer) throws {
        let reference = try Self.reference()
        let before = try #require(reference["\(name) before"])
        let after = try #require(reference["\(name) after"])
        let digits = try LabeledData(contentsOf: PackageRoot.url("Data/digits/digits.csv").path)
        // There the penalty is divided by the batch: 0.32 ÷ 16.
        var trainer = try NetworkTrainer(
            training: digits, test: digits, hidden: [6, 5], optimizer: optimizer, penalty: 0.02, seed: 0)
        try trainer.begin(with: before.map(Float.init))
        for step in 0..<5 { try trainer.train(on: Array(16 * step..<16 * (step + 1))) }
        let found = try trainer.numbers().prefix(trainer.gradientCount)
        #expect(found.count == after.count)
        let greatest = zip(found, after).map { abs(Double($0) - $1) }.max() ?? 1
        let moved = zip(before, after).map { abs($0 - $1) }.max() ?? 0
        #expect(moved > 0.05)
        // Adam divides a gradient near 0 by its own size, so the roundings of Float32 weigh more there.
        #expect(greatest < 2e-5, "off by \(greatest)")
    }

    /// One update of each number from any state, in Float64 by the formulas of the papers.
    @Test func followsTheFormulas() throws {
        var trainer = try TrainingParts.small(.adam(rate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 0.001), penalty: 0.5)
        var random = SeededRandom(seed: 4)
        let p = trainer.gradientCount
        var (m, v) = ([Double](repeating: 0, count: p), [Double](repeating: 0, count: p))
        var parameters = try trainer.numbers().prefix(p).map(Double.init)
        // Inputs 6, hidden 5 and 4, classes 3: the weights of each layer, to which alone the penalty applies.
        let isWeight = [(30, 5), (20, 4), (12, 3)].flatMap {
            Array(repeating: true, count: $0) + Array(repeating: false, count: $1)
        }
        for t in 1...30 {
            var sum = Gradient(count: p)
            for i in 0..<p { sum.values[i] = Float(random.int(-1000...1000)) / 64 }
            try trainer.apply(sum, samples: 7)
            for i in 0..<p {
                let g = Double(sum.values[i]) / 7 + (isWeight[i] ? 0.5 * parameters[i] : 0)
                m[i] = 0.8 * m[i] + 0.2 * g
                v[i] = 0.95 * v[i] + 0.05 * g * g
                let (mean, square) = (m[i] / (1 - pow(0.8, Double(t))), v[i] / (1 - pow(0.95, Double(t))))
                parameters[i] -= 0.01 * mean / (square.squareRoot() + 0.001)
            }
        }
        let found = try trainer.numbers()
        for i in 0..<p {
            #expect(abs(Double(found[i]) - parameters[i]) < 1e-5)
            #expect(abs(Double(found[p + i]) - m[i]) < 1e-5)
            #expect(abs(Double(found[2 * p + i]) - v[i]) < 1e-4)
        }
        #expect(trainer.step == 30)
    }

    /// Not a number differs between processors in its bits, so none may come into a state.
    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func refusesGradientsThatAreNotFinite(_ value: Float) throws {
        var trainer = try TrainingParts.small(.adam(rate: 0.01))
        try trainer.train(on: [1, 2, 3])
        let digest = try trainer.stateDigest()
        var sum = Gradient(count: trainer.gradientCount)
        sum.values[11] = value
        let invalid = #expect(throws: InvalidInput.self) { try trainer.apply(sum, samples: 3) }
        #expect(invalid?.faults.map(\.path) == ["gradient[11]"])
        #expect(try trainer.stateDigest() == digest)
    }

    @Test func keepsTheStateWhenTheTrainingDiverges() throws {
        var trainer = try TrainingParts.small(.sgd(rate: .greatestFiniteMagnitude, momentum: 0.9))
        let digest = try trainer.stateDigest()
        var sum = Gradient(count: trainer.gradientCount)
        sum.values[2] = 1e30
        let invalid = #expect(throws: InvalidInput.self) { try trainer.apply(sum, samples: 1) }
        #expect(invalid?.description.contains("diverged") == true)
        #expect(try trainer.stateDigest() == digest)
        #expect(trainer.step == 0)
    }

    @Test func refusesSettingsOutOfRange() throws {
        let data = TrainingParts.data(rows: 4, features: 2, classes: 2, seed: 1)
        let cases: [(Optimizer, Float, [Int], [String])] = [
            (.sgd(rate: 0, momentum: 0.9), 0, [], ["optimizer.rate"]),
            (.sgd(rate: .nan, momentum: 1), -1, [], ["optimizer.rate", "optimizer.momentum", "penalty"]),
            (
                .adam(rate: 1, beta1: -0.1, beta2: 1, epsilon: 0), .infinity, [],
                ["optimizer.epsilon", "optimizer.beta1", "optimizer.beta2", "penalty"]
            ),
            (.sgd(rate: 1, momentum: 0.9), 0, [0], ["layers[1]"]),
            (.sgd(rate: 1, momentum: 0.9), 0, [65_537], ["layers[1]"]),
            (.sgd(rate: 1, momentum: 0.9), 0, [65_536, 65_536], ["layers"]),
            (.sgd(rate: 1, momentum: 0.9), 0, Array(repeating: 1, count: 64), ["layers"]),
        ]
        for (optimizer, penalty, hidden, paths) in cases {
            let invalid = #expect(throws: InvalidInput.self) {
                try NetworkTrainer(
                    training: data, test: data, hidden: hidden, optimizer: optimizer, penalty: penalty, seed: 1)
            }
            #expect(invalid?.faults.map(\.path) == paths)
        }
    }
}
