import ChaosDocuments
import ChaosModel

/// The embedded trainer: a multilayer perceptron in Float32, hidden layers with ReLU, cross-entropy of the softmax.
///
/// **State.** The `StateHeader`, then the parameters, layer by layer (the weights, a row for each input, then the
/// biases), then, with momentum, the velocities, with Adam the first and then the second moments, each in the order of the
/// parameters. With P parameters these are 64 + 4P(1 + moments) bytes. It is held in memory in just this form.
///
/// **Beginning.** Weights are drawn uniformly from ±√(6 ÷ inputs) in hidden layers (He et al. 2015) and from
/// ±√(6 ÷ (inputs + outputs)) in the last one (Glorot and Bengio 2010), in the order in which they lie, from
/// `SeededRandom`: the upper 24 bits of a number u give (u ÷ 2^23 − 1) times the bound. Biases and moments are 0.
///
/// **Gradient.** It happens to be the same to the bit on every machine too, since all sums have a fixed order and
/// `exponential(ofNonPositive:)` is our own; only the loss that is reported uses a logarithm of the system.
public struct NetworkTrainer: Trainer, WordReplica {
    public let configuration: String
    public let samples: Int
    public let gradientCount: Int

    private let shape: NetworkShape
    private let rule: UpdateRule
    let mostSkipped: Int
    private let training: LabeledData
    private let test: LabeledData

    var state: WordState

    /// A network with the state of step 0.
    /// - Parameters:
    ///   - training: the rows that are trained on.
    ///   - test: the rows that `evaluate` reports on; may be none.
    ///   - hidden: the units of each hidden layer.
    ///   - optimizer: how the weights follow the gradient.
    ///   - penalty: λ of the weight decay, 0 or more, of weights, not of biases: but with AdamW the same as the L2 penalty
    ///     λ/2 · Σ w² on the mean loss.
    ///   - maxNorm: the norm to which a longer mean gradient is shortened, above 0; nil: none is.
    ///   - mostSkipped: so many steps in a row, 0 or more, may leave the parameters as they are because their gradient is
    ///     not finite.
    ///   - initial: the first parameters, by the names in `tensors`; nil: they are drawn. Not part of the configuration,
    ///     for who joins gets the state and needs no such file.
    ///   - seed: of the first state.
    /// - Throws: everything that is out of range; what `ModelFiles` throws.
    public init(
        training: LabeledData, test: LabeledData, hidden: [Int], optimizer: Optimizer, penalty: Float = 0,
        maxNorm: Float? = nil, mostSkipped: Int = 0, initial: ModelFiles? = nil, seed: UInt64
    ) throws {
        var faults = FaultList()
        optimizer.check(into: &faults, at: "optimizer")
        if !(penalty >= 0 && penalty.isFinite) { faults.add("penalty", "\(penalty)", allowed: "a number from 0 on") }
        if mostSkipped < 0 { faults.add("mostSkipped", "\(mostSkipped)", allowed: "0 or more") }
        if training.count == 0 { faults.add("training", "no row", allowed: "at least one row") }
        if test.count > 0, (test.features, test.classes) != (training.features, training.classes) {
            faults.add(
                "test", "\(test.features) numbers and \(test.classes) classes",
                allowed: "\(training.features) and \(training.classes) as in training")
        }
        try faults.throwIfAny()
        let shape = try NetworkShape(units: [training.features] + hidden + [training.classes])
        rule = try UpdateRule(
            groups: [
                ParameterGroup(shape.layers.map { $0.weights..<$0.biases }, optimizer, decay: penalty),
                ParameterGroup(shape.layers.map { $0.biases..<$0.end }, optimizer),
            ], parameters: shape.parameters, maxNorm: maxNorm)
        var words = [Float](repeating: 0, count: WordState.headerWords + shape.parameters * (1 + rule.moments.count))
        if let initial {
            try initial.readModel(Self.tensors(of: shape, parts: ["model"]), into: &words)
        } else {
            Self.draw(seed, shape, into: &words)
        }
        configuration =
            "network \(shape.units.map(String.init).joined(separator: "-")), seed \(seed), \(optimizer), "
            + "penalty \(penalty), \(maxNorm.map { "norm at most \($0), " } ?? "")"
            + "\(mostSkipped == 0 ? "" : "at most \(mostSkipped) gradients in a row left out, ")"
            + "\(training.count) rows of sha256 \(training.digest)"
        self.shape = shape
        self.mostSkipped = mostSkipped
        self.training = training
        self.test = test
        samples = training.count
        gradientCount = shape.parameters
        state = WordState(words, configuration: configuration)
    }

    private static func draw(_ seed: UInt64, _ shape: NetworkShape, into words: inout [Float]) {
        var random = SeededRandom(seed: seed)
        for (l, layer) in shape.layers.enumerated() {
            let fan = l == shape.layers.count - 1 ? layer.inputs + layer.outputs : layer.inputs
            let bound = (6 / Float(fan)).squareRoot()
            for i in layer.weights..<layer.biases {
                words[WordState.headerWords + i] = (Float(random.next() >> 40) / 0x1p23 - 1) * bound
            }
        }
    }

    // MARK: State

    /// Of each layer the weights, a row for each input, and the biases; so too the moments.
    public var tensors: [Tensor] { [StateHeader.tensor] + Self.tensors(of: shape, parts: ["model"] + rule.moments) }

    private static func tensors(of shape: NetworkShape, parts: [String]) -> [Tensor] {
        var tensors: [Tensor] = []
        for part in parts {
            for (l, layer) in shape.layers.enumerated() {
                for (name, shape) in [("weight", [layer.inputs, layer.outputs]), ("bias", [layer.outputs])] {
                    let end = tensors.last?.bytes.upperBound ?? StateHeader.length
                    tensors.append(Tensor("\(part).\(l).\(name)", .float32, shape, at: end))
                }
            }
        }
        return tensors
    }

    // MARK: Steps

    public func addGradient(
        of samples: ArraySlice<Int>, to sum: inout Gradient
    ) throws(InvalidInput) -> TrainingReport {
        try requireWholeState()
        try requireLength(of: sum)
        try requireSamples(samples)
        return sum.values.withUnsafeMutableBufferPointer { run(samples, of: training, gradient: $0.baseAddress!) }
    }

    public func evaluate() throws(InvalidInput) -> TrainingReport? {
        try requireWholeState()
        return test.count == 0 ? nil : run(test.labels.indices, of: test, gradient: nil)
    }

    private func run(
        _ rows: some Sequence<Int>, of data: LabeledData, gradient: UnsafeMutablePointer<Float>?
    ) -> TrainingReport {
        var report = TrainingReport()
        withNumbers { numbers in
            data.values.withUnsafeBufferPointer { values in
                NetworkPass.with(shape, numbers.baseAddress!) { pass in
                    for row in rows {
                        pass.run(
                            values.baseAddress! + row * data.features, label: data.labels[row], gradient: gradient,
                            report: &report)
                    }
                }
            }
        }
        return report
    }

    public mutating func apply(_ sum: Gradient, samples: Int) throws(InvalidInput) {
        try apply(sum, samples: samples, by: rule)
    }
}
