import ArgumentParser
import ChaosDocuments
import ChaosImport
import ChaosScenario

/// A spot trace as a scenario.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Make a scenario of the trace of a spot market: machines that come and go.",
        discussion: """
            A trace is a CSV file without a header, as Bamboo's: time in milliseconds, add or remove, name of the \
            machine. Each stay of a machine becomes a node. The machines that are there first found the cluster; whoever \
            comes later joins it with links to all that are there. The scenario goes to standard output or --output; with \
            --simulate it is run at once in virtual time, with --lab with real nodes. With --format json a document goes to \
            standard output that holds the scenario and what was left out, or what simulate or lab give.

            EXAMPLES
              chaos replay trace.csv --speed 120 --nodes 6 --output bamboo.yaml
              chaos replay trace.csv --speed 600 --simulate --svg bamboo.svg

            Exit status: 0 done and no promise broken, 5 invalid input, 6 a promise broken, 7 a node could not be run, 64 \
            wrong usage, 130 interrupted.
            """)

    @Argument(help: ArgumentHelp("The trace; - reads standard input.", valueName: "trace"))
    var trace: String

    @Option(help: ArgumentHelp("How many times faster than the trace, 1 … 10^6.", valueName: "n"))
    var speed = 60

    @Option(
        help: ArgumentHelp(
            "How many nodes there are at most at one time, 1 … 4096; machines beyond are left out.", valueName: "n"))
    var nodes = SpotReplay.nodes.upperBound

    @Option(help: "What becomes of a machine that is taken away: leave or crash.")
    var removal: SpotReplay.Removal = .leave

    @Option(name: [.short, .long], help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
    var output: String?

    @Flag(help: "Run it in virtual time and tell the story.")
    var simulate = false

    @Flag(help: "Play it with real nodes, as chaos lab does.")
    var lab = false

    @OptionGroup(title: "With --lab; --svg and --page with --simulate as well") var options: LabRunOptions

    @OptionGroup var form: FormatOption

    func validate() throws {
        try SpotReplay.check(speed: speed, nodes: nodes)
        if simulate, lab { throw ValidationError("--simulate and --lab are two ways; choose one") }
        if !lab, let option = options.given.first { throw ValidationError("\(option) needs --lab") }
        if form.format == .json, output == DocumentIO.standardStream {
            throw ValidationError(
                "--output - and --format json would both write to standard output; the document holds the scenario.")
        }
        if options.svg != nil || options.page != nil, !simulate, !lab {
            throw ValidationError("--svg and --page need --simulate or --lab")
        }
    }

    func run() throws {
        let trace = try SpotTrace(contentsOf: trace)
        let file = DocumentIO.name(of: self.trace)
        let replay = SpotReplay(speed: speed, mostNodes: nodes, removal: removal)
        let yaml = try replay.yaml(of: trace, named: file)
        let isResult = !simulate && !lab
        let isDocument = isResult && form.format == .json
        if output != nil || isResult && !isDocument {
            try DocumentIO.write(yaml, to: output ?? DocumentIO.standardStream)
        }
        let scenario = try Scenario(yaml: yaml, file: file)
        if isDocument { try Output.writeDocument(replay.line(of: trace, file: self.trace, yaml: yaml)) }
        if simulate {
            try SimulateCommand.tell(
                scenario, file: self.trace, svg: options.svg, page: options.page, form.format)
        }
        if lab { try options.play(scenario, form.format) }
    }
}
