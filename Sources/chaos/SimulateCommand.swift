import ArgumentParser
import ChaosReport
import ChaosSimulator
import Foundation

/// Random faults against the protocol of the cluster.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Try to break the cluster protocol with random faults, in virtual time.",
        discussion: """
            Each run has a seed of its own, counted up from --seed: a cluster of 3 to 12 nodes, a network that loses, \
            repeats and reorders messages, and links and nodes that come and go. What the protocol promises is checked \
            after every action. The first seed that breaks a promise ends the series and is printed with the shortest \
            scenario found that breaks it too.

            EXAMPLES
              chaos simulate --runs 100000 --seed 1

            Exit status: 0 no promise broken, 6 one broken, 64 wrong usage.
            """)

    @Option(help: ArgumentHelp("How many runs, 1 … 10^12.", valueName: "n"))
    var runs: UInt64 = 1000

    @Option(help: ArgumentHelp("The seed of the first run.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "How many runs are made at the same time; by default as many as there are processors. The result is the same.",
            valueName: "n"))
    var jobs: Int?

    func validate() throws {
        guard (1...1_000_000_000_000).contains(runs) else {
            throw ValidationError("--runs is \(runs); allowed are 1 … 10^12")
        }
        guard seed <= UInt64.max - runs else {
            throw ValidationError("--seed is \(seed); allowed are 0 … \(UInt64.max - runs) for \(runs) runs")
        }
        if let jobs { try BatchOptions.check(jobs: jobs) }
    }

    func run() throws {
        let progress = ProgressBar(total: Int(runs))
        let jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
        let result = Campaign(seeds: seed..<seed + runs).run(jobs: jobs) { progress.advance() }
        progress.clear()
        if let failure = result.failure {
            print(failure)
            try ExitStatus.disagreement.exit()
        }
        print(
            "\(result.runs) runs, \(result.views) views, \(result.messages) messages,"
                + " \(result.duration / 1_000_000_000) s of virtual time: no promise broken")
    }
}
