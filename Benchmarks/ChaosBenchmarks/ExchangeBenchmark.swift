import ChaosDocuments
import ChaosJudgement
import ChaosProtocol
import ChaosScenario
import ChaosSimulator
import ChaosText
import Synchronization

/// The exchange of a step over wide-area networks: as the simulator measures it, against the bound of the tree that it goes
/// along, and against the best that the links allow (`BestExchange`). The figures are those of every machine.
///
/// What a gradient of ResNet-50 takes beyond the time of computing, from one step to the next, in chunks of a 256th. Links are
/// those of the file, each direction for itself, and the cluster has measured them itself: a further node leaves after five
/// minutes, so that a view comes which knows them.
enum ExchangeBenchmark {
    private static let bytes = 102_228_128
    private static let chunks = 256
    private static let target = 1.3
    /// How many trees are held against the best, and whether anything is measured.
    private static let sets: [(name: String, isMeasured: Bool, trees: Int)] = [
        ("one tree, nothing measured", false, 1), ("one tree", true, 1),
        ("16 trees", true, 16), ("64 trees", true, 64),
    ]

    private struct Row {
        let network: ExchangeNetwork
        /// In seconds: as simulated, the bound of the trees that it goes along, and that of the first tree alone.
        let measured: Double
        let bound: Double
        let ofOne: Double
        /// In bit/s, without lines and with: of `sets`, and the best.
        let rates: [[Double]]

        /// In seconds, what no exchange is below: the gradient at the best rate, or a byte from the farthest member.
        var best: Double { max(8 * Double(bytes) / rates[0].last!, network.diameter) }
    }

    static func run(_ output: String) throws {
        let library =
            ["scenarios/join", "scenarios/topology"]
            + ["dtfm-10", "homes-12", "skyplane-aws", "skyplane-azure", "skyplane-gcp", "skyplane-third"].map {
                "networks/\($0)"
            }
        print("## A step's exchange, \(bytes) bytes (target: at most \(target) times the best)\n")
        print(
            "| network | members | links | simulated, s | bound of its trees, s | ratio | bound of one tree, s | best, s | "
                + "one tree / best | simulated / best |\n|---|---|---|---|---|---|---|---|---|---|")
        let rows = try library.map { path in
            let row = try measure(try ExchangeNetwork(contentsOf: "Instances/\(path).yaml"))
            let cells = [
                row.measured, row.bound, row.measured / row.bound, row.ofOne, row.best, row.ofOne / row.best,
                row.measured / row.best,
            ]
            Benchmarks.row(
                "| \(row.network.name) | \(row.network.members.count) | \(row.network.links.count) | "
                    + cells.map(Benchmarks.decimal).joined(separator: " | ") + " |")
            return row
        }
        printSpread("simulated / bound of its trees", rows.map { $0.measured / $0.bound })
        printSpread("bound of one tree / best", rows.map { $0.ofOne / $0.best })
        printSpread("simulated / best", rows.map { $0.measured / $0.best })
        printRates(rows)
        try draw(rows, output + "/exchange.svg")
    }

    private static func printSpread(_ name: String, _ values: [Double]) {
        let sorted = values.sorted()
        print(
            "\n\(name): median \(Benchmarks.decimal(sorted[sorted.count / 2])), "
                + "\(Benchmarks.decimal(sorted.first!)) … \(Benchmarks.decimal(sorted.last!))")
    }

    private static func printRates(_ rows: [Row]) {
        for (k, name) in ["links are all that is shared", "a node's links share a line as fast as the fastest of them"]
            .enumerated()
        {
            print("\n### Rates as parts of the best, where \(name)\n")
            let columns = ["network", "best, Mbit/s"] + sets.map(\.name)
            print("| \(columns.joined(separator: " | ")) |\n" + String(repeating: "|---", count: columns.count) + "|")
            for row in rows {
                let rates = row.rates[k]
                let cells = [rates.last! / 1e6] + rates.dropLast().map { $0 / rates.last! }
                print("| \(row.network.name) | \(cells.map(Benchmarks.decimal).joined(separator: " | ")) |")
            }
        }
        print()
    }

