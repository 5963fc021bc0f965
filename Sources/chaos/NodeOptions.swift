import ArgumentParser
import ChaosControl
import ChaosDocuments
import ChaosLab
import ChaosProtocol
import ChaosText

/// The node that a command talks to.
struct NodeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The control socket of the node, as its configuration names it.", valueName: "path"))
    var socket: String

    /// Sends the request and says what the node answers.
    /// - Returns: what it says of itself, if it was asked for that.
    @discardableResult
    func ask(_ request: ControlRequest) throws -> NodeStatus? {
        do {
            switch try ControlClient(socket).send(request) {
            case .done: return nil
            case .refused(let reason):
                Diagnostics.error("\(socket): refused: \(reason)")
                try ExitStatus.invalidInput.exit()
            case .status(let status): return status
            }
        } catch let error as ControlFailure {
            Diagnostics.error(error)
            try ExitStatus.crashed.exit()
        }
        return nil
    }
}

/// What a node says of itself.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Ask a running node what it does: view, step, loss, links, transfers.",
        discussion: """
            EXAMPLE
              chaos status --socket node-1.sock
              chaos status --socket node-1.sock --format json

            Exit status: 0 answered, 7 no node answers at the socket.
            """)

    @OptionGroup var node: NodeOptions

    @OptionGroup var output: FormatOption

    func run() throws {
        guard let status = try node.ask(.status) else { return }
        switch output.format {
        case .text: try Output.write(status.lines(Terminal.style(of: .output)))
        case .json: try Output.writeDocument(status.document())
        }
    }
}

/// A node is to join.
struct JoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Tell a running node to join the cluster of its neighbors.",
        discussion: "Exit status: 0 it asks its neighbors now, 5 refused, 7 no node answers at the socket.")

    @OptionGroup var node: NodeOptions

    func run() throws { try node.ask(.join) }
}

/// A node is to leave.
struct LeaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave",
        abstract: "Tell a running node to leave its cluster and end.",
        discussion: "Exit status: 0 it leaves, 5 refused, 7 no node answers at the socket.")

    @OptionGroup var node: NodeOptions

    func run() throws { try node.ask(.leave) }
}

/// Links of a running node.
struct LinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "Add links to a running node, or remove them.",
        subcommands: [Add.self, Remove.self])

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Keep up a link from a running node to a peer.",
            discussion: """
                EXAMPLE
                  chaos link add --socket node-1.sock 7 192.0.2.7:7007

                Exit status: 0 done, 5 refused, 7 no node answers at the socket.
                """)

        @OptionGroup var node: NodeOptions

        @Argument(help: ArgumentHelp("The id of the peer.", valueName: "peer"))
        var peer: UInt64

        @Argument(help: ArgumentHelp("Where the peer accepts connections, host:port.", valueName: "address"))
        var address: String

        func run() throws { try node.ask(.linkAdd(peer: NodeID(peer), address: address)) }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Close the link from a running node to a peer, for good.",
            discussion: "Exit status: 0 done, 5 refused, 7 no node answers at the socket.")

        @OptionGroup var node: NodeOptions

        @Argument(help: ArgumentHelp("The id of the peer.", valueName: "peer"))
        var peer: UInt64

        func run() throws { try node.ask(.linkRemove(peer: NodeID(peer))) }
    }
}
