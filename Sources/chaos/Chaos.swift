import ArgumentParser

/// The command line. One file a subcommand; what they do is in the libraries.
struct Chaos: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Plan how a joining node pulls the training state from all its neighbors at once, provably fastest.",
        discussion: """
            An instance says which neighbors hold the state, over which links, and which shard sizes are allowed. A plan \
            says how many shards come from each, so that the last one arrives as early as possible. Times are exact \
            fractions of nanoseconds; no floating-point number decides anything.

            EXAMPLES
              chaos solve Instances/skyplane/gcp-us-west1-a-8-fastest-gpt2_xl.json
              chaos solve --output plan.json instance.json && \\
                chaos verify instance.json plan.json
              chaos crosscheck Instances --time-limit 20
              chaos generate --neighbors 50 --seed 7 | chaos solve -

            EXIT STATUS
            \(ExitStatus.table)
            Of several, the first of 6, 7, 5, 4, 3 that applies.
            """,
        version: VersionText.version,
        subcommands: [
            SolveCommand.self, VerifyCommand.self, CrosscheckCommand.self, CertifyCommand.self, ShowCommand.self,
            ExportCommand.self, ImportCommand.self, GenerateCommand.self, SimulateCommand.self,
            ReplayCommand.self, CompareCommand.self, LabCommand.self, StatusCommand.self, JoinCommand.self,
            LeaveCommand.self,
            ProceedCommand.self, LinkCommand.self,
        ],
        helpNames: [.short, .long])
}
