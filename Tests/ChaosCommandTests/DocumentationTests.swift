import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// The documentation says what the programs do.
@Suite struct DocumentationTests {
    @Test func theManualPageIsUpToDate() throws {
        let dump = try Chaos.run("--experimental-dump-help")
        let made = try Command(
            PackageRoot.url("Scripts/make-manual").path, input: dump.output.bytes, timeLimit: .seconds(60)
        ).run()
        let kept = try String(contentsOf: PackageRoot.url("Documentation/chaos.1"), encoding: .utf8)
        #expect(made.output.text == kept, "run make manual")
    }

    @Test func theManualPageIsPlainAndHasTheVersion() throws {
        let page = try String(contentsOf: PackageRoot.url("Documentation/chaos.1"), encoding: .utf8)
        #expect(page.unicodeScalars.allSatisfy { $0.isASCII })
        let version = try Chaos.run("--version").output.text.prefix { !$0.isNewline }
        #expect(page.hasPrefix(".TH CHAOS 1 \"\" \"C\(version.dropFirst())\""))
    }

    /// The session of the README: every command whose output is the same each time.
    @Test func theReadmeShowsRealOutput() throws {
        let readme = try String(contentsOf: PackageRoot.url("README.md"), encoding: .utf8)
        let root = PackageRoot.url.path
        try Chaos.withFolder { folder in
            let plan = folder + "/plan.json"
            var shown = 0
            for block in readme.split(separator: "    $ chaos ").dropFirst() {
                let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
                let arguments = lines[0].split(separator: " ").map(String.init)
                guard arguments[0] == "solve" || arguments[0] == "verify" else { continue }
                let real = arguments.map {
                    $0 == "plan.json" ? plan : $0.replacing(/^Instances/, with: root + "/Instances")
                }
                let result = try Command(Chaos.executable, real, timeLimit: .seconds(60)).run()
                let expected = lines.dropFirst().prefix { $0.isEmpty || $0.hasPrefix("    ") }
                    .map { $0.isEmpty ? "" : String($0.dropFirst(4)) }.joined(separator: "\n")
                #expect(
                    result.output.text.trimmingCharacters(in: .newlines) == expected.trimmingCharacters(in: .newlines))
                shown += 1
            }
            #expect(shown == 2)
        }
    }
}
