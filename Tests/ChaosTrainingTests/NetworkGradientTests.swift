import ChaosModel
import ChaosTesting
import Foundation
import Testing

@testable import ChaosTraining

@Suite struct NetworkGradientTests {
    @Test(arguments: [[], [1], [5], [4, 3], [9, 2, 5]])
    func agreesWithCentralDifferences(_ hidden: [Int]) throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            let (rows, features, classes) = (12, 5, 4)
            let data = TrainingParts.data(rows: rows, features: features, classes: classes, seed: seed)
            var trainer = try NetworkTrainer(
                training: data, test: data, hidden: hidden, optimizer: .sgd(rate: 0.1, momentum: 0.9), seed: seed)
            // Biases other than 0: a unit whose inputs and bias are all 0 sits on the kink of ReLU.
            var random = SeededRandom(seed: seed)
            try trainer.begin(
                with: trainer.numbers().prefix(trainer.gradientCount).map {
                    $0 == 0 ? Float(random.int(-300...300)) / 1000 : $0
                })
            let oracle = NetworkOracle(units: [features] + hidden + [classes])
            let parameters = try trainer.numbers().prefix(trainer.gradientCount).map(Double.init)
            let inputs = (0..<rows).map { row in
                (0..<features).map { Double(data.values[row * features + $0]) }
            }
            var sum = Gradient(count: trainer.gradientCount)
            let report = try trainer.addGradient(of: Array(0..<rows)[...], to: &sum)
            let expected = oracle.gradient(parameters, rows: inputs, labels: data.labels)
            for (found, wanted) in zip(sum.values, expected) { #expect(abs(Double(found) - wanted) < 5e-5) }
            let loss = oracle.totalLoss(parameters, rows: inputs, labels: data.labels)
            #expect(abs(report.totalLoss - loss) < 1e-5 * max(1, loss))
        }
    }

    @Test func isASumOverSamples() throws {
        let trainer = try TrainingParts.small(.sgd(rate: 0.1, momentum: 0.9))
        var (whole, parts) = (Gradient(count: trainer.gradientCount), Gradient(count: trainer.gradientCount))
        let all = Array(0..<trainer.samples)
        let report = try trainer.addGradient(of: all[...], to: &whole)
        var sum = TrainingReport()
        for range in [0..<7, 7..<7, 7..<30, 30..<40] {
            sum = sum + (try trainer.addGradient(of: all[range], to: &parts))
        }
        // One accumulator in one order: the same to the bit.
        #expect(whole == parts)
        #expect((sum.samples, sum.correct) == (report.samples, report.correct))
        #expect(abs(sum.totalLoss - report.totalLoss) < 1e-9)
    }

    @Test func exponentialIsCorrectToTwoUnits() {
        var random = SeededRandom(seed: 9)
        for _ in 0..<50_000 {
            let x = -Float(random.int(0...87_000_000)) / 1_000_000
            let (found, exact) = (exponential(ofNonPositive: x), exp(Double(x)))
            #expect(abs(Double(found) - exact) <= 2 * Double(Float(exact).ulp), "\(x)")
        }
        #expect(exponential(ofNonPositive: 0) == 1)
        #expect(exponential(ofNonPositive: -0.0) == 1)
        #expect(exponential(ofNonPositive: -88) == 0)
        #expect(exponential(ofNonPositive: -.infinity) == 0)
        #expect(exponential(ofNonPositive: .nan).isNaN)
    }
}
