import ChaosProtocol
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

        fileprivate mutating func add(_ outcome: Simulation.Outcome) {
            runs += 1
            views += outcome.views
            messages += outcome.messages
            updates += outcome.updates
            transfers += outcome.transfers
            duration += outcome.duration
        }

        fileprivate mutating func add(_ other: Result) {
            runs += other.runs
            views += other.views
            messages += other.messages
            updates += other.updates
            transfers += other.transfers
            duration += other.duration
        }
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
    let jobs: Int
    let defect: PlantedDefect?

    /// - Parameter jobs: how many runs at a time, 1 or more.
    public init(seeds: Range<UInt64>, jobs: Int = 1) { self.init(seeds: seeds, jobs: jobs, defect: nil) }

    package init(seeds: Range<UInt64>, jobs: Int = 1, defect: PlantedDefect?) {
        self.seeds = seeds
        self.jobs = jobs
        self.defect = defect
    }

    /// Runs the seeds up to the first that fails. Whatever the number of jobs, the result is that of one run after the
    /// other: sums are over the seeds up to the first failure in their order.
    public func run() -> Result {
        let board = Board(seeds: seeds)
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while let part = board.take() {
                var result = Result()
                var found: Finding?
                for seed in part where found == nil {
                    let scenario = Scenario.random(seed: seed)
                    let outcome = simulate(scenario)
                    result.add(outcome)
                    found = outcome.violation.map { Finding(seed: seed, scenario: scenario, violation: $0) }
                }
                board.put(part, result, found)
            }
        }
        var (result, found) = board.sums
        result.failure = found.map { failure($0.seed, $0.scenario, $0.violation) }
        return result
    }

    private struct Finding: Sendable {
        let seed: UInt64
        let scenario: Scenario
        let violation: Violation
    }

    /// What the jobs share: which seeds are to be run next, and what came of those before.
    private final class Board: Sendable {
        private struct State: Sendable {
            var next: UInt64
            var end: UInt64
            /// By the first seed of each part.
            var results: [UInt64: Result] = [:]
            var sums = Result()
            var summedTo: UInt64
            var finding: Finding?
        }

        private let state: Mutex<State>
        private static let part: UInt64 = 8

        init(seeds: Range<UInt64>) {
            state = Mutex(State(next: seeds.lowerBound, end: seeds.upperBound, summedTo: seeds.lowerBound))
        }

        func take() -> Range<UInt64>? {
            state.withLock { state in
                guard state.next < state.end else { return nil }
                let part = state.next..<min(state.end, state.next + Self.part)
                state.next = part.upperBound
                return part
            }
        }

        func put(_ part: Range<UInt64>, _ result: Result, _ finding: Finding?) {
            state.withLock { state in
                state.results[part.lowerBound] = result
                if let finding, finding.seed < state.finding?.seed ?? .max {
                    state.finding = finding
                    // Earlier seeds are still to be run, later ones are not.
                    state.end = min(state.end, part.upperBound)
                }
                while state.summedTo < state.end, let next = state.results.removeValue(forKey: state.summedTo) {
                    state.sums.add(next)
                    state.summedTo += Self.part
                }
            }
        }

        var sums: (Result, Finding?) { state.withLock { ($0.sums, $0.finding) } }
    }

    private func simulate(_ scenario: Scenario) -> Simulation.Outcome {
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
        let latest = simulation.record.decided.values.sorted(by: { $0.number > $1.number }).prefix(2)
        return Failure(
            seed: seed, violation: violation, shortest: shortest, shortestViolation: outcome.violation ?? violation,
            lastActions: log.lines, pictures: latest.flatMap(\.picture))
    }
}
