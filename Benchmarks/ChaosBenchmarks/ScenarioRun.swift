import ChaosControl
import ChaosDocuments
import ChaosLab
import ChaosPolicies
import ChaosProcess
import ChaosProtocol
import ChaosScenario
import Foundation

/// A scenario played with real nodes, each a release build of chaosd beside this program.
struct ScenarioRun {
    let report: LabReport
    /// What each node wrote down, in its order.
    let journals: [NodeID: [JournalEntry]]

    /// Those of the nodes, in the order of their ids, as far as they have said so.
    var processes: [Int] {
        journals.sorted { $0.key < $1.key }.compactMap { _, entries in
            entries.lazy.compactMap { if case .started(let start) = $0.event { start.process } else { nil } }.first
        }
    }

    /// Nothing is measured of a run that broke a promise; its journals stay.
    /// - Parameters:
    ///   - isShaped: whether each node has a network namespace with the scenario's bandwidths. Needs root.
    ///   - isInsecure: whether nodes have no certificates.
    ///   - planPolicy: by whose plans joiners pull the state; nil: their own.
    ///   - change: of the other options.
    static func play(
        _ scenario: Scenario, isShaped: Bool = false, isInsecure: Bool = false, planPolicy: PlanPolicy? = nil,
        change: (inout LabOptions) -> Void = { _ in }
    ) throws -> ScenarioRun {
        let folder = FileManager.default.temporaryDirectory.path + "/chaos-benchmark-\(getpid())"
        guard let data = LabOptions.findData(), let place = ExecutableSearch.besideRunningProgram else {
            throw BenchmarkFailure("run it from the project's folder")
        }
        var options = LabOptions(daemon: try LabOptions.findDaemon([place]), data: data, folder: folder)
        (options.isShaped, options.isInsecure, options.planPolicy) = (isShaped, isInsecure, planPolicy)
        change(&options)
        let report = try Lab(scenario, options).run()
        guard report.isSound else {
            let faults = report.violations.map { "\($0)" } + report.failures
            throw BenchmarkFailure(
                "\(scenario.name ?? ""): \(faults.joined(separator: "; ")); see the journals in \(folder)")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var journals: [NodeID: [JournalEntry]] = [:]
        for node in scenario.nodes {
            guard let bytes = try? DocumentIO.read("\(folder)/node-\(node).journal") else { continue }
            // Of a node that was killed the last line may be cut off.
            journals[node] = bytes.split(separator: 0x0A).compactMap { try? JournalEntry(line: $0) }
        }
        return ScenarioRun(report: report, journals: journals)
    }

    /// A cluster of founders 1 … n, all linked with each other, that goes through the steps of synthetic training.
    static func cluster(
        _ name: String, founders: Int, state: Int, stepMilliseconds: Int, bandwidth: Int, steps: [Scenario.Step]
    ) -> Scenario {
        let ids = (1...founders).map { NodeID(UInt64($0)) }
        let links = ids.flatMap { a in ids.filter { $0 > a }.map { Link(a, $0) } }
        // Each member computes ten samples in a step.
        let training = VirtualTraining(
            stateBytes: state, gradientBytes: 1 << 16, samples: 1 << 20, batch: 10 * founders,
            samplesPerSecond: 10_000 / stepMilliseconds)
        var scenario = Scenario(
            name: name, seed: 1, founders: ids, links: links,
            network: NetworkConditions(capacity: LinkCapacity(bandwidth: bandwidth)), training: training, steps: steps)
        scenario.lab.training = .synthetic
        return scenario
    }
}

/// What keeps a benchmark from measuring anything.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
