import ChaosDocuments
import ChaosTraining

/// What a node trains.
public enum TrainerConfig: Sendable, Hashable {
    /// A multilayer perceptron on the rows of a CSV file (`LabeledData`).
    case perceptron(Perceptron)
    /// A state of any size that nothing is learnt in.
    case synthetic(Synthetic)

    public struct Perceptron: Sendable, Hashable {
        public enum Method: String, Sendable, Hashable, CaseIterable {
            case adam
            case adamW = "adamw"
            case momentum
            case nesterov
        }

        /// A folder with `digits.csv`, or a CSV file.
        public var data: String
        public var hidden = [32]
        public var method = Method.adam
        public var rate: Float = 0.001
        public var momentum: Float = 0.9
        public var penalty: Float = 0
        /// A model in the safetensors format, a file or a folder; nil: the first parameters are random.
        public var initial: String?
        /// Nil: gradients stay as long as they are.
        public var maxNorm: Float?
        /// So many gradients in a row that are not finite are left out.
        public var mostSkipped = 0
        public var seed: UInt64 = 1

        public init(data: String) { self.data = data }
    }

    public struct Synthetic: Sendable, Hashable {
        /// Of the state.
        public var bytes: Int
        /// Numbers of the gradient.
        public var gradient = 1024
        public var samples = 1 << 20
        /// Of a gradient however few samples it is of, and of each sample, in ns.
        public var timePerStep = 0
        public var timePerSample = 0
        public var seed: UInt64 = 1

        public init(bytes: Int) { self.bytes = bytes }
    }

    /// The file or folder of the first parameters; nil: they follow from the seed.
    var initial: String? {
        switch self {
        case .perceptron(let network): network.initial
        case .synthetic: nil
        }
    }

    /// - Parameter beginning: whether its first state is needed; otherwise nothing is read for it.
    /// - Throws: `FileError`, or `InvalidInput` with the paths of a configuration.
    public func makeTrainer(beginning: Bool) throws -> any Trainer {
        do {
            return try make(beginning)
        } catch let error as InvalidInput where error.file.isEmpty {
            throw InvalidInput(faults: error.faults.map(Self.ofConfiguration), count: error.count)
        }
    }

    /// A fault of a trainer, at the key that it comes from.
    private static func ofConfiguration(_ fault: Fault) -> Fault {
        var path = fault.path
        if path.hasPrefix("optimizer.") { path.removeFirst("optimizer.".count) }
        if path.hasPrefix("layers") { path = "hidden" }
        if path == "maxNorm" { path = "max_norm" }
        return Fault(path: "trainer.\(path)", found: fault.found, allowed: fault.allowed)
    }

    private func make(_ beginning: Bool) throws -> any Trainer {
        switch self {
        case .perceptron(let network):
            let path = network.data.hasSuffix(".csv") ? network.data : network.data + "/digits.csv"
            let (training, test) = try LabeledData(contentsOf: path).split()
            let optimizer: Optimizer =
                switch network.method {
                case .adam: .adam(rate: network.rate)
                case .adamW: .adamW(rate: network.rate)
                case .momentum: .sgd(rate: network.rate, momentum: network.momentum)
                case .nesterov: .sgd(rate: network.rate, momentum: network.momentum, nesterov: true)
                }
            return try NetworkTrainer(
                training: training, test: test, hidden: network.hidden, optimizer: optimizer, penalty: network.penalty,
                maxNorm: network.maxNorm, mostSkipped: network.mostSkipped,
                initial: beginning ? network.initial.map(ModelFiles.init) : nil, seed: network.seed)
        case .synthetic(let synthetic):
            return try SyntheticTrainer(
                seed: synthetic.seed, stateBytes: synthetic.bytes, gradientCount: synthetic.gradient,
                samples: synthetic.samples, timePerStep: synthetic.timePerStep, timePerSample: synthetic.timePerSample)
        }
    }
}
