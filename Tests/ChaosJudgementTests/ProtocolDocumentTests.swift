import ChaosJudgement
import ChaosTesting
import Foundation
import Testing

/// Documentation/PROTOCOL.md says what is promised.
@Suite struct ProtocolDocumentTests {
    @Test func everyPromiseStandsThereInItsWords() throws {
        let text = try String(contentsOf: PackageRoot.url("Documentation/PROTOCOL.md"), encoding: .utf8)
        let section = try #require(text.split(separator: "## What is promised").last)
        let rows = section.split(separator: "\n").drop { !$0.hasPrefix("|---") }.dropFirst()
            .prefix { $0.hasPrefix("|") }
        #expect(rows.map(String.init) == Invariant.allCases.map { "| `\($0.rawValue)` | \($0.sentence) |" })
    }
}
