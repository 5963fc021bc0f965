import ChaosControl
import ChaosJudgement
import ChaosPage
import ChaosProtocol
import ChaosScenario

/// All that has happened in a run: what the nodes have written down, and what was done to them.
public struct LabHistory: Sendable {
    /// Something that was done to the nodes, or became of them.
    public enum Deed: Sendable, Hashable {
        case event(Scenario.Event)
        /// A process has ended, or was killed.
        case gone(NodeID)
        /// For the reader.
        case note(String)
    }

    /// When it began, as the times of journals are.
    public let origin: Int
    public var entries: [JournalEntry] = []
    public var deeds: [(time: Int, deed: Deed)] = []

    /// That all nodes have before they divide the samples anew, in nanoseconds; nil: that is not judged.
    public let patience: Int?

    /// - Parameters:
    ///   - origin: when it began, as the times of journals are.
    ///   - patience: that all nodes have before they divide the samples anew, in nanoseconds; nil: that is not judged.
    public init(origin: Int, patience: Int? = nil) {
        self.origin = origin
        self.patience = patience
    }

    /// What the nodes' own words are judged to be.
    public struct Verdict: Sendable {
        /// The first of each broken promise.
        public internal(set) var violations: [Violation] = []
        public internal(set) var record: JournalRecord
        var story: JournalStory
        /// What a page shows of it.
        let recorder: PageRecorder
    }

    /// The nodes whose end came with an event.
    var killed: Set<NodeID> {
        var killed: Set<NodeID> = []
        for case .event(let event) in deeds.map(\.deed) {
            if case .ends(let node) = event.presence { killed.insert(node) }
        }
        return killed
    }

    /// How many steps the replica of a node had behind it at last.
    func stepReached(by node: NodeID) -> Int {
        for entry in entries.reversed() where entry.node == node {
            switch entry.event {
            case .applied(_, let step, _, _, _, _): return step + 1
            case .begun(_, let step, _), .completed(_, let step, _): return step
            default: continue
            }
        }
        return 0
    }

    /// Puts everything in the order of time and judges it. Cost: O(n log n) and the cost of the invariants.
    public func judge() -> Verdict {
        let recorder = PageRecorder()
        var verdict = Verdict(
            record: JournalRecord(killed: killed, patience: patience),
            story: JournalStory(of: entries, origin: origin) { recorder.note($0) }, recorder: recorder)
        // Lines of a node stand in the order in which things were known, and that of its actions is that of their times.
        let order = entries.indices.sorted { (entries[$0].time, $0) < (entries[$1].time, $1) }
        var done = deeds.sorted { $0.time < $1.time }[...]
        var broken: Set<Invariant> = []
        for index in order {
            let entry = entries[index]
            while let (time, deed) = done.first, time <= entry.time {
                verdict.note(deed, at: time)
                done.removeFirst()
            }
            do {
                try verdict.record.judge(entry)
            } catch {
                if broken.insert(error.invariant).inserted {
                    verdict.violations.append(
                        Violation(invariant: error.invariant, finding: error.finding, time: error.time - origin))
                }
            }
            verdict.story.note(entry)
        }
        for (time, deed) in done { verdict.note(deed, at: time) }
        return verdict
    }
}

extension LabHistory.Verdict {
    fileprivate mutating func note(_ deed: LabHistory.Deed, at time: Int) {
        switch deed {
        case .event(let event): story.note(event, at: time)
        case .gone(let node):
            record.gone(node)
            story.end(node, at: time)
        case .note(let text): story.mark(text, nil, at: time)
        }
    }
}
