import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// What holds of every command, those to come included: the list is the program's own.
@Suite(.serialized, .timeLimit(.minutes(30))) struct EveryCommandTests {
    /// The commands that have no commands below them, as in "import matrix".
    private static func commands() throws -> [String] {
        func names(_ command: [String: Any], below path: [String]) -> [String] {
            let path = path + [command["commandName"] as? String ?? ""]
            let below = (command["subcommands"] as? [[String: Any]] ?? []).filter {
                $0["shouldDisplay"] as? Bool != false && $0["commandName"] as? String != "help"
            }
            return below.isEmpty ? [path.dropFirst().joined(separator: " ")] : below.flatMap { names($0, below: path) }
        }
        let dump = try Chaos.run("--experimental-dump-help").output.bytes
        let object = try #require(try JSONSerialization.jsonObject(with: Data(dump)) as? [String: Any])
        return names(try #require(object["command"] as? [String: Any]), below: [])
    }

    private static let scenario = """
        {"format": "chaos-scenario", "version": 1, "until": "1 s", "founders": [1, 2],
         "network": {"links": [[1, 2]]}, "lab": {"hidden": [4]}, "name": NAME,
         "training": {"state": 1000, "gradient": 8, "samples": 100, "batch": 10, "samples_per_second": 100},
         "events": [{"at": "200 ms", "leave": 2}]}
        """
    private static let map = """
        graph [ node [ id 0 label "A" ] node [ id 1 label "N" ] edge [ source 0 target 1 speed "1000" delay "1" ] ]
        """

    /// Files that all commands can work on, with a text in the place of each name.
    private struct Files {
        let folder: String
        let socket: String

        /// - Parameter name: what is put where a file has a name.
        init(in folder: String, name: String) throws {
            self.folder = folder
            socket = folder + "/node.sock"
            let json = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
            let instance = Sample.solvable.replacing("\"id\":\"a\"", with: "\"id\":\(json)")
                .replacing("\"name\":\"two\"", with: "\"name\":\(json),\"joiner\":\(json)")
            let wrong = """
                {"format":"chaos-plan","version":1,"instance":{"name":\(json),"sha256":"\(String(repeating: "0", count: 64))"},
                 "shard_size":1,"shards":1,"makespan_ns":"1","algorithm":\(json),
                 "assignments":[{"neighbor":\(json),"first":0,"count":1,"finish_ns":"1"}]}
                """
            let texts = [
                "instance.json": instance, "wrong.json": wrong, "certificate.vipr": "\(name)\n",
                "table.csv": "source,destination,bw,rtt\n\(name),J,1000,1\nb,J,\(name),1\n",
                "good.csv": "source,destination,bw,rtt\n\"\(name)\",J,1000,1\nb,J,10,1\n",
                "map.gml": EveryCommandTests.map.replacing("\"N\"", with: "\"\(name)\""),
                "scenario.json": EveryCommandTests.scenario.replacing("NAME", with: json),
                "bad.yaml": "format: chaos-scenario\n\"\(name)\": 1\n",
                "trace.csv": "0,add,\(name)\n0,add,b\n500,add,c\n1000,remove,c\n", "bad-trace.csv": "0,\(name),b\n",
            ]
            for (file, text) in texts {
                try text.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
            }
        }

        /// A command line for each command that ends with 0 and prints a result; empty: it prints none.
        var lines: [String: String] {
            let (instance, digits) = ("\(folder)/instance.json", PackageRoot.url("Data/digits").path)
            return [
                "solve": "solve \(instance)", "verify": "verify \(instance) \(folder)/plan.json",
                "crosscheck": "crosscheck \(instance)", "certify": "certify \(instance)", "show": "show \(instance)",
                "export": "export \(instance)",
                "import matrix":
                    "import matrix --joiner J --bandwidth bw:Mbps --rtt rtt:ms --bandwidth-table \(folder)/good.csv "
                    + "--state 1MB",
                "import gml":
                    "import gml \(PackageRoot.url("Tests/Inputs/import/directed.gml").path) --joiner a --state 1MB",
                "import topology":
                    "import topology \(PackageRoot.url("Tests/Inputs/import/default.graphml").path) --joiner J --state 1MB",
                "generate": "generate --neighbors 3 --seed 1", "simulate": "simulate --runs 1 --seed 1",
                "replay": "replay \(folder)/trace.csv --speed 1", "compare": "compare \(instance)",
                "lab": "lab \(folder)/scenario.json --data \(digits) --quiet", "status": "status --socket \(socket)",
                "join": "", "leave": "", "proceed": "", "link add": "", "link remove": "",
            ]
        }

        /// Further lines that print what they are given, with whatever status.
        var further: [String] {
            let instance = "\(folder)/instance.json"
            let table = "import matrix --joiner J --bandwidth bw:Mbps --rtt rtt:ms --state 1MB --bandwidth-table"
            return [
                "solve --format json \(instance)", "verify \(instance) \(folder)/wrong.json",
                "verify --format json \(instance) \(folder)/wrong.json", "crosscheck --format json \(instance)",
                "certify --check \(folder)/certificate.vipr", "certify \(instance) \(folder)/wrong.json",
                "show --svg - \(instance)", "show \(instance) \(folder)/wrong.json", "export --to mps \(instance)",
                "export --to nl \(instance)", "export --program minlp --to pip \(instance)",
                "solve --output - \(instance)",
                "\(table) \(folder)/table.csv", "import gml \(folder)/map.gml --joiner A --state 1MB",
                "import gml \(folder)/map.gml --joiner Z --state 1MB",
                "import topology \(folder)/map.gml --joiner A --state 1MB", "simulate \(folder)/scenario.json",
                "simulate --svg /dev/stdout \(folder)/scenario.json", "simulate --trace \(folder)/scenario.json",
                "simulate \(folder)/bad.yaml", "replay \(folder)/bad-trace.csv",
                "replay --simulate --speed 1 \(folder)/trace.csv", "--help", "--version", "help solve",
                "help import gml", "show --format json \(instance)",
                "certify --format json --output \(folder)/c.vipr \(instance)",
                "certify --check \(folder)/certificate.vipr --format json",
                "import gml \(folder)/map.gml --joiner A --state 1MB --format json",
                "replay --format json \(folder)/trace.csv", "simulate --format json \(folder)/scenario.json",
                "simulate --trace --format json \(folder)/scenario.json", "simulate --runs 1 --format json",
                "replay --simulate --speed 1 --format json \(folder)/trace.csv",
                "status --format json --socket \(socket)", "compare --format json \(instance)",
                "compare --format csv \(instance) \(folder)/bad.yaml", "compare \(folder)/scenario.json",
                "compare --format csv \(folder)/scenario.json", "compare --format json \(folder)/scenario.json",
                "compare --trace \(folder)/trace.csv --speed 1", "compare --trace \(folder)/bad-trace.csv",
                "compare --churn 4 --seeds 2 --policy elan", "compare --over state --policy elan",
                "compare --svg /dev/stdout \(instance)",
            ]
        }
    }

    /// Runs a node of its own that trains nothing much, and removes it at the end.
    private static func withNode(_ files: Files, _ body: () throws -> Void) throws {
        let config = """
            node: 1
            cluster: alone
            listen: "127.0.0.1:0"
            control: \(files.socket)
            founding: {members: [1]}
            trainer: {kind: synthetic, state: 1000}
            training: {batch: 10, steps: 3}
            """
        try config.write(toFile: files.folder + "/node.yaml", atomically: true, encoding: .utf8)
        let node = try BoundProcess(
            Chaos.buildFolder + "/chaosd", ["--config", files.folder + "/node.yaml"], output: files.folder + "/node.log"
        )
        defer { node.end() }
        // It is there when it answers.
        while try Chaos.run("status", "--socket", files.socket).ending != .exited(0) { usleep(50_000) }
        try body()
    }

    @Test func whatCannotBeWrittenIsAnError() throws {
        try Chaos.withFolder { folder in
            let files = try Files(in: folder, name: "a")
            #expect(try Chaos.run("solve", "--output", folder + "/plan.json", folder + "/instance.json").isSuccess)
            try Self.withNode(files) {
                let commands = try Self.commands()
                #expect(commands.count >= 18)
                for command in commands {
                    guard let line = files.lines[command] else {
                        Issue.record("\(command): a new command needs a line here")
                        continue
                    }
                    if line.isEmpty { continue }
                    let good = try Chaos.runInShell("\(Chaos.executable) \(line)")
                    #expect(good.isSuccess && !good.output.bytes.isEmpty, "\(line): \(good.errors.text)")
                    for (target, reason) in [
                        ("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor"),
                    ] {
                        let result = try Chaos.runInShell("\(Chaos.executable) \(line) \(target)")
                        #expect(result.ending == .exited(5), "\(line) \(target): \(result.errors.text)")
                        #expect(result.errors.text.contains("error: standard output: \(reason)\n"), "\(line) \(target)")
                    }
                }
                for line in files.further {
                    let result = try Chaos.runInShell("\(Chaos.executable) \(line) > /dev/full")
                    guard case .exited(let status) = result.ending else {
                        Issue.record("\(line): \(result.ending)")
                        continue
                    }
                    #expect(status != 0, "\(line)")
                }
                for line in ["--keys", "--help", "--version"] {
                    let result = try Chaos.runInShell("\(Chaos.buildFolder)/chaosd \(line) > /dev/full")
                    #expect(result.ending == .exited(5), "chaosd \(line)")
                    #expect(result.errors.text == "error: standard output: No space left on device\n")
                }
            }
        }
    }

    /// Control characters of ASCII and beyond, marks of direction, ends of lines.
    private static let hostile = "x\u{1B}]0;t\u{07}\u{1B}[31m\u{08}\u{7F}\u{85}\u{9B}31m\u{202E}\u{2028}y"

    /// The scalars of a text that do something to a terminal; a tab, with which NL is written, does little.
    private static func raw(_ text: String) -> Set<UInt32> {
        let kinds: [ClosedRange<UInt32>] = [0...8, 0xB...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069]
        return Set(text.unicodeScalars.map(\.value).filter { value in kinds.contains { $0.contains(value) } })
    }

    @Test func nothingRawOfAnInputIsPrinted() throws {
        try Chaos.withFolder { parent in
            // A folder may be called anything as well, but for what ends a name in a shell line.
            let folder = parent + "/f\u{1B}[31m\u{9B}\u{202E}"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let files = try Files(in: folder, name: Self.hostile)
            _ = try Chaos.run("solve", "--output", folder + "/plan.json", folder + "/instance.json")
            var tried = 0
            let lines = files.lines.values.filter { !$0.isEmpty } + files.further
            for line in lines where !line.hasPrefix("lab") {
                let result = try Chaos.runInShell("\(Chaos.executable) \(line)")
                for text in [result.output.text, result.errors.text] {
                    let found = Self.raw(text)
                    #expect(found.isEmpty, "\(line.debugDescription): \(found) in \(text.debugDescription)")
                }
                if (result.output.text + result.errors.text).contains("1b") { tried += 1 }
            }
            #expect(tried > 20, "\(tried) lines have shown an escape")
            for arguments in [["--\(Self.hostile)"], [Self.hostile], ["help", Self.hostile], ["solve", Self.hostile]] {
                let result = try Command(Chaos.executable, arguments, timeLimit: .hanging).run()
                #expect(Self.raw(result.output.text + result.errors.text).isEmpty, "\(arguments)")
                #expect(result.errors.text.contains("1b"), "\(arguments)")
                let node = try Command(
                    Chaos.buildFolder + "/chaosd", ["--config"] + arguments, timeLimit: .hanging
                )
                .run()
                #expect(Self.raw(node.output.text + node.errors.text).isEmpty, "chaosd \(arguments)")
            }
        }
    }

    /// A makespan beyond the range is the same everywhere.
    @Test(
        arguments: [
            "solve", "certify", "show", "export", "export --scaled", "export --program minlp --scaled", "crosscheck",
        ])
    func aMakespanBeyondTheRangeIsInvalidInput(line: String) throws {
        let arguments = line.split(separator: " ").map(String.init) + ["-"]
        let result = try Command(
            Chaos.executable, arguments, input: Array(Sample.beyondRange.utf8), timeLimit: .hanging
        ).run()
        #expect(result.ending == .exited(5), "\(result.errors.text)")
    }

    @Test(arguments: [["help", "nonsense"], ["help", "import", "nonsense"], ["help", "solve", "x"]])
    func helpOfNothingIsWrongUsage(arguments: [String]) throws {
        let result = try Command(Chaos.executable, arguments, timeLimit: .hanging).run()
        #expect(result.ending == .exited(64) && result.output.bytes.isEmpty)
        #expect(result.errors.text.contains("allowed: "))
    }

    /// Whatever the environment holds.
    @Test(
        arguments: [
            "", "0", "1", "-1", "-9223372036854775808", "9223372036854775807", "99999999999999999999", "x",
            "\u{1B}[31m",
        ])
    func noVariableMattersTooMuch(value: String) throws {
        for variable in ["COLUMNS", "NO_COLOR", "TERM", "CHAOS_LIBEXEC", "TMPDIR"] {
            let result = try Chaos.run("show", "-", input: Sample.solvable, environment: [variable: value])
            #expect(result.isSuccess && result.output.text.contains("█"), "\(variable): \(result.errors.text)")
            let checked = try Chaos.run("crosscheck", "-", input: Sample.solvable, environment: [variable: value])
            guard case .exited = checked.ending else {
                Issue.record("\(variable): \(checked.ending)")
                continue
            }
        }
    }

    /// A name of a file is bytes.
    @Test func aNameNeedNotBeUTF8() throws {
        try Chaos.withFolder { folder in
            // The last is a name in UTF-8 that looks like one of ours that is none.
            for name in ["bad\\377.json", "\\303.json", "\\364\\217\\277\\277.json"] {
                let result = try Chaos.runInShell(
                    "cd \(folder) && name=$(printf '\(name)') && cat > \"$name\" << 'END'\n\(Sample.solvable)\nEND\n"
                        + "\(Chaos.executable) solve \"$name\" --output \"$name.plan\" > /dev/null && "
                        + "\(Chaos.executable) verify \"$name\" \"$name.plan\" > /dev/null && "
                        + "\(Chaos.executable) solve --format json . && test -e \"$name.plan\" && rm *")
                #expect(result.isSuccess, "\(name): \(result.errors.text)")
                #expect(result.output.text.contains("\"status\":\"optimal\""))
            }
            let missing = try Chaos.runInShell("\(Chaos.executable) solve \"$(printf 'no\\377')\"")
            #expect(missing.errors.text == "error: no\\xff: No such file or directory\n")
        }
    }

    @Test func whatNobodyMayWriteStaysAsItIs() throws {
        try Chaos.withFolder { folder in
            let file = folder + "/plan.json"
            try "old".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
            let result = try Chaos.run("solve", "--output", file, "-", input: Sample.solvable)
            #expect(result.ending == .exited(5) && result.errors.text.contains("plan.json: Permission denied"))
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "old")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["plan.json"])
        }
    }

    /// As root: a file that is a mount point cannot be given another one's name.
    @Test(.enabled(if: geteuid() == 0, "mounts need root")) func aMountPointIsWrittenThrough() throws {
        try Chaos.withFolder { folder in
            let line =
                "touch plan.json && mount --bind plan.json plan.json && \(Chaos.executable) solve --output plan.json -"
            let input = "\(folder)/i.json"
            try Sample.solvable.write(toFile: input, atomically: true, encoding: .utf8)
            // In a name space of its own, which takes the mount with it.
            let result = try Chaos.runInShell("cd \(folder) && unshare --mount sh -c '\(line) < i.json > /dev/null'")
            #expect(result.isSuccess, "\(result.errors.text)")
            #expect(try Chaos.run("verify", input, folder + "/plan.json").ending == .exited(0))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["i.json", "plan.json"])
        }
    }
}
