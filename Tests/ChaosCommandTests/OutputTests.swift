import ChaosMILPWorker
import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// Where results go and what they look like.
@Suite struct OutputTests {
    @Test func aBatchKeepsTheOrderOfItsInputs() throws {
        try Chaos.withFolder { folder in
            let paths = try (0..<12).map { k in
                let path = "\(folder)/\(k).json"
                let text = Sample.solvable.replacing("\"bytes\":1000", with: "\"bytes\":\(1000 + k)")
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                return path
            }
            let result = try Command(
                Chaos.executable, ["solve", "--format", "json", "--jobs", "4"] + paths, timeLimit: .hanging
            ).run()
            let lines = result.output.text.split(separator: "\n")
            #expect(lines.count == paths.count)
            for (line, path) in zip(lines, paths) {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(object?["format"] as? String == "chaos-solution")
                #expect(object?["version"] as? Int == 1)
                #expect(object?["file"] as? String == path)
                #expect(object?["status"] as? String == "optimal")
            }
        }
    }

    @Test func severalPlansGoToAFolder() throws {
        try Chaos.withFolder { folder in
            for name in ["a", "b"] {
                try Sample.solvable.write(toFile: "\(folder)/\(name).json", atomically: true, encoding: .utf8)
            }
            let result = try Chaos.run("solve", "--output", folder + "/plans", folder + "/a.json", folder + "/b.json")
            #expect(result.ending == .exited(0))
            let plans = try FileManager.default.contentsOfDirectory(atPath: folder + "/plans")
            #expect(plans.count == 2)
            for plan in plans {
                #expect(try Chaos.run("verify", folder + "/a.json", "\(folder)/plans/\(plan)").ending == .exited(0))
            }
        }
    }

