import ChaosDocuments
import ChaosProtocol

/// The keys of `lab` in a scenario file.
enum LabField: String, FieldKey {
    case training, hidden, program, environment, steps, state, gradient, samples, batch, wire
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
        let path = fields.json.currentPath
        try fields.object(LabField.self) { key in
            switch key {
            case .training: training = try fields.name() ?? training
            case .hidden: hidden = try Self.readHidden(fields)
            case .program: program = try Self.readProgram(fields)
            case .environment: environment = try Self.readEnvironment(fields)
            case .steps: steps = try fields.integer(in: 1...1 << 40)
            case .state: stateBytes = try fields.quantity(.bytes, in: 64...ScenarioRange.bytes.upperBound)
            case .gradient: gradientBytes = try fields.quantity(.bytes, in: 4...1 << 32)
            case .samples: samples = try fields.integer(in: 1...1 << 27)
            case .batch: batch = try fields.integer(in: ScenarioRange.batch)
            case .wire: wire = try fields.name() ?? wire
            case .samplesPerSecond: samplesPerSecond = try fields.integer(in: ScenarioRange.count)
            case .speed: speed = try fields.integer(in: ScenarioRange.factor) ?? 1
            case .bandwidthDivisor: bandwidthDivisor = try fields.integer(in: Self.divisors) ?? 1
            }
        }
        if training == .synthetic, wire != .float32 {
            fields.faults.add(
                "\(path).wire", wire.rawValue,
                allowed: "float32: synthetic training takes no sum that has lost a digit")
        }
        if training == .engine {
            if program.isEmpty {
                fields.faults.add("\(path).program", "no program", allowed: "a program and its arguments")
            }
            if samples == nil {
                fields.faults.add("\(path).samples", "the key is missing", allowed: "the samples of the data set")
            }
        } else if !program.isEmpty || !environment.isEmpty || steps != nil {
            fields.faults.add(
                "\(path).training", training.rawValue, allowed: "engine, with program, environment and steps")
        }
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

    private static func readProgram(_ fields: FieldReader) throws -> [String] {
        let path = fields.json.currentPath
        var words: [String] = []
        try fields.array("a program and its arguments, as in [python3, train.py, --socket, \"{socket}\"]") { _ in
            if let word = try fields.string() { words.append(word) }
        }
        if words.count > 64 || words.contains(where: { $0.utf8.contains(0) || $0.utf8.count > 4096 })
            || words.first == ""
        {
            fields.faults.add(path, "\(words.count) words", allowed: "at most 64, each of at most 4096 bytes without 0")
        }
        return words
    }

    private static func readEnvironment(_ fields: FieldReader) throws -> [Variable] {
        var variables: [Variable] = []
        try fields.array("a list of variables, as in [{name: OMP_NUM_THREADS, value: \"1\", nodes: [3]}]") { _ in
            var (name, value, nodes) = (String?.none, String?.none, [NodeID]?.none)
            let path = fields.json.currentPath
            try fields.object(VariableField.self) { key in
                switch key {
                case .name: name = try fields.string()
                case .value: value = try fields.string()
                case .nodes: nodes = try fields.nodes()
                }
            }
            guard let name, let value else { return }
            let isName = name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]{0,254}/) != nil
            guard isName, !value.utf8.contains(0), value.utf8.count <= 4096 else {
                fields.faults.add(
                    path, "\(name)=\(value)", allowed: "a name of letters, digits and _, a value of at most 4096 bytes")
                return
            }
            variables.append(Variable(name: name, value: value, nodes: nodes))
        }
        return variables
    }
}

private enum VariableField: String, FieldKey {
    case name, value, nodes
    static let required: [Self] = [.name, .value]
    static let table = FieldTable<Self>()
}
