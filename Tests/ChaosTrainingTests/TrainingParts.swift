import ChaosModel
import ChaosTesting
import Foundation

@testable import ChaosTraining

/// Data, trainers and a step, as the tests need them.
enum TrainingParts {
    /// The digits that are shipped, divided as documented.
    static let digits: (training: LabeledData, test: LabeledData) = {
        do {
            return try LabeledData(contentsOf: PackageRoot.url("Data/digits/digits.csv").path).split()
        } catch {
            preconditionFailure("the digits cannot be read: \(error)")
        }
    }()

    /// Random rows, a third of whose numbers are 0.
    static func data(rows: Int, features: Int, classes: Int, seed: UInt64) -> LabeledData {
        var random = SeededRandom(seed: seed)
        return LabeledData(
            features: features, classes: classes,
            values: (0..<rows * features).map { _ in random.once(in: 3) ? 0 : Float(random.int(-1000...1000)) / 500 },
            labels: (0..<rows).map { _ in random.int(0...classes - 1) })
    }

    /// A small network on random rows.
    static func small(
        _ optimizer: Optimizer, hidden: [Int] = [5, 4], penalty: Float = 0.01, seed: UInt64 = 3
    ) throws -> NetworkTrainer {
        let data = data(rows: 40, features: 6, classes: 3, seed: seed)
        return try NetworkTrainer(
            training: data, test: data, hidden: hidden, optimizer: optimizer, penalty: penalty, seed: seed)
    }

    /// One trainer of each kind.
    static let kinds = ["momentum", "adam", "synthetic"]

    static func trainer(_ kind: String) throws -> any Trainer {
        switch kind {
        case "momentum": try small(.sgd(rate: 0.05, momentum: 0.9))
        case "adam": try small(.adam(rate: 0.01))
        default: try SyntheticTrainer(seed: 5, stateBytes: 100_003, gradientCount: 37, samples: 40, timePerSample: 7)
        }
    }
}

extension Trainer {
    /// One step by a node alone.
    @discardableResult mutating func train(on samples: [Int]) throws -> TrainingReport {
        var sum = Gradient(count: gradientCount)
        let report = try addGradient(of: samples[...], to: &sum)
        try apply(sum, samples: samples.count)
        return report
    }
}

extension NetworkTrainer {
    /// The numbers of the state behind its header.
    func numbers() throws -> [Float] {
        try readState(64..<stateBytes).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    /// Begins with these parameters, and moments of 0.
    mutating func begin(with parameters: [Float]) throws {
        var state = try readState(0..<stateBytes)
        state.withUnsafeMutableBytes { bytes in
            parameters.withUnsafeBytes { bytes[64..<64 + $0.count].copyBytes(from: $0) }
        }
        try replaceState(by: state, step: step)
    }
}

extension UnsafeMutableRawBufferPointer.SubSequence {
    fileprivate mutating func copyBytes(from source: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: self).copyMemory(from: source)
    }
}
