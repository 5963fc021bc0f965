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
            The configuration is a YAML file; Documentation/NODE.md tells every key. Logs go to standard error. SIGTERM and \
            SIGINT make the node leave the cluster politely, and a second one ends it at once.

            Statuses: 0 when the node has left, 1 when it could not go on, 5 when the configuration is refused, 64 for \
            wrong usage.
            """,
        version: "chaosd \(Release.version)")

    @Option(name: .shortAndLong, help: "The configuration; - for standard input.")
    var config: String?

    @Flag(help: "Read the configuration and all that it names, say what is wrong, and end.")
    var check = false

    @Flag(help: "Print every key of a configuration, as a table in Markdown, and end.")
    var keys = false

    func validate() throws {
        if config == nil, !keys { throw ValidationError("Missing expected argument '--config <config>'") }
    }

    func run() throws {
        guard !keys, let file = config else { return try Self.write(NodeConfig.keyTable + "\n") }
        let config: NodeConfig
        let node: Node
        let writeMetrics: () -> Void
        do {
            config = try NodeConfig(contentsOf: file)
            if check {
                try config.check()
                return
            }
            bootstrapLog(config.log)
            writeMetrics = config.bootstrapMetrics()
            node = try Node(config, logger: Logger(label: "chaosd"))
        } catch {
            throw fail(error)
        }
        let signals = Signals { count in
            if count == 1 { node.leave() } else { _exit(1) }
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

    private func bootstrapLog(_ level: Logger.Level) {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }

    private func fail(_ error: any Error) -> ExitCode {
        try? DocumentIO.writeToStandardError(SingleLine.ofEach("\(error)\n"))
        return ExitCode(5)
    }

    private static func write(_ text: String) throws { try DocumentIO.write(text, to: DocumentIO.standardStream) }
}

/// Counts SIGTERM and SIGINT.
private final class Signals: @unchecked Sendable {
    private let queue = DispatchQueue(label: "chaosd.signals")
    private var sources: [any DispatchSourceSignal] = []
    private var count = 0

    init(_ body: @escaping @Sendable (Int) -> Void) {
        for number in [SIGTERM, SIGINT] {
            // Otherwise the process ends before the source sees it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in
                count += 1
                body(count)
            }
            source.resume()
            sources.append(source)
        }
        signal(SIGPIPE, SIG_IGN)
    }

    func cancel() { for source in sources { source.cancel() } }
}