    @Test func plansThatWouldMeetInOneFileAreRefused() throws {
        try Chaos.withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/a", withIntermediateDirectories: false)
            for name in ["a_b", "a/b"] {
                try Sample.solvable.write(toFile: "\(folder)/\(name).json", atomically: true, encoding: .utf8)
            }
            let line = "cd \(folder) && \(Chaos.executable) solve --output out a_b.json"
            let result = try Chaos.runInShell(line + " a/b.json")
            #expect(result.ending == .exited(64))
            #expect(result.errors.text.contains("the plans of a_b.json and a/b.json would both be out/a_b.plan.json"))
            #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
            #expect(try Chaos.runInShell(line + " ./a_b.json").ending == .exited(64))
        }
    }

    @Test func aFolderThatCannotBeMadeIsInvalidInput() throws {
        try Chaos.withFolder { folder in
            let path = folder + "/i.json"
            try Sample.solvable.write(toFile: path, atomically: true, encoding: .utf8)
            for target in ["/proc/x/", "/dev/null/x/", path + "/x/"] {
                let result = try Chaos.run("solve", "--output", target, path, path + "2")
                #expect(result.ending == .exited(5), "\(target)")
                #expect(result.errors.text.hasPrefix("error: \(target.split(separator: "/x")[0])"))
            }
            let deep = folder + "/made/below"
            #expect(try Chaos.run("solve", "--output", deep + "/", path).ending == .exited(0))
            #expect(try FileManager.default.contentsOfDirectory(atPath: deep).count == 1)
        }
    }

    @Test func aLinkStaysALinkAndAFileKeepsItsMode() throws {
        try Chaos.withFolder { folder in
            let (file, link, path) = (folder + "/plan.json", folder + "/link.json", folder + "/i.json")
            try Sample.solvable.write(toFile: path, atomically: true, encoding: .utf8)
            try "old".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "plan.json")
            #expect(try Chaos.run("solve", "--output", link, path).ending == .exited(0))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "plan.json")
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o640)
            #expect(try Chaos.run("verify", path, file).ending == .exited(0))
            // A link to nothing makes what it leads to.
            try FileManager.default.removeItem(atPath: file)
            #expect(try Chaos.run("solve", "--output", link, path).ending == .exited(0))
            #expect(try Chaos.run("verify", path, file).ending == .exited(0))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
        }
    }

    @Test func optimalAtOneSizeIsNotCalledOptimal() throws {
        let text = try Chaos.run("solve", "--size", "1", "-", input: Sample.solvable).output.text
        #expect(text.contains("; optimal at this size by threshold, one of 2 sizes"))
        let json = try Chaos.run("solve", "--size", "1", "--format", "json", "-", input: Sample.solvable).output.text
        #expect(json.contains("\"status\":\"optimal-at-size\""))
        let one = Sample.solvable.replacing("[1,10]", with: "[1]")
        let only = try Chaos.run("solve", "--size", "1", "--format", "json", "-", input: one).output.text
        #expect(only.contains("\"status\":\"optimal\""))
    }

    @Test func theTableOfAnInfeasibleInstanceIsShort() throws {
        let result = try Chaos.run("solve", "-", input: Sample.infeasible)
        #expect(result.output.text.contains("infeasible: 970 short\n"))
        #expect(!result.output.text.contains("limits"))
    }

    @Test(arguments: ["--version", "--help", "help solve", "solve \(Sample.libraryFile)"])
    func aFullDeviceIsAnError(line: String) throws {
        let result = try Chaos.runInShell("\(Chaos.executable) \(line) > /dev/full")
        #expect(result.ending == .exited(5))
        #expect(result.errors.text == "error: standard output: No space left on device\n")
    }

    @Test func faultsAreCountedBeyondThoseThatAreShown() throws {
        try Chaos.withFolder { folder in
            let path = folder + "/i.json"
            try Sample.solvable.write(toFile: path, atomically: true, encoding: .utf8)
            let plan = try Chaos.run("solve", "--output", "-", path).output.text
            let run = "{\"neighbor\":\"nobody\",\"first\":0,\"count\":1,\"finish_ns\":\"1\"}"
            let start = try #require(plan.range(of: "\"assignments\": ["))
            let wrong =
                plan[..<start.upperBound] + Array(repeating: run, count: 300).joined(separator: ",") + ","
                + plan[start.upperBound...]
            let result = try Chaos.run("verify", "--format", "json", path, "-", input: String(wrong))
            #expect(result.ending == .exited(6), "\(result.errors.text)")
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(result.output.bytes)) as? [String: Any])
            #expect((json["faults"] as? [Any])?.count == 100)
            #expect(try #require(json["fault_count"] as? Int) >= 300)
        }
    }

    @Test func aFailedWriteLeavesTheOldFile() throws {
        try Chaos.withFolder { folder in
            let plan = folder + "/plan.json"
            try "old".write(toFile: plan, atomically: true, encoding: .utf8)
            #expect(try Chaos.run("solve", "--output", plan, "-", input: Sample.infeasible).ending == .exited(3))
            #expect(try String(contentsOfFile: plan, encoding: .utf8) == "old")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["plan.json"])
        }
    }

    @Test func coloursOnlyOnATerminalAndNeverUnderNoColor() throws {
        try Chaos.withFolder { folder in
            let instance = folder + "/i.json"
            try Sample.solvable.write(toFile: instance, atomically: true, encoding: .utf8)
            let escape = "\u{1B}["
            let colored = try Chaos.runOnTerminal("solve \(instance)", environment: ["NO_COLOR": nil])
            #expect(colored.output.text.contains(escape), "\(colored.output.text)\(colored.errors.text)")
            let plain = try Chaos.runOnTerminal("solve \(instance)", environment: ["NO_COLOR": "1"])
            #expect(plain.output.text.contains("optimal"))
            #expect(!plain.output.text.contains(escape))
            #expect(!(try Chaos.run("solve", instance).output.text.contains(escape)))
        }
    }

    @Test func everyCommandHasHelpWithExamplesAndExitStatus() throws {
        let root = try Chaos.run("help")
        #expect(root.isSuccess)
        let commands = ["solve", "verify", "crosscheck", "export", "import", "generate", "show", "certify"]
        for command in commands {
            let help = try Chaos.run("help", command)
            #expect(help.isSuccess)
            #expect(help.output.text.contains("EXAMPLES"), "\(command)")
            #expect(help.output.text.contains("Exit status"), "\(command)")
            #expect(root.output.text.contains("  \(command)"), "\(command)")
        }
    }

    @Test func aWrongPlanIsDrawnAndItsFaultsAreNamed() throws {
        try Chaos.withFolder { folder in
            let instance = folder + "/i.json"
            try Sample.solvable.write(toFile: instance, atomically: true, encoding: .utf8)
            let plan = try Chaos.run("solve", "--output", "-", instance).output.text
            #expect(try Chaos.run("show", instance, "-", input: plan).ending == .exited(0))
            let late = plan.replacing(/"makespan_ns": "(\d+)/) { "\"makespan_ns\": \"1\($0.1)" }
            let result = try Chaos.run("show", instance, "-", input: late)
            #expect(result.ending == .exited(6))
            #expect(result.output.text.contains("█"))
            #expect(result.errors.text.contains("makespan_ns"))
            let unknown = plan.replacing("\"neighbor\": \"a\"", with: "\"neighbor\": \"z\"")
            let refused = try Chaos.run("show", instance, "-", input: unknown)
            #expect(refused.ending == .exited(6))
            #expect(refused.output.bytes.isEmpty && refused.errors.text.contains("assignments[0].neighbor: \"z\""))
        }
    }

    /// From a file and from standard input, which gives pieces of another length.
    @Test func aCertificateIsCheckedPieceByPiece() throws {
        try Chaos.withFolder { folder in
            let path = folder + "/c.vipr"
            #expect(try Chaos.run("certify", "--output", path, "-", input: Sample.solvable).isSuccess)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(try Chaos.run("certify", "--check", path).ending == .exited(0))
            let long = String(repeating: "% comment\n", count: 20_000) + text
            #expect(try Chaos.run("certify", "--check", "-", input: long).ending == .exited(0))
            let cut = try Chaos.run("certify", "--check", "-", input: String(text.dropLast(text.count / 2)))
            #expect(cut.ending == .exited(6), "\(cut.errors.text)")
            let missing = try Chaos.run("certify", "--check", folder)
            #expect(missing.ending == .exited(5))
            #expect(missing.errors.text.contains(folder))
        }
    }

    @Test func versionNamesTheBackEnds() throws {
        let version = try Chaos.run("--version").output.text
        for name in ["chaos 0."] + MILPBackEnd.allCases.map({ $0.facts.title + " " }) {
            #expect(version.contains(name), "\(version)")
        }
    }

    @Test func completionsAreMadeForThreeShells() throws {
        for shell in ["bash", "zsh", "fish"] {
            let result = try Chaos.run("--generate-completion-script", shell)
            #expect(result.isSuccess && result.output.text.contains("crosscheck"))
        }
    }
}
