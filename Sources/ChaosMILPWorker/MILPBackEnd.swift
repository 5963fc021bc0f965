/// The registry of the MILP solvers that the project can ask (Documentation/MODEL.md, section 5): whatever differs from
/// one to the next is here or in the solver's own worker. The options and help of the command line, `chaos --version`,
/// the installation, the columns of Instances/index.csv, benchmarks and tests are made from this list.
///
/// To add a solver, take HiGHS:
/// 1. `Sources/CHiGHS/module.modulemap` and `shim.h` give Swift its C interface, as `Sources/CCbc` does.
/// 2. `Sources/chaos-highs/HiGHS.swift` is its worker: an enum with `@main` that conforms to `MILPWorkerProgram`, as
///    `Sources/chaos-cbc/CBC.swift`. A library under a licence such as GPL-3 needs the texts `LICENSE` and `COPYING`
///    beside it.
/// 3. Package.swift: the product, the system library with its Debian package, which `make` installs, the executable
///    target, and its name in `workers`.
/// 4. Here: a case, and its facts, without which this does not compile.
/// 5. README: its licence and its row of dependencies.
/// 6. Scripts/draw-targets: the places of both targets in the picture.
/// 7. Three files are made anew: `make manual`, `make targets`, and `Scripts/make-index --crosscheck FILE` for the
///    verdicts.
///
/// `MILPBackEndTests` and `HouseTests` name what of that is missing, and every suite over `allCases` tries the new solver: it must solve
/// the conformance cases, keep time limits, and tell infeasible from unbounded.
public enum MILPBackEnd: String, Sendable, CaseIterable {
    /// The GNU Linear Programming Kit. It refuses integer variables without a whole number between their bounds (workers
    /// answer for such a model by themselves), its presolver divides by tiny coefficients (the worker leaves them out),
    /// its tolerances for linear programs cannot be set, and its errors end the process.
    case glpk
    /// COIN-OR branch and cut. It ends the process by an assertion on some badly scaled models, prints to standard
    /// output, refuses names of more than 100 characters, and misreads some bounds of MPS files (`MPSWriter`).
    case cbc

    /// What is known of a back end.
    public struct Facts: Sendable {
        /// As people write it; with the version of the library behind it the name by which the worker answers.
        public let title: String
        /// The target of Package.swift that is its C interface.
        public let library: String
        /// The Debian package of that library.
        public let package: String
        /// The licence of that library, by its SPDX identifier.
        public let licence: String
        /// That of the worker, which links it.
        public let workerLicence: String
    }

    public var facts: Facts {
        switch self {
        case .glpk:
            Facts(
                title: "GLPK", library: "CGLPK", package: "libglpk-dev", licence: "GPL-3.0-or-later",
                workerLicence: "GPL-3.0-or-later")
        case .cbc:
            Facts(
                title: "CBC", library: "CCbc", package: "coinor-libcbc-dev", licence: "EPL-2.0",
                workerLicence: "Apache-2.0")
        }
    }

    /// The name of the worker: of its executable, and of its target and folder.
    public var executable: String { "chaos-\(rawValue)" }

    /// The titles of all: "GLPK and CBC".
    public static var titles: String {
        let titles = allCases.map(\.facts.title)
        return (titles.count > 1 ? titles.dropLast().joined(separator: ", ") + " and " : "") + titles[titles.count - 1]
    }
}
