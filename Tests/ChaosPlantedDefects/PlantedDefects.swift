import ChaosJudgement
import ChaosProtocol
import ChaosSimulator
import Foundation

/// Whether the simulation finds the defects that are planted into the protocol, as `Documentation/PROTOCOL.md` says: the
/// first seed at which each shows, and the invariant that it breaks there. A program of its own, for a debug build takes
/// an hour for these runs.
///
///     ChaosPlantedDefects FOLDER         the package's folder: checks its table, prints what is not so, and exits with 1
///     ChaosPlantedDefects FOLDER COUNT   prints the table as it should be, with the first COUNT seeds
@main struct PlantedDefects {
    struct Row {
        let defect: PlantedDefect
        let meaning: String
        /// Nil: no seed shows it.
        let seed: UInt64?
        /// The invariant, or where there is no seed what else finds the defect.
        let finder: String

        var line: String {
            let finder = seed == nil && !finder.hasSuffix("Tests") ? finder : "`\(finder)`"
            return "| `\(defect)` | \(meaning) | \(seed.map(String.init) ?? "-") | \(finder) |"
        }
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    static func main() {
        do {
            let arguments = CommandLine.arguments.dropFirst()
            guard let path = arguments.first, arguments.count <= 2 else {
                throw Fault(description: "ChaosPlantedDefects FOLDER [COUNT]")
            }
            let folder = URL(fileURLWithPath: path)
            let rows = try table(folder.appending(path: "Documentation/PROTOCOL.md"))
            if let count = arguments.dropFirst().first.flatMap({ UInt64($0) }) {
                for row in rows { print(searched(row, count).line) }
                return
            }
            let faults = rows.flatMap { self.faults(of: $0, folder) }
            guard faults.isEmpty else { throw Fault(description: faults.joined(separator: "\n")) }
            print("\(rows.count) planted defects, each found at the seed and by the invariant of the documentation")
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    /// - Throws: what the table lacks, or has too much of.
    static func table(_ file: URL) throws -> [Row] {
        let text = try String(contentsOf: file, encoding: .utf8)
        let form = /\n\| in the code \| defect \| found at seed \| by \|\n\|---\|---\|---:\|---\|\n((?:\|.*\n)+)/
        guard let lines = text.firstMatch(of: form)?.1.split(separator: "\n") else {
            throw Fault(description: "\(file.path): no table of planted defects")
        }
        let rows = try lines.map { line in
            guard let row = line.wholeMatch(of: /\| `(\w+)` \| (.+) \| (\d+|-) \| (.+) \|/),
                let defect = PlantedDefect(rawValue: String(row.1))
            else { throw Fault(description: "\(file.path): \(line): allowed are the cases of PlantedDefect") }
            return Row(
                defect: defect, meaning: String(row.2), seed: UInt64(row.3),
                finder: row.4.filter { $0 != "`" })
        }
        for defect in PlantedDefect.allCases where rows.count(where: { $0.defect == defect }) != 1 {
            throw Fault(description: "\(file.path): \(defect) must stand in the table once")
        }
        return rows
    }

    static func faults(of row: Row, _ folder: URL) -> [String] {
        guard let seed = row.seed else { return faultsOfTests(row, folder) }
        guard let found = first(row.defect, seed) else { return ["\(row.defect): not found up to seed \(seed)"] }
        var faults: [String] = []
        if found.seed != seed || found.violation.invariant.rawValue != row.finder {
            faults.append(
                "\(row.defect): found at seed \(found.seed) by \(found.violation.invariant), not at \(seed) by \(row.finder)"
            )
        }
        if let other = Campaign(seeds: seed..<seed + 1).play().failing {
            faults.append("seed \(seed) fails without any defect: \(other.violation)")
        }
        return faults
    }

    /// What finds a defect that no seed shows: tests of the part that it is planted into, or nothing.
    private static func faultsOfTests(_ row: Row, _ folder: URL) -> [String] {
        if row.finder == "nothing within 1000 seeds" { return [] }
        let file = folder.appending(path: "Tests/ChaosProtocolTests/\(row.finder).swift")
        let text = try? String(contentsOf: file, encoding: .utf8)
        return text?.contains(".\(row.defect)") == true ? [] : ["\(row.defect): \(row.finder) does not name it"]
    }

    private static func first(_ defect: PlantedDefect, _ count: UInt64) -> (seed: UInt64, violation: Violation)? {
        Campaign(seeds: 1..<count + 1, defect: defect).play(jobs: ProcessInfo.processInfo.activeProcessorCount).failing
    }

    private static func searched(_ row: Row, _ count: UInt64) -> Row {
        guard let found = first(row.defect, count) else {
            let finder = row.seed == nil ? row.finder : "nothing within \(count) seeds"
            return Row(defect: row.defect, meaning: row.meaning, seed: nil, finder: finder)
        }
        return Row(
            defect: row.defect, meaning: row.meaning, seed: found.seed, finder: found.violation.invariant.rawValue)
    }
}
