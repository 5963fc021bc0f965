import ChaosControl
import ChaosJudgement
import ChaosProtocol

/// Feeds a `ClusterRecord` with what nodes have written down, so that they are judged by the invariants of the simulator.
///
/// Judged are agreement, succession, connection, readiness, oneGoesOn, sameState, updatesOnce, samplesOnce, verifiedState,
/// pulledOnce, snapshotKept, patience and correctMessages after each entry; progress and minorityHalts when asked whether the
/// cluster has settled.
public struct JournalRecord: Sendable {
    public private(set) var cluster = ClusterRecord<Digest>()
    /// The admission and step whose state a learner pulls.
    private var pulling: [NodeID: (admitted: Int, step: Int)] = [:]
    /// The admissions that each server has told its learners of a snapshot for.
    private var told: [NodeID: [NodeID: Int]] = [:]
    private var liars: Set<NodeID> = []

    /// - Parameters:
    ///   - killed: the nodes that were killed, whose last words may be missing.
    ///   - patience: that all nodes have before they divide the samples anew, in nanoseconds; nil: that is not judged.
    public init(killed: Set<NodeID> = [], patience: Int? = nil) {
        cluster.forgetful = killed
        cluster.patience = patience
    }

    /// The node is there no more: it was killed, or has ended.
    public mutating func gone(_ node: NodeID) { cluster.gone(node) }

    /// Judges the next entry, in the order of time.
    /// - Throws: the invariant that it breaks. Later entries may be judged nevertheless.
    public mutating func judge(_ entry: JournalEntry) throws(Violation) {
        let (node, now) = (entry.node, entry.time)
        switch entry.event {
        case .started(let start): begin(node, start)
        case .installed(let view): try cluster.installed(view, by: node, at: now)
        case .halted: cluster.halted(node)
        case .proceeded: cluster.proceeded(node)
        case .begun(let view, let step, let digest):
            try cluster.begun(view, with: step, state: digest, by: node, at: now)
        case .computed(let view, let step, let positions, let added, _):
            try cluster.computes(
                Contribution(node, positions), added: added, awaited: added, of: step, in: view, at: entry.time)
        case .summed(let view, let step): try cluster.summed(step, in: view, by: node, at: now)
        case .applied(_, let step, let digest, _, _, _): try cluster.applied(step, state: digest, by: node, at: now)
        case .forgot: cluster.forgot(node)
        case .announced(let learner, let admitted, _): told[node, default: [:]][learner] = admitted
        case .snapshotFreed(let step): try checkFreed(step, by: node, now)
        case .receiving(let admitted, let step, _, _, _):
            cluster.madeRoom(node)
            pulling[node] = (admitted, step)
        case .written(_, _, let shard, let source): try cluster.wrote(shard, from: source, by: node, at: now)
        case .suspected(let neighbor, _): cluster.suspected(neighbor, by: node)
        case .abandoned: pulling[node] = nil
        case .completed(_, let step, let digest):
            pulling[node] = nil
            try cluster.completed(step, state: digest, by: node, at: now)
        case .refused(let peer, let fault):
            guard !liars.contains(peer) else { break }
            throw Violation(invariant: .correctMessages, finding: "\(node) refused from \(peer): \(fault)", time: now)
        case .lying(let lies):
            // What it has sent before may still be on its way.
            if lies { liars.insert(node) }
        case .left: cluster.gone(node)
        case .epochBegun: cluster.toldToProceed(node)
        case .linkUp, .linkDown, .identified, .evaluated, .snapshotTaken, .joining, .offered, .withheld, .planned,
            .pulled,
            .replanned, .news, .checkpointed, .slowed, .leaving:
            break
        }
        try cluster.acted(node, at: now)
    }

    private mutating func begin(_ node: NodeID, _ start: JournalEntry.Start) {
        if start.founding != nil { cluster.founded(node) }
        let (samples, batch) = (start.samples, start.batch)
        guard cluster.batch == nil, samples > 0, batch > 0, batch <= samples else { return }
        let settings = ReductionSettings(samples: samples, batch: batch)
        cluster.lost = start.lost
        cluster.batch = { settings.batch(ofStep: $0) }
    }

    private func checkFreed(_ step: Int, by node: NodeID, _ now: Int) throws(Violation) {
        try cluster.freed(step, by: node, at: now) { learner in
            guard told[node]?[learner.node] == learner.admitted, let pull = pulling[learner.node] else { return false }
            return pull.admitted == learner.admitted && pull.step == step
        }
    }
}
