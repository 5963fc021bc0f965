import ArgumentParser
import ChaosDocuments
import ChaosModel
import Dispatch
import Foundation
import Synchronization

/// The instances that a command works on: files, folders, standard input.
struct InputFiles: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Instance files; a folder means every instance below it; - is standard input.", valueName: "instance"))
    var inputs: [String]

    func validate() throws {
        if inputs.count(where: { $0 == DocumentIO.standardStream }) > 1 {
            throw ValidationError("- is standard input, which can be read once; it is given several times.")
        }
    }

    /// The files, folders replaced by the instances below them in the order of their paths.
    /// - Parameter jobs: how many files of a folder are looked at at the same time.
    /// - Throws: `InvalidInput` for a folder without instances. A path that does not exist is for the reader to report.
    func paths(jobs: Int = 1) throws -> [String] {
        try inputs.flatMap { input -> [String] in
            guard input != DocumentIO.standardStream, DocumentIO.isFolder(input) else { return [input] }
            let files = DocumentIO.files(below: input).filter { $0.hasSuffix(".json") }.sorted()
            let found = Self.instances(among: files, jobs)
            if found.isEmpty {
                throw InvalidInput(
                    file: input, "", "no instance below this folder",
                    allowed: "files NAME.json with \"format\": \"chaos-instance\"")
            }
            return found
        }
    }

    private static func instances(among files: [String], _ jobs: Int) -> [String] {
        let others = Mutex(Set<Int>())
        DispatchQueue.concurrentPerform(iterations: jobs) { job in
            for k in stride(from: job, to: files.count, by: jobs) where !isInstance(files[k]) {
                others.withLock { _ = $0.insert(k) }
            }
        }
        let left = others.withLock { $0 }
        return files.indices.filter { !left.contains($0) }.map { files[$0] }
    }

    /// Whether a JSON file of a folder calls itself an instance. A broken file that does is kept, as is one that cannot be
    /// read, and reported later.
    private static func isInstance(_ path: String) -> Bool { names("chaos-instance", in: path) ?? true }

    /// Whether a JSON file calls itself of this format, wherever in it; nil: it cannot be read.
    static func names(_ format: String, in path: String) -> Bool? {
        (try? DocumentIO.read(path)).map { Data($0).range(of: Data("\"\(format)\"".utf8)) != nil }
    }
}

/// Text for people or JSON for programs.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
}

/// Of a command that prints one document.
struct FormatOption: ParsableArguments {
    @Option(help: "text for people; json for programs: one document in a line, whose form is in Schemas.")
    var format: OutputFormat = .text
}
