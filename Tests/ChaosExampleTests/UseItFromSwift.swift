import ChaosCertificate
import ChaosDocuments
import ChaosModel
import ChaosScenario
import ChaosSimulator
import ChaosSolver
import ChaosTesting
import Foundation
import Testing

/// The code of the article "Use it from Swift", as it stands there: it compiles, runs, and gives what the article says.
@Suite struct UseItFromSwift {
    /// The blocks of code in the article, each of which stands in this file too, but for the indentation.
    @Test func theArticleHasTheCodeOfThisFile() throws {
        func lines(_ text: Substring) -> [String] {
            text.split(separator: "\n", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
        let article = try String(
            contentsOf: PackageRoot.url("Sources/ChaosSolver/ChaosSolver.docc/UseItFromSwift.md"), encoding: .utf8)
        let here = lines(try String(contentsOfFile: #filePath, encoding: .utf8)[...])
        var blocks = 0
        for part in article.components(separatedBy: "```swift\n").dropFirst() {
            let block = lines(part.prefix(upTo: try #require(part.range(of: "\n```")).lowerBound))
            // That of Package.swift is no code of a program.
            if block.contains(where: { $0.hasPrefix(".package(") }) { continue }
            let isHere = here.indices.contains { here[$0...].starts(with: block) }
            #expect(isHere, "\(block)")
            blocks += 1
        }
        #expect(blocks == 5)
    }

    private func makeInstance() throws -> Instance {
        let instance = try Instance(
            name: "two neighbours",
            state: TrainingState(bytes: 64 << 20),
            shardSizes: [1 << 20, 4 << 20, 16 << 20],
            neighbors: [
                Neighbor(id: "zurich", bandwidth: 400_000_000, latency: 12_000_000),
                Neighbor(id: "tokyo", bandwidth: 100_000_000, latency: 120_000_000, overhead: 1_000_000),
            ])
        return instance
    }

    @Test func solveAndCheck() throws {
        let instance = try makeInstance()

        let result = try ChainSearch().solve(instance)
        guard let best = result.best else {
            return print("no plan: \(result.isInfeasible ? "the limits leave too few shards" : "beyond 2^76 ns")")
        }
        print("\(best.counts) shards of \(best.shardSize) bytes in \(best.makespan.decimalSeconds) s")

        #expect(best.counts == [53, 11])
        #expect(best.shardSize == 1 << 20)
        #expect(best.makespan.decimalSeconds == "1.12349056")

        let plan = Plan(best, for: instance, isOptimal: result.coversChain(of: instance), algorithm: "threshold")
        let report = PlanChecker(instance).check(plan)
        print(report.verdict)

        #expect(report.verdict == .optimal)

        try withFolder { folder in
            let path = folder + "/plan.json"
            try DocumentIO.write(path) { try plan.writeJSON(to: $0) }
            let read = try Plan(contentsOf: path)

            #expect(read.makespan == best.makespan)
        }
    }

    @Test func simulate() throws {
        let scenario = try Scenario(
            yaml: """
                format: chaos-scenario
                version: 1
                until: 20 s
                founders: [1, 2, 3]
                network: {links: [[1, 2], [1, 3], [2, 3]], bandwidth: 1 Gbit/s, latency: 30 ms}
                training: {state: 64 MiB, gradient: 4 MiB, samples: 50000, batch: 256, samples_per_second: 100}
                events:
                  - {at: 5 s, join: 4, links: [1, 2, 3]}
                """)
        var simulation = Simulation(scenario) { time, happening in
            if !happening.isRoutine { print("\(time) ns: \(happening)") }
        }
        let outcome = simulation.run()
        print(outcome.violation.map { "a promise is broken: \($0)" } ?? "\(outcome.updates) updates")

        #expect(outcome.violation == nil)
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}
