import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// Scenarios with real nodes, as processes.
@Suite(.serialized, .timeLimit(.minutes(30))) struct LabCommandTests {
    private static let digits = PackageRoot.url("Data/digits").path

    private static func scenario(_ events: String) -> String {
        """
        format: chaos-scenario
        version: 1
        name: A short run
        founders: [1, 2, 3]
        network: {links: mesh}
        lab: {hidden: [64]}
        events:
        \(events)
        """
    }

    /// Whether a process runs whose command line has this text.
    private static func isRunning(_ text: String) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").contains { process in
            guard Int(process) != nil, process != "\(getpid())",
                let line = try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))
            else { return false }
            return line.range(of: Data(text.utf8)) != nil
        }
    }

    private static func report(_ path: String) throws -> [String: Any] {
        let bytes = try Data(contentsOf: URL(filePath: path))
        return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    }

    @Test func aNodeJoinsThreeThatTrain() throws {
        try Chaos.withFolder { folder in
            let (run, json, svg) = (folder + "/run", folder + "/report.json", folder + "/run.svg")
            let result = try Chaos.run(
                "lab", "-", "--directory", run, "--report", json, "--svg", svg, "--data", Self.digits, "--until-steps",
                "40", input: Self.scenario("  - {at: 500 ms, join: 4, links: [1, 2, 3]}"))
            #expect(result.ending == .exited(0), "\(result.output.text)\(result.errors.text)")
            #expect(result.output.text.contains("no promise broken"))
            let report = try Self.report(json)
            #expect(report["sound"] as? Bool == true && report["steps"] as? Int ?? 0 >= 40)
            let joins = try #require(report["joins"] as? [[String: Any]])
            let join = try #require(joins.last { $0["node"] as? Int == 4 })
            #expect(join["scale_out_delay_ns"] as? Int ?? 0 > 0)
            // What was really solved and executed is what the toolkit checks.
            let transfers = try #require(report["transfers"] as? [[String: Any]])
            let transfer = try #require(transfers.last { $0["node"] as? Int == 4 })
            let (instance, plan) = (transfer["instance"] as? String ?? "", transfer["plan"] as? String ?? "")
            #expect(try Chaos.run("verify", instance, plan).ending == .exited(0))
            if PackageRoot.python != nil { try Self.expectValid(run, report: json) }
            let picture = try String(contentsOfFile: svg, encoding: .utf8)
            #expect(
                picture.hasPrefix("<svg") && picture.contains(">step ") && picture.contains("pulling the state from"))
            #expect(try !Self.isRunning(run))
        }
    }

    /// Three neighbours of different rates, one of which sends all, as a policy has it and no plan of ours would.
    @Test func aJoinerExecutesThePlanOfAPolicy() throws {
        let text = Self.scenario(
            """
              - at: 500 ms
                join: 4
                links: [{to: 1, bandwidth: 80 Mbit/s}, {to: 2, bandwidth: 160 Mbit/s}, {to: 3, bandwidth: 40 Mbit/s}]
            """
        ).replacing("lab: {hidden: [64]}", with: "lab: {training: synthetic, state: 4 MiB, gradient: 4096}")
        try Chaos.withFolder { folder in
            let json = folder + "/report.json"
            let result = try Chaos.run(
                "lab", "-", "--directory", folder + "/run", "--report", json, "--plan-policy", "best", input: text)
            #expect(result.ending == .exited(0), "\(result.output.text)\(result.errors.text)")
            #expect(result.output.text.contains(", made by best"))
            let transfers = try #require(try Self.report(json)["transfers"] as? [[String: Any]])
            let transfer = try #require(transfers.last)
            #expect(transfer["algorithm"] as? String == "best" && transfer["complete_ns"] as? Int != nil)
            #expect(transfer["planned_makespan_ns"] as? String != nil)
            let neighbors = try #require(transfer["neighbors"] as? [[String: Any]])
            #expect(neighbors.map { $0["node"] as? Int } == [2])
            #expect(neighbors.map { $0["bytes"] as? Int } == [4 << 20])
            if PackageRoot.python != nil { try Self.expectValid(folder + "/run", report: json) }
        }
        let unknown = try Chaos.run("lab", "-", "--plan-policy", "fastest", input: text)
        #expect(unknown.ending == .exited(64) && unknown.errors.text.contains("- largest-first"))
    }

    /// Whatever the nodes and the lab have written is valid by its schema.
    private static func expectValid(_ run: String, report: String) throws {
        #expect(try PythonTool.validate("lab", paths: [report]) == (.exited(0), []))
        let files = try #require(FileManager.default.enumerator(atPath: run)?.allObjects as? [String])
        let plans = files.filter { $0.hasSuffix(".json") }
        for (ending, schema) in [
            (".instance.json", "instance"), (".plan.json", "plan"), (".transfer.json", "transfer"),
        ] {
            let paths = plans.filter { $0.hasSuffix(ending) }.map { "\(run)/\($0)" }
            #expect(!paths.isEmpty, "\(files)")
            #expect(try PythonTool.validate(schema, paths: paths) == (.exited(0), []))
        }
        let journals = files.filter { $0.hasSuffix(".journal") }
        #expect(journals.count == 4)
        for journal in journals {
            let lines = try String(contentsOfFile: "\(run)/\(journal)", encoding: .utf8).split(separator: "\n")
            #expect(try PythonTool.validate("journal", documents: lines.map(String.init)) == (.exited(0), []))
        }
    }

    @Test(.enabled(if: PackageRoot.python != nil)) func theReportIsTheResultAsJSON() throws {
        try Chaos.withFolder { folder in
            let report = folder + "/report.json"
            let result = try Chaos.run(
                "lab", "-", "--data", Self.digits, "--format", "json", "--report", report,
                input: Self.scenario("  - {at: 1 s, leave: 3}"))
            #expect(result.ending == .exited(0), "\(result.errors.text)")
            #expect(try String(contentsOfFile: report, encoding: .utf8) == result.output.text)
            #expect(try PythonTool.validate("lab", documents: [result.output.text]) == (.exited(0), []))
            #expect(result.output.text.contains(#""text":"leave 3""#) && result.output.text.contains(#""sound":true"#))
        }
    }

    /// What computes is a process of its own: one is killed and started again, and one with its node.
    @Test func enginesComeAndGo() throws {
        let engine = PackageRoot.url("Tests/plain_engine.py").path
        let text = """
            format: chaos-scenario
            version: 1
            founders: [1, 2, 3]
            network: {links: mesh}
            training: {batch: 12, lost: dropped}
            lab:
              training: engine
              program: [python3, "\(engine)", "{socket}", --pause, "0.005"]
              environment: [{name: CHAOS_TRIED, value: "1", nodes: [2]}]
              samples: 100
              wire: int8
            settings: {chunks: 2}
            events:
              - {at: 500 ms, join: 4, links: [1, 2, 3]}
              - {at: 1 s, idle: 2, for: 500 ms}
              - {at: 2500 ms, crash: 3}
            """
        try Chaos.withFolder { folder in
            let (run, json) = (folder + "/run", folder + "/report.json")
            let result = try Chaos.run("lab", "-", "--directory", run, "--report", json, input: text)
            #expect(result.ending == .exited(0), "\(result.output.text)\(result.errors.text)")
            #expect(
                result.output.text.contains(", idle 2") && result.output.text.contains("contributes its first gradient")
            )
            if PackageRoot.python != nil { try Self.expectValid(run, report: json) }
            #expect(try !Self.isRunning(run) && !Self.isRunning(engine))
            // An engine that fails is told.
            let broken = text.replacing("\"{socket}\"", with: "--nonsense")
            let failed = try Chaos.run("lab", "-", "--directory", run, input: broken)
            #expect(failed.ending != .exited(0))
            #expect(
                failed.errors.text.contains("the engine of node") && failed.errors.text.contains("required: socket"))
            // Also one that goes without a fault, but too early.
            let early = text.replacing("\"0.005\"", with: "\"0.005\", --at, \"3\", leave")
            let left = try Chaos.run("lab", "-", "--directory", run, input: early)
            let words = left.output.text + left.errors.text
            #expect(left.ending != .exited(0) && words.contains("has ended after"), "\(words)")
        }
    }

    /// Each kind of event once: it is told in the story, and the cluster comes through.
    @Test func everythingHappensToRealNodes() throws {
        let events: [(event: String, told: String)] = [
            ("at: 300 ms, join: 5, links: [1, 2, 3, 4]", "join 5 with links to 1 2 3 4"),
            ("at: 1 s, slow: 2, factor: 3", "slow 2 down by 3"),
            ("at: 1.2 s, crawl: [1, 3], factor: 5", "let 1-3 crawl by 5: not without --shaped"),
            ("at: 1.5 s, cut: [1, 2]", "cut 1-2"), ("at: 2 s, mend: [1, 2]", "mend 1-2"),
            ("at: 2.5 s, isolate: [4]", "isolate 4"), ("at: 3.5 s, heal: true", "heal"),
            ("at: 4 s, lie: 4", "let 4 lie"), ("at: 4.2 s, join: 6, links: [1, 2, 3, 4]", "join 6 with links to"),
            ("at: 5 s, pause: 3, for: 300 ms", "pause 3 for 300.0 ms"), ("at: 6 s, leave: 5", "leave 5"),
            ("at: 7 s, crash: 4", "4: crash"),
        ]
        let scenario = Self.scenario(events.map { "  - {\($0.event)}" }.joined(separator: "\n"))
            .replacing("[1, 2, 3]\n", with: "[1, 2, 3, 4]\n")
        let result = try Chaos.run("lab", "-", "--data", Self.digits, input: scenario)
        #expect(result.ending == .exited(0), "\(result.output.text)\(result.errors.text)")
        for (_, told) in events { #expect(result.output.text.contains("  \(told)"), "\(told)") }
        #expect(result.output.text.contains("5: has left"))
    }

    @Test func anInterruptedRunLeavesNoProcess() throws {
        try Chaos.withFolder { folder in
            let (run, file) = (folder + "/run", folder + "/scenario.yaml")
            try Self.scenario("  - {at: 1 h, crash: 1}").write(toFile: file, atomically: true, encoding: .utf8)
            let line =
                "'\(Chaos.executable)' lab '\(file)' --directory '\(run)' --data '\(Self.digits)' & lab=$!;"
                + " until grep -q applied '\(run)'/node-*.journal || ! kill -0 $lab; do sleep 0.1; done;"
                + " kill -INT $lab; wait $lab"
            let result = try Chaos.runInShell(line)
            #expect(result.ending == .exited(130), "\(result.errors.text)")
            #expect(result.output.text.contains("interrupted"))
            #expect(try !Self.isRunning(run))
        }
    }

    @Test func aNodeThatCannotBeRunIsSaid() throws {
        try Chaos.withFolder { folder in
            let result = try Chaos.run(
                "lab", "-", "--directory", folder, "--data", folder, input: Self.scenario("  - {at: 1 s, crash: 1}"))
            #expect(result.ending == .exited(7))
            #expect(result.errors.text.contains("node 1") && result.errors.text.contains("digits.csv"))
            #expect(try !Self.isRunning(folder))
        }
    }

    @Test func nobodyAnswers() throws {
        for command in [["status"], ["join"], ["leave"], ["link", "remove", "2"], ["link", "add", "2", "h:1"]] {
            let result = try Command(
                Chaos.executable, command + ["--socket", "/nonexistent/socket"], timeLimit: .hanging
            ).run()
            #expect(result.ending == .exited(7) && result.errors.text.contains("/nonexistent/socket"))
        }
    }
}

