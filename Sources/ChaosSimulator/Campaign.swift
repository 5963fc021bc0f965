import ChaosProtocol

/// Many random runs, one for each seed.
public struct Campaign: Sendable {
    /// Sums over the runs that were made.
    public struct Result: Sendable {
        public var runs = 0
        public var views = 0
        public var messages = 0
        /// Virtual nanoseconds.
        public var duration = 0
        public var failure: Failure?
    }

    /// A seed that breaks an invariant.
    public struct Failure: Sendable, CustomStringConvertible {
        public let seed: UInt64
        public let violation: Violation
        /// The shortest scenario found that breaks the same invariant, and how it breaks it.
        public let shortest: Scenario
        public let shortestViolation: Violation
        /// The last things that happened in it.
        public let lastActions: [String]
        /// The views at the end, drawn.
        public let pictures: [String]

        public var description: String {
            """
            seed \(seed): \(violation)

            The shortest scenario found that breaks it:
            \(shortest)
            \(shortestViolation)

            The latest views:
            \(pictures.joined(separator: "\n"))

            The last actions:
            \(lastActions.joined(separator: "\n"))
            """
        }
    }

    let seeds: Range<UInt64>
    let defect: PlantedDefect?

    public init(seeds: Range<UInt64>) { self.init(seeds: seeds, defect: nil) }

    package init(seeds: Range<UInt64>, defect: PlantedDefect?) {
        self.seeds = seeds
        self.defect = defect
    }

    /// Runs the seeds in their order up to the first that fails.
    public func run() -> Result {
        var result = Result()
        for seed in seeds {
            let scenario = Scenario.random(seed: seed)
            let outcome = simulate(scenario)
            result.runs += 1
            result.views += outcome.views
            result.messages += outcome.messages
            result.duration += outcome.duration
            if let violation = outcome.violation {
                result.failure = failure(seed, scenario, violation)
                break
            }
        }
        return result
    }

    private func simulate(_ scenario: Scenario) -> Simulation.Outcome {
        var simulation = Simulation(scenario, defect: defect)
        return simulation.run()
    }

    private func failure(_ seed: UInt64, _ scenario: Scenario, _ violation: Violation) -> Failure {
        let shortest = scenario.shrunk { simulate($0).violation?.invariant == violation.invariant }
        let log = TraceLog(capacity: 40)
        var simulation = Simulation(shortest, defect: defect) { log.add($0, $1.description) }
        let outcome = simulation.run()
        let latest = simulation.record.decided.values.sorted(by: { $0.number > $1.number }).prefix(2)
        return Failure(
            seed: seed, violation: violation, shortest: shortest, shortestViolation: outcome.violation ?? violation,
            lastActions: log.lines, pictures: latest.flatMap(\.picture))
    }
}