    private static func draw(_ rows: [Row], _ path: String) throws {
        let sorted = rows.sorted { $0.best < $1.best }
        let lines: [(String, (Row) -> Double)] = [
            ("simulated", \.measured), ("bound of its trees", \.bound), ("bound of one tree", \.ofOne),
            ("best", \.best),
        ]
        let chart = LogLogChart(
            title: "A step's exchange on networks of the library, simulated", xTitle: "best that the links allow, s",
            yTitle: "seconds", series: lines.map { line in .init(line.0, sorted.map { ($0.best, line.1($0)) }) })
        try DocumentIO.write(chart.svg, to: path)
        print("Picture: exchange.svg\n")
    }

    // MARK: A network

    private static func measure(_ network: ExchangeNetwork) throws -> Row {
        let (measured, trees) = try simulate(network)
        let sets = sets.map { network.trees(isMeasured: $0.isMeasured, chunks: $0.trees) }
        let rates = try [false, true].map { haveLines in
            try sets.map { network.rate(of: $0, haveLines: haveLines) }
                + [BestExchange.rate(network, haveLines: haveLines)]
        }
        return Row(
            network: network, measured: measured, bound: network.bound(of: trees, bytes: bytes),
            ofOne: network.bound(of: [trees[0]], bytes: bytes), rates: rates)
    }

    /// - Returns: what a step takes beyond computing, in seconds, and the trees along which its chunks go.
    private static func simulate(_ network: ExchangeNetwork) throws -> (seconds: Double, trees: [ExchangeTree]) {
        let leaver = NodeID(network.members.last!.rawValue + 1)
        let (samples, second) = (10, 1_000_000_000)
        var scenario = Scenario(
            name: network.name, seed: 1, founders: network.members + [leaver],
            links: network.links.map(\.link) + [Link(network.members[0], leaver)],
            network: NetworkConditions(capacity: LinkCapacity(bandwidth: 10_000_000_000, latency: 1_000_000)),
            // Each member computes for a second, with the leaver and without.
            training: VirtualTraining(
                stateBytes: 1 << 20, gradientBytes: bytes, samples: 1 << 30, batch: samples * network.members.count,
                samplesPerSecond: samples),
            steps: [.event(.leave(leaver), after: 300 * second), .wait(900 * second)])
        for (link, capacity) in network.links { scenario.capacities[link] = capacity }
        scenario.settings.reduction.chunks = chunks
        // More than a chunk takes on the slowest link.
        scenario.settings.reduction.retry = 10 * second
        scenario.settings.reduction.longestRetry = 100 * second
        let watch = ExchangeWatch(network.members[0])
        var simulation = Simulation(scenario) { watch.note($1, at: $0) }
        if let violation = simulation.run().violation { throw BenchmarkFailure("\(network.name): \(violation)") }
        // The first ones begin with the view.
        let steps = watch.steps.dropFirst(2)
        guard steps.count > 2 else { throw BenchmarkFailure("\(network.name): \(steps.count) steps") }
        let periods = zip(steps, steps.dropFirst()).map { Double($1 - $0) / 1e9 }.sorted()
        return (
            periods[periods.count / 2] - 1,
            watch.parents.sorted { $0.key < $1.key }.map { ExchangeTree(parents: $0.value) }
        )
    }
}

/// Notes when a node applies updates, and along which links the sums go, under the last view.
private final class ExchangeWatch: Sendable {
    private struct State {
        var view = 0
        var steps: [Int] = []
        /// By chunk.
        var parents: [Int: [NodeID: NodeID]] = [:]
    }

    private let state = Mutex(State())
    private let node: NodeID

    init(_ node: NodeID) { self.node = node }

    var steps: [Int] { state.withLock { $0.steps } }
    var parents: [Int: [NodeID: NodeID]] { state.withLock { $0.parents } }

    func note(_ happening: Happening, at now: Int) {
        state.withLock { state in
            switch happening {
            case .action(let node, .engine(.apply)) where node == self.node: state.steps.append(now)
            case .delivered(.reduction(.partial(let view, _, let chunk, _)), _, let source, let destination):
                guard view >= state.view else { return }
                if view > state.view { (state.view, state.steps, state.parents) = (view, [], [:]) }
                state.parents[chunk, default: [:]][source] = destination
            default: break
            }
        }
    }
}
