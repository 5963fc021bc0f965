import ChaosLab
import ChaosModel
import ChaosPolicies
import ChaosProtocol
import ChaosScenario

/// Plans that divide the shards in different ways, executed by real nodes on networks that are shaped to the bandwidths of
/// library instances: planned beside measured. Needs root.
enum PlanBenchmark {
    private static let state = 64 << 20
    /// Of all links of the joiner together, so that one machine can carry it.
    private static let total = 400_000_000
    private static let instances = [
        "dtfm/oregon-3-fastest-resnet18", "skyplane/gcp-europe-west4-a-8-random-llama_7b",
        "skyplane/gcp-us-west1-a-16-nearest-gpt2_small-overhead-rtt",
    ]

    static func run(_ output: String) throws {
        print("## 64 MiB by the plans of different policies, links of \(total / 1_000_000) Mbit/s in all\n")
        print("| instance | policy | shards | planned, s | pulled, s | ratio | to the time of Chaos |")
        print("|---|---|---|---|---|---|---|")
        for name in instances {
            let scenario = try scenario(Instance(contentsOf: "Instances/\(name).json"))
            var ours = 0.0
            for policy in PlanPolicy.allCases {
                let pull = try play(policy, scenario)
                let planned = pull.makespan.map { Double($0.roundedUp) / 1e9 } ?? .nan
                let pulled = Double(pull.complete! - pull.began) / 1e9
                if policy == .threshold { ours = pulled }
                let cells = [planned, pulled, pulled / planned, pulled / ours].map(Benchmarks.decimal)
                Benchmarks.row(
                    "| \(name) | \(policy.title) | \((state + pull.shardSize - 1) / pull.shardSize) | "
                        + cells.joined(separator: " | ") + " |")
            }
        }
        print()
    }

    /// All neighbours train, linked with each other, and the joiner has links as in the instance, but slower.
    private static func scenario(_ instance: Instance) -> Scenario {
        let count = instance.neighbors.count
        let sum = instance.neighbors.reduce(0) { $0 + Int128($1.bandwidth) }
        let joiner = NodeID(UInt64(count + 1))
        var scenario = ScenarioRun.cluster(
            "plans", founders: count, state: state, stepMilliseconds: 400, bandwidth: 1_000_000_000,
            steps: [.event(.join(joiner, links: (1...count).map { NodeID(UInt64($0)) }), after: 5_000_000_000)])
        // Many nodes share the processors, and heartbeats wait behind shards on slow links.
        scenario.settings.monitor.failureBound = 5_000_000_000
        for (k, neighbor) in instance.neighbors.enumerated() {
            scenario.capacities[Link(NodeID(UInt64(k + 1)), joiner)] = LinkCapacity(
                bandwidth: Int(Int128(neighbor.bandwidth) * Int128(total) / sum), latency: 0)
        }
        return scenario
    }

    private static func play(_ policy: PlanPolicy, _ scenario: Scenario) throws -> LabReport.Pull {
        var scenario = scenario
        // A founder may have to join anew, where many nodes start at once on few processors.
        let joiner = scenario.nodes.last!
        let instance = try scenario.instance(
            joining: joiner, from: scenario.founders, bytes: state,
            shardSizes: ReceiverSettings().shardSizes, overhead: ServingPolicy.usualOverhead)
        var settings = PolicySettings()
        settings.seed = scenario.seed
        let plan = try policy.plan(for: instance, join: 0, settings: settings)
        scenario.steps.append(.calm(after: (plan?.makespan.roundedUp ?? 0) / 2 * 3 + 8_000_000_000))
        let report = try ScenarioRun.play(scenario, isShaped: true, planPolicy: policy).report
        guard let pull = report.pulls.first(where: { $0.node == joiner && $0.complete != nil }) else {
            throw BenchmarkFailure("\(policy.rawValue): no transfer was completed")
        }
        guard pull.algorithm == policy.rawValue else {
            throw BenchmarkFailure("\(policy.rawValue): the plan executed is one by \(pull.algorithm ?? "nobody")")
        }
        return pull
    }
}
