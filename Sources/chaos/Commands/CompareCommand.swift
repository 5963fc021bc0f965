import ArgumentParser
import ChaosDocuments
import ChaosImport
import ChaosModel
import ChaosPolicies
import ChaosScenario
import ChaosText

/// What other systems do, beside ours.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Put what other systems do when nodes come and go beside ours, on the same virtual network.",
        discussion: """
            With instances: one join of each, under every policy: when the joiner has the state, when its first gradient is \
            computed, how long training halts; of several instances also the ratios to ours, and where ours is not ahead. \
            With a scenario, a file NAME.yaml, or a trace of a spot market: everything that happens in it. With --over: made \
            instances that differ in one respect. With --churn: an hour of clusters whose machines come and go. Documentation/COMPARISON.md says how each system is modelled and what may \
            be concluded.

            Policies: \(Policies.all.map(\.name).joined(separator: ", ")).

            EXAMPLES
              chaos compare instance.json --svg join.svg
              chaos compare Instances --format csv > figures.csv
              chaos compare Instances/scenarios/bamboo.yaml --svg bamboo.svg
              chaos compare --trace trace.csv --nodes 8 --removal crash
              chaos compare --over neighbors --svg neighbors.svg
              chaos compare --churn 8,32,128,512,1000 --seeds 5

            Exit status: 0 compared, 3 an instance has no plan, 5 invalid input, 64 wrong usage.
            """)

    enum Form: String, CaseIterable, ExpressibleByArgument { case text, json, csv }

    @Argument(
        help: ArgumentHelp(
            "Instances, folders of them, or one scenario; - is standard input, an instance.", valueName: "file"))
    var files: [String] = []

    @Option(help: ArgumentHelp("A spot trace, as for chaos replay.", valueName: "file"))
    var trace: String?

    @Option(
        help: ArgumentHelp(
            "Made instances that differ in: \(Sweep.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "what"))
    var over: Sweep?

    @Option(
        help: ArgumentHelp(
            "An hour of clusters of so many nodes each, 2 … 1000, with churn, as 8,32,128.", valueName: "nodes"))
    var churn: String?

    @Option(
        help: ArgumentHelp(
            "With --churn: a scenario whose founders and links are a map of sites, at which the nodes stand.",
            valueName: "scenario"))
    var map: String?

    @Option(
        help: ArgumentHelp(
            "With --churn: clusters of so many seeds, 1 … 1000, for medians and extremes; the first is that of --seed.",
            valueName: "n"))
    var seeds = 1

    @Option(
        name: .customLong("policy"),
        help: ArgumentHelp("Only this policy, beside ours; may be given several times.", valueName: "name"))
    var policies: [String] = []

    @Option(help: ArgumentHelp("Draw it as SVG into this file.", valueName: "file"))
    var svg: String?

    @Option(
        help: ArgumentHelp(
            "Of a scenario or a trace: draw what each node did under the policy, or under ours, as SVG.",
            valueName: "file"))
    var lanes: String?

    @Option(help: "text for people, json for programs, csv for spreadsheets.")
    var format: Form = .text

    @Option(help: ArgumentHelp("Of an instance: how long a step takes, as \"500 ms\".", valueName: "time"))
    var step: String?

    @Option(
        help: ArgumentHelp("Besides writing and reading, how long processes take to start again.", valueName: "time"))
    var restart: String?

    @Option(help: ArgumentHelp("After which a silent member counts as gone.", valueName: "time"))
    var detection: String?

    @Option(help: ArgumentHelp("Between checkpoints.", valueName: "time"))
    var checkpoint: String?

    @Option(help: ArgumentHelp("Draws what is random.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("With --trace: how many times faster than the trace.", valueName: "n"))
    var speed = 1

    @Option(help: ArgumentHelp("With --trace: how many nodes there are at most at one time.", valueName: "n"))
    var nodes = 8

    @Option(help: "With --trace: what becomes of a machine that is taken away: leave or crash.")
    var removal: SpotReplay.Removal = .leave

    func validate() throws {
        let kinds = [!files.isEmpty, trace != nil, over != nil, churn != nil].count { $0 }
        if kinds != 1 {
            throw ValidationError("Give instances or a scenario, or --trace, --over or --churn: one of them.")
        }
        for name in policies where Policies.named(name) == nil {
            let known = Policies.all.map(\.name).joined(separator: ", ")
            throw ValidationError("--policy \(SingleLine.of(name)); allowed are \(known)")
        }
        if files.count > 1, let scenario = files.first(where: Self.isScenario) {
            throw ValidationError("\(SingleLine.of(scenario)) is a scenario, which is compared alone.")
        }
        try SpotReplay.check(speed: speed, nodes: nodes)
        if lanes != nil, policies.count > 1 {
            throw ValidationError("--lanes draws one policy; --policy is given several times")
        }
        if map != nil, churn == nil { throw ValidationError("--map needs --churn") }
        if seeds != 1, churn == nil { throw ValidationError("--seeds needs --churn") }
        guard (1...1000).contains(seeds) else { throw ValidationError("--seeds \(seeds): allowed is 1 … 1000") }
        _ = try (settings(), churnSizes())
    }

    func run() throws {
        let settings = try settings()
        if let trace {
            let scenario = try scenario(of: trace)
            try tell(scenario, file: trace, settings)
        } else if let file = files.first, Self.isScenario(file) {
            try tell(try Scenario(contentsOf: file), file: file, settings)
        } else if let over {
            try tell(over, settings)
        } else if churn != nil {
            try tellChurn(settings)
        } else {
            try tellInstances(settings)
        }
    }

    private var chosen: [any Policy] {
        policies.isEmpty
            ? Policies.all : Policies.all.filter { $0.name == Policies.ours.name || policies.contains($0.name) }
    }

    /// Of rules that differ in the plan alone one is drawn among many systems, unless they are asked for.
    private var drawn: [(place: Int, policy: any Policy)] {
        chosen.enumerated().filter { _, policy in
            !policies.isEmpty || policy.name == PlanPolicy.equal.rawValue || PlanPolicy(rawValue: policy.name) == nil
        }.map { ($0, $1) }
    }

    /// Whether a file is called as scenarios are, or calls itself one. One that cannot be read is reported later.
    private static func isScenario(_ file: String) -> Bool {
        if file == DocumentIO.standardStream || DocumentIO.isFolder(file) { return false }
        if file.hasSuffix(".yaml") || file.hasSuffix(".yml") { return true }
        return InputFiles.names("chaos-scenario", in: file) ?? false
    }

    private func settings() throws -> PolicySettings {
        var settings = PolicySettings()
        settings.seed = seed
        func set(
            _ text: String?, _ name: String, from least: Int = 1, _ key: WritableKeyPath<PolicySettings, Int>
        ) throws {
            guard let text else { return }
            guard let value = try? Quantity.time.parse(text), (least...Self.longest).contains(value) else {
                let from = ExactTime(nanoseconds: Int128(least)).readable
                throw ValidationError(
                    "--\(name) \(SingleLine.of(text)): allowed is a time of \(from) … 30 d, as \"500 ms\"")
            }
            settings[keyPath: key] = value
        }
        try set(step, "step", \.step)
        try set(restart, "restart", \.restart)
        try set(detection, "detection", \.detection)
        try set(checkpoint, "checkpoint", from: 1_000_000_000, \.checkpoint)
        return settings
    }

    private func churnSizes() throws -> [Int] {
        guard let churn else { return [] }
        return try churn.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let size = Int(part), ChurnScenario.sizes.contains(size) else {
                throw ValidationError(
                    "--churn \(SingleLine.of(churn)): allowed are numbers of 2 … 1000, as 8,32,128")
            }
            return size
        }
    }

    private static let longest = 30 * 86_400_000_000_000

    private func scenario(of path: String) throws -> Scenario {
        let trace = try SpotTrace(contentsOf: path)
        let file = DocumentIO.name(of: path)
        let replay = SpotReplay(speed: speed, mostNodes: nodes, removal: removal)
        return try Scenario(yaml: try replay.yaml(of: trace, named: file), file: file)
    }

    // MARK: Telling

    private func tell(_ scenario: Scenario, file: String, _ settings: PolicySettings) throws {
        let progress = ProgressBar(total: chosen.count)
        let records = try Concurrently.map(chosen) { policy in
            defer { progress.advance() }
            return try TimelineSimulation.run(scenario, policy, settings: settings)
        }
        progress.clear()
        let name = scenario.name ?? DocumentIO.name(of: file)
        let style = Terminal.style(of: .output)
        switch format {
        case .text:
            try Output.write(
                ComparisonText.lines(of: records, name: name, style) + ComparisonText.lines(of: settings, style))
        case .json:
            try Output.writeDocument(
                ComparisonDocument(records, file: file, name: scenario.name, settings: settings).line())
        case .csv: try Output.writeDocument(ComparisonCSV.text(of: [(file, records)]))
        }
        if let svg { try DocumentIO.write(ComparisonPictures.svg(of: records, name: name), to: svg) }
        if let lanes, let record = records.first(where: { $0.policy == policies.first ?? Policies.ours.name }) {
            try DocumentIO.write(record.chart(title: name).svg, to: lanes)
        }
    }

    private func tellChurn(_ settings: PolicySettings) throws {
        let sizes = try churnSizes()
        let map = try map.map { SiteMap(of: try Scenario(contentsOf: $0)) }
        let progress = ProgressBar(total: sizes.count * seeds * chosen.count)
        // Each with the settings of its seed.
        let given = (0..<seeds).map { k in
            var given = settings
            given.seed = seed &+ UInt64(k)
            return given
        }
        let runs = sizes.flatMap { size in
            given.map { (ChurnScenario.scenario(nodes: size, seed: $0.seed, map: map), $0) }
        }
        let compared = chosen
        let records = try Concurrently.map(runs.flatMap { run in compared.map { (run, $0) } }) { run, policy in
            defer { progress.advance() }
            return try TimelineSimulation.run(run.0, policy, settings: run.1)
        }
        // For each size, for each seed the record of each policy.
        let all = sizes.indices.map { size in
            given.indices.map { seed in
                let first = (size * given.count + seed) * compared.count
                return Array(records[first..<first + compared.count])
            }
        }
        progress.clear()
        let named = zip(sizes, all).flatMap { size, runs in
            zip(given, runs).map { settings, records in
                let file = seeds == 1 ? "churn \(size)" : "churn \(size), seed \(settings.seed)"
                return (file: file, settings: settings, records: records)
            }
        }
        let style = Terminal.style(of: .output)
        switch format {
        case .text:
            try Output.write(
                ComparisonText.lines(ofChurn: sizes, all, style) + ComparisonText.lines(of: settings, style))
        case .json:
            for run in named {
                try Output.writeDocument(
                    ComparisonDocument(run.records, file: run.file, name: nil, settings: run.settings).line())
            }
        case .csv: try Output.writeDocument(ComparisonCSV.text(of: named.map { ($0.file, $0.records) }))
        }
        guard let svg else { return }
        let chart = LogLogChart(
            title: "Idle time a member and hour, under churn" + (seeds == 1 ? "" : ", median of \(seeds) seeds"),
            xTitle: "nodes", yTitle: "seconds",
            series: drawn.compactMap { k, policy in
                let points = zip(sizes, all).compactMap { size, runs in
                    SeedSpread(runs.map { $0[k].idlePerMemberAndHour }).median.map {
                        (x: Double(size), y: Double($0) / 1e9)
                    }
                }
                let shown = points.filter { $0.y > 0 }
                return shown.isEmpty ? nil : LogLogChart.Series(policy.title, shown)
            })
        try DocumentIO.write(chart.svg, to: svg)
    }

    private func tellInstances(_ settings: PolicySettings) throws {
        var inputs = InputFiles()
        inputs.inputs = files
        try inputs.validate()
        let paths = try inputs.paths()
        let progress = ProgressBar(total: paths.count)
        var comparisons: [InstanceComparison] = []
        var status = ExitStatus.done
        for path in paths {
            do {
                comparisons.append(
                    try InstanceComparison(
                        try Instance(contentsOf: path), file: path, policies: chosen, settings: settings))
            } catch let error as NoPlan {
                Diagnostics.note("\(SingleLine.of(path)): \(error)")
                status = ExitStatus.worst([status, .infeasible])
            } catch {
                Diagnostics.error(Diagnostics.text(of: error, in: path))
                status = ExitStatus.worst([status, ExitStatus(error)])
            }
            progress.advance()
        }
        progress.clear()
        let style = Terminal.style(of: .output)
        let summaries = RatioSummary.of(comparisons)
        // Nothing is told of nothing, but documents have their form.
        if comparisons.isEmpty, format == .text { return try status.exit() }
        switch format {
        case .text:
            let each = comparisons.count <= Self.mostTables ? comparisons : []
            var lines = each.flatMap { ComparisonText.lines(of: $0, style) + [""] }
            if comparisons.count > 1 {
                lines += ComparisonText.lines(of: summaries, instances: comparisons.count, style) + [""]
            }
            try Output.write(lines + ComparisonText.lines(of: settings, style))
        case .json: try Output.writeDocument(ComparisonDocument(comparisons, settings: settings).line())
        case .csv: try Output.writeDocument(ComparisonCSV.text(of: comparisons))
        }
        if let svg, let first = comparisons.first {
            let picture =
                comparisons.count == 1
                ? ComparisonPictures.svg(of: first)
                : ComparisonPictures.svg(of: summaries, instances: comparisons.count)
            try DocumentIO.write(picture, to: svg)
        }
        try status.exit()
    }

    /// Of more instances only the summary is told in text.
    private static let mostTables = 4
    /// Seeds of a value of a sweep, of which the median counts.
    private static let seeds = 15

    private func tell(_ sweep: Sweep, _ settings: PolicySettings) throws {
        var all: [InstanceComparison] = []
        var medians: [[Int]] = []
        let progress = ProgressBar(total: sweep.values.count)
        for value in sweep.values {
            let comparisons = try (0..<Self.seeds).map { k in
                let instance = try sweep.instance(value, seed: seed &+ UInt64(k))
                return try InstanceComparison(
                    instance, file: instance.name ?? "", policies: chosen, settings: settings)
            }
            medians.append(
                chosen.map { policy in comparisons.compactMap { $0.row(policy.name)?.delay }.sorted().median! })
            all += comparisons
            progress.advance()
        }
        progress.clear()
        switch format {
        case .text:
            let style = Terminal.style(of: .output)
            let lines = ComparisonText.lines(
                ofSweep: sweep, chosen.map(\.title), medians, seeds: Self.seeds, style)
            try Output.write(lines + ComparisonText.lines(of: settings, style))
        case .json: try Output.writeDocument(ComparisonDocument(all, settings: settings).line())
        case .csv: try Output.writeDocument(ComparisonCSV.text(of: all))
        }
        guard let svg else { return }
        let chart = LogLogChart(
            title: "Scale-out delay, median of \(Self.seeds) instances", xTitle: sweep.axis, yTitle: "seconds",
            series: drawn.map { k, policy in
                LogLogChart.Series(
                    policy.title, zip(sweep.values, medians).map { (Double($0), Double($1[k]) / 1e9) })
            })
        try DocumentIO.write(chart.svg, to: svg)
    }
}

extension Sweep: ExpressibleByArgument {}
