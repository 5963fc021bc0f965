import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosTraining

/// The key `trainer` of a node's configuration.
struct TrainerDraft: Sendable {
    fileprivate enum Kind: String, CaseIterable { case perceptron, synthetic, engine }

    private var kind: Kind?
    private var network = TrainerConfig.Perceptron(data: "")
    private var synthetic = TrainerConfig.Synthetic(bytes: 0)
    private var engine = TrainerConfig.Engine(socket: "", samples: 0)
    private var socket: String?
    private var data: String?
    private var state: Int?
    private var model: String?
    /// The keys that are there, as they come.
    private var seen: [String] = []

    /// Of a trainer of either kind.
    private var seed: UInt64 {
        get { network.seed }
        set { (network.seed, synthetic.seed) = (newValue, newValue) }
    }

    static let key = ConfigKey<NodeConfigDraft>(
        "trainer", isRequired: true, values: "an object",
        "what is trained. Trainer and training must be set up alike on all nodes, but for paths and times: they tell "
            + "each other, and refuse the connection otherwise",
        absent: { _ in "required" }, innerRows: { path, _ in keys.rows(path, TrainerDraft()) },
        read: { draft, fields in
            let path = fields.json.currentPath
            var trainer = TrainerDraft()
            try keys.read(into: &trainer, fields)
            if let config = trainer.config(path, &fields.faults) { draft.config.trainer = config }
        })

    // MARK: Keys

    private static let keys = ConfigTable<Self>(
        [kindKey] + perceptron + [initialKey, seedKey] + synthetic + [samplesKey] + attached)

    private static let kindKey = ConfigKey<Self>(required: "kind", \.kind, .choice(), "which trainer")

    private static let seedKey = ConfigKey<Self>("seed", \.seed, .seed, "of the first state").noted

    private static let perceptron = [
        ConfigKey<Self>(
            "data", \.data, .path(), else: "required", "the folder with `digits.csv`, or a CSV file of that form"),
        ConfigKey("hidden", \.network.hidden, .units, "units of the hidden layers"),
        ConfigKey("optimizer", \.network.method, .choice(), "how the weights follow the gradient"),
        ConfigKey("rate", \.network.rate, .decimal, "the learning rate"),
        ConfigKey("momentum", \.network.momentum, .decimal, "of the optimizers `momentum` and `nesterov`"),
        ConfigKey(
            "penalty", \.network.penalty, .decimal,
            "λ of the decay of weights: of λ/2 · Σ w², which is added to the loss, or of AdamW"),
        ConfigKey(
            "max_norm", \.network.maxNorm, .decimal, else: "none",
            "the norm to which a mean gradient is shortened that is longer, above 0"),
        ConfigKey(
            "skips", \.network.mostSkipped, .integer(0...1 << 31),
            "so many steps in a row may leave the parameters as they are, because their gradient is not finite, before "
                + "the training ends"),
    ].map { $0.of(.perceptron) }

    private static let synthetic = [
        ConfigKey<Self>(
            "state", \.state, .quantity(.bytes, StateHeader.length...MessageLimits.stateBytes),
            else: "what `model` says", "the size of the state"),
        ConfigKey(
            "model", \.model, .path(), else: "what `state` says",
            "a description of a model whose parameters and moments of Adam are the state"),
        ConfigKey(
            "resident", \.synthetic.isResident, .boolean,
            "whether the state is kept in memory, as that of a model is, and beyond its header the same at all steps"),
        ConfigKey(
            "gradient", \.synthetic.gradient, .integer(1...SyntheticTrainer.mostGradient), "numbers of the gradient"),
        ConfigKey(
            "time_per_step", \.synthetic.timePerStep, .quantity(.time, 0...1 << 40),
            "how long a gradient is pretended to take, of however few samples it is"),
        ConfigKey(
            "time_per_sample", \.synthetic.timePerSample, .quantity(.time, 0...1 << 40), "likewise, for each sample"),
    ].map { $0.of(.synthetic) }

    private static let initialKey = ConfigKey<Self>(
        "initial", \.initial, .path(), else: "random ones, or what the engine gives",
        "perceptron, engine: the first parameters: a safetensors file, such as a checkpoint, or a folder with "
            + "`model.safetensors`"
    ).noted

    private static let samplesKey = ConfigKey<Self>(
        "samples", \.samples, .integer(1...SampleSchedule.mostSamples), else: "2^20; of an engine required",
        "synthetic, engine: samples of an epoch"
    ).noted

