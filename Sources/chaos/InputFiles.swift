import ArgumentParser
import ChaosModel
import Foundation

/// The instances that a command works on: files, folders, standard input.
struct InputFiles: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Instance files; a folder means every instance below it; - is standard input.", valueName: "instance"))
    var inputs: [String]

    /// The files, folders replaced by the instances below them in the order of their paths.
    /// - Throws: `FileError` for a path that does not exist; a usage error for a folder without instances.
    func paths() throws -> [String] {
        try inputs.flatMap { input -> [String] in
            var isFolder: ObjCBool = false
            guard input != DocumentIO.standardStream,
                FileManager.default.fileExists(atPath: input, isDirectory: &isFolder), isFolder.boolValue
            else { return [input] }
            let found = (FileManager.default.subpaths(atPath: input) ?? [])
                .filter { $0.hasSuffix(".json") && !$0.contains("/.") && !$0.hasPrefix(".") }
                .map { input.hasSuffix("/") ? input + $0 : "\(input)/\($0)" }
                .filter(Self.isInstance).sorted()
            if found.isEmpty { throw ValidationError("\(input): no instance file below this folder.") }
            return found
        }
    }

    /// Whether a JSON file of a folder calls itself an instance. A broken file that does is kept, and reported later.
    private static func isInstance(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return true }
        defer { try? file.close() }
        let head = (try? file.read(upToCount: 4096)) ?? Data()
        return String(decoding: head, as: UTF8.self).contains("\"chaos-instance\"")
    }
}

/// Text for people or JSON for programs.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
}
