import ChaosProtocol
import ChaosSimulator

/// The first seed at which each planted defect shows, for Documentation/PROTOCOL.md and the tests of the simulator.
enum DefectSearch {
    private static let seeds: UInt64 = 1000

    static func run(_ output: String) throws {
        for defect in PlantedDefect.allCases {
            let failing = Campaign(seeds: 1..<seeds + 1, defect: defect).play(jobs: 2).failing
            let found = failing.map { "\($0.seed), \($0.violation.invariant.rawValue)" }
            print("\(defect): \(found ?? "not within \(seeds)")")
        }
    }
}
