import ArgumentParser
import ChaosDocuments
import ChaosJudgement
import ChaosPage
import ChaosScenario
import ChaosSimulator
import ChaosText
import Foundation
import Synchronization

/// One scenario told, or random faults against the protocol of the cluster.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Tell the story of a scenario in virtual time, or try to break the cluster protocol.",
        discussion: """
            With a scenario (Documentation/SCENARIOS.md): runs it and tells what happened, with scale-out delays, \
            handling times, idle times and bytes; --svg draws it, --page plays it back in a browser.

            Without: many random runs. Each has a seed of its own, counted up from --seed: a cluster of 3 to 12 nodes \
            that train, a network that loses, repeats and reorders messages, and links and nodes that come and go, \
            crawl, pause and lie. What the protocol promises is checked after every action. The first seed that breaks \
            a promise ends the series and is printed with the shortest scenario found that breaks it too.

            EXAMPLES
              chaos simulate Instances/scenarios/join.yaml --svg join.svg
              chaos simulate --runs 100000 --seed 1
              chaos simulate --runs 1000 --format json

            Exit status: 0 no promise broken, 5 invalid scenario, 6 a promise broken, 64 wrong usage.
            """)

    @Argument(help: ArgumentHelp("The scenario file; - reads standard input.", valueName: "scenario"))
    var scenario: String?

    @Option(help: ArgumentHelp("Draw what happened in time as SVG into this file.", valueName: "file"))
    var svg: String?

    @Option(
        help: ArgumentHelp(
            "Write a page with what happened, which a browser plays back, into this file.", valueName: "file"))
    var page: String?

    @Option(help: ArgumentHelp("Without a scenario: how many runs, 1 … 10^12; default 1000.", valueName: "n"))
    var runs: UInt64?

    @Option(help: ArgumentHelp("Without a scenario: the seed of the first run; default 1.", valueName: "n"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Without a scenario: how many runs at a time; default: the number of processors.", valueName: "n"))
    var jobs: Int?

    @Flag(help: "Print everything that nodes do, in its order. Of random runs, for a single one.")
    var trace = false

    @OptionGroup var output: FormatOption

    func validate() throws {
        if scenario != nil, runs != nil || seed != nil || jobs != nil {
            throw ValidationError("--runs, --seed and --jobs are for random runs; a scenario has its own seed")
        }
        if trace, scenario == nil, runs != 1 { throw ValidationError("--trace is for a scenario or --runs 1") }
        if scenario == nil, svg != nil || page != nil { throw ValidationError("--svg and --page need a scenario") }
        if trace, svg != nil || page != nil { throw ValidationError("--trace prints; --svg and --page are without it") }
        guard (1...1_000_000_000_000).contains(runs ?? 1) else {
            throw ValidationError("--runs is \(runs!); allowed are 1 … 10^12")
        }
        guard seed ?? 1 <= UInt64.max - (runs ?? 1000) else {
            let most = UInt64.max - (runs ?? 1000)
            throw ValidationError("--seed is \(seed!); allowed are 0 … \(most) for \(runs ?? 1000) runs")
        }
        if let jobs { try BatchOptions.check(jobs: jobs) }
    }

    func run() throws {
        switch scenario {
        case let path? where trace: try follow(try Scenario(contentsOf: path))
        case let path?:
            try Self.tell(try Scenario(contentsOf: path), file: path, svg: svg, page: page, output.format)
        case nil where trace: try follow(.random(seed: seed ?? 1))
        case nil: try attack()
        }
    }

    private func follow(_ scenario: Scenario) throws {
        let isText = output.format == .text
        let told = Mutex<[(time: Int, text: String)]>([])
        var simulation = Simulation(scenario) { time, happening in
            if happening.isRoutine { return }
            if isText {
                Output.line("\(Double(time) / 1e6) ms  \(happening)")
            } else {
                told.withLock { $0.append((time, "\(happening)")) }
            }
        }
        let violation = simulation.run().violation
        if !isText {
            try Output.writeDocument(TraceDocument(told.withLock { $0 }, violation).line())
        } else if let violation {
            try Output.write(["\(violation)"])
        }
        if violation != nil { try ExitStatus.disagreement.exit() }
    }

    /// Runs a scenario and prints its story.
    /// - Parameters:
    ///   - file: where it is from.
    ///   - svg: the file to draw it into; nil: none.
    ///   - page: the file for a page that plays it back; nil: none.
    static func tell(
        _ scenario: Scenario, file: String, svg: String?, page: String? = nil, _ format: OutputFormat
    ) throws {
        let milliseconds = scenario.steps.reduce(0) { $0 + $1.delay / 1_000_000 }
        let progress = ProgressBar(total: milliseconds)
        let recorder = PageRecorder()
        let isShown = page != nil
        let story = Story.of(scenario) {
            progress.advance(to: $0 / 1_000_000)
        } show: {
            if isShown { recorder.note($0) }
        }
        progress.clear()
        let title = scenario.name ?? DocumentIO.name(of: file)
        let chart = story.chart(title: title)
        switch format {
        case .text:
            let violation = story.outcome.violation.map { ["", "\($0)"] } ?? []
            try Output.write(story.lines() + [""] + chart.lines(.plain, width: 100) + violation)
        case .json:
            try Output.writeDocument(SimulationDocument(file: file, name: scenario.name, story: story).line())
        }
        if let svg { try DocumentIO.write(chart.svg, to: svg) }
        if let page {
            let file = PageFile(title: title, events: recorder.events, end: story.outcome.duration)
            try DocumentIO.write(try file.text(), to: page)
        }
        if story.outcome.violation != nil { try ExitStatus.disagreement.exit() }
    }

    private func attack() throws {
        let (seed, runs) = (seed ?? 1, runs ?? 1000)
        let jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
        let progress = ProgressBar(total: Int(runs))
        let seeds = seed..<seed + runs
        let result = Campaign(seeds: seeds).run(jobs: jobs) { progress.advance() }
        progress.clear()
        if output.format == .json {
            try Output.writeDocument(result.line(of: seeds))
        } else if let failure = result.failure {
            try Output.write(["\(failure)"])
        } else {
            try Output.write([Self.summary(of: result)])
        }
        if result.failure != nil { try ExitStatus.disagreement.exit() }
    }

    private static func summary(of result: Campaign.Result) -> String {
        "\(result.runs) runs, \(result.views) views, \(result.updates) updates, \(result.transfers) transfers of the state,"
            + " \(result.messages) messages, \(result.duration / 1_000_000_000) s of virtual time: no promise broken"
    }
}
