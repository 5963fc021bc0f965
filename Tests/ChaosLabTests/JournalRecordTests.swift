import ChaosControl
import ChaosJudgement
import ChaosLab
import ChaosProtocol
import Testing

/// Journals, sound and broken.
@Suite struct JournalRecordTests {
    private static let links = [Link(1, 2)]
    private static let first = View(number: 1, members: [1, 2], links: links)
    private static let second = View(
        number: 2, members: [1, 2], learners: [.init(3, admitted: 2)], links: links + [Link(1, 3)])
    private static let third = View(number: 3, members: [1, 2, 3], links: links + [Link(1, 3)])

    private static func digest(_ value: UInt64) -> Digest { Digest(words: SIMD4(value, 0, 0, 0)) }

    /// Two founders do step 0, and let in a third node, which has pulled two shards from the first and applied step 1.
    private static let sound: [JournalEntry] = {
        var time = 1_000_000
        func entry(_ node: NodeID, _ event: JournalEntry.Event) -> JournalEntry {
            time += 10
            return JournalEntry(time: time, node: node, event)
        }
        func start(_ node: NodeID, _ founding: View?) -> JournalEntry {
            entry(
                node,
                .started(
                    .init(
                        wallClock: 0, cluster: "c", process: 1, trainer: "t", stateBytes: 100, samples: 10, batch: 4,
                        chunks: 1, founding: founding)))
        }
        func step(_ step: Int, _ view: Int, _ nodes: [NodeID]) -> [JournalEntry] {
            nodes.enumerated().map { place, node in
                let share = RangeSet(2 * place..<2 * place + 2)
                return entry(
                    node, .computed(view: view, step: step, positions: share, added: share, computeTime: 5))
            } + [entry(nodes[0], .summed(view: view, step: step))] + nodes.map { applied($0, step, view) }
        }
        func applied(_ node: NodeID, _ step: Int, _ view: Int) -> JournalEntry {
            entry(
                node,
                .applied(
                    view: view, step: step, digest: digest(UInt64(101 + step)), loss: 1, positions: RangeSet(0..<2),
                    idleTime: 7))
        }
        var all: [JournalEntry] = []
        for node in [1, 2] as [NodeID] {
            all += [start(node, first), entry(node, .installed(first))]
        }
        for node in [1, 2] as [NodeID] { all.append(entry(node, .begun(view: 1, step: 0, digest: digest(100)))) }
        all += step(0, 1, [1, 2])
        all += [start(3, nil), entry(3, .joining), entry(3, .planned(shards: 2, shardSize: 50, makespan: 9))]
        for node in [1, 2, 3] as [NodeID] { all.append(entry(node, .installed(second))) }
        for node in [1, 2] as [NodeID] { all.append(entry(node, .begun(view: 2, step: 1, digest: digest(101)))) }
        all += [
            entry(1, .snapshotTaken(step: 1)), entry(1, .announced(learner: 3, admitted: 2, step: 1)),
            entry(3, .receiving(admitted: 2, step: 1, stateBytes: 100, instance: nil, plan: nil)),
            entry(3, .pulled(step: 1, shardSize: 50, shard: 0, from: 1)),
            entry(3, .written(step: 1, shardSize: 50, shard: 0, from: 1)),
            entry(3, .pulled(step: 1, shardSize: 50, shard: 1, from: 1)),
            entry(3, .written(step: 1, shardSize: 50, shard: 1, from: 1)),
            entry(3, .completed(admitted: 2, step: 1, digest: digest(101))), entry(1, .snapshotFreed(step: 1)),
        ]
        all += step(1, 2, [1, 2]) + [applied(3, 1, 2)]
        for node in third.members { all.append(entry(node, .installed(third))) }
        for node in third.members { all.append(entry(node, .begun(view: 3, step: 2, digest: digest(102)))) }
        all.append(
            entry(3, .computed(view: 3, step: 2, positions: RangeSet(0..<2), added: RangeSet(0..<2), computeTime: 5)))
        return all
    }()

    private static func verdict(_ entries: [JournalEntry], _ deeds: [(Int, LabHistory.Deed)] = []) -> [Invariant] {
        var history = LabHistory(origin: 1_000_000)
        history.entries = entries
        history.deeds = deeds.map { ($0.0, $0.1) }
        return history.judge().violations.map(\.invariant)
    }

