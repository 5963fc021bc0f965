import ChaosDocuments
import ChaosJudgement
import ChaosModel
import ChaosProtocol
import ChaosScenario
import ChaosSimulator
import ChaosSolver
import ChaosText
import Foundation
import Synchronization

/// How soon a joiner has the state while the members train, on every flat instance of the library that was made of
/// measurements, in the simulator, so that the figures are the same on every machine.
///
/// The neighbours are the members, all linked with each other: a link between two is as far as the farther of both is from
/// the joiner and carries what the fastest of the joiner's does. Half of l_i is the latency of the joiner's link to i, so that
/// l_i passes from a request to its first byte. Nodes have no overheads, limits or ready times, and neither have the plans.
/// A gradient is what the slowest link carries in a hundredth of the computation of a step.
enum JoinBenchmark {
    private static let folders = ["cloudpilot", "dtfm", "home", "skyplane", "topology-zoo"]
    /// How long each member computes in a step, in ms.
    private static let steps = [100, 1000, 10_000]
    /// The members have trained for so long when the joiner asks, in ns: all links have been probed, unless they are very many.
    private static func asked(_ members: Int) -> Int { members <= 32 ? 60_043_000_000 : 20_043_000_000 }

    private struct Row {
        let step: Int
        let makespan: Double
        let roundTrip: Double
        /// nil: not by the end.
        let whole: Double?
        /// Of the steps that would have been done from the question to the whole state, how much was; nil: no step ended.
        let pace: Double?

        /// Target: at most 1.
        var ratio: Double? { whole.map { $0 / (1.1 * makespan + 6 * roundTrip) } }
    }

