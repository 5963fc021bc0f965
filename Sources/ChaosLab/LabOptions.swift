import ChaosModel
import ChaosPolicies
import ChaosProcess
import Foundation

/// How a scenario is played with real nodes.
public struct LabOptions: Sendable {
    /// The path of the node's program.
    public var daemon: String
    /// The folder with digits.csv.
    public var data: String
    /// Where configurations, journals, logs and plans go.
    public var folder: String
    /// Whether each node has a network namespace with the scenario's bandwidths. Needs root.
    public var isShaped = false
    /// Whether nodes have no identities: connections are neither encrypted nor authenticated.
    public var isInsecure = false
    /// By whose plans joiners pull the state; nil: they solve their own.
    public var planPolicy: PlanPolicy?
    /// Every how many steps nodes of synthetic training hash their state for their journals; nil: every 20. 0: never, so that
    /// nothing holds them against each other beside what they refuse.
    public var stepsPerDigest: Int?
    /// Whether synthetic states are kept in memory.
    public var isResident = false
    /// How many steps the cluster is to have done before the run ends; nil: it ends with the timeline.
    public var steps: Int?

    public init(daemon: String, data: String, folder: String) {
        self.daemon = daemon
        self.data = data
        self.folder = folder
    }

    /// Where programs and data are looked for: CHAOS_LIBEXEC comes first for programs, as for the solvers' workers.
    public static func findDaemon(_ places: [ExecutableSearch.Place]) throws(ExecutableNotFound) -> String {
        try ExecutableSearch(places).find("chaosd")
    }

    /// The path of the folder with the digits data: in the folder at hand, in that of the sources, or where it is installed; nil if
    /// it is in none of them.
    public static func findData() -> String? {
        var folders = ["Data/digits"]
        if let program = ExecutableSearch.besideRunningProgram?.folder {
            folders += [program + "/../../../Data/digits", program + "/../share/chaos/digits"]
        }
        guard let folder = folders.first(where: { access($0 + "/digits.csv", R_OK) == 0 }),
            let path = realpath(folder, nil)
        else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}

/// What keeps a scenario from being played.
public struct LabFailure: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
