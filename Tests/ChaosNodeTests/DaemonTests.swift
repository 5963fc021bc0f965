import ChaosControl
import ChaosDocuments
import ChaosProcess
import ChaosProtocol
import ChaosTesting
import Foundation
import Testing

/// The program `chaosd`, as processes.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DaemonTests {
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

    /// Waits for something, at most a minute.
    private func wait<Value>(for what: String, _ body: () -> Value?) throws -> Value {
        let end = Date().addingTimeInterval(60)
        while Date() < end {
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
        let good = try Command(program, ["--config", file, "--check"], timeLimit: .seconds(30)).run()
        #expect(good.isSuccess && good.output.text.isEmpty && good.errors.text.isEmpty)
        try DocumentIO.write(config(1, cluster.folder, more: "log: loud\nconnections: 0"), to: file)
        let bad = try Command(program, ["--config", file, "--check"], timeLimit: .seconds(30)).run()
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
            let result = try Command(program, ["--config", file, "--check"], timeLimit: .seconds(30)).run()
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
        let fine = try Command(program, ["--config", file, "--check"], timeLimit: .seconds(30)).run()
        #expect(fine.isSuccess && !FileManager.default.fileExists(atPath: cluster.folder + "/run"), "\(fine)")
        try DocumentIO.write("no state", to: cluster.folder + "/state")
        let state = try faults(
            config(1, cluster.folder, more: "checkpoint: {file: \(cluster.folder)/state, every: 9, restore: true}"))
        #expect(state.count == 1 && state[0].contains("/state.sha256"), "\(state)")
        let usage = try Command(program, ["--nonsense"], timeLimit: .seconds(30)).run()
        #expect(usage.ending == .exited(64))
        let missing = try Command(program, ["--config", cluster.folder + "/no"], timeLimit: .seconds(30)).run()
        #expect(missing.ending == .exited(5) && missing.errors.text.contains("No such file"))
    }
}
