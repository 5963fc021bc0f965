import ArgumentParser
import ChaosControl
import ChaosDocuments
import ChaosProtocol
import Foundation

/// An operator's word that members are gone for good.
struct ProceedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proceed",
        abstract: "Let a halted node go on without members that are gone for good.",
        discussion: """
            A member that cannot reach a quorum halts, for the others may be alive and train: nobody but an operator can \
            know. This says that those named are gone: the node goes on in a new epoch with all members that it reaches. \
            All that it cannot reach have to be named; `chaos status` shows them.

            IF ANY OF THEM IS ALIVE, there are two clusters from then on, each with a state of its own, and the work of one \
            of them is lost in the end. Make sure first, by asking their institutions.

            EXAMPLE
              chaos proceed --socket node-2.sock --without 1

            Exit status: 0 it goes on, 5 refused, or not confirmed, 7 no node answers at the socket.
            """)

    /// What has to be typed.
    private static let word = "proceed"

    @OptionGroup var node: NodeOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The ids of members that are gone for good.", valueName: "id"))
    var without: [UInt64]

    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    func run() throws {
        guard let status = try node.ask(.status) else { return }
        let gone = without.map { NodeID($0) }
        if !yes { try confirm(status, gone) }
        try node.ask(.proceed(without: gone))
    }

    private func confirm(_ status: NodeStatus, _ gone: [NodeID]) throws {
        let names = gone.map { "\($0)" + (status.institutions[$0].map { " of \($0)" } ?? "") }
        let text = """
            node \(status.node) of \(status.cluster), \(status.phaseText), at step \(status.step.map(String.init) ?? "none")
            is to go on for good without \(names.joined(separator: ", ")).
            If one of these is alive, there will be two clusters, and the work of one of them will be lost.
            Type \(Self.word) to go on:
            """
        Diagnostics.note(text)
        guard readLine() == Self.word else {
            Diagnostics.error("not confirmed: nothing was done; allowed: \(Self.word), or --yes")
            try ExitStatus.invalidInput.exit()
            return
        }
    }
}
