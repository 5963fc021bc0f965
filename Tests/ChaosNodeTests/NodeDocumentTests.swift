import ChaosDocuments
import ChaosTesting
import Foundation
import Testing

@testable import ChaosNode

/// Documentation/NODE.md says what the node does.
@Suite struct NodeDocumentTests {
    private let text: String

    init() throws { text = try String(contentsOf: PackageRoot.url("Documentation/NODE.md"), encoding: .utf8) }

    @Test func theExampleIsAConfiguration() throws {
        let start = try #require(text.range(of: "```yaml\n"))
        let end = try #require(text.range(of: "```\n", range: start.upperBound..<text.endIndex))
        let config = try NodeConfig(yaml: String(text[start.upperBound..<end.lowerBound]))
        #expect(config.founding?.members == [1, 2, 3])
    }

    /// The rows of the table of keys, as they stand there.
    private var rows: [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return Array(lines.drop { $0 != NodeConfig.keyTable.prefix { $0 != "\n" } }.dropFirst(2).prefix { $0 != "" })
    }

    @Test func theTableOfKeysIsUpToDate() {
        let expected = NodeConfig.rows.map(\.description)
        for row in expected where !rows.contains(row) { Issue.record("a row is missing:\n\(row)") }
        for row in rows where !expected.contains(row) { Issue.record("a row that is not so:\n\(row)") }
        #expect(rows == expected, "`chaosd --keys` prints the table")
    }

    // MARK: What the rows say, tried

    private struct Key {
        let path: String
        let values: String
        let absent: String
        /// A configuration without this key that lacks nothing else.
        let without: ConfigValues

        init(_ row: String) {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            (path, values, absent) = (cells[0].filter { $0 != "`" }, cells[1], cells[2])
            let samples = ConfigSample.all
            without = samples.first { $0.key == cells[0].filter { $0 != "`" } }?.without ?? .least
        }

        func config(_ value: String) throws -> NodeConfig { try NodeConfig(yaml: without.with([path: value]).yaml) }

        func isRead(_ value: String) -> Bool { (try? config(value)) != nil }
    }

    /// A number as one would write it, or one that is greater by as much, in base units.
    private static func written(_ text: String, plus: Int = 0) throws -> String {
        if text == "2^63 - 1" { return "\(UInt64(Int.max) + UInt64(plus))" }
        let parts = text.split(separator: " ").map(String.init)
        let power = parts[0].split(separator: "^").compactMap { Int($0) }
        let number = try #require(power.count == 2 ? 1 << power[1] : Int(parts[0]), "\(text)")
        guard parts.count == 2 else { return "\(number + plus)" }
        for quantity in Quantity.allCases {
            guard let unit = quantity.units.first(where: { $0.key == parts[1] }) else { continue }
            return "\(number * unit.value + plus) \(quantity.baseUnit)"
        }
        throw LocalCluster.Timeout(what: "a unit in \(text)")
    }

    /// What lies within a range is read, and what lies beyond it is not.
    @Test func rangesAreAsTheyStandThere() throws {
        var tried: [String] = []
        for key in rows.map(Key.init) {
            let ends = key.values.components(separatedBy: " … ")
            guard ends.count == 2, !key.values.contains("UTF-8") else { continue }
            let isList = key.values.hasPrefix("a list")
            let least = ends[0].components(separatedBy: ", ").last ?? ""
            func isRead(_ text: String) -> Bool { key.isRead(isList ? "[\(text)]" : text) }
            switch key.path {
            // The one is at least two of the other.
            case "timers.heartbeat": #expect(try isRead(Self.written(least)))
            case "timers.failure_bound": #expect(try isRead(Self.written(ends[1])))
            default:
                #expect(try isRead(Self.written(least)), "\(key.path): \(least)")
                #expect(try isRead(Self.written(ends[1])), "\(key.path): \(ends[1])")
            }
            #expect(try !isRead(Self.written(least, plus: -1)), "\(key.path): below \(least)")
            #expect(try !isRead(Self.written(ends[1], plus: 1)), "\(key.path): above \(ends[1])")
            tried.append(key.path)
        }
        #expect(tried.count == 45, "\(tried)")
    }

    /// To say what holds without a key changes nothing.
    @Test func defaultsAreAsTheyStandThere() throws {
        var tried: [String] = []
        for key in rows.map(Key.init) {
            let word = key.absent.filter { $0 != "`" }
            let isWord = word != key.absent && !key.absent.contains(" ") || key.absent.hasPrefix("[")
            // The others are told in words: "2 states", "no end".
            guard isWord || key.absent.wholeMatch(of: /[0-9.^]+( (ns|us|ms|s|bytes|KiB|MiB))?/) != nil else { continue }
            let value = isWord || key.absent.contains(".") ? word : try Self.written(key.absent)
            let without = try NodeConfig(yaml: key.without.yaml)
            #expect(try String(describing: key.config(value)) == String(describing: without), "\(key.path): \(value)")
            tried.append(key.path)
        }
        #expect(tried.count == 46, "\(tried)")
    }
}
