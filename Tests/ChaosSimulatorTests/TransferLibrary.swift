import ChaosModel
import ChaosSimulator
import ChaosSolver
import ChaosTesting
import Foundation

/// The instances of the library that have an optimum, each with its plan.
enum TransferLibrary {
    struct Case: Sendable, CustomStringConvertible {
        let file: String
        let instance: Instance
        let plan: Plan

        var description: String { file }
    }

    static let all: [Case] = {
        do {
            let folder = PackageRoot.url("Instances")
            let files = (FileManager.default.subpaths(atPath: folder.path) ?? []).filter { $0.hasSuffix(".json") }
            return try files.sorted().compactMap { file in
                let instance = try Instance(contentsOf: folder.appending(path: file).path)
                return try plan(of: instance).map { Case(file: file, instance: instance, plan: $0) }
            }
        } catch {
            preconditionFailure("the library cannot be read: \(error)")
        }
    }()

    static let withoutGroups = all.filter(\.instance.groups.isEmpty)
    static let withGroups = all.filter { !$0.instance.groups.isEmpty }

    /// How the plans with groups were played; made once, for it takes seconds.
    static let reports: [TransferReport] = {
        do {
            return try withGroups.map { try TransferSimulation($0.instance).run($0.plan) }
        } catch {
            preconditionFailure("a plan of the library cannot be played: \(error)")
        }
    }()

    /// The optimal plan, or nil if there is none.
    static func plan(of instance: Instance) throws -> Plan? {
        try ChainSearch().solve(instance).best.map {
            Plan($0, for: instance, isOptimal: true, algorithm: "threshold")
        }
    }
}
