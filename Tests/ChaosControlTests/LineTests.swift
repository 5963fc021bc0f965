import ChaosDocuments
import ChaosModel
import ChaosProtocol
import ChaosTesting
import Testing

@testable import ChaosControl

@Suite struct LineTests {
    private static let digest = Digest(words: [1, 2, 3, UInt64.max])
    private static let view = View(
        number: 7, members: [2, 1], learners: [View.Learner(9, admitted: 6)], links: [Link(1, 2), Link(2, 9)],
        qualities: [Link(1, 2): LinkQuality(bandwidth: 5, roundTrip: 0)], weights: [1: 100])

    static let requests: [ControlRequest] = [
        .status, .join, .leave, .linkAdd(peer: 7, address: "127.0.0.1:7007"), .linkRemove(peer: 7), .slow(factor: 3),
        .proceed(without: [1, 9]),
        .lie(true), .lie(false),
    ]

    @Test(arguments: requests)
    func requestsComeBack(_ request: ControlRequest) throws {
        #expect(try ControlRequest(line: request.line.dropLast()) == request)
    }

    static let transfer = NodeStatus.Transfer(
        admitted: 6, step: 3, stateBytes: 100, shardSize: 10, bytes: 20, began: 5, ended: nil, plannedMakespan: 99,
        plansAnew: 1,
        neighbors: [
            .init(
                node: 2, plannedBytes: 10, bytes: 5, plannedRate: 8, measuredRate: nil, plannedFinish: 77,
                lastArrival: 3)
        ])

    static let responses: [ControlResponse] = {
        let link = NodeStatus.Link(
            peer: 2, address: "h:1", isUp: true, connections: 4, bandwidth: nil, roundTrip: 9, bytesSent: 1,
            bytesReceived: 2, bytesQueued: 3, trouble: "x")
        let status = NodeStatus(
            node: NodeID(UInt64.max), cluster: "a \"b\"\n", process: 12, address: "127.0.0.1:1", time: 1 << 61,
            phase: .catchingUp, view: view, isHalted: true, step: nil, loss: 0.1, testLoss: 1e-300,
            testAccuracy: 1, stateDigest: digest, idleTime: 4, slowness: 1, lies: false, links: [link],
            transfer: transfer, snapshots: [1, 2], stateDigestStep: 8, reason: "r", uptime: 3, checkpoint: 7,
            trouble: "t")
        var bare = status
        (bare.view, bare.step, bare.loss, bare.transfer, bare.links) = (nil, nil, nil, nil, [])
        return [.done, .refused("no"), .status(status), .status(bare)]
    }()

    @Test(arguments: responses)
    func responsesComeBack(_ response: ControlResponse) throws {
        #expect(try ControlResponse(line: response.line.dropLast()) == response)
    }

    static let events: [JournalEntry.Event] = [
        .started(
            .init(
                wallClock: 1, cluster: "c", process: 2, trainer: "t", stateBytes: 3, samples: 4, batch: 5, chunks: 6,
                founding: view)),
        .linkUp(peer: 1), .linkDown(peer: 2), .installed(view),
        .identified(3, institution: "A, not trusted here"), .epochBegun(without: [1, 2]), .halted, .proceeded,
        .begun(view: 1, step: 2, digest: digest), .begun(view: 1, step: 2, digest: nil),
        .computed(
            view: 1, step: 2, positions: RangeSet([3..<9, 11..<12]), added: RangeSet(11..<12), computeTime: 4),
        .summed(view: 1, step: 2),
        .applied(view: 1, step: 2, digest: digest, loss: 0.3, positions: RangeSet(), idleTime: 9),
        .evaluated(step: 1, loss: 2, accuracy: 0.5), .forgot, .snapshotTaken(step: 1), .snapshotFreed(step: 1),
        .announced(learner: 9, admitted: 6, step: 3), .joining,
        .offered(by: 1, Offer(stateBytes: 1, bandwidth: nil, latency: 2, ready: 3, overhead: 4, limit: nil)),
        .withheld(by: 1, .memory), .planned(shards: 1, shardSize: 2, makespan: 3),
        .receiving(admitted: 1, step: 2, stateBytes: 3, instance: "a/b", plan: nil),
        .pulled(step: 1, shardSize: 2, shard: 3, from: 4), .written(step: 1, shardSize: 2, shard: 3, from: 4),
        .replanned(shards: 1, makespan: 2, instance: "i", plan: "p"),
        .replanned(shards: 1, makespan: 2, instance: nil, plan: nil),
        .suspected(1, reason: "r"), .abandoned(reason: "r"), .news("n"),
        .completed(admitted: 1, step: 2, digest: digest), .refused(from: 1, fault: "f"),
        .checkpointed(step: 1, path: "p"), .slowed(factor: 2), .lying(true), .leaving, .left(isReleased: true),
    ]