@Suite struct ReplayCommandTests {
    @Test func aTraceBecomesAScenarioThatRuns() throws {
        let trace = "0,add,a\n0,add,b\n60000,add,c\n180000,remove,a\n"
        let made = try Chaos.run("replay", "-", "--speed", "60", input: trace)
        #expect(made.ending == .exited(0), "\(made.errors.text)")
        #expect(made.output.text.contains("- {at: 1 s, join: 3, links: [1, 2]}"))
        #expect(made.output.text.contains("- {at: 3 s, leave: 1}"))
        let told = try Chaos.run("simulate", "-", input: made.output.text)
        #expect(told.ending == .exited(0) && told.output.text.contains("contributes its first gradient"))
        let at = try Chaos.run("replay", "-", "--speed", "60", "--simulate", input: trace)
        #expect(at.output.text.contains("contributes its first gradient"))
    }

    @Test func faultsAndWrongUsage() throws {
        let broken = try Chaos.run("replay", "-", input: "0,add,a\n1,remove,b\n")
        #expect(broken.ending == .exited(5) && broken.errors.text.contains("line 2"))
        #expect(try Chaos.run("replay", "-", "--speed", "0").ending == .exited(64))
        #expect(try Chaos.run("replay", "-", "--svg", "a.svg").ending == .exited(64))
        #expect(try Chaos.run("replay", "-", "--lab", "--simulate").ending == .exited(64))
        for option in [
            ["--report", "a.json"], ["--directory", "a"], ["--shaped"], ["--plan-policy", "equal"],
            ["--until-steps", "3"], ["--quiet"],
        ] {
            let ignored = try Command(
                Chaos.executable, ["replay", "-", "--simulate"] + option, timeLimit: .hanging
            ).run()
            #expect(ignored.ending == .exited(64) && ignored.errors.text.contains("\(option[0]) needs --lab"))
        }
    }
}
