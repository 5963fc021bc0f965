import ChaosControl
import ChaosDocuments
import ChaosProcess
import ChaosProtocol
import ChaosTesting
import Foundation
import Testing

/// The program `chaosd`, as processes.
@Suite(.serialized, .timeLimit(.minutes(30))) struct DaemonTests {
    /// The program that was built beside the tests.
    private static var program: String { (ExecutableSearch.besideRunningProgram?.folder ?? "") + "/chaosd" }

    private func config(_ id: Int, _ folder: String, more: String) -> String {
        """
        node: \(id)
        cluster: daemons
        listen: "127.0.0.1:0"
        control: \(folder)/\(id)
        founding: {members: [1, 2]}
        trainer: {kind: perceptron, data: "\(PackageRoot.url("Data/digits").path)", hidden: [8], rate: 0.01}
        training: {batch: 200, epochs: 4, chunks: 2}
        journal: \(folder)/\(id).jsonl
        metrics: {file: \(folder)/\(id).prom, period: 100 ms}
        \(more)

        """
    }

    private func status(_ client: ControlClient) throws -> NodeStatus? {
        if case .status(let status) = try client.send(.status) { status } else { nil }
    }

    /// Waits for something; the limit is against hanging for ever.
    private func wait<Value>(for what: String, _ body: () -> Value?) throws -> Value {
        let end = ContinuousClock.now + .hanging
        while ContinuousClock.now < end {
            if let value = body() { return value }
            usleep(20_000)
        }
        throw LocalCluster.Timeout(what: what)
    }

    @Test func twoProcessesTrainAndLeave() throws {
        let program = Self.program
        let cluster = try LocalCluster()
        var processes: [BoundProcess] = []
        func launch(_ id: Int, more: String = "") throws -> ControlClient {
            let file = "\(cluster.folder)/\(id).yaml"
            try DocumentIO.write(config(id, cluster.folder, more: more), to: file)
            processes.append(try BoundProcess(program, ["--config", file], output: file + ".log"))
            return try wait(for: "the socket of \(id)") { try? ControlClient("\(cluster.folder)/\(id)") }
        }
        let one = try launch(1)
        let address = try #require(try status(one)?.address)
        let two = try launch(2, more: "peers: [{node: 1, address: \"\(address)\"}]")
        let states = try [one, two].map { client in
            try wait(for: "the end of the training") {
                guard let status = try? status(client), status.phase == .finished, status.stateDigestStep == 32 else {
                    return nil
                }
                return status.stateDigest
            } as Digest
        }
        #expect(states[0] == states[1])
        #expect(
            try wait(for: "metrics") {
                try? DocumentIO.read("\(cluster.folder)/1.prom").split(separator: 0x0A).first {
                    $0.starts(with: Array("chaos_step{node=\"1\"} 32".utf8))
                }
            } != [])
        // SIGTERM makes it leave politely.
        processes[1].signal(SIGTERM)
        _ = try wait(for: "the end of 2") { processes[1].hasEnded() ? true : nil }
        #expect(processes[1].ending == .exited(0))
        let last = try cluster.entries(2).last?.event
        #expect(last == .left(isReleased: true))
        // The last one has nobody to ask.
        processes[0].signal(SIGINT)
        _ = try wait(for: "the end of 1") { processes[0].hasEnded() ? true : nil }
        #expect(processes[0].ending == .exited(0))
        let log = try String(contentsOfFile: "\(cluster.folder)/1.yaml.log", encoding: .utf8)
        #expect(log.contains("started") && log.contains("left"))
    }

    @Test func checksConfigurations() throws {
        let program = Self.program
        let cluster = try LocalCluster()
        let file = cluster.folder + "/node.yaml"
        try DocumentIO.write(config(1, cluster.folder, more: ""), to: file)
        let good = try Command(program, ["--config", file, "--check"], timeLimit: .hanging).run()
        #expect(good.isSuccess && good.output.text.isEmpty && good.errors.text.isEmpty)
        try DocumentIO.write(config(1, cluster.folder, more: "log: loud\nconnections: 0"), to: file)
        let bad = try Command(program, ["--config", file, "--check"], timeLimit: .hanging).run()
        #expect(bad.ending == .exited(5))
        #expect(bad.errors.text.split(separator: "\n").count == 2 && bad.errors.text.contains("\(file): log: "))
        // What only the trainer and the folders can say.
        let text = """
            node: 1
            cluster: c
            listen: "127.0.0.1:0"
            control: \(cluster.folder)/no/socket
            founding: {members: [1]}
            trainer: {kind: perceptron, data: "\(PackageRoot.url("Data/digits").path)", rate: 0}
            training: {batch: 200}
            journal: {file: \(cluster.folder)}
            metrics: {file: \(file)/m}
            plans: \(file)/plans

            """
        func faults(_ text: String) throws -> [String] {
            try DocumentIO.write(text, to: file)
            let result = try Command(program, ["--config", file, "--check"], timeLimit: .hanging).run()
            #expect(result.ending == .exited(5))
            return result.errors.text.split(separator: "\n").map(String.init)
        }
        let places = try faults(text)
        for key in ["control", "journal", "metrics.file", "plans"] {
            #expect(places.contains { $0.hasPrefix("\(file): \(key): \(cluster.folder)") }, "\(key) in \(places)")
        }
        #expect(places.count == 5 && places.contains { $0.hasPrefix("\(file): trainer.rate: 0.0; allowed: ") })
        // A folder that is made, what goes into it, and places that are no files.
        let accepted = text.replacing("rate: 0", with: "rate: 1").replacing("/no/", with: "/run/a/")
            .replacing("{file: \(cluster.folder)}", with: "\(cluster.folder)/run/journal")
            .replacing("\(file)/m", with: "/dev/null").replacing("\(file)/plans", with: "\(cluster.folder)/run/a/")
        try DocumentIO.write(accepted, to: file)
        let fine = try Command(program, ["--config", file, "--check"], timeLimit: .hanging).run()
        #expect(fine.isSuccess && !FileManager.default.fileExists(atPath: cluster.folder + "/run"), "\(fine)")
        try DocumentIO.write("no state", to: cluster.folder + "/state")
        let state = try faults(
            config(1, cluster.folder, more: "checkpoint: {file: \(cluster.folder)/state, every: 9, restore: true}"))
        #expect(state.count == 1 && state[0].contains("/state: header: a length of "), "\(state)")
        let usage = try Command(program, ["--nonsense"], timeLimit: .hanging).run()
        #expect(usage.ending == .exited(64))
        let missing = try Command(program, ["--config", cluster.folder + "/no"], timeLimit: .hanging).run()
        #expect(missing.ending == .exited(5) && missing.errors.text.contains("No such file"))
    }

    // MARK: As an operator finds them

    /// Processes with a folder of their own, which end with it.
    private final class Daemons {
        let cluster: LocalCluster
        private(set) var processes: [Int: BoundProcess] = [:]
        var folder: String { cluster.folder }

        init() throws { cluster = try LocalCluster() }

        func start(_ id: Int, _ config: String, under shell: String? = nil) throws {
            let file = "\(folder)/\(id).yaml"
            try DocumentIO.write(config, to: file)
            let (log, program) = ("\(folder)/\(id).log", DaemonTests.program)
            processes[id] =
                try shell.map {
                    try BoundProcess("/bin/bash", ["-c", "\($0); exec \(program) --config \(file)"], output: log)
                } ?? BoundProcess(program, ["--config", file], output: log)
        }

        func log(_ id: Int) -> String { (try? String(contentsOfFile: "\(folder)/\(id).log", encoding: .utf8)) ?? "" }

        func status(_ id: Int) -> NodeStatus? {
            guard let client = try? ControlClient("\(folder)/\(id)"),
                case .status(let status) = try? client.send(.status)
            else { return nil }
            return status
        }
    }

    private func synthetic(
        _ id: Int, _ folder: String, members: [Int], port: Int = 0, more: String = "", journal: String? = nil
    ) -> String {
        """
        node: \(id)
        cluster: daemons
        listen: "127.0.0.1:\(port)"
        control: \(folder)/\(id)
        \(members.isEmpty ? "" : "founding: {members: \(members)}")
        trainer: {kind: synthetic, state: 4000, time_per_step: 1 ms}
        training: {batch: 10, chunks: 2}
        journal: {file: \(folder)/\(id).jsonl\(journal.map { ", " + $0 } ?? "")}
        timers: {leave: 1 h, failure_bound: 30 s}
        \(more)

        """
    }

    /// Ports that are free now.
    private func ports(_ count: Int) throws -> [Int] {
        // All of them listen until all are known, so that no two are the same.
        let sockets = try (0..<count).map { _ in try RawSocket.listening() }
        return try sockets.map { try $0.endpoint().port }
    }

    private func entries(_ path: String) throws -> [JournalEntry] {
        try DocumentIO.read(path).split(separator: 0x0A).map { try JournalEntry(line: Array($0)) }
    }

    /// As logrotate has it: the journal is moved away, and what is configured anew is taken where it can be.
    @Test func aHangUpOpensTheJournalAnewAndReadsTheConfiguration() throws {
        let daemons = try Daemons()
        let journal = daemons.folder + "/1.jsonl"
        try daemons.start(1, synthetic(1, daemons.folder, members: [1]))
        _ = try wait(for: "steps") { daemons.status(1)?.step ?? 0 > 5 ? true : nil }
        #expect(rename(journal, journal + ".old") == 0)
        let more = "log: debug\npeers: [{node: 9, address: \"127.0.0.1:1\"}]\nconnections: 3"
        try DocumentIO.write(synthetic(1, daemons.folder, members: [1], more: more), to: daemons.folder + "/1.yaml")
        daemons.processes[1]?.signal(SIGHUP)
        _ = try wait(for: "a new journal") { access(journal, F_OK) == 0 ? true : nil }
        _ = try wait(for: "the link") {
            daemons.status(1)?.links.contains { $0.peer == 9 && $0.trouble != nil } == true ? true : nil
        }
        #expect(try #require(daemons.status(1)?.links.first?.trouble).contains("Connection refused"))
        _ = try wait(for: "the log") {
            daemons.log(1).contains("keys=connections changed keys need a new start") ? true : nil
        }
        _ = try wait(for: "debug lines") { daemons.log(1).contains(" debug ") ? true : nil }
        #expect(daemons.processes[1]?.hasEnded() == false)
        #expect(try !entries(journal + ".old").isEmpty)
    }

    /// A file that may not grow any more, as on a full disk: lines are there whole or not at all, and it is told.
    @Test func aFullDiskIsToldAndLeavesWholeLines() throws {
        let daemons = try Daemons()
        try daemons.start(1, synthetic(1, daemons.folder, members: [1]), under: "ulimit -f 16")
        let trouble = try wait(for: "trouble") { daemons.status(1)?.trouble }
        #expect(trouble == "journal: File too large")
        let before = try #require(daemons.status(1)?.step)
        _ = try wait(for: "more steps") { daemons.status(1)?.step ?? 0 > before + 20 ? true : nil }
        let bytes = try DocumentIO.read(daemons.folder + "/1.jsonl")
        #expect(bytes.last == 0x0A && bytes.count <= 16384)
        #expect(try entries(daemons.folder + "/1.jsonl").count > 10)
        let told = daemons.log(1).split(separator: "\n").filter { $0.hasSuffix("cannot be written") }
        #expect(told.count == 1 && told[0].contains("file=journal"), "\(told)")
    }

    @Test func theJournalGoesOnInANewFile() throws {
        let daemons = try Daemons()
        try daemons.start(1, synthetic(1, daemons.folder, members: [1], journal: "most: 5000 bytes"))
        let (journal, old) = (daemons.folder + "/1.jsonl", daemons.folder + "/1.jsonl.1")
        _ = try wait(for: "a full journal") { access(old, F_OK) == 0 ? true : nil }
        let first = try entries(old)
        #expect(try DocumentIO.read(old).count >= 5000)
        _ = try wait(for: "lines in the next") { (try? entries(journal))?.isEmpty == false ? true : nil }
        #expect(!first.isEmpty)
    }

    /// Without the lines of single steps the journal still says what became of the node.
    @Test func aJournalOfEventsHasNoSteps() throws {
        let daemons = try Daemons()
        try daemons.start(1, synthetic(1, daemons.folder, members: [1], journal: "detail: events"))
        _ = try wait(for: "steps") { daemons.status(1)?.step ?? 0 > 20 ? true : nil }
        let events = try entries(daemons.folder + "/1.jsonl").map(\.event)
        let routine = events.filter(\.isRoutine)
        #expect(routine.isEmpty)
        let hasViews = events.contains { if case .installed = $0 { true } else { false } }
        #expect(hasViews)
        #expect(events.count < 10)
    }

    /// Whoever leaves when all others do waits for nobody; `timers.leave` is an hour here.
    @Test func allMayLeaveAtOnce() throws {
        let daemons = try Daemons()
        let ports = try ports(3)
        for id in 1...3 {
            let peers = (1...3).filter { $0 != id }.map { "{node: \($0), address: \"127.0.0.1:\(ports[$0 - 1])\"}" }
            let more =
                "peers: [\(peers.joined(separator: ", "))]\n"
                + "checkpoint: {file: \(daemons.folder)/\(id).state, every: 1000000000}"
            try daemons.start(id, synthetic(id, daemons.folder, members: [1, 2, 3], port: ports[id - 1], more: more))
        }
        for id in 1...3 { _ = try wait(for: "steps of \(id)") { daemons.status(id)?.step ?? 0 > 3 ? true : nil } }
        for id in 1...3 { daemons.processes[id]?.signal(SIGTERM) }
        for id in 1...3 {
            _ = try wait(for: "the end of \(id)") { daemons.processes[id]?.hasEnded() == true ? true : nil }
            #expect(daemons.processes[id]?.ending == .exited(0), "\(id)")
        }
        // Whoever was the last has written what nobody else has.
        let kept = (1...3).filter { access("\(daemons.folder)/\($0).state", F_OK) == 0 }
        #expect(!kept.isEmpty, "\((1...3).map(daemons.log))")
    }

    @Test func theLastMemberKeepsTheStateOrWarns() throws {
        for checkpoint in [true, false] {
            let daemons = try Daemons()
            let more = checkpoint ? "checkpoint: {file: \(daemons.folder)/state, every: 1000000000}" : ""
            try daemons.start(1, synthetic(1, daemons.folder, members: [1], more: more))
            _ = try wait(for: "steps") { daemons.status(1)?.step ?? 0 > 3 ? true : nil }
            daemons.processes[1]?.signal(SIGTERM)
            _ = try wait(for: "the end") { daemons.processes[1]?.hasEnded() == true ? true : nil }
            #expect(daemons.processes[1]?.ending == .exited(0))
            #expect((access(daemons.folder + "/state", F_OK) == 0) == checkpoint)
            let words = checkpoint ? "the last member has written the state" : "the state is nowhere"
            #expect(daemons.log(1).contains(words), "\(daemons.log(1))")
        }
    }

    @Test func theStatusSaysWhyItIsNotFurther() throws {
        let daemons = try Daemons()
        try daemons.start(1, synthetic(1, daemons.folder, members: [1, 2, 3]))
        let halted = try wait(for: "halting") { daemons.status(1).flatMap { $0.phase == .halted ? $0 : nil } }
        #expect(
            halted.reason
                == "it reaches the members 1 of 1 2 3 and needs 2 of them; if the others are gone for good, an operator may say so "
                + "(chaos proceed)")
        #expect(halted.uptime > 0)
        let port = try ports(1)[0]
        try daemons.start(
            4, synthetic(4, daemons.folder, members: [], more: "peers: [{node: 1, address: \"127.0.0.1:\(port)\"}]"))
        let link = try wait(for: "trouble") { daemons.status(4)?.links.first { $0.trouble != nil } }
        #expect(link.trouble == "cannot connect to 127.0.0.1:\(port): Connection refused")
        #expect(daemons.status(4)?.reason == "no link is up")
        let answer = try ControlClient(daemons.folder + "/4").send(.join)
        guard case .refused(let reason) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(reason.contains("1: cannot connect to"), "\(reason)")
    }

    @Test func theCheckFindsTakenPortsUnknownHostsAndWhatAJoinerCannotRestore() throws {
        let daemons = try Daemons()
        let taken = try RawSocket.listening()
        let port = try taken.endpoint().port
        let more =
            "peers: [{node: 1, address: \"no-such-host.invalid:1\"}]\n"
            + "checkpoint: {file: \(daemons.folder)/c, every: 1, restore: true}"
        let file = daemons.folder + "/4.yaml"
        try DocumentIO.write(synthetic(4, daemons.folder, members: [], port: port, more: more), to: file)
        let check = try Command(Self.program, ["--config", file, "--check"], timeLimit: .hanging).run()
        #expect(check.ending == .exited(5))
        for part in [
            "listen: 127.0.0.1:\(port): Address already in use", "peers[0].address: no-such-host",
            "checkpoint.restore: true",
        ] {
            #expect(check.errors.text.contains(part), "\(part) in \(check.errors.text)")
        }
        let start = try Command(Self.program, ["--config", file], timeLimit: .hanging).run()
        #expect(start.ending == .exited(5) && start.errors.text.contains("checkpoint.restore"))
        try DocumentIO.write(synthetic(4, daemons.folder, members: [], port: port), to: file)
        let refused = try Command(Self.program, ["--config", file], timeLimit: .hanging).run()
        #expect(refused.ending == .exited(5) && refused.errors.text.contains("listen: 127.0.0.1:\(port)"))
        #expect(!refused.errors.text.contains("control"))
    }

    /// The example of NODE.md, but for its ports and folders: any of the three may go.
    @Test func theExampleSurvivesTheLossOfAnyNode() throws {
        let text = try String(contentsOf: PackageRoot.url("Documentation/NODE.md"), encoding: .utf8)
        let start = try #require(text.range(of: "```yaml\n"))
        let example = text[start.upperBound...].prefix(
            upTo: try #require(text.range(of: "```\n", range: start.upperBound..<text.endIndex)).lowerBound)
        let daemons = try Daemons()
        let ports = try ports(3)
        for id in 1...3 {
            let others = (1...3).filter { $0 != id }
            var config = String(example).replacing("node: 1\n", with: "node: \(id)\n").replacing(
                "chaos-1", with: "chaos-\(id)"
            )
            .replacing("7001\"\n", with: "700\(id)\"\n").replacing(
                "{node: 2, address: \"127.0.0.1:7002\"}",
                with: "{node: \(others[0]), address: \"127.0.0.1:700\(others[0])\"}"
            )
            .replacing(
                "{node: 3, address: \"127.0.0.1:7003\"}",
                with: "{node: \(others[1]), address: \"127.0.0.1:700\(others[1])\"}"
            )
            .replacing("/tmp/", with: daemons.folder + "/").replacing("/chaos-\(id).sock", with: "/\(id)")
            .replacing("data: Data/digits", with: "data: \"\(PackageRoot.url("Data/digits").path)\"")
            for k in 1...3 { config = config.replacing("127.0.0.1:700\(k)", with: "127.0.0.1:\(ports[k - 1])") }
            try daemons.start(id, config)
        }
        for id in 1...3 {
            _ = try wait(for: "members") {
                daemons.status(id)?.view?.members.count == 3 && daemons.status(id)?.step ?? 0 > 2 ? true : nil
            }
        }
        for id in 1...3 {
            _ = try wait(for: "links") { daemons.status(id)?.links.filter(\.isUp).count == 2 ? true : nil }
        }
        daemons.processes[1]?.signal(SIGKILL)
        let step = daemons.status(2)?.step ?? 0
        for id in 2...3 {
            _ = try wait(for: "steps of \(id)") {
                daemons.status(id).flatMap {
                    $0.phase == .finished || $0.step ?? 0 > step + 5 && $0.view?.members == [2, 3] ? true : nil
                }
            }
        }
    }
}
