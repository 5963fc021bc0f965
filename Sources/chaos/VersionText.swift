import ChaosDocuments
import ChaosMILP
import ChaosMILPWorker

/// What `chaos --version` prints: this program's version, and those of the solvers behind it.
enum VersionText {
    static let version = "chaos \(Release.version)"

    /// The versions of the back ends are asked of the workers themselves.
    static var withBackEnds: String {
        let lines = MILPBackEnd.allCases.map { backEnd -> String in
            do {
                return "\(try MILPWorker(backEnd).version()) (\(backEnd.executable))"
            } catch {
                return "\(backEnd.executable): \(error)"
            }
        }
        return ([version] + lines).joined(separator: "\n")
    }
}
