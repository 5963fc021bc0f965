import ChaosDocuments

/// The keys of `lab` in a scenario file.
enum LabField: String, FieldKey {
    case training, hidden, state, gradient, samples, batch
    case samplesPerSecond = "samples_per_second"
    case speed
    case bandwidthDivisor = "bandwidth_divisor"

    static let required: [Self] = []
    static let table = FieldTable<Self>()
}

extension LabSettings {
    /// Layers and units of the perceptron.
    private static let layers = 0...8
    private static let units = 1...4096
    private static let divisors = 1...1_000_000

    /// Reads the key `lab` of a scenario file.
    init(_ fields: FieldReader) throws {
        self.init()
        try fields.object(LabField.self) { key in
            switch key {
            case .training: training = try Self.readTraining(fields) ?? training
            case .hidden: hidden = try Self.readHidden(fields)
            case .state: stateBytes = try fields.quantity(.bytes, in: 64...ScenarioRange.bytes.upperBound)
            case .gradient: gradientBytes = try fields.quantity(.bytes, in: 4...1 << 32)
            case .samples: samples = try fields.integer(in: 1...1 << 27)
            case .batch: batch = try fields.integer(in: ScenarioRange.batch)
            case .samplesPerSecond: samplesPerSecond = try fields.integer(in: ScenarioRange.count)
            case .speed: speed = try fields.integer(in: ScenarioRange.factor) ?? 1
            case .bandwidthDivisor: bandwidthDivisor = try fields.integer(in: Self.divisors) ?? 1
            }
        }
    }

    private static func readTraining(_ fields: FieldReader) throws -> Training? {
        guard let text = try fields.string() else { return nil }
        if let training = Training(rawValue: text) { return training }
        fields.faults.add(
            fields.json.currentPath, "\"\(text)\"",
            allowed: Training.allCases.map(\.rawValue).joined(separator: " or "))
        return nil
    }

    private static func readHidden(_ fields: FieldReader) throws -> [Int] {
        let path = fields.json.currentPath
        var hidden: [Int] = []
        try fields.array("a list of the units of the hidden layers, as in [32]") { _ in
            if let layer = try fields.integer(in: units) { hidden.append(layer) }
        }
        if !layers.contains(hidden.count) {
            fields.faults.add(path, "\(hidden.count) layers", allowed: "at most \(layers.upperBound)")
        }
        return hidden
    }
}
