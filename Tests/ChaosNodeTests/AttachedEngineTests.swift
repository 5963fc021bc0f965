import ChaosControl
import ChaosDocuments
import ChaosNode
import ChaosProcess
import ChaosProtocol
import ChaosTesting
import Foundation
import Testing

/// Nodes whose gradients other processes compute: an engine of nothing but Python's library (Tests/plain_engine.py).
@Suite(.serialized, .timeLimit(.minutes(30))) struct AttachedEngineTests {
    /// A cluster with engines, which end with it.
    private final class Engines {
        let cluster: LocalCluster
        private var processes: [BoundProcess] = []
        private var outputs: [String] = []

        init() throws { cluster = try LocalCluster() }

        func socket(_ id: NodeID) -> String { "\(cluster.folder)/e\(id)" }

        /// Starts an engine for a node.
        /// - Returns: its number.
        @discardableResult
        func start(_ id: NodeID, _ arguments: String = "") throws -> Int {
            let output = "\(cluster.folder)/engine-\(outputs.count)"
            processes.append(
                try BoundProcess(
                    "/usr/bin/env",
                    ["python3", PackageRoot.url("Tests/plain_engine.py").path, socket(id)]
                        + arguments.split(separator: " ").map(String.init), output: output))
            outputs.append(output)
            return outputs.count - 1
        }

        /// The messages that an engine has got.
        func lines(_ engine: Int) throws -> [String] {
            try String(contentsOfFile: outputs[engine], encoding: .utf8).split(separator: "\n").map(String.init)
        }

        func waitForEnd(_ engine: Int) throws {
            try cluster.wait("the end of engine \(engine)") { processes[engine].hasEnded() }
        }

        func kill(_ engine: Int) { processes[engine].end() }

        func config(_ id: NodeID, founders: [NodeID], steps: Int) -> NodeConfig {
            var config = cluster.config(
                id, founders: founders, trainer: .engine(.init(socket: socket(id), samples: 100)), batch: 10)
            config.steps = steps
            return config
        }

        func waitForState(_ id: NodeID, _ step: Int) throws -> Digest {
            var digest: Digest?
            try cluster.wait("the state \(step) of \(id)") {
                let status = try cluster[id].status()
                digest = status.stateDigestStep == step ? status.stateDigest : nil
                return digest != nil
            }
            return digest!
        }
    }

    private static let steps = 40

    /// What one engine makes of it that nothing happens to.
    private static func undisturbed() throws -> (Digest, String) {
        let engines = try Engines()
        let engine = try engines.start(1)
        try engines.cluster.start(engines.config(1, founders: [1], steps: steps))
        let digest = try engines.waitForState(1, steps)
        try engines.waitForEnd(engine)
        let lines = try engines.lines(engine)
        #expect(lines[0].contains(#""begins": true"#) && lines[1] == #"{"type": "state", "step": 0}"#)
        #expect(lines.count { $0.contains("compute") } == steps && lines[steps + 2].contains("finished"))
        try engines.cluster.killAll()
        return (digest, try #require(lines.last))
    }

    /// Three nodes, each with an engine, have the same state in the end, and what they have learnt is what one engine
    /// learns, but for the order of sums.
    @Test func nodesWithEnginesTrainTogether() throws {
        let engines = try Engines()
        for id: NodeID in [1, 2, 3] {
            try engines.start(id)
            try engines.cluster.start(engines.config(id, founders: [1, 2, 3], steps: Self.steps))
        }
        let digests = try [NodeID(1), 2, 3].map { try engines.waitForState($0, Self.steps) }
        #expect(Set(digests).count == 1)
        for engine in 0..<3 { try engines.waitForEnd(engine) }
        let lasts = try (0..<3).map { try engines.lines($0).last }
        #expect(Set(lasts).count == 1 && lasts[0]?.hasPrefix("parameters") == true)
        func numbers(_ line: String) throws -> [Double] {
            try JSONDecoder().decode([Double].self, from: Data(line.dropFirst("parameters ".count).utf8))
        }
        for (a, b) in zip(try numbers(#require(lasts[0])), try numbers(Self.undisturbed().1)) {
            #expect(abs(a - b) < 1e-5)
        }
        try engines.cluster.killAll()
        try JournalCheck(engines.cluster).expectPromises(batch: 10, samples: 100)
    }

    /// Whatever the first engine does, the node goes on with the next one, and the state is that of an undisturbed run, to
    /// the bit.
    @Test(arguments: ["die", "leave", "babble", "lie", "scribble", "hang"])
    func anEngineHarmsNothing(_ action: String) throws {
        let engines = try Engines()
        let first = try engines.start(1, "--at 7 \(action)")
        var config = engines.config(1, founders: [1], steps: Self.steps)
        if case .engine(var engine) = config.trainer, action == "hang" {
            engine.timeout = 1_000_000_000
            config.trainer = .engine(engine)
        }
        try engines.cluster.start(config)
        if action != "scribble" {
            try engines.cluster.wait("the end of the first engine") {
                try engines.cluster.entries(1).contains {
                    if case .news(let words) = $0.event { words.hasPrefix("engine detached") } else { false }
                }
            }
            try engines.start(1)
        }
        #expect(try engines.waitForState(1, Self.steps) == Self.undisturbed().0)
        let told = try engines.lines(first)
        switch action {
        case "babble": #expect(told.contains { $0.contains("refused") })
        case "lie":
            let refusal = #"{"type": "refused", "path": "samples", "found": "11", "allowed": "10, all of the share"}"#
            #expect(told.contains(refusal), "\(told.suffix(2))")
        case "scribble":
            #expect(told.contains { $0.hasPrefix("not written: ") } && told.contains { $0.hasPrefix("not cut: ") })
        default: #expect(told.last?.contains("compute") == true)
        }
        engines.kill(first)
        try engines.cluster.killAll()
    }

    /// While a node has no engine, it keeps its replica and the others do its part; with the next one it does its own.
    @Test func othersDoThePartOfANodeWithoutAnEngine() throws {
        let engines = try Engines()
        for id: NodeID in [1, 2, 3] {
            try engines.start(id, "--pause 0.01" + (id == 2 ? " --at 5 die" : ""))
            try engines.cluster.start(engines.config(id, founders: [1, 2, 3], steps: 1 << 20))
        }
        func waitForView(_ idle: [NodeID]) throws {
            try engines.cluster.wait("the view with \(idle) idle") {
                try engines.cluster[1].status().view?.idle == idle
            }
            let step = try engines.cluster[1].status().step ?? 0
            try engines.cluster.wait("steps under it") {
                try [NodeID(1), 2, 3].allSatisfy { try engines.cluster[$0].status().step ?? 0 > step + 3 }
            }
        }
        try waitForView([2])
        try engines.start(2)
        try waitForView([])
        try engines.cluster.killAll()
        let check = try JournalCheck(engines.cluster)
        check.expectPromises(dead: [1, 2, 3], batch: 10, samples: 100)
        // Nobody has pulled a state but whom a view left out, as it may do with one that is heard of too late.
        for (id, entries) in check.entries {
            var wasLeftOut = false
            for entry in entries {
                if case .installed(let view) = entry.event, view.role(of: id) != .member { wasLeftOut = true }
                if case .completed = entry.event { #expect(wasLeftOut, "\(id)") }
            }
        }
    }

    /// A node needs no engine to get the state and to serve it, if a checkpoint says what is trained; and one that has
    /// served as a founder goes on from there with the first engine that comes.
    @Test func aNodeWithoutAnEngineHasAndServesTheState() throws {
        let engines = try Engines()
        let file = engines.cluster.folder + "/state.safetensors"
        try engines.start(1, "--pause 0.01")
        var config = engines.config(1, founders: [1], steps: 1 << 20)
        config.checkpoint = CheckpointConfig(every: 5, path: file)
        try engines.cluster.start(config)
        try engines.cluster.wait("a checkpoint") { FileManager.default.fileExists(atPath: file + ".sha256") }
        config = engines.config(2, founders: [1], steps: 1 << 20)
        if case .engine(var engine) = config.trainer {
            engine.description = file
            config.trainer = .engine(engine)
        }
        try engines.cluster.start(config)
        try engines.cluster.wait("the join") { try engines.cluster.members(1) == [1, 2] }
        try engines.cluster.wait("that it is idle") { try engines.cluster[1].status().view?.idle == [2] }
        try engines.start(2)
        try engines.cluster.wait("that it is not idle") { try engines.cluster[1].status().view?.idle == [] }
        try engines.cluster.killAll()
        try JournalCheck(engines.cluster).expectPromises(dead: [1, 2], batch: 10, samples: 100)
    }

    /// A gradient that is not finite leaves the parameters as they are, on every node, and is told.
    @Test func aGradientThatIsNotFiniteIsLeftOut() throws {
        let engines = try Engines()
        for id: NodeID in [1, 2] {
            try engines.start(id, "--skips 2 --at 7 nan")
            try engines.cluster.start(engines.config(id, founders: [1, 2], steps: Self.steps))
        }
        let digests = try [NodeID(1), 2].map { try engines.waitForState($0, Self.steps) }
        #expect(digests[0] == digests[1])
        try engines.cluster.killAll()
        var tellers = 0
        for id: NodeID in [1, 2] {
            var (hasApplied, news) = (false, [String]())
            for entry in try engines.cluster.entries(id) {
                if case .applied(_, step: 7, _, _, _, _) = entry.event { hasApplied = true }
                if case .news(let words) = entry.event, words.contains("not finite") { news.append(words) }
            }
            // Who was left out for a while, has got the state after it.
            #expect(news == (hasApplied ? ["the gradient of step 7 is not finite: no update, 1 in a row"] : []))
            tellers += news.count
        }
        #expect(tellers > 0)
    }

    /// One engine at a time, and of one model.
    @Test func otherEnginesAreTurnedAway() throws {
        let engines = try Engines()
        let first = try engines.start(1, "--pause 0.05")
        try engines.cluster.start(engines.config(1, founders: [1], steps: 1 << 20))
        let second = try engines.start(1)
        try engines.waitForEnd(second)
        #expect(try engines.lines(second).last?.contains("a second engine") == true)
        engines.kill(first)
        try engines.cluster.wait("the end of the first engine") {
            try engines.cluster.entries(1).contains {
                if case .news(let words) = $0.event { words.hasPrefix("engine detached") } else { false }
            }
        }
        let other = try engines.start(1, "--numbers 17")
        try engines.waitForEnd(other)
        let line = try #require(try engines.lines(other).last)
        #expect(line.contains("model.parameters[0]") && line.contains("p of shape [17]"))
        #expect(line.contains("p of shape [16], as in the run"))
        try engines.cluster.killAll()
    }
}
