import ChaosNode
import ChaosProtocol
import ChaosScenario
import ChaosTesting
import Foundation
import Testing

@testable import ChaosLab

/// Configurations that are made of scenarios are read by the node itself.
@Suite struct LabNodeFilesTests {
    static let folder = PackageRoot.url("Instances/scenarios")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") && $0 != "thousand-nodes.yaml" }.sorted()
    }()

    @Test(arguments: names) func everyNodeOfEveryScenarioHasAConfiguration(_ name: String) throws {
        let scenario = try Scenario(contentsOf: Self.folder.appending(path: name).path).inLab
        for node in scenario.nodes.prefix(30) {
            let isFounder = scenario.founders.contains(node)
            let others = scenario.nodes.filter { $0 != node }.prefix(3)
            let files = LabNodeFiles(
                node: node, address: "127.0.0.1:7001", folder: "/a folder/\"quoted\"/", socketFolder: "/tmp/s/")
            let config = try NodeConfig(
                yaml: files.yaml(
                    of: scenario, founding: isFounder, peers: others.map { ($0, "127.0.0.1:70\($0)") },
                    identity: LabIdentities.Files(certificate: "/a \"file\".pem", key: "k", trust: "t"),
                    isShaped: false, data: "/data \\ digits"))
            #expect(config.node == node && config.control == files.control && config.journal == files.journal)
            #expect(config.plans == files.plans && config.experiments)
            #expect(
                config.identity == NodeConfig.Identity(certificate: "/a \"file\".pem", key: "k", trust: "t"))
            #expect((config.founding != nil) == isFounder)
            if isFounder {
                #expect(config.founding?.members == scenario.founders.sorted())
                #expect(config.founding?.links == scenario.links)
            }
            #expect(config.peers.map(\.node) == Array(others))
            #expect(config.monitor.heartbeat == scenario.settings.monitor.heartbeat)
            switch config.trainer {
            case .perceptron(let network):
                #expect(scenario.lab.training == .digits && network.hidden == scenario.lab.hidden)
                #expect(network.data == "/data \\ digits")
            case .synthetic(let synthetic):
                #expect(scenario.lab.training == .synthetic)
                #expect(synthetic.bytes == scenario.training.stateBytes && config.batch == scenario.training.batch)
            case .engine(let engine):
                #expect(scenario.lab.training == .engine && engine.socket == files.engineSocket)
                #expect(engine.samples == scenario.lab.samples && config.steps == scenario.lab.steps)
            }
        }
    }

    /// Where the network is not shaped, those who will serve keep to what the scenario's links carry.
    @Test func aServerKeepsToItsLink() throws {
        let scenario = try Scenario(contentsOf: Self.folder.appending(path: "join.yaml").path).inLab
        func bandwidth(_ node: NodeID, isShaped: Bool) throws -> Int? {
            let files = LabNodeFiles(node: node, address: "127.0.0.1:7001", folder: "/f/", socketFolder: "/s/")
            let yaml = files.yaml(
                of: scenario, founding: false, peers: [], identity: nil, isShaped: isShaped, data: "/d")
            return try NodeConfig(yaml: yaml).policy.bandwidth
        }
        #expect(try bandwidth(2, isShaped: false) == 3_939_000)
        #expect(try bandwidth(4, isShaped: false) == 804_000)
        #expect(try bandwidth(5, isShaped: false) == nil)
        #expect(try bandwidth(2, isShaped: true) == nil)
    }
}