    private static let attached = [
        ConfigKey<Self>(
            "socket", \.socket, .path(), else: "required",
            "the socket at which the node waits for the process that computes gradients (ENGINE.md)"),
        ConfigKey(
            "description", \.engine.description, .path(), else: "what the first engine says",
            "a checkpoint of the same run, which says what is trained: the node needs no engine then to serve the state"
        ),
        ConfigKey(
            "timeout", \.engine.timeout, .quantity(.time, 1_000_000...1 << 50),
            "how long the engine may take for a gradient before it is detached"),
    ].map { $0.of(.engine) }

    /// The first parameters, of two kinds of trainers.
    private var initial: String? {
        get { network.initial }
        set { (network.initial, engine.initial) = (newValue, newValue) }
    }

    private var samples: Int? {
        didSet { if let samples { (synthetic.samples, engine.samples) = (samples, samples) } }
    }

    fileprivate mutating func note(_ key: String) { seen.append(key) }

    // MARK: What they say together

    /// - Returns: nil, and perhaps faults, if they say nothing that can be made.
    private func config(_ path: String, _ faults: inout FaultList) -> TrainerConfig? {
        guard let kind else { return nil }
        let own: [ConfigKey<Self>] =
            switch kind {
            case .perceptron: Self.perceptron + [Self.initialKey, Self.seedKey]
            case .synthetic: Self.synthetic + [Self.samplesKey, Self.seedKey]
            case .engine: Self.attached + [Self.samplesKey, Self.initialKey]
            }
        let allowed = ([Self.kindKey] + own).map(\.name)
        for key in seen where !allowed.contains(key) {
            faults.add(
                "\(path).\(key)", "a key that a trainer of the kind \(kind.rawValue) does not have",
                allowed: "the keys \(allowed.joined(separator: ", "))")
        }
        switch kind {
        case .perceptron:
            if !seen.contains("data") {
                faults.add("\(path).data", "the key is missing", allowed: "the folder with digits.csv")
            }
            var network = network
            network.data = data ?? ""
            return .perceptron(network)
        case .engine:
            for (key, what) in [("socket", "the path of a socket"), ("samples", "the samples of the data set")]
            where !seen.contains(key) {
                faults.add("\(path).\(key)", "the key is missing", allowed: what)
            }
            var engine = engine
            engine.socket = socket ?? ""
            return .engine(engine)
        case .synthetic:
            let hasModel = seen.contains("model")
            if seen.contains("state") == hasModel {
                faults.add(
                    "\(path).state", hasModel ? "state and model" : "neither state nor model", allowed: "one of them")
            }
            var synthetic = synthetic
            synthetic.bytes = state ?? model.flatMap { Self.bytes(ofModel: $0, path, &faults) } ?? StateHeader.length
            return .synthetic(synthetic)
        }
    }

    /// The state of a real model is its parameters and the moments of Adam.
    private static func bytes(ofModel file: String, _ path: String, _ faults: inout FaultList) -> Int? {
        do {
            let bytes = try DocumentIO.read(file, atMost: 1 << 20)
            return try TrainingState(modelDescription: bytes, kind: .adam, file: file).bytes
        } catch {
            faults.add("\(path).model", "\(error)", allowed: "a description of a model")
            return nil
        }
    }
}

extension ConfigKey<TrainerDraft> {
    /// The same key, which is noted when it is there.
    fileprivate var noted: Self {
        Self(
            name, isRequired: isRequired, values: values, meaning, absent: absent, innerRows: innerRows,
            read: { [name, read] draft, fields in
                draft.note(name)
                try read(&draft, fields)
            })
    }

    /// The same key, of a trainer of this kind only.
    fileprivate func of(_ kind: TrainerDraft.Kind) -> Self {
        Self(
            name, isRequired: isRequired, values: values, "\(kind.rawValue): \(meaning)", absent: absent,
            innerRows: innerRows, read: read
        ).noted
    }
}

extension ConfigValue<[Int]> {
    fileprivate static var units: Self {
        let units = ConfigValue<Int>.integer(1...1 << 16)
        return list(
            "a list of numbers, \(units.values)",
            allowed: "a list of the units of the hidden layers, as in [32]",
            element: { fields, _ in try units.read(fields) }, text: { "\($0)" })
    }
}
