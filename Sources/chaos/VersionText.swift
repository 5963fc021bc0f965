import ChaosMILP

/// What `chaos --version` prints: this program's version, and those of the solvers behind it.
enum VersionText {
    static let version = "chaos 0.1.0"

    /// The versions of the back ends are asked of the workers themselves.
    static var withBackEnds: String {
        let lines = MILPWorker.Solver.allCases.map { solver -> String in
            do {
                let worker = try MILPWorker(solver)
                return "\(try worker.version()) (\(solver.executableName))"
            } catch {
                return "\(solver.executableName): \(error)"
            }
        }
        return ([version] + lines).joined(separator: "\n")
    }
}
