import ChaosDocuments
import ChaosProtocol
import ChaosScenario

/// Where the files of a node of a run are, and what is in its configuration.
public struct LabNodeFiles: Sendable, Hashable {
    public let node: NodeID
    /// Where it accepts connections, host:port.
    public let address: String
    /// The folder of the run, with a slash at its end.
    public let folder: String
    /// The folder of the control sockets, whose paths may not be long, with a slash at its end.
    public let socketFolder: String

    public var config: String { "\(folder)node-\(node).yaml" }
    public var control: String { "\(socketFolder)\(node)" }
    public var journal: String { "\(folder)node-\(node).journal" }
    public var log: String { "\(folder)node-\(node).log" }
    public var plans: String { "\(folder)node-\(node).plans" }
    /// That it is to execute, if the lab makes one.
    public var joinPlan: String { "\(folder)node-\(node).join.plan.json" }
    /// Of the engine.
    public var engineSocket: String { "\(socketFolder)e\(node)" }
    public var engineLog: String { "\(folder)engine-\(node).log" }

    public init(node: NodeID, address: String, folder: String, socketFolder: String) {
        self.node = node
        self.address = address
        self.folder = folder
        self.socketFolder = socketFolder
    }

    /// The configuration, which `chaosd` reads.
    /// - Parameters:
    ///   - scenario: as `inLab` makes it.
    ///   - founding: whether the node is a founder.
    ///   - peers: that it dials, with where they are.
    ///   - identity: nil: connections are neither encrypted nor authenticated.
    ///   - isShaped: whether the network has the bandwidths of the scenario.
    ///   - data: the folder with digits.csv.
    ///   - hasPlan: whether it is to execute the plan in `joinPlan`.
    ///   - stepsPerDigest: of synthetic training; nil: the usual.
    ///   - isResident: whether a synthetic state is kept in memory.
    func yaml(
        of scenario: Scenario, founding: Bool, peers: [(node: NodeID, address: String)],
        identity: LabIdentities.Files?, isShaped: Bool, data: String,
        hasPlan: Bool = false, stepsPerDigest: Int? = nil, isResident: Bool = false
    ) -> String {
        let (monitor, negotiation) = (scenario.settings.monitor, scenario.settings.negotiation)
        // In virtual time there are no shortest times, which `chaosd` has.
        func time(_ value: Int) -> String { "\(max(1_000_000, value)) ns" }
        var lines = [
            "node: \(node)",
            "cluster: \(Self.quoted(SingleLine.of(scenario.name ?? "lab", most: 60)))",
            "listen: \(Self.quoted(address))",
            "control: \(Self.quoted(control))",
            "journal: {file: \(Self.quoted(journal)), digests: \(Self.stepsPerDigest(of: scenario.lab.training, stepsPerDigest))}",
            "plans: \(Self.quoted(plans))",
            "experiments: true",
            "timers:",
            "  heartbeat: \(time(monitor.heartbeat))",
            "  failure_bound: \(time(max(monitor.failureBound, 2 * max(1_000_000, monitor.heartbeat))))",
            "  hello: \(time(negotiation.hello))",
            "  retry: \(time(negotiation.retry))",
            "  takeover: \(time(negotiation.takeover))",
            "  patience: \(time(scenario.settings.reduction.patience))",
        ]
        if let identity {
            lines += [
                "identity:", "  certificate: \(Self.quoted(identity.certificate))",
                "  key: \(Self.quoted(identity.key))",
                "  trust: \(Self.quoted(identity.trust))",
            ]
        } else {
            lines.append("insecure: true")
        }
        if founding {
            let ends = scenario.links.map { "[\($0.a), \($0.b)]" }.joined(separator: ", ")
            lines += [
                "founding:",
                "  members: [\(scenario.founders.map(\.description).joined(separator: ", "))]",
                "  links: [\(ends)]",
            ]
        }
        if hasPlan { lines.append("join_plan: \(Self.quoted(joinPlan))") }
        if !peers.isEmpty {
            lines.append("peers:")
            lines += peers.map { "  - {node: \($0.node), address: \(Self.quoted($0.address))}" }
        }
        if !isShaped, let bandwidth = Self.servingBandwidth(of: node, in: scenario) {
            lines.append("policy: {bandwidth: \(bandwidth) bit/s}")
        }
        return (lines + trainer(of: scenario, data: data, isResident)).joined(separator: "\n") + "\n"
    }