    @Test func aSoundJournalBreaksNothing() { #expect(Self.verdict(Self.sound) == []) }

    /// Lines of one node need not be in the order of their times.
    @Test func theOrderOfLinesIsThatOfTimes() { #expect(Self.verdict(Self.sound.reversed()) == []) }

    /// Each line is there for something: what is missing or otherwise is found.
    @Test(
        arguments: [
            ("the state of a member", .sameState), ("a share of the samples", .samplesOnce), ("a view", .agreement),
            ("the state of a joiner", .verifiedState), ("an update", .updatesOnce), ("a shard", .pulledOnce),
            ("a snapshot", .snapshotKept), ("readiness", .readiness), ("a refusal", .correctMessages),
        ] as [(String, Invariant)]) func aBrokenJournalIsFound(_ what: String, _ invariant: Invariant) throws
    {
        var entries = Self.sound
        func place(_ condition: (JournalEntry) -> Bool) throws -> Int {
            let place = entries.firstIndex(where: condition)
            return try #require(place)
        }
        switch invariant {
        case .sameState:
            let at = try place { if case .applied(_, 0, _, _, _, _) = $0.event { $0.node == 2 } else { false } }
            entries[at].event = .applied(
                view: 1, step: 0, digest: Self.digest(7), loss: 1, positions: RangeSet(0..<2), idleTime: 7)
        case .samplesOnce:
            entries.remove(
                at: try place { if case .computed(1, 0, _, _, _) = $0.event { $0.node == 2 } else { false } })
        case .agreement:
            let other = View(number: 2, members: [1, 2], links: Self.links)
            entries[try place { $0.node == 2 && $0.event == .installed(Self.second) }].event = .installed(other)
        case .verifiedState:
            let at = try place { if case .completed = $0.event { true } else { false } }
            entries[at].event = .completed(admitted: 2, step: 1, digest: Self.digest(8))
        case .updatesOnce:
            var again = entries[try place { if case .applied(_, 0, _, _, _, _) = $0.event { true } else { false } }]
            again.time += 45
            entries.append(again)
        case .pulledOnce:
            var again = entries[try place { if case .written(_, _, 0, _) = $0.event { true } else { false } }]
            again.time += 25
            entries.append(again)
        case .snapshotKept:
            entries[try place { if case .snapshotFreed = $0.event { true } else { false } }].time -= 25
        case .readiness:
            entries.remove(at: try place { if case .completed = $0.event { true } else { false } })
        default:
            let last = try #require(entries.last)
            entries.append(JournalEntry(time: last.time + 1, node: 1, .refused(from: 2, fault: "nonsense")))
        }
        #expect(Self.verdict(entries).contains(invariant), "\(what)")
    }

    /// A liar's wrong messages are no fault of the protocol.
    @Test func aLiarMayBeRefused() throws {
        let last = try #require(Self.sound.last)
        let lie = [
            JournalEntry(time: last.time + 1, node: 2, .lying(true)),
            JournalEntry(time: last.time + 2, node: 1, .refused(from: 2, fault: "nonsense")),
        ]
        #expect(Self.verdict(Self.sound + lie) == [])
    }

    /// A node that was killed may not have come to write that it had caught up.
    @Test func aKilledNodeHadNoTimeForItsLastWords() throws {
        let place = Self.sound.firstIndex { if case .completed = $0.event { true } else { false } }
        var history = LabHistory(origin: 1_000_000)
        history.entries = Self.sound
        let completed = history.entries.remove(at: try #require(place))
        #expect(history.judge().violations.map(\.invariant) == [.snapshotKept, .readiness])
        let last = try #require(Self.sound.last)
        history.deeds = [
            (last.time + 5, .event(.crash(completed.node))), (last.time + 6, .gone(completed.node)),
        ]
        #expect(history.judge().violations.isEmpty)
    }

    /// A node that was killed holds nothing up.
    @Test func aKilledNodeIsGone() throws {
        let last = try #require(Self.sound.last)
        var history = LabHistory(origin: 1_000_000)
        history.entries = Self.sound
        history.deeds = [(last.time + 5, .event(.crash(3))), (last.time + 6, .gone(3))]
        let verdict = history.judge()
        #expect(verdict.violations.isEmpty)
        #expect(verdict.record.cluster.decided.count == 3)
    }
}
