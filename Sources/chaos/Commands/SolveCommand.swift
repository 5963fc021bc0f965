import ArgumentParser
import ChaosDocuments
import ChaosModel
import ChaosReport
import ChaosSolver
import ChaosText
import Foundation

/// Plans from instances.
struct SolveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "solve",
        abstract: "Find the fastest plan of each instance, with proof of optimality.",
        discussion: """
            Prints per neighbor its shards, their share, bytes and finish time, and for every shard size its makespan, \
            or why it cannot beat the best. With --output the plan goes to a file that verify, show and a training run \
            read; for several instances, to a folder with a plan for each, named after the instance's path.

            With --format json every instance has a line, in the order of the inputs. Its status is optimal, \
            optimal-at-size (--size left the other sizes open), infeasible or beyond-range; or, with faults or an error \
            and no result, invalid or too-large.

            EXAMPLES
              chaos solve instance.json
              chaos solve --output plan.json instance.json
              chaos solve --format json --jobs 2 Instances > results.jsonl
              cat instance.json | chaos solve --size 65536 -

            Exit status: 0 solved, 3 infeasible, 4 too large for the algorithm, 5 invalid input.
            """)

    @OptionGroup var files: InputFiles

    @Option(help: "threshold: polynomial, the default; greedy: shard by shard; brute: enumeration, tiny only.")
    var algorithm: Algorithm = .threshold

    @Option(help: ArgumentHelp("Fix the shard size to this one of the chain, in bytes.", valueName: "bytes"))
    var size: Int?

    @Flag(help: "Solve every size, also those that cannot beat the best, so that each makespan is known.")
    var allSizes = false

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Write the plan to this file, or - for standard output; for several instances, to this folder.",
            valueName: "path"))
    var output: String?

    @Option(help: "text for people; json for programs, one line an instance.")
    var format: OutputFormat = .text

    @OptionGroup var batch: BatchOptions

    func validate() throws {
        if output == DocumentIO.standardStream, format == .json {
            throw ValidationError(
                "--output - and --format json would both write to standard output; the lines of --format json hold the "
                    + "plans.")
        }
    }

    func run() throws {
        let paths = try files.paths(jobs: batch.jobs)
        let style = Terminal.style(of: .output)
        let target = try PlanTarget(output, for: paths)
        let status = batch.run(paths, failureFormat: format == .json ? SolutionDocument.format : nil) { path in
            let instance = try Instance(contentsOf: path)
            // A plan costs a digest of the instance: it is made only where it is written.
            let makesPlan = target.isWanted || format == .json
            let digest = makesPlan && batch.jobs == 1 ? BackgroundDigest(of: instance) : nil
            let result = try solve(instance, path)
            var item = ItemOutput()
            item.status = result.best != nil ? .done : ExitStatus(withoutPlan: result)
            var plan: Plan?
            if let best = result.best {
                if makesPlan {
                    // With the size fixed, nothing is proven about the other sizes of the chain.
                    let made = Plan(
                        best, for: instance, isOptimal: result.coversChain(of: instance), algorithm: algorithm.rawValue,
                        sha256: digest?.value)
                    try target.write(made, for: path)
                    plan = made
                }
            } else {
                item.messages.append(Self.sentence(of: result, instance, path))
            }
            switch format {
            case .text where target.isStandardOutput: break
            case .text:
                let report = SolutionReport(instance, result, algorithm: algorithm.rawValue, style: style)
                let title = instance.name ?? DocumentIO.name(of: path)
                item.text = report.lines(title: title).joined(separator: "\n") + "\n" + (paths.count > 1 ? "\n" : "")
            case .json:
                item.text = try SolutionDocument(file: path, instance: instance, result: result, plan: plan).line()
                item.isDocument = true
            }
            return item
        }
        try status.exit()
    }

    private func solve(_ instance: Instance, _ path: String) throws -> ChainSearch.Result {
        let sizes = try size.map { [try $0.checked(against: instance, path)] }
        return try ChainSearch(algorithm.solver, solvesEverySize: allSizes).solve(instance, sizes: sizes)
    }

    /// Why there is no plan.
    private static func sentence(of result: ChainSearch.Result, _ instance: Instance, _ path: String) -> String {
        let file = DocumentIO.name(of: path)
        for case .infeasible(let shortage) in result.sizes.map(\.finding) where result.isInfeasible {
            return "\(file): infeasible: \(shortage.explanation(for: instance))"
        }
        return "\(file): the least makespan is beyond 2^76 ns (2.4 million years), to which times are computed; "
            + "allowed: state, shard sizes, overheads and bandwidths whose makespan is below"
    }
}

/// Where plans are written: nowhere, a file, standard output, or a folder with a file for each instance.
private struct PlanTarget: Sendable {
    private let path: String?
    /// For a folder, the file of each input.
    private var files: [String: String]?

    var isWanted: Bool { path != nil }
    var isStandardOutput: Bool { path == DocumentIO.standardStream }

    init(_ path: String?, for inputs: [String]) throws {
        let isFolder = path.map(DocumentIO.isFolder) ?? false
        self.path = path
        guard let path, path.hasSuffix("/") || inputs.count > 1 || isFolder else { return }
        if path == DocumentIO.standardStream {
            throw ValidationError(
                "--output - is for one instance, here are \(inputs.count): name a folder, or use --format json without "
                    + "--output, whose lines hold the plans.")
        }
        if !isFolder, DocumentIO.exists(path) {
            throw ValidationError("--output \(path): is no folder, as \(inputs.count) instances need.")
        }
        var files: [String: String] = [:]
        var inputOfFile: [String: String] = [:]
        for input in inputs {
            let file = Self.file(for: input, in: path)
            if let other = inputOfFile.updateValue(input, forKey: file) {
                throw ValidationError(
                    "--output \(path): the plans of \(other) and \(input) would both be \(file); solve them one by one."
                )
            }
            files[input] = file
        }
        self.files = files
        try DocumentIO.createFolder(path)
    }

    func write(_ plan: Plan, for input: String) throws {
        guard let path else { return }
        try DocumentIO.write(files?[input] ?? path) { try plan.writeJSON(to: $0) }
    }

    /// The folder's file for an input: its path with the separators replaced. Few pairs of paths meet in one.
    private static func file(for input: String, in folder: String) -> String {
        var name = input == DocumentIO.standardStream ? "standard-input" : input
        while name.hasPrefix("./") || name.hasPrefix("../") || name.hasPrefix("/") {
            name = String(name.drop { $0 == "." || $0 == "/" })
        }
        if name.hasSuffix(".json") { name.removeLast(5) }
        name = name.replacing("/", with: "_") + ".plan.json"
        return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }
}