    /// The digest of a large state takes longer than a step.
    private static func stepsPerDigest(of training: LabSettings.Training, _ ofSynthetic: Int?) -> Int {
        switch training {
        case .digits, .engine: 1
        case .synthetic: ofSynthetic ?? 20
        }
    }

    /// What the links of a node to joiners carry at most; nil: it has none. Where the network carries more, the node keeps
    /// to it by its policy, so that transfers take the time that they have in the scenario.
    static func servingBandwidth(of node: NodeID, in scenario: Scenario) -> Int? {
        let links = scenario.steps.compactMap { step -> Link? in
            guard case .event(.join(let joiner, let others), _) = step, others.contains(node) else { return nil }
            return Link(joiner, node)
        }
        let most = links.map { scenario.capacity(of: $0).bandwidth }.max()
        // The greatest that there is stands for none: what the machine carries is to be measured.
        return most == MessageLimits.greatestQuantity ? nil : most
    }

    private func trainer(of scenario: Scenario, data: String, _ isResident: Bool) -> [String] {
        let (lab, training) = (scenario.lab, scenario.training)
        let seed = scenario.seed & UInt64(Int.max)
        let options =
            (training.lost == .repeated ? "" : ", lost: \(training.lost.rawValue)")
            + (lab.wire == .float32 ? "" : ", wire: \(lab.wire.rawValue)")
        switch lab.training {
        case .digits:
            return [
                "trainer:", "  kind: perceptron", "  data: \(Self.quoted(data))",
                "  hidden: [\(lab.hidden.map(String.init).joined(separator: ", "))]",
                "training: {batch: \(lab.batch ?? Self.digitsBatch), seed: \(seed),"
                    + " chunks: \(Self.digitsChunks)\(options)}",
            ]
        case .engine:
            let steps = lab.steps.map { ", steps: \($0)" } ?? ""
            return [
                "trainer: {kind: engine, socket: \(Self.quoted(engineSocket)), samples: \(training.samples)}",
                "training: {batch: \(training.batch), seed: \(seed),"
                    + " chunks: \(scenario.settings.reduction.chunks)\(steps)\(options)}",
            ]
        case .synthetic:
            let speed = scenario.speeds[node] ?? training.samplesPerSecond
            return [
                "trainer:", "  kind: synthetic", "  state: \(Self.syntheticBytes(of: scenario))",
                "  gradient: \(max(1, min(training.gradientBytes / 4, 1 << 30)))",
                "  samples: \(min(training.samples, 1 << 27))", "  time_per_sample: \(1_000_000_000 / speed) ns",
            ] + (isResident ? ["  resident: true"] : []) + [
                "training: {batch: \(training.batch), seed: \(seed),"
                    + " chunks: \(scenario.settings.reduction.chunks)\(options)}"
            ]
        }
    }

    static func syntheticBytes(of scenario: Scenario) -> Int { max(64, scenario.training.stateBytes) }

    /// Of a step of the perceptron, unless the scenario says otherwise; of its gradient, which is small.
    private static let (digitsBatch, digitsChunks) = (64, 2)

    /// The command of the engine; nil: it has none of its own.
    func engineCommand(of scenario: Scenario) -> [String]? {
        let lab = scenario.lab
        guard lab.training == .engine else { return nil }
        let variables = lab.environment.filter { $0.nodes?.contains(node) ?? true }.map { "\($0.name)=\($0.value)" }
        return ["/usr/bin/env"] + variables + lab.program.map { $0.replacing("{socket}", with: engineSocket) }
    }

    /// A text as YAML and JSON have it in double quotes.
    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
