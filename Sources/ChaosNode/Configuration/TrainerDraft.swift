import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosTraining

/// The key `trainer` of a node's configuration.
final class TrainerDraft {
    private enum Kind: String, CaseIterable { case perceptron, synthetic }

    private var kind: Kind?
    private var network = TrainerConfig.Perceptron(data: "")
    private var synthetic = TrainerConfig.Synthetic(bytes: 0)
    private var model: String?
    private var seen: [TrainerField] = []

    /// - Returns: nil, and faults, if it says nothing that can be made.
    func read(_ fields: FieldReader) throws -> TrainerConfig? {
        let path = fields.json.currentPath
        try fields.object(TrainerField.self) { key in
            seen.append(key)
            switch key {
            case .kind: kind = try readKind(fields)
            case .data: network.data = try fields.string() ?? ""
            case .hidden:
                network.hidden = []
                try fields.array("a list of the units of the hidden layers, as in [32]") { _ in
                    if let units = try fields.integer(in: 1...1 << 16) { network.hidden.append(units) }
                }
            case .optimizer:
                guard let text = try fields.string() else { return }
                guard let method = TrainerConfig.Perceptron.Method(rawValue: text) else {
                    fields.faults.add(fields.json.currentPath, "\"\(text)\"", allowed: "adam or momentum")
                    return
                }
                network.method = method
            case .rate: network.rate = try decimal(fields) ?? network.rate
            case .momentum: network.momentum = try decimal(fields) ?? network.momentum
            case .penalty: network.penalty = try decimal(fields) ?? network.penalty
            case .seed:
                let seed = UInt64(try fields.integer(in: 0...Int.max) ?? 1)
                (network.seed, synthetic.seed) = (seed, seed)
            case .state:
                synthetic.bytes = try fields.quantity(.bytes, in: StateHeader.length...MessageLimits.stateBytes) ?? 64
            case .model: model = try fields.string()
            case .gradient: synthetic.gradient = try fields.integer(in: 1...SyntheticTrainer.mostGradient) ?? 1
            case .samples: synthetic.samples = try fields.integer(in: 1...SampleSchedule.mostSamples) ?? 1
            case .timePerStep: synthetic.timePerStep = try fields.quantity(.time, in: 0...1 << 40) ?? 0
            case .timePerSample: synthetic.timePerSample = try fields.quantity(.time, in: 0...1 << 40) ?? 0
            }
        }
        return try conclude(path, fields)
    }

    private func conclude(_ path: String, _ fields: FieldReader) throws -> TrainerConfig? {
        guard let kind else { return nil }
        let allowed = kind == .perceptron ? TrainerField.perceptron : TrainerField.synthetic
        for key in seen where !allowed.contains(key) {
            fields.faults.add(
                "\(path).\(key.rawValue)", "a key that a \(kind.rawValue) trainer does not have",
                allowed: "the keys \(allowed.map(\.rawValue).joined(separator: ", "))")
        }
        switch kind {
        case .perceptron:
            if network.data.isEmpty {
                fields.faults.add("\(path).data", "the key is missing", allowed: "the folder with digits.csv")
            }
            return .perceptron(network)
        case .synthetic:
            if let model { try readModel(model, path, fields) }
            if seen.contains(.state) == (model != nil) {
                fields.faults.add(
                    "\(path).state", model == nil ? "neither state nor model" : "state and model",
                    allowed: "one of them")
            }
            return .synthetic(synthetic)
        }
    }

    /// A description of a real model, whose parameters and moments of Adam are the state.
    private func readModel(_ file: String, _ path: String, _ fields: FieldReader) throws {
        do {
            let bytes = try DocumentIO.read(file, atMost: 1 << 20)
            synthetic.bytes = try TrainingState(modelDescription: bytes, kind: .adam, file: file).bytes
        } catch let error as FileError {
            fields.faults.add("\(path).model", "\(error)", allowed: "a description of a model")
        } catch let error as InvalidInput {
            fields.faults.add("\(path).model", "\(error)", allowed: "a description of a model")
        }
    }

    private func readKind(_ fields: FieldReader) throws -> Kind? {
        guard let text = try fields.string() else { return nil }
        if let kind = Kind(rawValue: text) { return kind }
        fields.faults.add(
            fields.json.currentPath, "\"\(text)\"",
            allowed: Kind.allCases.map(\.rawValue).joined(separator: " or "))
        return nil
    }

    /// A decimal number, which YAML here takes for a text unless it is whole.
    private func decimal(_ fields: FieldReader) throws -> Float? {
        let text = try fields.json.kind() == .number ? try fields.json.number() : try fields.string()
        guard let text else { return nil }
        if let value = Float(text), value.isFinite, value >= 0 { return value }
        fields.faults.add(fields.json.currentPath, "\"\(text)\"", allowed: "a number, 0 or more")
        return nil
    }
}
