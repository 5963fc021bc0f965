import ArgumentParser
import ChaosDocuments
import ChaosImport
import ChaosModel

/// What all kinds of import are asked for.
struct ImportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The node that joins, by its name in the source.", valueName: "name"))
    var joiner: String

    @Option(help: ArgumentHelp("How many neighbors; without it all that have figures.", valueName: "k"))
    var neighbors: Int?

    @Option(
        help: """
            Which neighbors: nearest (least latency), fastest, slowest (by bandwidth), random (drawn with the seed), all. \
            Equal ones: the name that comes first.
            """)
    var select: NeighborSelection = .all

    @Option(help: ArgumentHelp("Seed of everything that is drawn; the same seed gives the same file.", valueName: "n"))
    var seed: UInt64 = 0

    @OptionGroup(title: "State and shard sizes") var state: StateOptions

    @Option(
        help: ArgumentHelp(
            "Fixed cost of each shard: 2ms, 0ms..5ms (drawn for each neighbor), rtt (one round trip), column:NAME:UNIT.",
            valueName: "time"),
        transform: { try NeighborSetting($0, for: .overhead) })
    var overhead: NeighborSetting?

    @Option(
        help: ArgumentHelp(
            "When neighbors can serve: 1s, 0s..3s (drawn for each), rtt, column:NAME:UNIT.", valueName: "time"),
        transform: { try NeighborSetting($0, for: .ready) })
    var ready: NeighborSetting?

    @Option(
        help: ArgumentHelp(
            "Most bytes a neighbor serves: 1GiB, 1GiB..4GiB or 10%..60% (of the state; drawn), column:NAME:UNIT.",
            valueName: "bytes"),
        transform: { try NeighborSetting($0, for: .limit) })
    var limit: NeighborSetting?

    @Option(
        help: ArgumentHelp(
            """
            A shared capacity of the neighbors whose names match a pattern, in bit/s or as a percentage of the sum of \
            their bandwidths: aws:*=10Gbit/s, *_gcp=50%. Repeatable, in any order. A pattern is inside another that \
            matches all names that it does; its group is nested in that of the other, and a neighbor is in the innermost. \
            Two that match the very same names, or the same neighbor and neither inside the other, are refused.
            """, valueName: "pattern=bandwidth"),
        transform: { try GroupPattern($0) })
    var group: [GroupPattern] = []

    @Option(
        help: ArgumentHelp(
            "The joiner's own capacity, a group round all neighbors: 5Gbit/s or 60%.", valueName: "bandwidth"),
        transform: { try CapacitySetting($0) })
    var ingress: CapacitySetting?

    @OptionGroup(title: "Output") var output: OutputOptions

    @OptionGroup(title: "Output") var form: FormatOption

    /// - Throws: `FileError` or `InvalidInput` for a model description that cannot be read.
    func recipe() throws -> InstanceRecipe {
        var recipe = InstanceRecipe(state: try state.trainingState(), shardSizes: state.shardSizes)
        (recipe.name, recipe.source, recipe.comment) = (output.name, output.source, output.comment)
        (recipe.selection, recipe.neighbors, recipe.seed) = (select, neighbors, seed)
        recipe.settings[.overhead] = overhead
        recipe.settings[.ready] = ready
        recipe.settings[.limit] = limit
        (recipe.groups, recipe.ingress) = (group, ingress)
        return recipe
    }

    func validate() throws {
        if select == .all, neighbors != nil {
            throw ValidationError("--neighbors: with --select all every neighbor is taken; choose another --select.")
        }
        if form.format == .json, output.output == DocumentIO.standardStream {
            throw ValidationError(
                "--output - and --format json would both write to standard output; the document holds the instance.")
        }
    }

    /// What messages and comments call a source.
    static func title(of path: String) -> String { path == DocumentIO.standardStream ? "standard input" : path }

    /// Runs an import and writes its instance; what went wrong is told, and ends the command.
    func run(_ make: (InstanceRecipe) throws -> ImportedInstance) throws {
        do {
            let imported = try make(try recipe())
            for note in imported.notes { Diagnostics.note("note: \(note)") }
            switch form.format {
            case .text: try output.write(imported.instance, to: output.output ?? DocumentIO.standardStream)
            case .json:
                if let file = output.output { try output.write(imported.instance, to: file) }
                try Output.writeDocument(imported.line())
            }
        } catch {
            Diagnostics.error(error)
            try ExitStatus(error).exit()
        }
    }
}

/// How CSV tables are written.
struct TableOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What stands between fields: a character such as ';', or tab; without it a comma.", valueName: "character"),
        transform: { try TableForm.separator($0) })
    var separator: UInt8?

    @Flag(help: "Figures have a decimal comma: 1,5. A point in one is refused.")
    var decimalComma = false

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A word that stands for a figure that was not measured, as an empty field does: NA, -. Repeatable.",
            valueName: "word"))
    var missing: [String] = []

    @Flag(help: "Spaces and tabs round a field do not count, unless quotes hold them.")
    var trimSpaces = false

    var form: TableForm {
        var form = TableForm()
        if let separator { form.dialect.separator = separator }
        form.dialect.trimsSpaces = trimSpaces
        (form.hasDecimalComma, form.missing) = (decimalComma, missing)
        return form
    }
}

/// The state and the sizes of its shards.
struct StateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Size of the state: 1493277696, 14MB, 1.5GiB.", valueName: "bytes"),
        transform: { try Quantity.bytes.parse(setting: $0) })
    var state: Int?

    @Option(
        help: ArgumentHelp(
            "A model description (JSON with name and bytes_params, bytes_with_adam_fp32, …) to take the size from; without --state and --model the state has 1 GiB.",
            valueName: "file"))
    var model: String?

    @Option(
        help: """
            With --model, what belongs to the state: adam (fp32, 12 bytes a parameter), sgd-momentum (8), mixed-adam \
            (14), none (the parameters as they are).
            """)
    var optimizer: StateKind = .adam

    @Option(
        help: ArgumentHelp(
            "Sizes such as 64KiB,256KiB, each dividing the next, or smallest=64KiB,factor=4,count=5.",
            valueName: "sizes"),
        transform: { try InstanceRecipe.shardSizes($0) })
    var shardSizes = InstanceRecipe.usualShardSizes

    func trainingState() throws -> TrainingState {
        if let state { return TrainingState(bytes: state) }
        guard let model else { return TrainingState(bytes: 1 << 30) }
        return try TrainingState(
            modelDescription: try DocumentIO.read(model), kind: optimizer, file: ImportOptions.title(of: model))
    }

    func validate() throws {
        if state != nil, model != nil { throw ValidationError("--state and --model exclude each other.") }
    }
}

/// Where an instance goes and what it says about itself.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.short, .long], help: ArgumentHelp("The file to write; - or none is standard output.", valueName: "file")
    )
    var output: String?

    @Option(help: "The name of the instance.")
    var name: String?

    @Option(help: "Where the figures come from, for people.")
    var source: String?

    @Option(help: "Text before the sentence that says how the figures were derived.")
    var comment: String?

    func write(_ instance: Instance, to file: String) throws {
        try DocumentIO.write(file) { try instance.writeJSON(to: $0) }
    }
}

extension NeighborSelection: ExpressibleByArgument {}
extension StateKind: ExpressibleByArgument {}
extension DuplicateRule: ExpressibleByArgument {}
extension TopologyImport.Sharing: ExpressibleByArgument {}
extension InstanceGenerator.Family: ExpressibleByArgument {}
