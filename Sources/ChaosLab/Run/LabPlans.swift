import ChaosModel
import ChaosPolicies
import ChaosProtocol
import ChaosScenario
import ChaosTraining

/// The plans of a policy for those who join in a run, made of what the scenario says of their links.
struct LabPlans {
    private let policy: PlanPolicy
    private let scenario: Scenario
    private let stateBytes: Int
    private var settings = PolicySettings()
    private var joins = 0

    /// - Parameters:
    ///   - scenario: as `inLab` makes it.
    ///   - data: the folder with digits.csv.
    /// - Throws: `LabFailure`; what keeps the data from being read.
    init(by policy: PlanPolicy, in scenario: Scenario, data: String) throws {
        self.policy = policy
        self.scenario = scenario
        settings.seed = scenario.seed
        stateBytes = try LabNodeFiles.stateBytes(of: scenario, data: data)
    }

    /// For the next joiner.
    /// - Returns: nil if there are no links, or the policy makes none for them.
    mutating func next(for node: NodeID, from neighbors: [NodeID]) throws -> Plan? {
        defer { joins += 1 }
        guard !neighbors.isEmpty else { return nil }
        // The sizes and overheads of nodes that are told nothing else.
        let instance = try scenario.instance(
            joining: node, from: neighbors, bytes: stateBytes, shardSizes: ReceiverSettings().shardSizes,
            overhead: ServingPolicy.usualOverhead)
        return try policy.plan(for: instance, join: joins, settings: settings)
    }
}

extension LabNodeFiles {
    /// Of the state that nodes with these configurations train.
    fileprivate static func stateBytes(of scenario: Scenario, data: String) throws -> Int {
        switch scenario.lab.training {
        case .synthetic: return syntheticBytes(of: scenario)
        case .digits:
            let (training, test) = try LabeledData(contentsOf: data + "/digits.csv").split()
            return try NetworkTrainer(
                training: training, test: test, hidden: scenario.lab.hidden, optimizer: .adam(rate: 0.001), seed: 1
            ).stateBytes
        case .engine:
            throw LabFailure(
                "a plan policy with training by an engine, whose state only the engine knows; allowed: training of "
                    + "digits or synthetic")
        }
    }
}
