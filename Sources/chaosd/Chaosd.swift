import ArgumentParser
import ChaosDocuments
import ChaosNode
import Dispatch
import Foundation
import Logging

/// The node as a process.
struct Chaosd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaosd",
        abstract: "Runs a node of a cluster that trains together.",
        discussion: """
            The configuration is a YAML file; Documentation/NODE.md tells every key. Logs go to standard error; nobody \
            waits for whoever reads them. SIGTERM and SIGINT make the node leave the cluster politely, and a second one \
            ends it at once. SIGHUP opens the journal anew, writes the metrics, and reads the configuration again: peers, \
            log and the files of an identity take effect, and the log names what else has changed and needs a new start.

            Statuses: 0 when the node has left, 1 when it could not go on, 5 when the configuration is refused, 64 for \
            wrong usage.
            """,
        version: "chaosd \(Release.version)", subcommands: [IdentityCommand.self])

    @Option(name: .shortAndLong, help: "The configuration; - for standard input.")
    var config: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Found the cluster with the newest of these states on disk, as after an outage of all nodes, unless there is one.",
            valueName: "state"))
    var restore: [String] = []

    @Flag(help: "Read the configuration and all that it names, say what is wrong, and end.")
    var check = false

    @Flag(help: "Print every key of a configuration, as a table in Markdown, and end.")
    var keys = false

    func run() throws {
        if keys { return try Self.write(NodeConfig.keyTable + "\n") }
        guard let file = config else { throw ValidationError("Missing expected argument '--config <config>'") }
        let log = Log()
        defer { log.output.flush() }
        var config: NodeConfig
        let node: Node
        let writeMetrics: @Sendable () -> Void
        do {
            if check { return try NodeConfig.check(contentsOf: file, restoring: restore) }
            config = try NodeConfig(contentsOf: file)
            if !restore.isEmpty { config.found(restoring: restore) }
            log.bootstrap(config.log)
            writeMetrics = config.bootstrapMetrics()
            // It may wait for its engine, and there is nothing yet to be opened anew.
            signal(SIGHUP, SIG_IGN)
            node = try Node(config, logger: Logger(label: "chaosd"))
        } catch {
            throw fail(error)
        }
        let signals = Signals { signal, count in
            switch (signal, count) {
            case (SIGHUP, _):
                writeMetrics()
                log.reload(file, node)
            case (_, 1): node.leave()
            default: _exit(1)
            }
        }
        defer { signals.cancel() }
        do {
            try node.start()
        } catch {
            _ = try? node.waitForEnd()
            throw fail(error)
        }
        let end = try node.waitForEnd()
        // While a second signal still ends it.
        writeMetrics()
        switch end {
        case .left, .killed: return
        case .failed: throw ExitCode(1)
        }
    }

    private func fail(_ error: any Error) -> ExitCode {
        try? DocumentIO.writeToStandardError(SingleLine.ofEach("\(error)\n"))
        return ExitCode(5)
    }

    private static func write(_ text: String) throws { try DocumentIO.write(text, to: DocumentIO.standardStream) }
}

/// The log of the process, whose level may change while it runs.
private struct Log: Sendable {
    let output = LogOutput()

    func bootstrap(_ level: Logger.Level) {
        output.level = level
        let output = output
        LoggingSystem.bootstrap { LineLogHandler(label: $0, output: output) }
    }

    /// Reads the configuration again; what is wrong with it changes nothing.
    func reload(_ file: String, _ node: Node) {
        let logger = Logger(label: "chaosd")
        guard file != DocumentIO.standardStream else {
            return logger.warning("the configuration came from standard input and cannot be read again")
        }
        do {
            let config = try NodeConfig(contentsOf: file)
            output.level = config.log
            let changed = node.reload(config)
            if !changed.isEmpty {
                logger.warning("changed keys need a new start", metadata: ["keys": "\(changed.joined(separator: " "))"])
            }
        } catch {
            logger.error("the configuration is not taken", metadata: ["error": "\(error)"])
        }
    }
}

/// Tells each SIGTERM and SIGINT, counted together, and each SIGHUP.
private final class Signals: @unchecked Sendable {
    private let queue = DispatchQueue(label: "chaosd.signals")
    private var sources: [any DispatchSourceSignal] = []
    private var count = 0

    init(_ body: @escaping @Sendable (Int32, Int) -> Void) {
        for number in [SIGTERM, SIGINT, SIGHUP] {
            // Otherwise the process ends before the source sees it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in
                if number != SIGHUP { count += 1 }
                body(number, count)
            }
            source.resume()
            sources.append(source)
        }
        signal(SIGPIPE, SIG_IGN)
        // A file that may not grow any more is a failed write, and no reason to end.
        signal(SIGXFSZ, SIG_IGN)
    }

    func cancel() { for source in sources { source.cancel() } }
}
