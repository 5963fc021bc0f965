import ChaosControl
import ChaosDocuments
import ChaosJudgement
import ChaosModel
import ChaosPage
import ChaosProtocol
import ChaosScenario
import ChaosText

/// What came of a scenario that was played with real nodes. Times are nanoseconds since the beginning.
public struct LabReport: Sendable {
    /// What a joiner pulled, beside what the story has.
    public struct Pull: Sendable {
        public let node: NodeID
        public let stateBytes: Int
        public let shardSize: Int
        public let began: Int
        /// nil: not to the end.
        public let complete: Int?
        /// Bytes of shards that were asked of a second neighbour as well.
        public let bytesTwice: Int
        /// The files of what was solved and executed, as `chaos verify` reads them; nil: there are none.
        public let instance: String?
        public let plan: String?
        /// What found the plan; nil: there is none.
        public let algorithm: String?
        /// Of the plan; nil: there is none.
        public let makespan: ExactTime?
        public let neighbors: [Neighbor]

        init(_ pull: JournalStory.Pull) {
            let executed = pull.plan.flatMap { try? Plan(contentsOf: $0) }
            node = pull.node
            stateBytes = pull.stateBytes
            shardSize = pull.shardSize
            began = pull.began
            complete = pull.complete
            bytesTwice = pull.bytesTwice
            instance = pull.instance
            plan = pull.plan
            algorithm = executed?.algorithm
            makespan = executed?.makespan
            neighbors = pull.bytes.sorted { $0.key < $1.key }.map { source, bytes in
                Neighbor(
                    node: source, bytes: bytes,
                    planned: executed?.assignments.first { $0.neighbor == "\(source)" }?.finish,
                    took: (pull.lastArrival[source] ?? pull.began) - pull.began)
            }
        }
    }

    /// What one neighbour sent in a transfer.
    public struct Neighbor: Sendable {
        public let node: NodeID
        public let bytes: Int
        /// From the beginning to its last shard, by the plan; nil: it was in none.
        public let planned: ExactTime?
        /// The same as it was.
        public let took: Int
    }

    public let name: String
    public let story: Story
    public let pulls: [Pull]
    /// The first of each broken promise.
    public let violations: [Violation]
    /// What went wrong beside that, a sentence each.
    public let failures: [String]
    public let wasInterrupted: Bool
    /// How many entries of journals were judged.
    public let entries: Int
    public let steps: Int
    public let loss: Double?
    public let testLoss: Double?
    public let testAccuracy: Double?
    public let folder: String
    /// A page that plays it back.
    public let page: PageFile

    public var isSound: Bool { violations.isEmpty && failures.isEmpty }

    init(
        scenario: Scenario, options: LabOptions, history: LabHistory, end: Int, statuses: [NodeID: NodeStatus],
        failures: [String], wasInterrupted: Bool
    ) {
        var verdict = history.judge()
        name = scenario.name ?? "lab"
        folder = options.folder
        violations = verdict.violations
        self.failures = failures
        self.wasInterrupted = wasInterrupted
        entries = history.entries.count
        var outcome = RunOutcome(
            violation: violations.first, views: verdict.record.cluster.decided.count, duration: end - history.origin)
        outcome.updates = verdict.story.progress.steps.values.reduce(0, +)
        let traffic = statuses.mapValues { status in
            (
                sent: status.links.reduce(0) { $0 + $1.bytesSent },
                received: status.links.reduce(0) { $0 + $1.bytesReceived }
            )
        }
        outcome.bytes = traffic.values.reduce(0) { $0 + $1.sent }
        let started = Set(history.entries.map(\.node))
        story = verdict.story.finish(scenario.nodes.filter(started.contains), traffic: traffic, outcome)
        pulls = verdict.story.pulls.map(Pull.init)
        steps = verdict.record.cluster.mostUpdates
        loss = verdict.story.progress.loss
        testLoss = verdict.story.progress.evaluated?.loss
        testAccuracy = verdict.story.progress.evaluated?.accuracy
        page = PageFile(title: name, events: verdict.recorder.events, end: outcome.duration)
    }

    /// The invariants that journals tell, in the order of `Invariant`.
    public static let judged: [Invariant] = [
        .agreement, .succession, .connection, .readiness, .oneGoesOn, .minorityHalts, .sameState, .updatesOnce,
        .samplesOnce, .verifiedState, .pulledOnce, .snapshotKept, .progress, .correctMessages,
    ]

    /// The picture: a lane a node, with transfers and events.
    public var chart: TimelineChart { story.chart(title: name) }
}

extension LabReport {
    /// The report in lines: the story as the simulator tells one, then transfers, training and the verdict.
    /// - Parameter most: how many of the story's marks are printed.
    public func lines(_ style: TextStyle = .plain, width: Int) -> [String] {
        var lines = story.lines(style)
        // The simulator's last line is of virtual messages.
        lines.removeLast(2)
        if !pulls.isEmpty { lines += ["", "transfers"] + transferTable.lines(style) }
        for pull in pulls where pull.instance != nil {
            lines.append(
                "\(pull.node) executed \(pull.plan ?? "") of \(pull.instance ?? ""), made by \(pull.algorithm ?? "")")
        }
        lines += ["", training] + chart.lines(style, width: width) + [""]
        for violation in violations { lines.append(style.bad("\(violation)".replacing("\n", with: " "))) }
        for failure in failures { lines.append(style.bad(SingleLine.of(failure))) }
        let names = Self.judged.count
        lines.append(
            isSound
                ? style.good("no promise broken: \(names) invariants, \(Readable.count(entries)) lines of journals")
                : style.bad("\(violations.count) promises broken, \(failures.count) failures"))
        return lines
    }

    private var training: String {
        let seconds = max(1, story.outcome.duration / 1_000_000_000)
        var parts = ["\(Readable.count(steps)) steps in \(seconds) s"]
        if let loss { parts.append("loss \(NodeStatus.decimal(loss))") }
        if let testAccuracy { parts.append("test accuracy \(NodeStatus.percent(testAccuracy))") }
        return parts.joined(separator: ", ")
    }

    private var transferTable: TextTable {
        var table = TextTable([
            ("node", .right), ("from", .right), ("bytes", .right), ("planned", .right), ("took", .right),
            ("asked twice", .right),
        ])
        let time = { (time: Int) in ExactTime(nanoseconds: Int128(max(0, time))).readable }
        for pull in pulls {
            for neighbor in pull.neighbors {
                table.add([
                    "\(pull.node)", "\(neighbor.node)", Readable.bytes(neighbor.bytes),
                    neighbor.planned?.readable ?? "-", time(neighbor.took), "",
                ])
            }
            table.add([
                "\(pull.node)", "all", Readable.bytes(pull.stateBytes), pull.makespan?.readable ?? "-",
                pull.complete.map { time($0 - pull.began) } ?? "not", Readable.bytes(pull.bytesTwice),
            ])
        }
        return table
    }
}
