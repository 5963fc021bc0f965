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

    @Test func names() {
        #expect(Set(Policies.all.map(\.name)).count == Policies.all.count)
        for policy in Policies.all { #expect(Policies.named(policy.name)?.title == policy.title) }
    }
}
