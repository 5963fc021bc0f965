import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// The documentation says what the programs do.
@Suite struct DocumentationTests {
    @Test(arguments: [("chaos", "chaos.1"), ("chaosd", "chaosd.8")])
    func theManualPageIsUpToDate(of program: String, page: String) throws {
        func say(_ argument: String) throws -> [UInt8] {
            try Command(Chaos.buildFolder + "/" + program, [argument], timeLimit: .hanging).run().output.bytes
        }
        try Chaos.withFolder { folder in
            let keys = folder + "/keys.md"
            if program == "chaosd" { try Data(say("--keys")).write(to: URL(filePath: keys)) }
            let made = try Command(
                PackageRoot.url("Scripts/make-manual").path, program == "chaosd" ? [keys] : [],
                input: say("--experimental-dump-help"), timeLimit: .hanging
            ).run()
            let kept = try String(contentsOf: PackageRoot.url("Documentation/" + page), encoding: .utf8)
            #expect(made.output.text == kept, "run make manual")
        }
    }

    /// Help is wrapped at 80 columns, which would break a longer line of an example anywhere.
    @Test func noExampleIsWiderThanATerminal() throws {
        var examples = 0
        func check(_ node: Any) throws {
            if let list = node as? [Any] { try list.forEach(check) }
            guard let object = node as? [String: Any] else { return }
            for line in (object["discussion"] as? String ?? "").split(separator: "\n") where line.hasPrefix("  ") {
                #expect(line.count <= 80, "\(line)")
                examples += 1
            }
            try object.values.forEach(check)
        }
        try check(try JSONSerialization.jsonObject(with: Data(try Chaos.run("--experimental-dump-help").output.bytes)))
        #expect(examples > 30)
    }

    @Test(arguments: [("chaos", "1"), ("chaosd", "8")])
    func theManualPageIsPlainAndHasTheVersion(of program: String, section: String) throws {
        let page = try String(contentsOf: PackageRoot.url("Documentation/\(program).\(section)"), encoding: .utf8)
        #expect(page.unicodeScalars.allSatisfy { $0.isASCII })
        let version = try Command(Chaos.buildFolder + "/" + program, ["--version"], timeLimit: .hanging).run()
            .output.text.prefix { !$0.isNewline }
        #expect(version.hasPrefix(program + " "))
        #expect(
            page.hasPrefix(".TH \(program.uppercased()) \(section) \"\" \"Chaos\(version.dropFirst(program.count))\""))
    }

    /// The first session of the documentation: every command whose output is the same each time.
    @Test func theSessionShowsRealOutput() throws {
        let page = try String(contentsOf: PackageRoot.url("Documentation/SOLVING.md"), encoding: .utf8)
        let root = PackageRoot.url.path
        try Chaos.withFolder { folder in
            let plan = folder + "/plan.json"
            var shown = 0
            for block in page.split(separator: "    $ chaos ").dropFirst() {
                let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
                let arguments = lines[0].split(separator: " ").map(String.init)
                guard arguments[0] == "solve" || arguments[0] == "verify" else { continue }
                let real = arguments.map {
                    $0 == "plan.json" ? plan : $0.replacing(/^Instances/, with: root + "/Instances")
                }
                let result = try Command(Chaos.executable, real, timeLimit: .hanging).run()
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

/// The tables of the documentation that say what the programs do.
@Suite struct TableTests {
    /// The exit statuses of the README: those of `chaos`, which its help is made of, and that of a node that failed.
    @Test func theReadmeHasAllExitStatuses() throws {
        let readme = try String(contentsOf: PackageRoot.url("README.md"), encoding: .utf8)
        let section = try #require(readme.split(separator: "\n## ").first { $0.hasPrefix("Exit status") })
        let inReadme = section.split(separator: "\n").compactMap {
            $0.firstMatch(of: /^\| (\d+) \|/).flatMap { Int($0.1) }
        }
        let help = try Chaos.run("--help").output.text
        let list = try #require(help.split(separator: "EXIT STATUS\n").last)
        let inHelp = list.split(separator: "\n").prefix { $0.hasPrefix("  ") }.compactMap {
            $0.split(separator: " ").first.flatMap { Int($0) }
        }
        #expect(inHelp == [0, 3, 4, 5, 6, 7, 64, 130])
        #expect(inReadme == (inHelp + [1]).sorted())
    }
}

/// The examples and links of the documentation.
@Suite struct ExampleTests {
    /// The indented block that begins with `opening`, as text.
    private static func block(_ opening: String, of file: String) throws -> String {
        let text = try String(contentsOf: PackageRoot.url(file), encoding: .utf8)
        let start = try #require(text.range(of: "    " + opening)).lowerBound
        return text[start...].split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("    ") }
            .map { $0.dropFirst(4) }.joined(separator: "\n")
    }

    @Test func thePlanOfTheModelIsThatOfItsInstance() throws {
        let instance = try Self.block("{ \"format\": \"chaos-instance\"", of: "Documentation/MODEL.md")
        let plan = try Self.block("{\n      \"format\": \"chaos-plan\"", of: "Documentation/MODEL.md")
        let solved = try Chaos.run("solve", "--output", "-", "-", input: instance)
        #expect(solved.output.text == plan + "\n")
    }

    /// Of every page of the project, by its path.
    private static func pages() throws -> [String: String] {
        let root = PackageRoot.url.path
        let files = try #require(FileManager.default.enumerator(atPath: root))
        var pages: [String: String] = [:]
        while let file = files.nextObject() as? String {
            // What was built or installed here is not ours.
            if file.hasPrefix("."), !file.contains("/") { files.skipDescendants() }
            if file.hasSuffix(".md") { pages[file] = try String(contentsOfFile: root + "/" + file, encoding: .utf8) }
        }
        return pages
    }

    @Test func noPlaceholderAndNoDeadLink() throws {
        let pages = try Self.pages()
        for expected in ["README.md", "CHANGELOG.md", "Documentation/PROTOCOL.md", "Proofs/Promela.md"] {
            #expect(pages[expected] != nil, "\(expected)")
        }
        var links = 0
        for (file, text) in pages {
            #expect(text.firstMatch(of: /@[A-Z]+@/) == nil, "\(file)")
            let folder = PackageRoot.url(file).deletingLastPathComponent()
            for match in text.matches(of: /\]\(([^)#:]+)\)/) {
                let target = folder.appending(path: String(match.1)).path
                #expect(FileManager.default.fileExists(atPath: target), "\(file): \(match.1)")
                links += 1
            }
        }
        #expect(links > 50)
    }
}
