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

    @Test func everyKeyIsDescribed() {
        let table = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.joined(separator: "\n")
        func expect(_ keys: [String]) { for key in keys { #expect(table.contains("\(key)`"), "\(key)") } }
        expect(
            ConfigField.allCases.map(\.rawValue).filter { !["policy", "trainer", "training", "timers"].contains($0) })
        expect(PolicyField.allCases.map(\.rawValue))
        expect(TrainerField.allCases.map(\.rawValue))
        expect(TrainingField.allCases.map(\.rawValue))
        expect(TimerField.allCases.map(\.rawValue))
    }
}
