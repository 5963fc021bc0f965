import ChaosDocuments
import ChaosModel
import ChaosSimulator
import ChaosTesting
import ChaosYAML
import Foundation
import Testing

@testable import ChaosScenario

/// The scenarios that come with the project, and the example of the documentation.
@Suite struct ShippedScenarioTests {
    static let folder = PackageRoot.url("Instances/scenarios")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    static func read(_ name: String) throws -> Scenario { try Scenario(contentsOf: folder.appending(path: name).path) }

    @Test func theReadmeListsThem() throws {
        let readme = try String(contentsOf: Self.folder.appending(path: "README.md"), encoding: .utf8)
        let listed = readme.matches(of: /\| `(.+\.yaml)` \|/).map { String($0.1) }
        #expect(listed.sorted() == Self.names && listed.count >= 10)
    }

    @Test(arguments: names) func theyAreRead(_ name: String) throws {
        let scenario = try Self.read(name)
        #expect(scenario.name?.isEmpty == false)
        #expect(scenario.steps.last == .calm(after: 0))
        #expect(scenario.calmBound > 0)
    }

    /// What the reader takes is valid by the schema, and a key that it does not know is not.
    @Test(.enabled(if: PackageRoot.python != nil)) func theyAreValid() throws {
        let documentation = try String(contentsOf: PackageRoot.url("Documentation/SCENARIOS.md"), encoding: .utf8)
        let example = try #require(documentation.firstMatch(of: /```yaml\n((?s).*?)```/))
        let head = "format: chaos-scenario\nversion: 1\nfounders: [1, 2, 3, 4, 5]\nnetwork: {links: mesh}\nevents:\n"
        // The rows of the table of events: "| `cut: [1, 2]` | the link goes".
        let events = documentation.matches(of: /\n\| `((?:\w+): [^`]+)` \|/).map { "  - {at: 1 s, \($0.1)}\n" }
        #expect(events.count >= Scenario.Event.Kind.allCases.count)
        let texts =
            try Self.names.map { try String(contentsOf: Self.folder.appending(path: $0), encoding: .utf8) }
            + [String(example.1), head + events.joined()]
        let documents = try texts.map { String(decoding: try YAMLDocument.json(of: Array($0.utf8)), as: UTF8.self) }
        #expect(try PythonTool.validate("scenario", documents: documents) == (.exited(0), []))
        let bad = documents.map { $0.replacing("\"network\":{", with: "\"network\":{\"wire\":1,") }
        #expect(try PythonTool.validate("scenario", documents: bad).lines.count == documents.count)
    }

    @Test func theOnesFromElsewhere() throws {
        let thousand = try Self.read("thousand-nodes.yaml")
        #expect(thousand.founders.count == 1000 && thousand.links.count == 2000)
        let path = PackageRoot.url("Instances/skyplane/aws-sa-east-1-4-fastest-resnet50.json").path
        let instance = try Instance(contentsOf: path)
        let scenario = try Self.read("from-instance.yaml")
        #expect(scenario.training.stateBytes == instance.state.bytes)
        #expect(scenario.capacities.values.map(\.bandwidth).sorted() == instance.neighbors.map(\.bandwidth).sorted())
    }

    @Test func theExampleOfTheDocumentation() throws {
        let text = try String(contentsOf: PackageRoot.url("Documentation/SCENARIOS.md"), encoding: .utf8)
        let example = try #require(text.firstMatch(of: /```yaml\n((?s).*?)```/))
        let scenario = try Scenario(yaml: String(example.1))
        #expect(scenario.founders == [1, 2, 3] && scenario.steps.count == 4 && scenario.capacities.count == 3)
        // Each key of the format has a word there.
        let keys =
            ScenarioField.allCases.map(\.rawValue) + NetworkField.allCases.map(\.rawValue)
            + TrainingField.allCases.map(\.rawValue) + SettingsField.allCases.map(\.rawValue)
            + Scenario.Event.Kind.allCases.map(\.rawValue) + LabField.allCases.map(\.rawValue)
        for key in keys { #expect(text.contains("`\(key)`") || text.contains("`\(key):"), "\(key)") }
    }

    /// The smaller ones are run; what the protocol promises is checked by the simulation.
    @Test(arguments: [("least-id-dies.yaml", 0), ("halves.yaml", 3)]) func theyKeepThePromises(
        _ name: String, transfers: Int
    )
        throws
    {
        var simulation = Simulation(try Self.read(name))
        let outcome = simulation.run()
        #expect(outcome.violation == nil, "\(outcome)")
        #expect(outcome.transfers == transfers && outcome.updates > 100 && outcome.views > 1)
    }

    /// Whatever becomes of a file, it is read or refused.
    @Test func randomMutationsNeverCrash() throws {
        let files = try Self.names.filter { $0 != "thousand-nodes.yaml" }.map {
            try DocumentIO.read(Self.folder.appending(path: $0).path)
        }
        let words = [
            "0", "-1", "5", "[]", "{}", "null", "true", "1 s", "9223372036854775807", "mesh", "heal", "at", "join",
        ]
        var random = SeededRandom(seed: 11)
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = random.element(of: files)
            for _ in 0..<random.int(1...3) {
                let at = random.int(0...bytes.count - 1)
                switch random.int(0...3) {
                case 0: bytes[at] = UInt8(random.int(32...126))
                case 1: bytes.remove(at: at)
                default:
                    // A word in place of another one.
                    let isWord = { (byte: UInt8) in byte > 32 && !Array(",:[]{}\n".utf8).contains(byte) }
                    guard isWord(bytes[at]) else { continue }
                    let start = bytes[..<at].lastIndex { !isWord($0) }.map { $0 + 1 } ?? 0
                    let end = bytes[at...].firstIndex { !isWord($0) } ?? bytes.count
                    bytes.replaceSubrange(start..<end, with: Array(random.element(of: words).utf8))
                }
            }
            do {
                let scenario = try Scenario(
                    yaml: String(decoding: bytes, as: UTF8.self), folder: Self.folder.path + "/")
                accepted += 1
                #expect(scenario.calmBound > 0)
            } catch { #expect(error is InvalidInput || error is FileError, "\(error)") }
        }
        #expect(accepted > 300)
    }
}
