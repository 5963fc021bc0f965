import ChaosDocuments
import ChaosModel
import ChaosScenario
import ChaosTesting
import Foundation
import Testing

@testable import ChaosPolicies

/// Comparisons, and what is printed and drawn of them.
struct ComparisonTests {
    static let library: [InstanceComparison] = InstanceLibrary.rows.compactMap { row in
        (try? row.instance).flatMap { try? InstanceComparison($0, file: "\(row)") }
    }

    @Test func ratios() throws {
        #expect(Self.library.count > 100)
        let summaries = RatioSummary.of(Self.library)
        #expect(summaries.map(\.policy) == Policies.all.map(\.name))
        #expect(summaries[0].delays.allSatisfy { $0 == 1000 })
        for summary in summaries {
            #expect(summary.delays == summary.delays.sorted())
            #expect(PlanPolicy(rawValue: summary.policy) == nil || summary.wholes.median! >= 1000)
        }
    }

    /// Nothing is before the fluid bound, and where there are neither limits, to which others do not keep, nor groups, whose
    /// sharing may favour another one, no division makes the state whole before ours.
    @Test func nothingIsTooEarly() throws {
        for comparison in Self.library {
            let ours = try #require(comparison.row("chaos"))
            let isFlat = comparison.instance.groups.isEmpty
            let isFree = comparison.instance.neighbors.allSatisfy { $0.limit == nil }
            for row in comparison.rows {
                #expect(row.whole >= comparison.fluid ?? 0, "\(comparison.file) \(row.policy)")
                #expect(row.bytes >= comparison.instance.state.bytes)
                if isFlat, isFree, PlanPolicy(rawValue: row.policy) != nil {
                    #expect(row.whole >= ours.whole, "\(comparison.file) \(row.policy)")
                }
            }
        }
    }

    /// The figures of the front page are those of this library.
    @Test func frontPage() throws {
        let folders = ["cloudpilot/", "dtfm/", "home/", "skyplane/", "topology-zoo/"]
        let measured = Self.library.filter { comparison in folders.contains { comparison.file.hasPrefix($0) } }
        let summaries = RatioSummary.of(measured)
        let medians = ["chaos", "pollux", "elan", "autoscaling"].map { name in
            ComparisonText.ratio(summaries.first { $0.policy == name }?.delays.median)
        }
        let readme = try String(contentsOf: PackageRoot.url("README.md"), encoding: .utf8)
        let row = "median of \(measured.count) instances made of measurements and maps | "
        #expect(readme.contains(row + medians.joined(separator: " | ") + " |\n"))
    }

    @Test(arguments: Sweep.allCases) func sweeps(_ sweep: Sweep) throws {
        for value in sweep.values {
            let instance = try sweep.instance(value, seed: 1)
            #expect(try instance == sweep.instance(value, seed: 1))
            switch sweep {
            case .neighbors: #expect(instance.neighbors.count == value)
            case .state: #expect(instance.state.bytes == value)
            case .spread:
                let rates = instance.neighbors.map(\.bandwidth)
                // Rounded down to a bit a second.
                #expect(abs(rates.max()! - value * rates.min()!) <= value)
                #expect(rates.reduce(0, +) <= 800_000_000 && rates.reduce(0, +) > 799_999_990)
            }
        }
    }

    @Test func csv() throws {
        let scenario = try TimelineTests.scenario(TimelineTests.join)
        let records = try Policies.all.map { try TimelineSimulation.run(scenario, $0) }
        let text = ComparisonCSV.text(of: [("a,\"b\"\n.yaml", records)])
        let lines = text.split(separator: "\n")
        #expect(lines.count == Policies.all.count + 1)
        #expect(lines[1].hasPrefix("\"a,\"\"b\"\""))
    }

    @Test func pictures() throws {
        let scenario = try TimelineTests.scenario(TimelineTests.join)
        let records = try Policies.all.map { try TimelineSimulation.run(scenario, $0) }
        let instance = try PolicyTests.instance()
        let comparison = try InstanceComparison(instance, file: "a <b>")
        for svg in [
            ComparisonPictures.svg(of: records, name: String(repeating: "long ", count: 60)),
            ComparisonPictures.svg(of: comparison), records[1].chart(title: "a <b>").svg,
            ComparisonPictures.svg(of: RatioSummary.of([comparison, comparison]), instances: 2),
        ] {
            #expect(PictureBounds(svg).outside == [])
            #expect(!svg.contains("<b>"))
        }
    }

    /// A step in the first second, none in the next, in which all halt; from half a second on there are machines for steps of
    /// two thirds. At 1.005 s: one, of 0.5 and 0.7575; at 2.01 s: one and
    /// 0.015 of another, of 0.5 and 2.265.
    @Test func goodputOverTime() throws {
        let record = try TimelineTests.play("torchft")
        #expect(record.goodputs.map(\.time) == (1...200).map { 20_100_000_000 * $0 / 200 })
        #expect(record.goodputs.last?.millionths == record.goodput)
        #expect(abs(record.goodputs[3].millionths - 1_000_000) < 10)
        #expect(abs(record.goodputs[9].millionths - 795_229) < 10)
        #expect(abs(record.goodputs[19].millionths - 1_015_000_000 / 2765) < 100)
    }

    /// A curve for each policy, from the left of its strip to the right, as high as its goodput.
    @Test func goodputIsDrawn() throws {
        let scenario = try TimelineTests.scenario(TimelineTests.join)
        let records = try Policies.all.map { try TimelineSimulation.run(scenario, $0) }
        let svg = ComparisonPictures.svg(of: records, name: "a join")
        let curves = svg.matches(of: /<polyline points="([^"]*)"/).map { match in
            match.1.split(separator: " ").map { $0.split(separator: ",").map { Double($0)! } }
        }
        #expect(curves.count == records.count)
        for (k, (curve, record)) in zip(curves, records).enumerated() {
            #expect(curve.count == record.goodputs.count)
            let bottom = 84.0 + Double(k + 1) * 26 - 3
            for (point, goodput) in zip(curve, record.goodputs) {
                #expect(abs(bottom - point[1] - min(20, Double(goodput.millionths) / 50_000)) < 0.01)
            }
        }
    }

    @Test func seeds() {
        #expect(SeedSpread([7]).text { "\($0 ?? -1)" } == "7")
        #expect(SeedSpread([4, 9, 2]).text { "\($0 ?? -1)" } == "4 (2 … 9)")
        #expect(SeedSpread([nil, 3, 1, nil]).text { $0.map { "\($0)" } ?? "-" } == "3 (1 … -)")
        #expect(SeedSpread([nil]).text { $0.map { "\($0)" } ?? "-" } == "-")
    }

    @Test func names() {
        #expect(Set(Policies.all.map(\.name)).count == Policies.all.count)
        for policy in Policies.all { #expect(Policies.named(policy.name)?.title == policy.title) }
    }
}
