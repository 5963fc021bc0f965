import ChaosDocuments
import ChaosModel
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

/// The library and its index belong together: each file reads, and its row says what is found afresh.
@Suite struct InstanceLibraryTests {
    private static let folder = InstanceLibrary.folder

    @Test func indexHasEveryFileOnce() throws {
        let found = (FileManager.default.subpaths(atPath: Self.folder.path) ?? []).filter { $0.hasSuffix(".json") }
        #expect(InstanceLibrary.rows.map { $0["file"] } == found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(found.count >= 80)
    }

    @Test(arguments: InstanceLibrary.rows) func rowIsTrue(_ row: InstanceLibrary.Row) throws {
        let instance = try row.instance
        #expect(instance.sha256 == row["sha256"])
        #expect(instance.name.map { row["file"].hasSuffix("/\($0).json") } == true)
        #expect(instance.source == row["source"])
        #expect(instance.comment?.isEmpty == false)
        #expect("\(instance.neighbors.count)" == row["neighbors"])
        #expect("\(instance.groups.count)" == row["groups"])
        #expect("\(instance.state.bytes)" == row["state_bytes"])
        #expect("\(instance.shardSizes.sizes.count)" == row["sizes"])
        #expect("\(instance.state.shardCount(ofSize: instance.shardSizes.smallest))" == row["shards"])
        let result = try ChainSearch().solve(instance)
        let status = result.best != nil ? "optimal" : result.isInfeasible ? "infeasible" : "beyond-range"
        #expect(row["status"] == status)
        #expect(row["shard_size"] == result.best.map { "\($0.shardSize)" } ?? "")
        #expect(row["makespan_ns"] == result.best.map { $0.makespan.description } ?? "")
    }

    /// What the corner cases are named for.
    @Test func overheadCasesAreNotUnimodal() throws {
        for (name, rises) in [
            ("not-unimodal-with-overhead", [false, true, false, true]),
            ("not-unimodal-minimum-behind-a-rise", [false, true, false, true]),
        ] {
            let instance = try Instance(contentsOf: Self.folder.appending(path: "corner-cases/\(name).json").path)
            let makespans = try ChainSearch(solvesEverySize: true).solve(instance).sizes.map { report in
                if case .makespan(let time) = report.finding { time } else { ExactTime.zero }
            }
            #expect(zip(makespans, makespans.dropFirst()).map { $0 < $1 } == rises)
        }
    }

    /// Two shards complete at different times that a Double takes for one.
    @Test(arguments: ["near-tie", "near-tie-large", "near-tie-largest-denominators"])
    func nearTiesAreTiesOfDoubles(_ name: String) throws {
        let instance = try Instance(contentsOf: Self.folder.appending(path: "corner-cases/\(name).json").path)
        let size = instance.shardSizes.smallest
        let best = try #require(try ChainSearch().solve(instance).best)
        let last = instance.neighbors.indices.map { i -> (exact: ExactTime, double: Double) in
            let neighbor = instance.neighbors[i]
            // The winner's last shard, and the one that the other would have got instead.
            let n = best.counts[i] + (neighbor.id == "wider" ? 0 : 1)
            let exact = CompletionTime.of(n, shardsOf: size, from: neighbor)
            return (exact, Double(neighbor.start) + Double(n) * (8e9 * Double(size) / Double(neighbor.bandwidth)))
        }
        #expect(last.map(\.double).allSatisfy { $0 == last[0].double })
        #expect(best.makespan == last.map(\.exact).min())
        #expect(last[0].exact != last[1].exact)
    }
}
