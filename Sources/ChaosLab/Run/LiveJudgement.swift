import ChaosControl
import ChaosJudgement
import ChaosProtocol

/// Follows a run while it goes on, as far as everything has been written down, for looking whether the cluster has
/// settled. The verdict is passed at the end, on everything (`LabHistory`).
struct LiveJudgement {
    private var record = JournalRecord()
    /// What has been read and not judged.
    private var entries: [JournalEntry] = []
    /// Who is gone since when, as far as the record has not been told.
    private var departures: [(time: Int, node: NodeID)] = []

    /// Beyond this number of updates nobody has applied any.
    var mostUpdates: Int { record.cluster.mostUpdates }

    mutating func add(_ new: [JournalEntry]) { entries += new }

    mutating func gone(_ node: NodeID, at time: Int) { departures.append((time, node)) }

    /// Judges what happened up to a time, by which everybody has written down what he did.
    mutating func judge(until time: Int) {
        let ready = entries.filter { $0.time <= time }.sorted { $0.time < $1.time }
        var gone = departures.filter { $0.time <= time }[...]
        entries.removeAll { $0.time <= time }
        departures.removeAll { $0.time <= time }
        for entry in ready {
            while let first = gone.first, first.time <= entry.time {
                record.gone(first.node)
                gone.removeFirst()
            }
            try? record.judge(entry)
        }
        for (_, node) in gone { record.gone(node) }
    }

    /// What keeps the cluster from being settled, or nil.
    func standstill(in surroundings: ClusterSurroundings) -> (Invariant, String)? {
        record.cluster.standstill(in: surroundings)
    }
}
