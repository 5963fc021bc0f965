import ChaosModel
import ChaosReport
import ChaosSolver
import ChaosText
import Foundation
import Testing

/// Names of every kind in tables and pictures.
@Suite struct NameTests {
    private static func lines(_ id: String, title: String = "t") throws -> (solve: [String], show: [String]) {
        let instance = try Instance(
            name: title, state: TrainingState(bytes: 1000, model: id), shardSizes: [10], joiner: id,
            neighbors: [
                Neighbor(id: id, bandwidth: 8_000_000_000, group: 0), Neighbor(id: "b", bandwidth: 8_000_000_000),
            ], groups: [CapacityGroup(id: id, bandwidth: 1_000_000)])
        let result = try ChainSearch().solve(instance)
        let best = try #require(result.best)
        return (
            SolutionReport(instance, result, algorithm: "threshold", style: .plain).lines(title: title),
            GanttChart(best, of: instance).lines(.plain, width: 100)
        )
    }

    @Test(arguments: ["\u{1B}[31mred", "a\nb", "a\u{202E}b", "\u{9B}2J"]) func controlCharactersAreShown(id: String)
        throws
    {
        let (solve, show) = try Self.lines(id, title: id)
        for line in solve + show {
            for scalar in line.unicodeScalars {
                let category = scalar.properties.generalCategory
                #expect(category != .control && category != .format, "\(line)")
            }
        }
        #expect(solve.contains { $0.contains("\\u{") } && show.contains { $0.contains("\\u{") })
    }

    @Test func aTableShowsControlCharactersAndKeepsItsOwnColours() {
        var table = TextTable([("a", .left), ("", .left)])
        table.add(["\u{1B}[2J"], mark: TextStyle(hasColor: true).good("ok"))
        #expect(table.lines()[1] == "\\u{1b}[2J  \u{1B}[32mok\u{1B}[0m")
    }

    @Test func longNamesAreCut() throws {
        let (solve, show) = try Self.lines(String(repeating: "long", count: 50))
        for line in solve + show { #expect(!line.contains(String(repeating: "long", count: 31))) }
        #expect(solve.contains { $0.hasPrefix(String(repeating: "long", count: 9) + "lon…  ") })
    }

    /// Characters of two columns.
    @Test func wideNamesAlign() {
        var table = TextTable([("a", .left), ("n", .right)])
        table.add(["名前", "1"])
        table.add(["abcd", "1"])
        #expect(table.lines() == ["a     n", "名前  1", "abcd  1"])
    }
}

/// Groups in tables and pictures.
@Suite struct GroupTests {
    /// Both neighbours are fast, and the group around one of them is slow and decides.
    private static func instance(bandwidth: Int) throws -> Instance {
        try Instance(
            state: TrainingState(bytes: 1000), shardSizes: [10],
            neighbors: [Neighbor(id: "x", bandwidth: 1 << 40, latency: 7, group: 0)],
            groups: [CapacityGroup(id: "slow", bandwidth: bandwidth), CapacityGroup(id: "empty", bandwidth: 1)])
    }

    @Test func theGroupThatDecidesIsNamedAndDrawn() throws {
        let instance = try Self.instance(bandwidth: 8_000_000_000)
        let result = try ChainSearch().solve(instance)
        let best = try #require(result.best)
        #expect(best.makespan == ExactTime(nanoseconds: 1007))
        let text = SolutionReport(instance, result, algorithm: "threshold", style: .plain).lines(title: "t")
        #expect(text.contains { $0.hasPrefix("makespan") && $0.hasSuffix("completed by group slow") })
        let row = try #require(text.first { $0.hasPrefix("group slow") })
        #expect(row.contains("100.0 %") && row.contains("1007") && row.hasSuffix("◀ last"))
        let plan = Plan(best, for: instance, isOptimal: true, algorithm: "threshold")
        for chart in [GanttChart(best, of: instance), try GanttChart(plan, of: instance)] {
            let lines = chart.lines(.plain, width: 100)
            #expect(lines[1].contains("completed by group slow"))
            #expect(lines.contains { $0.hasPrefix("group slow") && $0.contains("█") })
            #expect(chart.svg.contains(">group slow<"))
            #expect(!chart.svg.contains("empty"))
        }
    }

    @Test func aNeighborThatDecidesIsNamed() throws {
        let instance = try Self.instance(bandwidth: 1 << 50)
        let result = try ChainSearch().solve(instance)
        let text = SolutionReport(instance, result, algorithm: "threshold", style: .plain).lines(title: "t")
        #expect(text.contains { $0.hasSuffix("completed by x") })
    }

    /// A plan that says that its last shard is there before the neighbour is ready, or long before it
    /// could be.
    @Test(arguments: [(10, 1 << 50), (1 << 40, 0)]) func aPlanThatEndsTooEarlyIsDrawn(bytes: Int, ready: Int) throws {
        let instance = try Instance(
            state: TrainingState(bytes: bytes), shardSizes: [10],
            neighbors: [Neighbor(id: "x", bandwidth: 1, ready: ready)])
        let run = Plan.Run(neighbor: "x", first: 0, count: 1 << 53, finish: .zero)
        let plan = Plan(
            instance: Plan.InstanceReference(name: nil, sha256: instance.sha256), shardSize: 10, shards: 1,
            makespan: .zero, assignments: [Plan.Run](repeating: run, count: 1100), isOptimal: false, algorithm: "none")
        let chart = try GanttChart(plan, of: instance)
        #expect(chart.lines(.plain, width: 80).count > 4)
        #expect(chart.svg.contains("<svg"))
    }
}
