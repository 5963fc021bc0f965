import ChaosMILPWorker
import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// What `--format json` prints, by the schemas that ship, applied by an independent validator.
@Suite(.timeLimit(.minutes(30))) struct JSONOutputTests {
    private static let trace = "0,add,a\n0,add,b\n60000,add,c\n180000,remove,a\n"
    private static let gml = PackageRoot.url("Tests/Inputs/import/directed.gml").path

    /// Files to work on: good ones and bad ones.
    private static func withFiles(_ body: (String) throws -> Void) throws {
        try Chaos.withFolder { folder in
            let grouped = try Chaos.run(
                "generate", "--family", "groups", "--neighbors", "6", "--seed", "1", "--state", "10MB")
            let texts = [
                "good.json": Sample.solvable, "infeasible.json": Sample.infeasible, "invalid.json": Sample.invalid,
                "beyond.json": Sample.beyondRange, "many.json": Sample.manyShards, "groups.json": grouped.output.text,
                "trace.csv": trace, "bad.vipr": "VER 1.0\n",
            ]
            for (name, text) in texts {
                try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            }
            _ = try Chaos.run("replay", "--output", folder + "/short.yaml", folder + "/trace.csv")
            let plan = try Chaos.run("solve", "--output", "-", folder + "/good.json").output.text
            try plan.write(toFile: folder + "/plan.json", atomically: true, encoding: .utf8)
            try plan.replacing(/"makespan_ns": "(\d+)/) { "\"makespan_ns\": \"1\($0.1)" }
                .write(toFile: folder + "/late.json", atomically: true, encoding: .utf8)
            _ = try Chaos.run("certify", "--output", folder + "/good.vipr", folder + "/good.json")
            _ = try Chaos.run("certify", "--output", folder + "/infeasible.vipr", folder + "/infeasible.json")
            try body(folder)
        }
    }

    /// The schema, the command line and its status; FOLDER stands for the folder of the files.
    private static let lines: [(schema: String, line: String, status: Int32)] = [
        (
            "solution",
            "solve --all-sizes FOLDER/good.json FOLDER/groups.json FOLDER/infeasible.json FOLDER/beyond.json "
                + "FOLDER/invalid.json FOLDER/none.json", 5
        ),
        ("solution", "solve --algorithm greedy FOLDER/many.json", 4),
        ("solution", "solve \(Sample.libraryFile)", 0), ("solution", "solve --size 10 FOLDER/good.json", 0),
        ("verification", "verify FOLDER/good.json FOLDER/plan.json", 0),
        ("verification", "verify FOLDER/good.json FOLDER/late.json", 6),
        ("verification", "verify FOLDER/invalid.json FOLDER/plan.json", 5),
        ("verification", "verify FOLDER/good.json FOLDER/good.json", 5),
        ("verification", "verify FOLDER/good.json FOLDER/none.json", 5),
        (
            "crosscheck",
            "crosscheck --form both FOLDER/good.json FOLDER/infeasible.json FOLDER/beyond.json FOLDER/invalid.json", 5
        ),
        ("certification", "certify --output FOLDER/c.vipr FOLDER/good.json", 0),
        ("certification", "certify --output FOLDER/c.vipr --all-sizes FOLDER/good.json FOLDER/plan.json", 0),
        ("certification", "certify --output FOLDER/c.vipr FOLDER/infeasible.json", 3),
        ("certificate-check", "certify --check FOLDER/good.vipr FOLDER/infeasible.vipr", 0),
        ("certificate-check", "certify --check FOLDER/bad.vipr", 6),
        ("certificate-check", "certify --check FOLDER/good.vipr FOLDER/none.vipr", 5),
        ("lanes", "show FOLDER/good.json", 0), ("lanes", "show FOLDER/groups.json", 0),
        ("lanes", "show FOLDER/good.json FOLDER/plan.json", 0), ("lanes", "show FOLDER/good.json FOLDER/late.json", 6),
        ("import", "import gml \(gml) --joiner a --state 1MB", 0),
        (
            "import",
            "import topology \(PackageRoot.url("Tests/Inputs/import/default.graphml").path) --joiner J --state 1MB", 0
        ),
        ("comparison", "compare FOLDER/good.json FOLDER/infeasible.json FOLDER/invalid.json", 5),
        ("comparison", "compare FOLDER/short.yaml", 0),
        ("comparison", "compare --over spread --policy torchft", 0),
        ("comparison", "compare --churn 4 --seeds 2 --policy torchft", 0),
        ("simulation", "simulate FOLDER/short.yaml", 0), ("simulation", "replay --simulate FOLDER/trace.csv", 0),
        ("trace", "simulate --trace FOLDER/short.yaml", 0),
        ("campaign", "simulate --runs 3 --seed 18446744073709551600", 0),
        ("replay", "replay FOLDER/trace.csv", 0), ("replay", "replay --nodes 2 --removal crash FOLDER/trace.csv", 0),
    ]

    @Test(.enabled(if: PackageRoot.python != nil)) func everyDocumentIsValid() throws {
        try Self.withFiles { folder in
            var documents: [String: [String]] = [:]
            for (schema, line, status) in Self.lines {
                let words = line.replacing("FOLDER", with: folder).split(separator: " ").map(String.init)
                let result = try Command(
                    Chaos.executable, words + ["--format", "json"], timeLimit: .hanging
                ).run()
                #expect(result.ending == .exited(status), "\(line): \(result.errors.text)")
                let found = result.output.text.split(separator: "\n").map(String.init)
                #expect(!found.isEmpty && result.output.text.hasSuffix("\n"), "\(line)")
                documents[schema, default: []] += found
            }
            for (schema, found) in documents {
                #expect(try PythonTool.validate(schema, documents: found) == (.exited(0), []), "\(schema)")
                // A key more is refused, so the schema says which there are.
                let more = found.map { "\($0.dropLast()),\"more\":1}" }
                #expect(try PythonTool.validate(schema, documents: more).lines.count == found.count, "\(schema)")
            }
        }
    }

    @Test func theDocumentsTellWhatTheTextsTell() throws {
        try Self.withFiles { folder in
            func run(_ line: String) throws -> (text: String, json: [String: Any]) {
                let words = line.replacing("FOLDER", with: folder).split(separator: " ").map(String.init)
                let text = try Command(Chaos.executable, words, timeLimit: .hanging).run()
                let json = try Command(Chaos.executable, words + ["--format", "json"], timeLimit: .hanging).run()
                #expect(text.ending == json.ending, "\(line)")
                return (
                    text.output.text,
                    try #require(try JSONSerialization.jsonObject(with: Data(json.output.bytes)) as? [String: Any])
                )
            }
            let story = try run("simulate FOLDER/short.yaml")
            let marks = try #require(story.json["marks"] as? [[String: Any]])
            #expect(marks.count > 5)
            for mark in marks { #expect(story.text.contains(try #require(mark["text"] as? String))) }
            let changes = try #require(story.json["changes"] as? [[String: Any]])
            #expect(try changes.contains { try #require($0["events"] as? [String]) == ["scale-in"] })

            let shown = try run("show FOLDER/groups.json")
            #expect(shown.text.contains("\(try #require(shown.json["makespan_ns"] as? String)) ns"))
            let (neighbors, groups) = (shown.json["neighbors"] as? [Any] ?? [], shown.json["groups"] as? [Any] ?? [])
            #expect(!groups.isEmpty)
            // Three lines stand above the lanes.
            #expect(shown.text.split(separator: "\n").count == 3 + neighbors.count + groups.count)

            let checked = try run("certify --check FOLDER/good.vipr")
            #expect(checked.text.contains("the optimum is \(try #require(checked.json["least"] as? String))\n"))
            #expect(checked.text.contains(" \(try #require(checked.json["derivations"] as? Int)) derivations"))

            let sums = try run("simulate --runs 3 --seed 5")
            #expect(sums.text.contains(", \(try #require(sums.json["messages"] as? Int)) messages"))

            let imported = try run("import gml \(Self.gml) --joiner a --state 1MB")
            let instance = try JSONSerialization.jsonObject(with: Data(imported.text.utf8)) as? NSDictionary
            #expect(imported.json["instance"] as? NSDictionary == instance && instance != nil)
        }
    }

    @Test func whatIsWrittenIsNamed() throws {
        try Self.withFiles { folder in
            let result = try Chaos.run(
                "certify", "--all-sizes", "--output", folder + "/c.vipr", folder + "/good.json", "--format", "json")
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(result.output.bytes)) as? [String: Any])
            #expect(json["status"] as? String == "optimal")
            let certificates = try #require(json["certificates"] as? [[String: Any]])
            #expect(certificates.count == 2)
            for certificate in certificates {
                let text = try String(contentsOfFile: try #require(certificate["file"] as? String), encoding: .utf8)
                #expect(certificate["bytes"] as? Int == text.utf8.count)
                #expect(text.contains("\nDER \(try #require(certificate["derivations"] as? Int))\n"))
            }
        }
    }

    /// The scenario and the instance inside a document are those that the file has.
    @Test func aFileMayBeWrittenBesideTheDocument() throws {
        try Self.withFiles { folder in
            let replay = try Chaos.run(
                "replay", folder + "/trace.csv", "--format", "json", "--output", folder + "/s.yaml")
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(replay.output.bytes)) as? [String: Any])
            let scenario = try JSONSerialization.data(withJSONObject: try #require(document["scenario"]))
            let told = try Chaos.run("simulate", "-", input: String(decoding: scenario, as: UTF8.self))
            let direct = try Chaos.run("simulate", folder + "/s.yaml")
            #expect(told.isSuccess && told.output.text == direct.output.text)
            let imported = try Chaos.run(
                "import", "gml", Self.gml, "--joiner", "a", "--state", "1MB", "--format", "json", "--output",
                folder + "/i.json")
            #expect(imported.isSuccess && imported.output.text.contains("\"chaos-import\""))
            #expect(try Chaos.run("solve", folder + "/i.json").isSuccess)
        }
    }

    @Test(arguments: [
        "certify a.json", "certify a.json --output -", "show a.json --svg -", "replay a.csv --output -",
        "import gml a.gml --joiner a --output -",
    ])
    func twoResultsDoNotMeetInStandardOutput(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        let result = try Command(Chaos.executable, words + ["--format", "json"], timeLimit: .hanging).run()
        #expect(result.ending == .exited(64) && result.errors.text.contains("would both write to standard output"))
    }

    @Test(.enabled(if: PackageRoot.python != nil)) func theWorkersAnswersAreValid() throws {
        let model = try Chaos.run("export", "--to", "mps", "--scaled", "-", input: Sample.solvable).output.text
        var answers: [String] = []
        for backEnd in MILPBackEnd.allCases {
            for text in [model, "nonsense"] {
                let result = try Command(
                    "\(Chaos.buildFolder)/\(backEnd.executable)", [], input: Array(text.utf8), timeLimit: .hanging
                ).run()
                answers.append(result.output.text)
            }
        }
        #expect(try PythonTool.validate("worker-answer", documents: answers) == (.exited(0), []), "\(answers)")
    }
}

