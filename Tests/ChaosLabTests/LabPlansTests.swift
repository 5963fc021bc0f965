import ChaosModel
import ChaosNode
import ChaosPolicies
import ChaosProtocol
import ChaosScenario
import ChaosTesting
import Testing

@testable import ChaosLab

/// The plans that joiners are given.
@Suite struct LabPlansTests {
    /// 64 MiB from three nodes with 10, 20 and 40 Mbit/s.
    static let scenario: Scenario = {
        var scenario = Scenario(
            name: "plans", seed: 1, founders: [1, 2, 3], links: [],
            network: NetworkConditions(), training: VirtualTraining(stateBytes: 64 << 20),
            steps: [.event(.join(4, links: [1, 2, 3]), after: 1)])
        scenario.lab.training = .synthetic
        for (node, rate) in [(1, 10), (2, 20), (3, 40)] as [(NodeID, Int)] {
            scenario.capacities[Link(node, 4)] = LinkCapacity(bandwidth: rate * 1_000_000)
        }
        return scenario
    }()

    @Test func eachPolicyMakesItsPlan() throws {
        func runs(_ policy: PlanPolicy) throws -> [String: Int] {
            var plans = try LabPlans(by: policy, in: Self.scenario, data: "")
            let plan = try #require(try plans.next(for: 4, from: [1, 2, 3]))
            #expect(plan.algorithm == policy.rawValue)
            #expect(plan.assignments.reduce(0) { $0 + $1.count } == plan.shards)
            #expect(plan.shards == Self.scenario.training.stateBytes / plan.shardSize)
            return Dictionary(uniqueKeysWithValues: plan.assignments.map { ($0.neighbor, $0.count) })
        }
        #expect(try runs(.best) == ["3": 8])
        #expect(try runs(.random).count == 1)
        #expect(try runs(.largestFirst) == ["1": 3, "2": 3, "3": 2])
        #expect(try runs(.equal) == ["1": 342, "2": 341, "3": 341])
        #expect(try runs(.perParameter) == ["1": 348, "2": 338, "3": 338])
        let (ours, greedy) = (try runs(.threshold), try runs(.firstGreedy))
        for found in [ours, greedy] { #expect(found["1"]! < found["2"]! && found["2"]! < found["3"]!) }
    }

    /// The digits have the state that the nodes themselves make of the same configuration.
    @Test func theStateIsThatOfTheNodes() throws {
        var scenario = Self.scenario
        (scenario.lab.training, scenario.lab.hidden) = (.digits, [1000])
        var plans = try LabPlans(by: .equal, in: scenario, data: PackageRoot.url("Data/digits").path)
        let plan = try #require(try plans.next(for: 4, from: [1, 2, 3]))
        let bytes = 64 + 4 * 3 * (64 * 1000 + 1000 + 1000 * 10 + 10)
        #expect(plan.shards == (bytes + plan.shardSize - 1) / plan.shardSize)
    }

    @Test func whatNoPlanCanBeMadeOfIsSaid() throws {
        var scenario = Self.scenario
        scenario.lab.training = .engine
        #expect {
            try LabPlans(by: .equal, in: scenario, data: "")
        } throws: { "\($0)".contains("only the engine knows; allowed: training of digits or synthetic") }
        var plans = try LabPlans(by: .equal, in: Self.scenario, data: "")
        #expect(try plans.next(for: 4, from: []) == nil)
    }

    @Test func aJoinerIsToldOfItsPlan() throws {
        let files = LabNodeFiles(node: 4, address: "127.0.0.1:7001", folder: "/f/", socketFolder: "/s/")
        func plan(_ hasPlan: Bool) throws -> String? {
            let yaml = files.yaml(
                of: Self.scenario, founding: false, peers: [], identity: nil, isShaped: true, data: "", hasPlan: hasPlan
            )
            return try NodeConfig(yaml: yaml).joinPlan
        }
        #expect(try plan(true) == "/f/node-4.join.plan.json")
        #expect(try plan(false) == nil)
    }
}