    @Test(arguments: events)
    func entriesComeBack(_ event: JournalEntry.Event) throws {
        let entry = JournalEntry(time: 5, node: 3, event)
        #expect(entry.line.last == 0x0A && entry.line.dropLast().firstIndex(of: 0x0A) == nil)
        #expect(try JournalEntry(line: entry.line.dropLast()) == entry)
    }

    /// Every line by its schema, which a program in another language would read it by.
    @Test(.enabled(if: PackageRoot.python != nil)) func linesAreValid() throws {
        func text(_ line: [UInt8]) -> String { String(decoding: line.dropLast(), as: UTF8.self) }
        var whole = Self.transfer
        whole.ended = 9
        whole.neighbors[0].measuredRate = 7
        for (schema, lines) in [
            ("control-request", Self.requests.map { text($0.line) }),
            ("control-response", Self.responses.map { text($0.line) }),
            ("transfer", [Self.transfer, whole].map { text($0.line) }),
            ("journal", Self.events.map { text(JournalEntry(time: 5, node: NodeID(UInt64.max), $0).line) }),
        ] {
            #expect(try PythonTool.validate(schema, documents: lines) == (.exited(0), []), "\(schema)")
            // What has a key that no reader knows is refused.
            let more = lines.map { "\($0.dropLast()),\"more\":1}" }
            #expect(try PythonTool.validate(schema, documents: more).lines.count == lines.count, "\(schema)")
        }
    }

    /// The list of the events is whole: each name has a line above and a branch in the schema.
    @Test func everyEventIsTried() throws {
        let names = Set(
            Self.events.compactMap { event in
                String(decoding: JournalEntry(time: 5, node: 3, event).line, as: UTF8.self)
                    .firstMatch(of: /"event":"(\w+)"/).map { String($0.1) }
            })
        #expect(names == Set(JournalName.allCases.map(\.rawValue)))
    }

    @Test(arguments: [
        (
            #"{"request":"fly"}"#,
            #"request: "fly"; allowed: one of status, join, leave, proceed, linkAdd, linkRemove, slow, lie"#
        ),
        (#"{"request":"slow"}"#, "factor: the key is missing; allowed: this key"),
        (#"{"request":"slow","factor":0}"#, "factor: 0; allowed: a whole number 1 … 1000"),
        (#"{"request":"join","x":1}"#, "x: an unknown key; allowed: no such key here"),
        (#"{"request":"join","request":"join"}"#, "request: the key a second time; allowed: each key once"),
        (#"[]"#, "a list; allowed: an object"),
        (
            #"{"request":[[[[[[[[[[1]]]]]]]]]]}"#,
            "request[0][0][0][0][0][0][0][0]: a value inside 9 others; allowed: at most 8"
        ),
    ])
    func faultsSayWhere(_ line: String, _ fault: String) throws {
        let invalid = try #require(throws: InvalidInput.self) { try ControlRequest(line: Array(line.utf8)) }
        #expect("\(invalid)" == fault)
    }

    @Test func viewsAreChecked() throws {
        let line =
            #"{"time":1,"node":1,"event":"installed","view":{"number":1,"members":[],"learners":[],"links":[],"weights":[]}}"#
        let invalid = try #require(throws: InvalidInput.self) { try JournalEntry(line: Array(line.utf8)) }
        #expect("\(invalid)".hasPrefix("view: size"))
    }

    @Test func longLinesAreRefused() {
        let line = [UInt8](repeating: 0x20, count: ControlRequest.mostBytes + 1)
        #expect(throws: InvalidInput.self) { try ControlRequest(line: line) }
    }
}