/// The schemas themselves.
@Suite struct FormatTests {
    private static func schemas() throws -> [String: [String: Any]] {
        let ending = ".schema.json"
        let files = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.url("Schemas").path)
        var schemas: [String: [String: Any]] = [:]
        for file in files where file.hasSuffix(ending) {
            let bytes = try Data(contentsOf: PackageRoot.url("Schemas/\(file)"))
            schemas[String(file.dropLast(ending.count))] = try #require(
                try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        }
        return schemas
    }

    /// Everything inside a schema, itself included.
    private static func parts(of value: Any) -> [[String: Any]] {
        switch value {
        case let object as [String: Any]: [object] + object.values.flatMap { parts(of: $0) }
        case let list as [Any]: list.flatMap { parts(of: $0) }
        default: []
        }
    }

    /// The names of formats that occur in a schema as the value of its key `format`.
    private static func formats(in schema: Any) -> Set<String> {
        Set(
            parts(of: schema).compactMap { part in
                ((part["properties"] as? [String: Any])?["format"] as? [String: Any])?["const"] as? String
            })
    }

    /// Texts in the sources that begin as formats do and name programs.
    private static let programs = Set(MILPBackEnd.allCases.map(\.executable) + ["chaos-oracle"])

    @Test func everyFormatHasASchema() throws {
        let folder = PackageRoot.url("Sources").path
        let files = try #require(FileManager.default.enumerator(atPath: folder)?.allObjects as? [String])
        var found: Set<String> = []
        for file in files where file.hasSuffix(".swift") {
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            for match in text.matches(of: /"(chaos-[a-z-]*[a-z])"/) { found.insert(String(match.1)) }
        }
        found.subtract(Self.programs)
        #expect(found.count >= 17)
        let schemas = try Self.schemas()
        for format in found.sorted() {
            let schema = schemas[String(format.dropFirst("chaos-".count))]
            #expect(schema.map { Self.formats(in: $0) } == [format], "\(format): Schemas must say what it holds")
        }
        // And none is left over.
        #expect(Set(schemas.values.flatMap { Self.formats(in: $0) }) == found)
    }

    @Test func schemasAreClosedAndTheirReferencesLead() throws {
        let schemas = try Self.schemas()
        let readme = try String(contentsOf: PackageRoot.url("Schemas/README.md"), encoding: .utf8)
        for (name, schema) in schemas {
            #expect(schema["$id"] as? String == "urn:chaos:schema:\(name):1")
            #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
            #expect((schema["description"] as? String)?.isEmpty == false, "\(name)")
            #expect(readme.contains("(\(name).schema.json)"), "\(name) is not in Schemas/README.md")
            for part in Self.parts(of: schema) {
                if part["properties"] is [String: Any] {
                    #expect(part["additionalProperties"] as? Bool == false, "\(name): \(part.keys)")
                }
                guard let reference = part["$ref"] as? String else { continue }
                let halves = reference.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
                let target =
                    halves[0].isEmpty ? schema : schemas.values.first { $0["$id"] as? String == halves[0] }
                let definitions = target?["$defs"] as? [String: Any]
                let leads =
                    halves.count == 1
                    ? target != nil : definitions?[String(halves[1].dropFirst("/$defs/".count))] != nil
                #expect(leads, "\(name): \(reference)")
            }
        }
    }
}
