import ArgumentParser
import ChaosDocuments
import ChaosImport

/// Random instances by family, size and seed.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make a random instance by family, size and seed, the same on every machine.",
        discussion: """
            Families: flat (links of 50 Mbit/s to 10 Gbit/s, latencies of 1 to 150 ms), and flat with one thing more: \
            limits, groups (three levels), overheads, ties, heterogeneous (bandwidths that differ by a factor of 100), \
            ready (within 10 s); mixed has all of it.

            EXAMPLES
              chaos generate --neighbors 50 --seed 7 | chaos solve -
              chaos generate --family groups --neighbors 1000000 --state 1TiB \\
                --output large.json
              chaos generate --family ties --neighbors 12 --state 1MiB \\
                --shard-sizes smallest=1KiB,factor=2,count=10

            Exit status: 0 done, 5 invalid input, 64 wrong usage.
            """)

    @Option(help: "flat, limits, groups, overheads, ties, heterogeneous, ready or mixed.")
    var family: InstanceGenerator.Family = .mixed

    @Option(help: ArgumentHelp("How many neighbors, 1 … 10^7.", valueName: "n"))
    var neighbors = 8

    @Option(help: ArgumentHelp("The seed.", valueName: "n"))
    var seed: UInt64 = 0

    @OptionGroup(title: "State and shard sizes") var state: StateOptions

    @Option(name: [.short, .long], help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
    var output = DocumentIO.standardStream

    func run() throws {
        do {
            let generator = InstanceGenerator(
                family, neighbors: neighbors, seed: seed, state: try state.trainingState(), shardSizes: state.shardSizes
            )
            let instance = try generator.instance()
            try DocumentIO.write(output) { try instance.writeJSON(to: $0) }
        } catch {
            Diagnostics.error(error)
            try ExitStatus(error).exit()
        }
    }
}
