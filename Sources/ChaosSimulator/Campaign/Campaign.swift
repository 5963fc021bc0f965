import ChaosJudgement
import ChaosProtocol
import ChaosScenario
import Dispatch
import Synchronization

/// Many random runs, one for each seed.
public struct Campaign: Sendable {
    /// Sums over the runs that were made.
    public struct Result: Sendable {
        public var runs = 0
        public var views = 0
        public var messages = 0
        /// Updates applied, by all nodes together.
        public var updates = 0
        /// Joiners that have got the state.
        public var transfers = 0
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

    /// Runs the seeds up to the first that fails. The result does not depend on how many run at the same time.
    /// - Parameters:
    ///   - jobs: how many seeds are run at the same time; more than there are processors make nothing faster.
    ///   - progress: told that one more has been run, in any order and from any thread.
    public func run(jobs: Int = 1, progress: @escaping @Sendable () -> Void = {}) -> Result {
        var (result, failing) = play(jobs: jobs, progress: progress)
        if let failing { result.failure = failure(failing.seed, .random(seed: failing.seed), failing.violation) }
        return result
    }

    /// The same without the search for the shortest scenario.
    package func play(
        jobs: Int = 1, progress: @escaping @Sendable () -> Void = {}
    ) -> (result: Result, failing: (seed: UInt64, violation: Violation)?) {
        let tally = Mutex(CampaignTally(of: seeds))
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while let seed = tally.withLock({ $0.nextSeed() }) {
                let outcome = simulate(.random(seed: seed))
                tally.withLock { $0.add(outcome, of: seed) }
                progress()
            }
        }
        return tally.withLock { ($0.result, $0.failing) }
    }

    private func simulate(_ scenario: Scenario) -> RunOutcome {
        var simulation = Simulation(scenario, defect: defect)
        return simulation.run()
    }

    private func failure(_ seed: UInt64, _ scenario: Scenario, _ violation: Violation) -> Failure {
        let shortest = scenario.shrunk { simulate($0).violation?.invariant == violation.invariant }
        let log = TraceLog(capacity: 60)
        var simulation = Simulation(shortest, defect: defect) { time, happening in
            if !happening.isRoutine { log.add(time, happening.description) }
        }
        let outcome = simulation.run()
        let latest = simulation.record.decided.values.sorted { $0.number > $1.number }.prefix(2)
        return Failure(
            seed: seed, violation: violation, shortest: shortest, shortestViolation: outcome.violation ?? violation,
            lastActions: log.lines, pictures: latest.flatMap(\.picture))
    }
}
