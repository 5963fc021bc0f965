import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosYAML

/// Reads scenario files, version 1 (Documentation/SCENARIOS.md).
extension Scenario {
    static let format = "chaos-scenario"

    /// Reads a scenario file; "-" is standard input. Files that it names are looked for from its own folder.
    /// - Throws: `FileError`, or `InvalidInput` with all faults of the file, or of one that it names.
    public init(contentsOf path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        self = try YAMLDocument.read(contentsOf: path) { fields in
            try ScenarioDraft.scenario(fields, folder: folder)
        }
    }

    /// Reads a scenario from the text of a file.
    /// - Parameters:
    ///   - text: YAML, of which JSON is a part.
    ///   - file: the name for messages.
    ///   - folder: from where files that it names are looked for, with a slash at its end, or empty.
    /// - Throws: as above.
    public init(yaml text: String, file: String = "", folder: String = "") throws {
        self = try YAMLDocument.read(Array(text.utf8), file: file) { fields in
            try ScenarioDraft.scenario(fields, folder: folder)
        }
    }
}

/// The values of a scenario file as far as they were read. One that was refused is missing here, and what depends on it
/// is not checked, so that it causes no second fault.
struct ScenarioDraft {
    private var name: String?
    private var seed = 0
    private var until: Int?
    private var founders: [NodeID]?
    private var namesFounders = false
    private var network: NetworkDraft?
    private var training = VirtualTraining()
    private var namesState = false
    private var speeds: [(node: NodeID, samplesPerSecond: Int, path: String)] = []
    private var settings = SettingsDraft()
    private var events: [EventDraft]? = []
    private var lab = LabSettings()

    /// Reads and checks the document.
    /// - Returns: a scenario that is of no use if there were faults.
    static func scenario(_ fields: FieldReader, folder: String) throws -> Scenario {
        var draft = ScenarioDraft()
        try draft.read(fields)
        return try draft.resolve(&fields.faults, folder: folder)
    }

    private mutating func read(_ fields: FieldReader) throws {
        try fields.object(ScenarioField.self) { key in
            switch key {
            case .format: try readFormat(Scenario.format, fields)
            case .version: try readVersion(fields)
            case .name: name = try fields.string()
            case .seed: seed = try fields.integer(in: ScenarioRange.seed) ?? 0
            case .until: until = try fields.quantity(.time, in: ScenarioRange.time)
            case .founders:
                namesFounders = true
                founders = try fields.nodes()
            case .network: network = try NetworkDraft(fields)
            case .training: try readTraining(fields)
            case .speeds: try fields.array("a list of nodes and their speeds") { _ in try readSpeed(fields) }
            case .settings: try settings.read(fields)
            case .lab: lab = try LabSettings(fields)
            case .events:
                events = try fields.json.kind() == .array ? events : nil
                try fields.array("a list of events") { _ in
                    let event = try EventDraft(fields)
                    if let event { events?.append(event) } else { events = nil }
                }
            }
        }
    }

    private mutating func readTraining(_ fields: FieldReader) throws {
        let path = fields.json.currentPath
        let before = fields.faults.count
        var read = training
        try fields.object(TrainingField.self) { key in
            switch key {
            case .state:
                namesState = true
                read.stateBytes = try fields.quantity(.bytes, in: ScenarioRange.bytes) ?? read.stateBytes
            case .gradient:
                read.gradientBytes = try fields.quantity(.bytes, in: ScenarioRange.bytes) ?? read.gradientBytes
            case .samples: read.samples = try fields.integer(in: ScenarioRange.count) ?? .max
            case .batch: read.batch = try fields.integer(in: ScenarioRange.batch) ?? 1
            case .lost: read.lost = try fields.name() ?? read.lost
            case .samplesPerSecond:
                read.samplesPerSecond = try fields.integer(in: ScenarioRange.count) ?? read.samplesPerSecond
            }
        }
        if read.batch > read.samples {
            fields.faults.add("\(path).batch", "\(read.batch)", allowed: "1 … \(read.samples), the number of samples")
        }
        // Of training that is no valid one there are no settings.
        if fields.faults.count == before { training = read }
    }

    private mutating func readSpeed(_ fields: FieldReader) throws {
        let path = fields.json.currentPath
        var (node, speed) = (NodeID?.none, Int?.none)
        try fields.object(SpeedField.self) { key in
            switch key {
            case .node: node = try fields.node()
            case .samplesPerSecond: speed = try fields.integer(in: ScenarioRange.count)
            }
        }
        if let node, let speed { speeds.append((node, speed, path)) }
    }

    /// Checks what belongs together, and makes the scenario of it.
    private func resolve(_ faults: inout FaultList, folder: String) throws -> Scenario {
        var scenario = Scenario(
            name: name, seed: UInt64(seed), founders: [], links: [], network: NetworkConditions(), training: training,
            steps: [])
        guard let network,
            let founding = try network.resolve(
                founders: founders, namesFounders: namesFounders, seed: UInt64(seed), folder: folder, &faults)
        else { return scenario }
        scenario.founders = founding.founders
        scenario.links = founding.links
        scenario.capacities = founding.capacities
        if let state = founding.stateBytes, !namesState { scenario.training.stateBytes = state }
        guard let events else { return scenario }
        var timeline = Timeline(founding, network)
        for (index, event) in events.enumerated() { timeline.add(event, "events[\(index)]", &faults) }
        timeline.end(at: until, &faults)
        scenario.steps = timeline.steps
        scenario.isSigned = scenario.steps.contains { $0.event?.kind == .forge }
        scenario.capacities = timeline.capacities
        scenario.network = network.conditions
        resolveSpeeds(of: &scenario, &faults)
        scenario.settings = settings.settings(of: scenario.training, &faults)
        scenario.lab = lab
        return scenario
    }

    private func resolveSpeeds(of scenario: inout Scenario, _ faults: inout FaultList) {
        let nodes = Set(scenario.nodes)
        for (node, samplesPerSecond, path) in speeds {
            if !nodes.contains(node) {
                faults.add("\(path).node", "node \(node)", allowed: "a founder, or a node that joins")
            } else if scenario.speeds.updateValue(samplesPerSecond, forKey: node) != nil {
                faults.add("\(path).node", "node \(node) a second time", allowed: "each node once")
            }
        }
    }
}
