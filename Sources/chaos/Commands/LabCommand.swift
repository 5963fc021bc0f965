import ArgumentParser
import ChaosDocuments
import ChaosLab
import ChaosMILP
import ChaosPolicies
import ChaosScenario
import ChaosText
import Dispatch
import Foundation
import Synchronization

/// A scenario with real nodes.
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Play a scenario with real nodes on this machine, and judge it by what they write down.",
        discussion: """
            Starts a process (chaosd) for each node of the scenario (Documentation/SCENARIOS.md), plays its timeline in \
            real time, and shows a live table where standard error is a terminal. It ends with a report: the story, \
            scale-out delays, handling times, planned beside measured transfers, and whether the promises of the protocol \
            were kept, judged by the invariants of the simulator from the journals of the nodes. No process is left \
            behind.

            With --directory the configurations, journals, logs and plans of all nodes stay there; without, they go to a \
            temporary folder, which stays only if something went wrong. Each run has two institutions with certificates of \
            its own, and all connections are encrypted; with --insecure they are not. With --shaped, as root, each node \
            has a network \
            namespace with the bandwidths of the scenario.

            With --plan-policy joiners execute plans that others would make of the scenario's links, so that plans can be \
            compared on real nodes; the transfers of the report have planned beside measured times of each.

            EXAMPLES
              chaos lab Instances/scenarios/join.yaml --directory run --svg join.svg
              chaos lab Instances/scenarios/neighbor-dies.yaml --report report.json
              chaos lab Instances/scenarios/join.yaml --plan-policy equal

            Exit status: 0 no promise broken, 5 invalid scenario, 6 a promise broken, 7 a node could not be run, 64 wrong \
            usage, 130 interrupted.
            """)

    @Argument(help: ArgumentHelp("The scenario file; - reads standard input.", valueName: "scenario"))
    var scenario: String

    @OptionGroup var options: LabRunOptions

    @OptionGroup var output: FormatOption

    func run() throws {
        try options.play(try Scenario(contentsOf: scenario), output.format)
    }
}

/// How a scenario is played with real nodes.
struct LabRunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder for configurations, journals, logs and plans.", valueName: "folder"))
    var directory: String?

    @Flag(help: "Give each node a network namespace with the bandwidths of the scenario; as root.")
    var shaped = false

    @Flag(help: "Nodes without certificates: nothing is encrypted.")
    var insecure = false

    @Option(
        help: ArgumentHelp(
            "Joiners pull the state by the plans of this policy instead of their own: ours, the first greedy, an equal split, "
                + "all from the best or from a random source, whole parameters in turn, the largest shards first.",
            valueName: "policy"))
    var planPolicy: PlanPolicy?

    @Option(
        help: ArgumentHelp(
            "The folder with digits.csv; default: where it comes with the programs.", valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp("Go on after the timeline until n steps are done.", valueName: "n"))
    var untilSteps: Int?

    @Option(
        name: .customLong("report"), help: ArgumentHelp("Write the report as JSON into this file.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("Draw nodes, steps, transfers and events as SVG into this file.", valueName: "file"))
    var svg: String?

    @Option(
        help: ArgumentHelp(
            "Write a page with what happened, which a browser plays back, into this file.", valueName: "file"))
    var page: String?

    @Flag(help: "No live table.")
    var quiet = false

    func validate() throws {
        if let untilSteps, !(1...1 << 40).contains(untilSteps) {
            throw ValidationError("--until-steps is \(untilSteps); allowed are 1 … 2^40")
        }
    }

    /// The options that are given and mean something with real nodes only.
    var given: [String] {
        [
            ("--directory", directory != nil), ("--shaped", shaped), ("--insecure", insecure),
            ("--plan-policy", planPolicy != nil), ("--data", data != nil),
            ("--until-steps", untilSteps != nil), ("--report", json != nil), ("--quiet", quiet),
        ].filter(\.1).map(\.0)
    }

    func play(_ scenario: Scenario, _ format: OutputFormat) throws {
        let temporary = "\(FileManager.default.temporaryDirectory.path)/chaos-lab-\(getpid())"
        let isNeeded = scenario.lab.training == .digits
        guard let data = data ?? LabOptions.findData() ?? (isNeeded ? nil : "") else {
            Diagnostics.error("no digits.csv found: name its folder with --data")
            return try ExitStatus.invalidInput.exit()
        }
        var options = LabOptions(
            daemon: try LabOptions.findDaemon(MILPWorker.places), data: data, folder: directory ?? temporary)
        options.isShaped = shaped
        options.isInsecure = insecure
        options.planPolicy = planPolicy
        options.steps = untilSteps
        let report: LabReport
        do {
            let table = quiet || !Terminal.isTerminal(.error) ? nil : LiveTable()
            defer { table?.clear() }
            let watch = table.map { table in { @Sendable (progress: LabProgress) in table.show(progress) } }
            let lab = try Lab(scenario, options, watch: watch, isInterrupted: Interruption.watch())
            report = try lab.run()
        } catch let failure as LabFailure {
            Diagnostics.error(failure)
            return try ExitStatus.crashed.exit()
        }
        switch format {
        case .text:
            let lines = report.lines(Terminal.style(of: .output), width: min(160, Terminal.width))
            try Output.write(lines)
        case .json: try Output.writeDocument(report.document())
        }
        if let json { try DocumentIO.write(try report.document(), to: json) }
        if let svg { try DocumentIO.write(report.chart.svg, to: svg) }
        if let page { try DocumentIO.write(try report.page.text(), to: page) }
        if directory == nil {
            if report.isSound {
                try? FileManager.default.removeItem(atPath: temporary)
            } else {
                Diagnostics.note("the journals are in \(temporary)")
            }
        }
        if !report.isSound { try ExitStatus.disagreement.exit() }
        if report.wasInterrupted { try ExitStatus.interrupted.exit() }
    }
}

extension PlanPolicy: ExpressibleByArgument {}

/// The signals that would end the program: while nodes run, they are a wish that it end in order.
private enum Interruption {
    private static let flag = Atomic<Bool>(false)
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

    /// - Returns: what tells whether one has come. A second one ends the program, and the nodes with it.
    static func watch() -> @Sendable () -> Bool {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if flag.exchange(true, ordering: .relaxed) { _exit(ExitStatus.interrupted.rawValue) }
            }
            source.resume()
            sources.append(source)
        }
        return { flag.load(ordering: .relaxed) }
    }
}

/// A table on a terminal that is written again and again at one place.
private final class LiveTable: Sendable {
    private let shown = Mutex(0)

    func show(_ progress: LabProgress) {
        let lines = progress.lines(Terminal.style(of: .error), width: Terminal.width)
        shown.withLock { shown in
            // Lines are not wrapped, or their number would not be that of the lines on the screen.
            let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n")
            let up = shown > 0 ? "\u{1B}[\(shown)F" : ""
            try? DocumentIO.writeToStandardError("\u{1B}[?7l\(up)\(text)\n\u{1B}[J\u{1B}[?7h")
            shown = lines.count
        }
    }

    func clear() {
        shown.withLock { shown in
            if shown > 0 { try? DocumentIO.writeToStandardError("\u{1B}[\(shown)F\u{1B}[J") }
            shown = 0
        }
    }
}
