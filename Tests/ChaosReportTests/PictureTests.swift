import ChaosModel
import ChaosReport
import ChaosSolver
import ChaosTesting
import ChaosText
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Pictures of plans and measurements.
@Suite struct PictureTests {
    /// Names that XML and terminals stumble over.
    private static func instance() throws -> Instance {
        try Instance(
            name: "a <b> & \"c\"", state: TrainingState(bytes: 1000), shardSizes: [10],
            neighbors: [
                Neighbor(id: "x<&>\u{1}", bandwidth: 8_000_000_000, latency: 3, ready: 20),
                Neighbor(id: "名前", bandwidth: 4_000_000_000, overhead: 2),
                Neighbor(id: "idle", bandwidth: 1, ready: 1 << 40),
            ])
    }

    @Test func theGanttChartIsWellFormedAndNamesEveryLane() throws {
        let instance = try Self.instance()
        let best = try #require(try ChainSearch().solve(instance).best)
        let chart = GanttChart(best, of: instance)
        let parser = XMLParser(data: Data(chart.svg.utf8))
        #expect(parser.parse(), "\(parser.parserError as Any)")
        for text in ["x&lt;&amp;&gt;", "名前", "makespan", "fluid lower bound", "\(best.makespan)"] {
            #expect(chart.svg.contains(text), "\(text)")
        }
        #expect(!chart.svg.contains("idle"))
    }

    /// Nothing leaves the picture, however long the names and whatever the times, and the ticks are readable.
    @Test(arguments: [1, 1 << 20, 1 << 40, 1 << 50], ["W", "名前", "i", "👩‍👧", "&<"])
    func namesAndFiguresStayInThePicture(latency: Int, letter: String) throws {
        func name(_ k: Int) -> String { String(repeating: letter, count: 60) + "\(k)" }
        let instance = try Instance(
            name: String(repeating: letter, count: 300), state: TrainingState(bytes: 1 << 53), shardSizes: [3],
            neighbors: [
                Neighbor(id: name(1), bandwidth: 999_999_999_999_937, latency: latency, group: 0),
                Neighbor(id: name(2), bandwidth: 999_999_999_999_959, ready: latency),
            ], groups: [CapacityGroup(id: name(3), bandwidth: 1 << 49)])
        let best = try #require(try ChainSearch().solve(instance).best)
        let bounds = PictureBounds(GanttChart(best, of: instance).svg)
        #expect(bounds.boxes.count > 10)
        #expect(bounds.outside.isEmpty, "\(bounds.outside)")
        #expect(bounds.overlapping.isEmpty, "\(bounds.overlapping)")
    }

    @Test func theLanesOfTheTerminalEndAtTheMakespan() throws {
        let instance = try Self.instance()
        let best = try #require(try ChainSearch().solve(instance).best)
        let lines = GanttChart(best, of: instance).lines(.plain, width: 80)
        #expect(lines.count == 5)
        #expect(lines.allSatisfy { !$0.contains("\u{1B}") })
        let lane = try #require(lines.first { $0.hasPrefix("名前") })
        #expect(lane.contains("█"))
    }

    @Test func aPlanOfAnotherInstanceIsNotDrawn() throws {
        let instance = try Self.instance()
        let best = try #require(try ChainSearch().solve(instance).best)
        let plan = Plan(best, for: instance, isOptimal: true, algorithm: "threshold")
        let other = try Instance(
            state: instance.state, shardSizes: [10], neighbors: [Neighbor(id: "y", bandwidth: 1)])
        #expect(throws: GanttChart.Mismatch.self) { try GanttChart(plan, of: other) }
        #expect(throws: Never.self) { try GanttChart(plan, of: instance) }
    }

    @Test func theChartOfMeasurementsIsWellFormed() {
        let series = LogLogChart.Series("a & b", [(10, 1e-6), (100, 2e-5), (1000, 3e-4)])
        let chart = LogLogChart(title: "<cost>", xTitle: "n", yTitle: "s", series: [series])
        #expect(XMLParser(data: Data(chart.svg.utf8)).parse())
    }

    @Test func numbersAreReadable() {
        #expect(Readable.bytes(0) == "0 B")
        #expect(Readable.bytes(1023) == "1023 B")
        #expect(Readable.bytes(1536) == "1.50 KiB")
        #expect(Readable.bytes(1 << 53) == "8.00 PiB")
        #expect(Readable.bandwidth(999) == "999 bit/s")
        #expect(Readable.bandwidth(4_522_415_225) == "4.52 Gbit/s")
        #expect(Readable.share(1, of: 3) == "33.3 %")
        #expect(Readable.share(0, of: 0) == "0.0 %")
        #expect(Readable.count(22786) == "22\u{202F}786")
        #expect(Readable.count(123) == "123")
    }

    @Test func columnsAlign() {
        var table = TextTable([("name", .left), ("n", .right)])
        table.add(["a", "1"])
        table.add(["long", "100"])
        #expect(table.lines() == ["name    n", "a       1", "long  100"])
    }
}
