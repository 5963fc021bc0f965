import ChaosDocuments
import ChaosTraining

/// What a node trains.
public enum TrainerConfig: Sendable, Hashable {
    /// A multilayer perceptron on the rows of a CSV file (`LabeledData`).
    case perceptron(Perceptron)
    /// A state of any size that nothing is learnt in.
    case synthetic(Synthetic)
    /// A model whose gradients another process computes (Documentation/ENGINE.md).
    case engine(Engine)

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
        /// Whether the state is kept in memory, as that of a model is.
        public var isResident = false
        public var seed: UInt64 = 1

        public init(bytes: Int) { self.bytes = bytes }
    }

    public struct Engine: Sendable, Hashable {
        /// The socket that the engine connects to.
        public var socket: String
        /// Of the data set.
        public var samples: Int
        /// A state of the same run, whose file says what is trained; nil: the first engine says.
        public var description: String?
        /// A model in the safetensors format, a file or a folder; nil: the engine gives the first parameters.
        public var initial: String?
        /// How long the engine may take for a gradient, in ns.
        public var timeout = 600_000_000_000

        public init(socket: String, samples: Int) {
            self.socket = socket
            self.samples = samples
        }
    }

    /// Whether the first state follows from the configuration.
    var startsFromSeed: Bool {
        switch self {
        case .perceptron(let network): network.initial == nil
        case .synthetic: true
        case .engine: false
        }
    }

    /// - Parameters:
    ///   - beginning: whether its first state is needed; otherwise nothing is read for it.
    ///   - checkpoint: the state that it goes on from, if there is one.
    ///   - engine: the socket of the engine, if there may be one.
    /// - Returns: nil: what is trained is not known without an engine.
    /// - Throws: `FileError`, or `InvalidInput` with the paths of a configuration.
    func makeReplica(beginning: Bool, restoring checkpoint: String?, engine: AttachedEngine?) throws -> (any Replica)? {
        do {
            return try make(beginning, checkpoint, engine)
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

    private func make(_ beginning: Bool, _ checkpoint: String?, _ attached: AttachedEngine?) throws -> (any Replica)? {
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
                samples: synthetic.samples, timePerStep: synthetic.timePerStep, timePerSample: synthetic.timePerSample,
                isResident: synthetic.isResident)
        case .engine(let engine): return try engine.makeReplica(beginning, checkpoint, attached)
        }
    }
}

extension TrainerConfig.Engine {
    fileprivate func makeReplica(
        _ beginning: Bool, _ checkpoint: String?, _ attached: AttachedEngine?
    ) throws -> ModelReplica? {
        let known = try (checkpoint ?? description).map(ModelReplica.model(ofFile:))
        let initial = try beginning ? initial.map(ModelFiles.init) : nil
        let isGiven = beginning && initial == nil
        guard let attached else { return try isGiven ? nil : known.map { try ModelReplica($0, samples: samples) } }
        let (model, numbers) = attached.obtain(known: known, begins: isGiven)
        if let initial { return try ModelReplica(model, samples: samples, initial: initial) }
        return try ModelReplica(model, samples: samples, initial: numbers)
    }
}