    static func run(_ output: String) throws {
        let instances = try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: "Instances/\(folder)").sorted()
                .filter { $0.hasSuffix(".json") }.map { "\(folder)/\($0.dropLast(5))" }
        }
        var rows: [Row] = []
        print("## The state whole after the first message, simulated (target: 1.1 times the plan and 6 round trips)\n")
        print("| instance | members | step, s | plan, s | round trip, s | whole, s | to the target | steps meanwhile |")
        print("|---|---|---|---|---|---|---|---|")
        for name in instances {
            let instance = try Instance(contentsOf: "Instances/\(name).json")
            guard instance.groups.isEmpty, let bare = try bare(instance) else { continue }
            for step in steps {
                let row = try measure(bare, step: step)
                rows.append(row)
                let cells = [row.makespan, row.roundTrip, row.whole ?? .nan, row.ratio ?? .nan]
                    .map(Benchmarks.decimal)
                Benchmarks.row(
                    "| \(name) | \(bare.neighbors.count) | \(Benchmarks.decimal(Double(step) / 1000)) | "
                        + "\(cells.joined(separator: " | ")) | \(percent(row.pace)) |")
            }
        }
        summarise(rows)
        try draw(rows, output + "/joins.svg")
    }

    private static func percent(_ share: Double?) -> String {
        share.map { Benchmarks.decimal($0 * 100) + " %" } ?? "-"
    }

    private static func summarise(_ rows: [Row]) {
        print(
            "\n| step, s | joins | whole, to the target: median | least | greatest | within it | steps: median | least |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for step in steps {
            let mine = rows.filter { $0.step == step }
            let ratios = mine.map { $0.ratio ?? .infinity }.sorted()
            let paces = mine.compactMap(\.pace).sorted()
            guard !ratios.isEmpty else { continue }
            let cells = [ratios[ratios.count / 2], ratios[0], ratios[ratios.count - 1]].map(Benchmarks.decimal)
            print(
                "| \(Benchmarks.decimal(Double(step) / 1000)) | \(mine.count) | \(cells.joined(separator: " | ")) | "
                    + "\(ratios.count { $0 <= 1 }) | \(percent(paces.isEmpty ? nil : paces[paces.count / 2])) | "
                    + "\(percent(paces.first)) |")
        }
        print()
    }

    private static func draw(_ rows: [Row], _ path: String) throws {
        func bound(_ row: Row) -> Double { 1.1 * row.makespan + 6 * row.roundTrip }
        var series = steps.map { step in
            LogLogChart.Series(
                "steps of \(Benchmarks.decimal(Double(step) / 1000)) s",
                rows.filter { $0.step == step }.compactMap { row in row.whole.map { (bound(row), $0) } }, isLine: false)
        }
        let bounds = rows.map(bound).sorted()
        if let least = bounds.first, let most = bounds.last {
            series.append(LogLogChart.Series("the target", [(least, least), (most, most)]))
        }
        let chart = LogLogChart(
            title: "The state whole after the first message, simulated",
            xTitle: "1.1 times the plan and 6 round trips, s", yTitle: "whole after, s", series: series)
        try DocumentIO.write(chart.svg, to: path)
        print("Picture: joins.svg\n")
    }

    // MARK: A join

    /// As nodes find it, in sizes that they may choose; nil: the state has too many shards of each.
    private static func bare(_ instance: Instance) throws -> Instance? {
        let sizes = instance.shardSizes.sizes.filter { $0 <= 64 << 20 && instance.state.bytes / $0 < 1 << 24 }
        guard !sizes.isEmpty else { return nil }
        return try Instance(
            state: instance.state, shardSizes: sizes,
            neighbors: instance.neighbors.map { Neighbor(id: $0.id, bandwidth: $0.bandwidth, latency: $0.latency) })
    }

    private static func measure(_ instance: Instance, step: Int) throws -> Row {
        guard let best = try ChainSearch().solve(instance).best else {
            throw BenchmarkFailure("\(instance.name ?? "an instance") has no plan")
        }
        let makespan = best.makespan.roundedUp
        let roundTrip = instance.neighbors.map(\.latency).max() ?? 0
        let asked = asked(instance.neighbors.count)
        let end = asked + makespan / 2 * 3 + 20 * roundTrip + 5_000_000_000 + 2 * step * 1_000_000
        let count = instance.neighbors.count
        let joiner = NodeID(UInt64(count + 1))
        let members = (1...count).map { NodeID(UInt64($0)) }
        var scenario = cluster(instance, members, joiner, step: step)
        scenario.steps = [.wait(end)]
        let without = try play(scenario, joiner)
        scenario.steps = [.event(.join(joiner, links: members), after: asked), .wait(end - asked)]
        let with = try play(scenario, joiner)
        let pace = with.whole.flatMap { whole -> Double? in
            // The steps that began before the state was whole are all of the members' own.
            guard let last = with.steps.lastIndex(where: { $0 <= whole }), with.steps[last] > asked,
                last < without.steps.count
            else { return nil }
            return Double(without.steps[last] - asked) / Double(with.steps[last] - asked)
        }
        return Row(
            step: step, makespan: Double(makespan) / 1e9, roundTrip: Double(roundTrip) / 1e9,
            whole: with.whole.map { Double($0 - asked) / 1e9 }, pace: pace)
    }

    private static func cluster(_ instance: Instance, _ members: [NodeID], _ joiner: NodeID, step: Int) -> Scenario {
        let rates = instance.neighbors.map(\.bandwidth)
        let (slowest, fastest) = (rates.min() ?? 1, rates.max() ?? 1)
        let links = members.flatMap { a in members.filter { $0 > a }.map { Link(a, $0) } }
        let hundredth = Int128(slowest) * Int128(step) / 100 / 8000
        var scenario = Scenario(
            seed: 1, founders: members, links: links, network: NetworkConditions(failureBound: 1_000_000),
            training: VirtualTraining(
                stateBytes: instance.state.bytes, gradientBytes: max(1, Int(clamping: hundredth)), samples: 1 << 40,
                batch: 10 * members.count, samplesPerSecond: 10_000 / step),
            steps: [])
        let latencies = instance.neighbors.map { $0.latency / 2 }
        for link in links {
            let far = max(latencies[Int(link.a.rawValue) - 1], latencies[Int(link.b.rawValue) - 1])
            scenario.capacities[link] = LinkCapacity(bandwidth: fastest, latency: far)
        }
        for (k, neighbor) in instance.neighbors.enumerated() {
            scenario.capacities[Link(members[k], joiner)] = LinkCapacity(
                bandwidth: neighbor.bandwidth, latency: latencies[k])
        }
        scenario.settings.receiver.shardSizes = instance.shardSizes.sizes
        scenario.settings.reduction.chunks = 1
        return scenario
    }

    private struct Course: Sendable {
        /// When the first member applied each step's update, from the first one on.
        var steps: [Int] = []
        var whole: Int?
    }

    private static func play(_ scenario: Scenario, _ joiner: NodeID) throws -> Course {
        let course = JoinCourse(joiner)
        var simulation = Simulation(scenario) { course.note($1, at: $0) }
        let outcome = simulation.run()
        if let violation = outcome.violation { throw BenchmarkFailure("\(violation)") }
        return Course(steps: course.steps, whole: course.whole)
    }

    /// What is told of a run while it goes on.
    private final class JoinCourse: Sendable {
        private let joiner: NodeID
        private let state = Mutex(Course())

        init(_ joiner: NodeID) { self.joiner = joiner }

        var steps: [Int] { state.withLock { $0.steps } }
        var whole: Int? { state.withLock { $0.whole } }

        func note(_ happening: Happening, at time: Int) {
            switch happening {
            case .action(1, .engine(.apply)): state.withLock { $0.steps.append(time) }
            case .action(joiner, .engine(.complete)): state.withLock { $0.whole = $0.whole ?? time }
            default: break
            }
        }
    }
}
