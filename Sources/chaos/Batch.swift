import ArgumentParser
import ChaosDocuments
import ChaosReport
import ChaosText
import Dispatch
import Foundation
import Synchronization

/// What a command says about one of its inputs.
struct ItemOutput: Sendable {
    /// For standard output, complete with its line breaks.
    var text = ""
    /// The text is a document of a form of its own, such as JSON.
    var isDocument = false
    /// For standard error.
    var messages: [String] = []
    var status = ExitStatus.done
}

/// How many inputs are worked on at once.
struct BatchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many instances are worked on at the same time. Results keep the order of the inputs.",
            valueName: "n"))
    var jobs = 1

    func validate() throws { try Self.check(jobs: jobs) }

    static func check(jobs: Int) throws {
        if !(1...256).contains(jobs) { throw ValidationError("--jobs \(jobs): allowed are 1 … 256.") }
    }

    /// Runs `body` on each path and prints what it returns in the order of the paths. An error of one input is reported
    /// and the others go on. On a terminal a bar shows the progress of what takes more than a second.
    /// - Parameter failureFormat: the format of the JSON lines that are the results, among which an input with an error
    ///   has a line too; nil: results are no JSON lines.
    /// - Returns: the worst status of all.
    func run(
        _ paths: [String], failureFormat: String?, _ body: @escaping @Sendable (String) throws -> ItemOutput
    ) -> ExitStatus {
        let progress = ProgressBar(total: paths.count)
        let printer = OrderedPrinter(count: paths.count, progress: progress)
        let next = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: min(jobs, max(1, paths.count))) { _ in
            while true {
                let index = next.withLock { value in
                    defer { value += 1 }
                    return value
                }
                guard index < paths.count else { return }
                var output = ItemOutput()
                do {
                    output = try body(paths[index])
                } catch {
                    output.messages.append(Diagnostics.text(of: error, in: paths[index]))
                    output.status = ExitStatus(error)
                    if let failureFormat {
                        let failure = FailureDocument(
                            format: failureFormat, file: paths[index], status: .init(output.status), error: error)
                        // The writer fails only where its sink does, and this one is memory.
                        output.text = (try? failure.line()) ?? ""
                        output.isDocument = true
                    }
                }
                printer.finish(index, output)
            }
        }
        progress.clear()
        return ExitStatus.worst(printer.statuses)
    }
}

/// Prints results in the order of the inputs, each as soon as those before it are printed.
private final class OrderedPrinter: Sendable {
    private struct State {
        var waiting: [ItemOutput?]
        var printed = 0
        var statuses: [ExitStatus] = []
    }

    private let state: Mutex<State>
    private let progress: ProgressBar

    init(count: Int, progress: ProgressBar) {
        state = Mutex(State(waiting: Array(repeating: nil, count: count)))
        self.progress = progress
    }

    var statuses: [ExitStatus] { state.withLock { $0.statuses } }

    func finish(_ index: Int, _ output: ItemOutput) {
        state.withLock { state in
            state.waiting[index] = output
            while state.printed < state.waiting.count, let output = state.waiting[state.printed] {
                progress.clear()
                for message in output.messages { Diagnostics.error(message) }
                if !output.text.isEmpty { Self.print(output) }
                state.statuses.append(output.status)
                state.waiting[state.printed] = ItemOutput()
                state.printed += 1
            }
            progress.advance()
        }
    }

    private static func print(_ output: ItemOutput) {
        do {
            if output.isDocument { try Output.writeDocument(output.text) } else { try Output.write(output.text) }
        } catch {
            Diagnostics.error(error)
            exit(ExitStatus(error).rawValue)
        }
    }
}

extension FailureDocument.Status {
    init(_ status: ExitStatus) {
        switch status {
        case .limitReached: self = .tooLarge
        case .crashed: self = .crashed
        case .done, .infeasible, .invalidInput, .disagreement, .usage, .interrupted: self = .invalid
        }
    }
}
