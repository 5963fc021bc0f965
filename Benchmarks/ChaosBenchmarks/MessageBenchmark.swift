import ChaosDocuments
import ChaosProtocol
import ChaosScenario
import ChaosSimulator
import ChaosText

/// How many messages the protocol sends, and how long they are on the wire: at rest, and for one event after another, in the
/// simulator, so that the figures are the same on every machine.
///
/// Every message takes 10 ms, nothing is lost, and both ends of a link notice at once when it comes or goes. The members
/// train; gradients, updates and the state, which travel with the data, are not counted.
enum MessageBenchmark {
    private static let meshes = [4, 8, 16, 32, 64]
    private static let sparse = [4, 8, 16, 32, 64, 128, 256, 512, 1024]

    private struct Row {
        let nodes: Int
        let rest: MessageTally.Rest
        let events: [MessageTally.Event]
    }

    static func run(_ output: String) throws {
        var rows: [String: [Row]] = [:]
        for (name, sizes, isMesh) in [("mesh", meshes, true), ("degree 6", sparse, false)] {
            rows[name] = try print(name, sizes, isMesh: isMesh, withKinds: false)
        }
        try draw(rows, output + "/messages.svg")
    }

    /// Of a few sizes, which messages those of an event are.
    static func runKinds(_ output: String) throws {
        for (name, sizes, isMesh) in [("mesh", [4, 8, 16, 64], true), ("degree 6", [8, 64, 256], false)] {
            _ = try print(name, sizes, isMesh: isMesh, withKinds: true)
        }
    }

    private static func print(_ name: String, _ sizes: [Int], isMesh: Bool, withKinds: Bool) throws -> [Row] {
        Swift.print("## Messages, \(name) (targets: at rest 2.2 a link and heartbeat; an event on a mesh of n 6 n)\n")
        Swift.print(
            "| nodes | event | messages | a node | bytes | latencies until all work under the new view |"
                + (withKinds ? " which |" : ""))
        Swift.print("|---|---|---|---|---|---|" + (withKinds ? "---|" : ""))
        let rows = try sizes.map { nodes in
            let row = try measure(nodes, isMesh: isMesh)
            printRest(of: row, withKinds)
            for event in row.events {
                let kinds = event.kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                    .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
                Benchmarks.row(
                    "| \(nodes) | \(event.name) | \(event.messages) | "
                        + "\(Benchmarks.decimal(Double(event.messages) / Double(nodes))) | \(event.bytes) | "
                        + "\(event.latencies.map(Benchmarks.decimal) ?? "-") |" + (withKinds ? " \(kinds) |" : ""))
            }
            return row
        }
        Swift.print()
        return rows
    }

    private static func printRest(of row: Row, _ withKinds: Bool) {
        Benchmarks.row(
            "| \(row.nodes) | at rest, a second: \(Benchmarks.decimal(row.rest.perLinkAndHeartbeat)) a link and heartbeat, "
                + "of which probes \(Benchmarks.decimal(row.rest.probes)) | \(Benchmarks.decimal(row.rest.messages)) | "
                + "\(Benchmarks.decimal(row.rest.messages / Double(row.nodes))) | \(Benchmarks.decimal(row.rest.bytes)) | - |"
                + (withKinds ? " - |" : ""))
    }

    private static func draw(_ rows: [String: [Row]], _ path: String) throws {
        var series: [LogLogChart.Series] = []
        for (name, list) in rows.sorted(by: { $0.key > $1.key }) {
            series.append(
                LogLogChart.Series("\(name): a second at rest", list.map { (Double($0.nodes), $0.rest.messages) }))
            for event in ["cut", "crash", "join"] {
                let points = list.compactMap { row in
                    row.events.first { $0.name == event }.map { (Double(row.nodes), Double(max(1, $0.messages))) }
                }
                series.append(LogLogChart.Series("\(name): \(event)", points))
            }
        }
        series.append(LogLogChart.Series("6 a node", meshes.map { (Double($0), 6 * Double($0)) }))
        let chart = LogLogChart(
            title: "Messages against size, simulated", xTitle: "nodes", yTitle: "messages", series: series)
        try DocumentIO.write(chart.svg, to: path)
        Swift.print("Picture: messages.svg\n")
    }

    // MARK: The cluster

    private static let delay = 10_000_000
    private static func measure(_ count: Int, isMesh: Bool) throws -> Row {
        let ids = (1...count).map { NodeID(UInt64($0)) }
        let links = isMesh ? ids.flatMap { a in ids.filter { $0 > a }.map { Link(a, $0) } } : circulant(ids)
        // Every link has been probed then, and all are in step. The rest is as long as from one probe to the next, where that
        // does not take too long; elsewhere none comes in it.
        let isSmall = count <= 32
        let (settling, rest) = isSmall ? (60_000_000_000, 120_000_000_000) : (10_000_000_000, 5_000_000_000)
        let joiner = NodeID(UInt64(count + 1))
        let friends = isMesh ? ids : Array(ids.prefix(6))
        let link = Link(2, 3)
        // Each node computes for four seconds, so that a view comes in the midst of a step.
        var scenario = Scenario(
            seed: 1, founders: ids, links: links,
            network: NetworkConditions(
                leastDelay: delay, mostDelay: delay, failureBound: 0,
                capacity: LinkCapacity(bandwidth: 1_000_000_000, latency: 0)),
            training: VirtualTraining(
                stateBytes: 1 << 16, gradientBytes: 1 << 10, samples: 1 << 20, batch: 10 * count, samplesPerSecond: 5),
            steps: [])
        scenario.settings.reduction.chunks = 1
        let events: [(name: String, event: Scenario.Event, lasts: Int)] = [
            ("cut", .cut(link), 4_000_000_000), ("mend", .mend(link), 4_000_000_000),
            ("join", .join(joiner, links: friends), 10_000_000_000),
            ("leave", .leave(joiner), 4_000_000_000),
            ("crash", .crash(NodeID(UInt64(count))), 4_000_000_000),
            ("crash of the least", .crash(1), 4_000_000_000),
        ]
        scenario.steps = [.wait(settling), .wait(rest)]
        // Not at the time of a heartbeat.
        for (i, entry) in events.enumerated() {
            scenario.steps.append(.event(entry.event, after: i == 0 ? 43_000_000 : events[i - 1].lasts))
        }
        scenario.steps.append(.wait(events.last!.lasts))
        let tally = MessageTally(
            names: events.map(\.name), delay: delay, heartbeat: scenario.settings.monitor.heartbeat, links: links.count)
        var simulation = Simulation(scenario) { tally.note($1, at: $0) }
        let outcome = simulation.run()
        if let violation = outcome.violation { throw BenchmarkFailure("\(count) nodes: \(violation)") }
        return Row(nodes: count, rest: tally.rest, events: tally.events)
    }

    /// Each node with six others: the next, and those some and some times some further on, so that no way is long.
    private static func circulant(_ ids: [NodeID]) -> [Link] {
        var step = 2
        while (step + 1) * (step + 1) * (step + 1) <= ids.count { step += 1 }
        var links: Set<Link> = []
        for i in ids.indices {
            for distance in [1, step, step * step] {
                let other = ids[(i + distance) % ids.count]
                if other != ids[i] { links.insert(Link(ids[i], other)) }
            }
        }
        return links.sorted()
    }
}
